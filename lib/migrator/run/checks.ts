import { type DatabaseError, escapeLiteral } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import type { Direction, Migration } from "../files/folder";
import type { Check } from "../sql/checks";
import { excerpt, positionAt } from "../sql/position";
import type { Script } from "../sql/script";
import { withoutValues } from "./values";

/** Codes of our own that the server reports for a check that does not hold, and for one that cannot be evaluated. */
const BROKEN = "MG0C1";
const IMPOSSIBLE = "MG0C2";

/** Longest row that is shown, in characters. */
const LONGEST_ROW = 300;

/**
 * SQL that fails unless each check holds: a query whose only column is boolean returns one row that is true, any other
 * returns no row. Belongs into the transaction of the file's statements, so that nothing changes in between. Each runs
 * read-only: rolling a subtransaction back is the one way to make its transaction writable again.
 */
export function checksSql(checks: readonly Check[]): string {
  return checks
    .map(({ query }, index) => `do ${escapeLiteral(blockOf(query.trimEnd().replace(/;$/, ""), index))};\n`)
    .join("");
}

const blockOf = (query: string, index: number) => `declare
  query constant text := ${escapeLiteral(`(${query}\n)`)};
  shape record;
  is_boolean boolean := false;
  rows json[];
  state text;
  reason text;
begin
  perform pg_catalog.set_config('transaction_read_only', 'on', true);
  execute 'select * from ' || query || ' migrate_check limit 0' into shape;
  if (select pg_catalog.count(*) from pg_catalog.json_object_keys(pg_catalog.to_json(shape))) = 1 then
    execute 'select migrate_column from ' || query || ' migrate_check (migrate_column) limit 0' into shape;
    is_boolean := pg_catalog.pg_typeof(shape.migrate_column) = 'pg_catalog.bool'::pg_catalog.regtype;
  end if;
  execute 'select pg_catalog.array_agg(pg_catalog.to_json(migrate_check)) from (select * from ' || query
    || ' migrate_check limit 2) migrate_check' into rows;
  if is_boolean then
    if pg_catalog.cardinality(rows) = 1 and (select value::text = 'true' from pg_catalog.json_each(rows[1])) then
      raise exception using errcode = 'MG0C0';
    end if;
  elsif rows is null then
    raise exception using errcode = 'MG0C0';
  end if;
  raise exception using errcode = '${BROKEN}', message = 'a check does not hold', column = '${index}',
    detail = coalesce(rows[1]::text, ''), hint = coalesce(pg_catalog.cardinality(rows), 0)::text;
exception
  when sqlstate 'MG0C0' then null;
  when sqlstate '${BROKEN}' or lock_not_available or deadlock_detected or serialization_failure then raise;
  when others then
    get stacked diagnostics state = returned_sqlstate, reason = message_text;
    raise exception using errcode = '${IMPOSSIBLE}', message = reason, detail = state, column = '${index}';
end`;

export interface CheckedFile {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
}

/** Turns the server's error into the refusal that a broken check is; undefined for any other error. */
export function checkRefusal(
  { migration, direction, script }: CheckedFile,
  error: DatabaseError,
  withholdValues: boolean,
): MigrateError | undefined {
  const told = tellCheck(script, error, withholdValues);
  if (!told) return undefined;
  const file = migration.files[direction];
  const { line, column } = told.position;
  const problem = `${file}:${line}:${column}: ${told.text}\n${excerpt(told.position)}`;
  const list = `  - ${problem.replaceAll("\n", "\n    ")}`;
  return new MigrateError(
    EXIT.refused,
    `Refused by a check, and nothing of ${migration.id} was written:\n${list}\nMend the rows, or change the check; then run this again.`,
    { problems: [problem], version: migration.version, position: { file, line, column } },
    { cause: error },
  );
}

/** The check that failed: its place, and what is against it as a sentence. */
export function tellCheck({ text, checks }: Script, error: DatabaseError, withholdValues: boolean) {
  const { code, column, message, detail = "", hint } = error;
  if (code !== BROKEN && code !== IMPOSSIBLE) return undefined;
  const check = checks[Number(column)];
  if (!check) return undefined;
  const position = positionAt(text, check.start);
  if (code === IMPOSSIBLE) {
    const reason = withholdValues ? withoutValues(message, detail) : message;
    return { position, broken: false, text: `the check cannot be evaluated: ${reason} (SQLSTATE ${detail}).` };
  }
  const row = detail.length > LONGEST_ROW ? `${detail.slice(0, LONGEST_ROW)}…` : detail;
  if (hint === "0")
    return {
      position,
      broken: true,
      text: "the check does not hold: it returns no row, and has to return one that is true.",
    };
  const more = hint === "2" ? "a row, and it is not the only one" : "this row";
  const returned = withholdValues ? `${more}, which is left out (--withhold-values).` : `${more}: ${row}`;
  return { position, broken: true, text: `the check does not hold. It returns ${returned}` };
}
