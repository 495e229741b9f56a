import type { AlterDomainStmt } from "libpg-query";
import { as, parts } from "../sql/tree";
import type { Context } from "./context";
import { type DomainColumn, domainCheck, domainColumns } from "./lookup";
import { quote, quoteAll } from "./names";
import type { Question } from "./question";
import { Piece } from "./tokens";

/** ALTER DOMAIN: every column of the domain has to satisfy it. */
export async function alterDomain(statement: AlterDomainStmt, text: Piece, { reader }: Context): Promise<Question[]> {
  const { subtype, typeName, def, name = "" } = statement;
  const domain = quoteAll((typeName ?? []).flatMap(parts)).join(".");
  const constraint = as("Constraint", def);
  if (subtype === "O")
    return (await domainColumns(reader, domain)).map((column) => against(column, "nulls", "VALUE is not null", name));
  const added = subtype === "C" && !constraint?.skip_validation ? text : undefined;
  const known = subtype === "V" ? await domainCheck(reader, domain, name) : undefined;
  const source = added ?? (known === undefined ? undefined : Piece.of(known));
  const expression = source?.after("CHECK")?.parenthesised()?.inside.text;
  if (expression === undefined) return [];
  const columns = await domainColumns(reader, domain);
  return columns.map((column) => against(column, "check", expression, constraint?.conname ?? name));
}

/** VALUE is no reserved word: as a column of a subquery it means what the domain means by it. */
function against(
  { relation, table, column }: DomainColumn,
  kind: "nulls" | "check",
  expression: string,
  name: string,
): Question {
  return {
    kind,
    relation,
    are: kind === "nulls" ? `have null in ${column}` : `are against ${name || "the domain's check"} in ${column}`,
    table,
    from: `only ${table} as migrate_table`,
    test: { where: `not (select ${expression} from (select migrate_table.${quote(column)} as value) migrate_value)` },
    columns: [column],
    others: [],
  };
}
