import * as path from "node:path";
import { isContract } from "../../common/contract-mark";
import { type Examined, examine, replayText } from "../analysis/examine";
import { Schema } from "../analysis/schema";
import { readText } from "../base/text";
import { type Direction, type Migration, readFolder } from "../files/folder";
import type { ProjectRule } from "../settings/project";
import { ParseError } from "../sql/parser";
import { positionAt } from "../sql/position";
import { draft, prepare, type Script } from "../sql/script";
import { NO_DOWN } from "./advice";
import { type Finding, findings } from "./rules";
import { type Judged, rulesFor, suppress } from "./suppressions";

export interface LintOptions {
  /** The folder of migrations. Tables of its earlier files count as existing and big. */
  readonly directory: string;
  /** Files to check, in `directory` or elsewhere. @default every file of the folder */
  readonly files?: readonly string[];
  /** Rules that the project sets aside. @default none */
  readonly rules?: readonly ProjectRule[];
  readonly signal?: AbortSignal;
}

export interface LintedFile extends Judged {
  readonly file: string;
}

export interface LintResult {
  readonly files: readonly LintedFile[];
  /** Problems of the folder as a whole, which keep it from running. */
  readonly problems: readonly string[];
}

/** Applies the rules to files, without a database. */
export async function lint({ directory, files, rules = [], signal }: LintOptions): Promise<LintResult> {
  const folder = await readFolder(directory);
  const problems = files ? [] : [...folder.problems];
  const known = new Set(
    folder.migrations.flatMap((migration) => [
      migration.files.up,
      ...(migration.hasDown ? [migration.files.down] : []),
    ]),
  );
  const chosen = choose([...known], files);
  const loaded = new Map<string, Loaded>();
  for (const file of chosen) for (const each of await load(file, problems)) loaded.set(file, each);
  const linted: LintedFile[] = [];
  const look = async (file: string, schema: Schema, version?: number, found: readonly Finding[] = []) => {
    const each = loaded.get(file);
    if (each) linted.push(await lintOne(each, schema, { found, project: rulesFor(version, rules) }, signal));
  };
  const schema = new Schema();
  for (const { files: own, hasDown, version } of folder.migrations) {
    schema.age();
    if (loaded.has(own.up)) await look(own.up, schema, version, hasDown ? [] : [noDown(`There is no ${own.down}`)]);
    else await replayFile(own.up, schema, signal);
    if (!loaded.has(own.down)) continue;
    // A down file is judged after its own up file; nothing follows it.
    const after = schema.copy();
    after.age();
    await look(own.down, after, version);
  }
  // The files before it are not here, so a name that it does not make may stand for anything.
  for (const file of chosen) if (!known.has(file)) await look(file, new Schema(["public"], undefined, false));
  // Only a look at every file tells that an entry is of no use.
  if (!files) problems.push(...unused(rules, linted));
  return { files: linted, problems };
}

function unused(rules: readonly ProjectRule[], linted: readonly LintedFile[]): string[] {
  const used = new Set(
    linted.flatMap(({ setAside }) => setAside.filter(({ by }) => by === "project").map(({ rule }) => rule)),
  );
  return rules
    .filter(({ rule }) => !used.has(rule))
    .map(
      ({ rule, upTo }) =>
        `The project sets ${rule} aside up to version ${upTo}, and nothing there is against it. Remove the entry.`,
    );
}

/** The chosen files, by the folder's own names for them. */
function choose(known: readonly string[], files: readonly string[] | undefined): readonly string[] {
  if (!files) return known;
  const wanted = new Set(files.map((file) => path.resolve(file)));
  const ours = new Set(known.map((file) => path.resolve(file)));
  return [
    ...known.filter((file) => wanted.has(path.resolve(file))),
    ...files.filter((file) => !ours.has(path.resolve(file))),
  ];
}

function directionOf(file: string): Direction {
  return /\.down\.sql$/.test(file) ? "down" : "up";
}

async function replayFile(
  file: Migration["files"]["up"],
  schema: Schema,
  signal: AbortSignal | undefined,
): Promise<void> {
  const text = readText(file, []);
  if (text === undefined) return;
  // Its own turn reports what is wrong with the file.
  await replayText(draft(text).text, schema, signal).catch(ignoreParseError);
}

function ignoreParseError(error: unknown): void {
  if (!(error instanceof ParseError)) throw error;
}

interface Loaded {
  readonly file: string;
  readonly text: string;
  readonly script: Script;
  readonly transactional: boolean;
}

async function load(file: string, problems: string[]): Promise<Loaded[]> {
  const text = readText(file, problems);
  if (text === undefined) return [];
  const script = await prepare(file, text);
  return [{ file, text, script, transactional: script.transactional }];
}

/** Judges one file against `schema`, then brings `schema` up to date with it. */
async function lintOne(
  { file, text, script, transactional }: Loaded,
  schema: Schema,
  { found, project }: { readonly found: readonly Finding[]; readonly project: readonly ProjectRule[] },
  signal: AbortSignal | undefined,
): Promise<LintedFile> {
  const refused = script.problems.map((problem) => refusedBecause(file, problem));
  const direction = directionOf(file);
  if (script.empty && direction === "up") refused.push(EMPTY);
  const empty = script.empty && direction === "down" ? [noDown("The file holds no statement")] : [];
  let statements: readonly Examined[] = [];
  try {
    statements = await examine(script.text, schema, { transactional, signal });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // A refusal at the same place says more.
    if (refused.length === 0) refused.push(syntax(text, error));
  }
  const all = [...found, ...empty, ...findings(statements, { transactional, direction, contract: isContract(text) })];
  const judged = suppress(all, { text, statements, project });
  return { file, findings: [...refused, ...judged.findings], setAside: judged.setAside };
}

function noDown(why: string): Finding {
  return { ...NO_DOWN, line: 1, column: 1, why: `${why}, so \`down\` cannot undo this migration nor any before it.` };
}

const EMPTY: Finding = {
  rule: "refused",
  line: 1,
  column: 1,
  why: "The file holds no statement.",
  instead: "up refuses the file until then.",
};

function syntax(text: string, { message, offset }: ParseError): Finding {
  const { line, column } = positionAt(text, offset);
  return { rule: "syntax", line, column, why: `${message}.`, instead: "Write what PostgreSQL 16 understands." };
}

/** Takes place and reason out of a refusal, which begins with its place and ends with an excerpt. */
function refusedBecause(file: string, problem: string): Finding {
  const [message = ""] = problem.split("\n");
  const rest = message.slice(file.length);
  const [, line = "1", column = "1", why = rest] = /^:(\d+):(\d+): (.*)$/.exec(rest) ?? [];
  return {
    rule: "refused",
    line: Number(line),
    column: Number(column),
    why: why.trim(),
    instead: "up refuses the file until then.",
  };
}
