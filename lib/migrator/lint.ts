import * as path from "node:path";
import { type Examined, examine, replayText } from "./analysis/examine";
import { type Finding, findings } from "./analysis/rules";
import { Schema } from "./analysis/schema";
import { findSquawk, squawkFiles } from "./analysis/squawk";
import { suppress } from "./analysis/suppressions";
import { type Direction, type Folder, type Migration, readFolder } from "./folder";
import { prepare, type Script } from "./sql/checks";
import { ParseError } from "./sql/parser";
import { positionAt } from "./sql/position";
import { readText } from "./text";

export interface LintOptions {
  /** The folder of migrations. What its earlier files make counts as there, and as big. */
  readonly directory: string;
  /** Only these; in `directory` or elsewhere. @default every file of the folder */
  readonly files?: readonly string[];
  /** squawk's binary. @default the one that npm installed, if it did */
  readonly squawk?: string;
  readonly signal?: AbortSignal;
}

export interface LintedFile {
  readonly file: string;
  readonly findings: readonly Finding[];
}

export interface LintResult {
  readonly files: readonly LintedFile[];
  /** What keeps the folder from being run, beyond what stands in one file. */
  readonly problems: readonly string[];
  /** Whether squawk's rules were applied as well. */
  readonly squawk: boolean;
}

/** A file with what is known before its first statement. */
interface Task {
  readonly file: string;
  readonly direction: Direction;
  readonly schema: Schema;
}

/** Applies the rules to files, without a database. */
export async function lint({ directory, files, squawk, signal }: LintOptions): Promise<LintResult> {
  const folder = await readFolder(directory);
  const wanted = files?.map((file) => path.resolve(file));
  const tasks = await tasksOf(folder, wanted, signal);
  const known = new Set(tasks.map(({ file }) => path.resolve(file)));
  const others = (files ?? []).filter((file) => !known.has(path.resolve(file)));
  for (const file of others) tasks.push({ file, direction: directionOf(file), schema: new Schema() });
  const problems = wanted ? [] : [...folder.problems];
  const loaded = tasks.flatMap((task) => load(task, problems));
  const binary = squawk ?? findSquawk();
  const theirs = binary === undefined ? undefined : await squawkFiles(binary, loaded, signal);
  const linted: LintedFile[] = [];
  for (const each of loaded) linted.push(await lintOne(each, theirs, signal));
  return { files: linted, problems, squawk: binary !== undefined };
}

function directionOf(file: string): Direction {
  return /\.down\.sql$/.test(file) ? "down" : "up";
}

/** Each file after those that run before it; a down file after its own up file. */
async function tasksOf(
  { migrations }: Folder,
  wanted: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<Task[]> {
  const schema = new Schema();
  const tasks: Task[] = [];
  for (const { files } of migrations) {
    schema.age();
    const before = schema.copy();
    await replayFile(files.up, schema, signal);
    const after = schema.copy();
    after.age();
    tasks.push(
      { file: files.up, direction: "up", schema: before },
      { file: files.down, direction: "down", schema: after },
    );
  }
  return wanted ? tasks.filter(({ file }) => wanted.includes(path.resolve(file))) : tasks;
}

async function replayFile(
  file: Migration["files"]["up"],
  schema: Schema,
  signal: AbortSignal | undefined,
): Promise<void> {
  const text = readText(file, []);
  if (text === undefined) return;
  // What is wrong with the file is told when its own turn comes.
  await replayText(prepare(file, text).text, schema, signal).catch(ignoreParseError);
}

function ignoreParseError(error: unknown): void {
  if (!(error instanceof ParseError)) throw error;
}

interface Loaded extends Task {
  readonly text: string;
  readonly script: Script;
  readonly transactional: boolean;
}

function load(task: Task, problems: string[]): Loaded[] {
  const text = readText(task.file, problems);
  if (text === undefined) return [];
  const script = prepare(task.file, text);
  return [{ ...task, text, script, transactional: script.transactional }];
}

async function lintOne(
  { file, direction, schema, text, script, transactional }: Loaded,
  theirs: ReadonlyMap<string, readonly Finding[]> | undefined,
  signal: AbortSignal | undefined,
): Promise<LintedFile> {
  const refused = script.problems.map((problem) => refusedBecause(file, problem));
  let statements: readonly Examined[] = [];
  try {
    statements = await examine(script.text, schema, { transactional, signal });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // The checks' own words for the same place say more.
    if (refused.length === 0) refused.push(syntax(text, error));
  }
  const found = [...findings(statements, { transactional, direction }), ...(theirs?.get(file) ?? [])];
  const applied = (rule: string) => theirs !== undefined || !rule.startsWith("squawk/");
  return { file, findings: [...refused, ...suppress(found, { text, statements, applied })] };
}

function syntax(text: string, { message, offset }: ParseError): Finding {
  const { line, column } = positionAt(text, offset);
  return { rule: "syntax", line, column, why: `${message}.`, instead: "Write what PostgreSQL 16 understands." };
}

/** A refusal of the checks before a run begins with its place, and ends with an excerpt where it has one. */
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
