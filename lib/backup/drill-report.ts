import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { DRILL_STEPS, VERSION } from "../contract";
import { readSteps, type Step } from "./drill-steps";
import { BackupError, codeOf } from "./errors";
import { drillKey } from "./keys";
import { type Manifest, parseManifest } from "./manifest";
import { type Store, textBody } from "./store/store";

/** The result of a drill, stored beside its backup. Holds no row and no program's words, which may quote rows. */
export interface DrillReport {
  readonly format: 1;
  /** Id of the backup. */
  readonly backup: string;
  readonly result: "passed" | "failed";
  /** Release whose image drilled. */
  readonly release: string;
  readonly finishedAt: string;
  /** From the dump's start until now, by the clocks of two machines. Negative if one of them is wrong. */
  readonly ageSeconds: number;
  readonly steps: readonly Step[];
  readonly tables: number;
  readonly rows: number;
  /** Size of the dump, decrypted. */
  readonly bytes: number;
  /** Everything in which the restored database is not the backup's. */
  readonly differences: readonly string[];
}

/** Passed only if every step did: a step that did not run proves nothing. */
export async function makeReport(work: string, now: Date): Promise<DrillReport> {
  const steps = await readSteps(path.join(work, "steps"));
  const manifest = await manifestIn(work);
  return {
    format: 1,
    backup: manifest.id,
    result: steps.every(({ result }) => result === "passed") ? "passed" : "failed",
    release: VERSION,
    finishedAt: now.toISOString(),
    ageSeconds: Math.round((now.getTime() - Date.parse(manifest.startedAt)) / 1000),
    steps,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    bytes: manifest.dump.bytes,
    differences: JSON.parse((await readIfThere(path.join(work, "differences.json"))) ?? "[]"),
  };
}

async function manifestIn(work: string): Promise<Manifest> {
  const file = path.join(work, "manifest.json");
  const text = await readIfThere(file);
  if (text !== undefined) return parseManifest(text, file);
  throw new BackupError(
    `Nothing was drilled: the step ${DRILL_STEPS[0]} found no backup, so there is none to store a result beside. ` +
      "Its container's log says why.",
  );
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Stores a report beside its backup and returns its key. Another drill of the same second keeps its own. */
export async function storeReport(store: Store, report: DrillReport): Promise<string> {
  const body = textBody(`${JSON.stringify(report, undefined, 2)}\n`);
  for (let at = new Date(report.finishedAt); ; at = new Date(at.getTime() + 1000)) {
    const key = drillKey(report.backup, at);
    if (await store.create(key, body)) return key;
  }
}

/** The report for a person's eyes. */
export function renderReport({ backup, result, ageSeconds, steps, tables, rows, differences }: DrillReport): string {
  const lines = steps.map(({ name, result, code, seconds }) => {
    const took = seconds === undefined ? "" : `${String(seconds).padStart(5)} s`;
    return `  ${name.padEnd(9)} ${result}${result === "failed" ? ` with exit code ${code}` : ""}${took}`;
  });
  const clock = ageSeconds < 0 ? " The backup is from the future, so one of the clocks is wrong." : "";
  const failed = steps.filter(({ result }) => result === "failed").map(({ name }) => name);
  const logs = failed.length > 0 ? `\nThe containers' logs say why: ${failed.join(", ")}.` : "";
  return [
    `The drill of ${backup}, ${ageSeconds} s old, ${tables} tables, ${rows} rows, has ${result}.${clock}`,
    ...lines,
    ...differences.map((difference) => `  - ${difference}`),
  ]
    .join("\n")
    .concat(logs);
}
