import { type DatabaseError, escapeIdentifier } from "pg";
import { EXIT } from "../../contract";
import { MigrateError, refusal, type SourcePosition } from "../base/errors";
import { hidesRows } from "../database/connection";
import type { Direction, Migration } from "../files/folder";
import { NEW_VALUE } from "../lint/advice";
import { placeInBody } from "../sql/bodies";
import { type Message, partsOf } from "../sql/message";
import { countCharacters, excerpt, offsetOfCharacter, type Position, positionAt } from "../sql/position";
import { eachStatement, type Statement, scan } from "../sql/scanner";
import type { Script } from "../sql/script";
import { checkRefusal } from "./checks";
import { accountOf } from "./values";

export interface FailedMessage {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
  readonly message: Message;
  readonly error: DatabaseError;
  /** How many statements of the message the server had completed. */
  readonly completed: number;
  readonly withholdValues: boolean;
  /** More to tell, e.g. who held the lock. */
  readonly note?: string;
}

/** Turns the server's error into one with a place in the file and everything that the server said. */
export async function sqlFailure(failed: FailedMessage): Promise<MigrateError> {
  const { error, migration, direction, message, completed } = failed;
  const refused = checkRefusal(failed, error, failed.withholdValues);
  if (refused) return refused;
  if (error.code === "42501" && completed < message.ownBefore) return powerless(error);
  const ending = `${migration.id} was rolled back: nothing of it remains, and nothing after it has run.`;
  return failureAt({ ...failed, file: migration.files[direction], place: await locate(failed), ending });
}

export interface PlacedFailure {
  readonly migration: Migration;
  readonly file: string;
  readonly place: FailurePlace;
  readonly error: DatabaseError;
  /** Whether to leave out what may quote a row. */
  readonly withholdValues: boolean;
  readonly note?: string;
  /** A sentence about what is left of the migration. */
  readonly ending: string;
}

/** Builds the error: place, everything that the server said, and what is left. */
export function failureAt({
  migration,
  file,
  place,
  error,
  withholdValues,
  note,
  ending,
}: PlacedFailure): MigrateError {
  const { message, code, detail, hint, where, internalQuery, constraint, withheld } = accountOf(error, withholdValues);
  const heading = place.position
    ? `${file}:${place.position.line}:${place.position.column}: ${message}\n${excerpt(place.position)}`
    : `${file}: ${message}`;
  const lines = [
    heading,
    ...indented({ where: place.where, SQLSTATE: code, detail, hint, context: where, query: internalQuery, constraint }),
    ...[note, psqlVariable(place, error), newEnumValue(error), hiddenRows(error), missing(withheld)].flatMap((text) =>
      text ? [`  ${text}`] : [],
    ),
    ending,
  ];
  const position: SourcePosition | undefined = place.position && {
    file,
    line: place.position.line,
    column: place.position.column,
  };
  return new MigrateError(
    EXIT.sql,
    lines.join("\n"),
    {
      version: migration.version,
      ...(position && { position }),
      ...(code !== undefined && { sqlstate: code }),
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
      ...(where !== undefined && { context: where }),
    },
    { cause: error },
  );
}

const missing = (withheld: readonly string[]) =>
  withheld.length > 0 &&
  `Left out, since it may quote rows: ${withheld.join(", ")}. The same command without --withhold-values shows it.`;

