import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { DRILL_STEPS, EXIT } from "../contract";
import { BackupError, codeOf } from "./errors";

type StepName = (typeof DRILL_STEPS)[number];

/** The result of one step of a drill. */
export interface Step {
  readonly name: StepName;
  readonly result: "passed" | "failed" | "skipped";
  /** Exit code of its program. @default none, since it did not run */
  readonly code?: number;
  readonly seconds?: number;
}

/** Codes besides 0 that prove the backup, too: a newer release than the backup's has migrations that are pending. */
const ALSO_PASSED: Partial<Readonly<Record<StepName, number>>> = { verify: EXIT.pending };

/** Reads the notes of the steps, in their order. A step without one did not run. @throws BackupError */
export const readSteps = (folder: string): Promise<Step[]> =>
  Promise.all(DRILL_STEPS.map((name) => readStep(folder, name)));

/** A note has the exit code and the seconds that the step took. lib/constructs/scripts/drill-step.sh writes it. */
async function readStep(folder: string, name: StepName): Promise<Step> {
  const file = path.join(folder, name);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { name, result: "skipped" };
  const [, code, seconds] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  if (code === undefined || seconds === undefined) {
    throw new BackupError(`${file} is ${JSON.stringify(text)}, not an exit code and seconds. Run the drill again.`);
  }
  const passed = Number(code) === 0 || Number(code) === ALSO_PASSED[name];
  return { name, result: passed ? "passed" : "failed", code: Number(code), seconds: Number(seconds) };
}
