import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import { stopped } from "../errors";
import type { Finding } from "./rules";

/** Rules of squawk's that are not applied. */
export const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  "the runner sets lock_timeout and statement_timeout for every migration": [
    "require-lock-timeout",
    "require-statement-timeout",
  ],
  "the runner makes files atomic, or resumes after the last finished statement": [
    "prefer-robust-stmts",
    "ban-uncommitted-transaction",
  ],
  "the checks before a run refuse it": ["ban-concurrent-index-creation-in-transaction", "transaction-nesting"],
  "a rule here says it, and knows which tables are new": [
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-required-field",
    "adding-serial-primary-key-field",
    "ban-alter-domain-with-add-constraint",
    "ban-drop-column",
    "ban-drop-table",
    "ban-truncate-cascade",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "renaming-column",
    "renaming-table",
    "require-concurrent-index-creation",
    "require-concurrent-reindex",
  ],
};

interface Reported {
  readonly file: string;
  /** From 0. */
  readonly line: number;
  /** From 0, in bytes of UTF-8. */
  readonly column: number;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

/** Where squawk's binary is, as npm installed it; undefined where it did not. */
export function findSquawk(): string | undefined {
  try {
    // A name that no bundler can follow: squawk is no part of the image.
    const { getBinaryPath } = createRequire(path.join(process.cwd(), "package.json"))("squawk-cli/js/index.js") as {
      getBinaryPath(): string;
    };
    return getBinaryPath();
  } catch {
    // No package, or none for this platform: `lint` says that it goes without.
    return undefined;
  }
}

/** A file that squawk is to read, and its text as it is looked at here. */
export interface SquawkFile {
  readonly file: string;
  readonly text: string;
  readonly transactional: boolean;
}

/** As many as a command line surely holds. */
const FILES_A_RUN = 200;

/** What squawk says of files, in the shape of our own findings, by file. @throws Error if it cannot be run or understood, or is stopped */
export async function squawkFiles(
  binary: string,
  files: readonly SquawkFile[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const found = new Map<string, Finding[]>(files.map(({ file }) => [file, []]));
  for (const transactional of [true, false]) {
    const some = files.filter((file) => file.transactional === transactional);
    for (let at = 0; at < some.length; at += FILES_A_RUN) {
      const batch = some.slice(at, at + FILES_A_RUN);
      const texts = new Map(batch.map(({ file, text }) => [file, text.split("\n")]));
      const reported = await run(binary, [...flags(transactional), "--", ...texts.keys()], signal);
      // What is SQL, PostgreSQL's own parser says.
      for (const each of reported.filter(({ rule_name: rule }) => rule !== "syntax-error"))
        found.get(each.file)?.push(toFinding(each, texts.get(each.file) ?? []));
    }
  }
  return found;
}

function flags(transactional: boolean): string[] {
  const excluded = Object.values(LEFT_OUT).flat();
  const transaction = transactional ? ["--assume-in-transaction"] : [];
  return [
    ...["--reporter", "json", "--pg-version", "16.0"],
    ...excluded.flatMap((rule) => ["--exclude", rule]),
    ...transaction,
  ];
}

function toFinding({ line, column, message, help, rule_name: rule }: Reported, lines: readonly string[]): Finding {
  return {
    rule: `squawk/${rule}`,
    line: line + 1,
    column: characters(lines[line] ?? "", column) + 1,
    why: message,
    instead: help ?? `See https://squawkhq.com/docs/${rule}.`,
  };
}

function characters(line: string, bytes: number): number {
  return [...Buffer.from(line, "utf8").subarray(0, bytes).toString("utf8")].length;
}

/** Exits with 1 where it found something, which is an answer. */
function run(binary: string, args: readonly string[], signal?: AbortSignal): Promise<Reported[]> {
  return new Promise((resolve, reject) => {
    execFile(binary, args, { maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) }, (error, stdout, stderr) => {
      if (signal?.aborted) reject(stopped());
      else if (error && stdout.trim() === "") reject(new Error(`squawk failed: ${stderr.trim() || error.message}`));
      else resolve(JSON.parse(stdout) as Reported[]);
    });
  });
}