/** Finds a psql variable, which is a syntax error to the server. Checks the SQLSTATE because a slice looks the same. */
function psqlVariable({ position }: FailurePlace, { code }: DatabaseError): string | undefined {
  if (!position || code !== "42601") return undefined;
  const start = offsetOfCharacter(position.source, position.column - 1);
  const [variable] = /^:(['"]?)[A-Za-z_]\w*\1/.exec(position.source.slice(start, start + 100)) ?? [];
  return variable && `${variable} looks like a variable of psql, which only psql replaces. Write the value itself.`;
}

function newEnumValue({ code }: DatabaseError): string | undefined {
  return code === "55P04" ? NEW_VALUE.instead : undefined;
}

/** The table stands only in the message. */
function hiddenRows(error: DatabaseError): string | undefined {
  if (!hidesRows(error)) return undefined;
  const table = /"(.*)"/.exec(error.message)?.[1];
  const named = table === undefined ? "TABLE" : escapeIdentifier(table);
  return (
    `Row-level security hides rows of ${named} from this role, so the statement would have done less than it says. ` +
    "Run it as a role with BYPASSRLS, or that owns a table without FORCE. If this role owns the table, write into the file, before and after: " +
    `alter table ${named} no force row level security; and: alter table ${named} force row level security. ` +
    "If only the visible rows are meant: set row_security = on; it ends with the file."
  );
}

/** Explains a missing privilege. Before the file's first statement only the record's tables are made. */
function powerless(error: DatabaseError): MigrateError {
  return refusal("Refused, and nothing was written:", [
    `The record of migrations cannot be made: ${error.message}. Connect as the role migrator after \`migrate bootstrap\`, or as the database's owner.`,
  ]);
}

function indented(fields: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value ? [`  ${name}: ${value.replaceAll("\n", "\n    ")}`] : [],
  );
}

/** A place in the file, or words for one beside it. */
export interface FailurePlace {
  readonly position?: Position;
  readonly where?: string;
}

/** Takes the place that the server named, else the statement that it had reached. */
async function locate({ script, message, error, completed }: FailedMessage): Promise<FailurePlace> {
  const foreign = error.code === "22P05" && unknownCharacter(script.text, error.message);
  if (foreign) return foreign;
  const named = error.position === undefined ? undefined : namedPlace(script.text, message, Number(error.position));
  if (named) return named;
  const inFile = await placeInStatement(script.text, completed - message.ownBefore, error);
  if (inFile) return inFile;
  const own = scan(message.closing).statements.length;
  const total = message.ownBefore + script.statements + own;
  if (completed === total - 1) {
    return { where: "at COMMIT, after every statement of the file had succeeded: a deferred constraint or trigger" };
  }
  if (completed < message.ownBefore) {
    const checks = script.checks.length > 0 ? "its checks or " : "";
    return { where: `before the file's first statement, while preparing ${checks}its record` };
  }
  if (completed === message.ownBefore + script.statements) {
    return {
      where:
        "after the file's last statement: something in the file had ended the transaction that holds it, or reset all settings",
    };
  }
  return { where: `after the file's last statement, while recording it and setting privileges${gone(error)}` };
}

/** Explains a file that dropped a schema together with the record. */
function gone({ code, message }: DatabaseError): string {
  const record = /"(migrate\b|migrate\.\w+|\w+\.schema_migrations)"/.test(message);
  return record && (code === "42P01" || code === "3F000" || code === "42703")
    ? ". Leave schema migrate and schema_migrations alone: they are the record, and part of its transaction"
    : "";
}

/**
 * Finds a character that the database's encoding lacks. The server names only its bytes, and has parsed nothing yet.
 */
function unknownCharacter(text: string, message: string): FailurePlace | undefined {
  const bytes = message.match(/\b0x[0-9a-f]{2}\b/g) ?? [];
  const offset = text.indexOf(Buffer.from(bytes.map(Number)).toString());
  return offset < 0 || bytes.length === 0 ? undefined : { position: positionAt(text, offset) };
}

/** Places an error without a position: in the body that its context names, else at the statement's start. */
async function placeInStatement(text: string, index: number, error: DatabaseError): Promise<FailurePlace | undefined> {
  const makers: Statement[] = [];
  let statement: Statement | undefined;
  let passed = 0;
  eachStatement(text, (each) => {
    if (passed === index) statement = each;
    else if (passed < index && each.words[0] === "CREATE") makers.push(each);
    passed++;
  });
  if (!statement) return undefined;
  const body = await placeInBody(text, [...makers, statement], error);
  if (body) return { position: positionAt(text, body.offset), where: body.where };
  return { position: positionAt(text, statement.start), where: "somewhere in the statement that begins there" };
}

/** Converts `character`, counted from 1 in the whole message. Undefined if it lies outside of the file. */
function namedPlace(body: string, message: Message, character: number): FailurePlace | undefined {
  const offset = offsetIn(message, character - 1) - message.opening.length;
  const end = body.trimEnd().length;
  if (offset < 0) return undefined;
  if (offset <= body.length) return { position: positionAt(body, Math.min(offset, Math.max(0, end - 1))) };
  // The parser notices an open parenthesis, for example, only at our first character after the file.
  const first = message.closing.slice(0, offset - body.length).trim() === "";
  return first ? { position: positionAt(body, Math.max(0, end - 1)), where: "at the end of the file" } : undefined;
}

/** UTF-16 offset in the whole message of a character, counted from 0. */
function offsetIn(message: Message, character: number): number {
  let [before, left] = [0, character];
  for (const part of partsOf(message)) {
    const characters = countCharacters(part);
    if (left < characters) return before + offsetOfCharacter(part, left);
    before += part.length;
    left -= characters;
  }
  return before;
}
