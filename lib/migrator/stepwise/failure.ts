import { EXIT } from "../../contract";
import { isMigrateError, MigrateError, refusal, stopped } from "../base/errors";
import { isLostConnection } from "../database/connection";
import type { Failure, RunnerOptions } from "../run/attempt";
import { type FailurePlace, failureAt } from "../run/failure";
import { note } from "../run/runner";
import { offsetOfCharacter, positionAt } from "../sql/position";
import type { Step } from "../sql/steps";
import { headOf } from "../state/unfinished";
import type { StepwiseJob } from "./job";
import { settle, type Trace } from "./traces";

export interface FailedStep extends StepwiseJob {
  readonly step: Step;
  /** Offset of the statement in the message that was sent. Undefined for a statement of the migrator's own. */
  readonly start: number | undefined;
  readonly failure: Failure;
  readonly tries: number;
  readonly trace: Trace | undefined;
}

/** Turns a failed statement into an error with its place, what is done and what is not. */
export async function stepFailure(failed: FailedStep, options: RunnerOptions): Promise<Error> {
  const { failure, step, migration, direction, tries } = failed;
  const { error, blockers } = failure;
  if (isLostConnection(error)) return error;
  if (error.code === "57014" && options.signal?.aborted) return stopped();
  const left = await leftBehind(failed, options);
  const ending = `Statement ${step.number} of ${migration.id} failed${left}. ${standing(failed, step.number - 1)}`;
  const file = migration.files[direction];
  return failureAt({
    migration,
    file,
    place: placeOf(failed),
    error,
    withholdValues: options.withholdValues,
    ending,
    ...note(error, blockers, options, tries),
  });
}

function placeOf({ script, step, start, failure: { error } }: FailedStep): FailurePlace {
  const position = positionAt(script.text, step.start);
  if (start === undefined)
    return { position, where: "while what an earlier try of this statement left was taken away" };
  if (error.position === undefined) return { position, where: "somewhere in the statement that begins there" };
  // Everything before the statement in the message is ASCII.
  const offset = offsetOfCharacter(step.text, Number(error.position) - 1 - start);
  return { position: positionAt(script.text, step.start + Math.min(offset, step.text.length - 1)) };
}

async function leftBehind({ trace }: FailedStep, { client }: RunnerOptions): Promise<string> {
  if (!trace) return " and was rolled back";
  if (trace.kind === "transaction") return ", perhaps after it had committed a part of its work";
  const { invalid } = await settle(client, trace);
  return invalid.length === 0
    ? ""
    : ` and has left the index ${invalid.join(", ")} INVALID; the next run drops it first`;
}

/** Says which statements are done and how to go on. */
export function standing({ steps, direction }: StepwiseJob, finished: number): string {
  const command = direction === "up" ? "migrate up" : "migrate down --steps 1";
  const next = steps[finished];
  const goesOn = next
    ? `\`${command}\` goes on with statement ${finished + 1} (${headOf(next.text)}); it and what follows may be changed first.`
    : `\`${command}\` records that.`;
  return `${doneOf(steps.length, finished)} ${goesOn}`;
}

function doneOf(all: number, finished: number): string {
  if (finished === 0) return `None of its ${all} statements is finished.`;
  if (finished === 1) return `Statement 1 of ${all} is finished and recorded.`;
  return `Statements 1 to ${finished} of ${all} are finished and recorded.`;
}

/** Explains a failure after the last statement, while the record is completed. */
export function completionFailure(job: StepwiseJob, failure: Failure, tries: number, options: RunnerOptions) {
  const where = "after the file's last statement, while recording it and setting privileges";
  return failureBeside(job, failure, tries, options, { where, finished: job.steps.length });
}

/** Explains why the checks could not be evaluated. */
export function checkFailure(job: StepwiseJob, failure: Failure, tries: number, options: RunnerOptions) {
  const where = "before the file's first statement, while evaluating its checks";
  return failureBeside(job, failure, tries, options, { where, finished: 0 });
}

function failureBeside(
  job: StepwiseJob,
  { error, blockers }: Failure,
  tries: number,
  options: RunnerOptions,
  { where, finished }: { readonly where: string; readonly finished: number },
) {
  if (isLostConnection(error)) return error;
  const { migration, direction } = job;
  return failureAt({
    migration,
    file: migration.files[direction],
    place: { where },
    error,
    withholdValues: options.withholdValues,
    ending: standing(job, finished),
    ...note(error, blockers, options, tries),
  });
}

/** Refuses a statement that the killed run finished without recording, and that has been edited since. */
export function editedAfterAll({ script, migration, direction }: StepwiseJob, step: Step): MigrateError {
  const { line, column } = positionAt(script.text, step.start);
  return refusal("Refused:", [
    `${migration.files[direction]}:${line}:${column}: statement ${step.number} (${headOf(step.text)}) has been edited, but as it was it had taken effect when its run stopped. Restore it, or undo by hand what it did.`,
  ]);
}

/** Adds what is done so far to an error that ended the run early. */
export function interrupted(error: unknown, job: StepwiseJob, finished: number): unknown {
  const { id, version } = job.migration;
  if (isLostConnection(error)) {
    const message = (error as Error).message;
    return new MigrateError(
      EXIT.unreachable,
      `The connection was lost while ${id} ran: ${message}. ${standing(job, finished)}`,
      { version },
      { cause: error },
    );
  }
  if (!isMigrateError(error)) return error;
  if (error.exitCode === EXIT.signalled) return stopped(`${id} is not complete. ${standing(job, finished)}`);
  if (error.exitCode !== EXIT.refused) return error;
  return refusal(`Refused. ${standing(job, finished)}`, error.details.problems ?? []);
}
