import { EXIT } from "../../contract";
import type { RepairResult } from "../api";
import { count } from "../base/events";
import { createMigrator } from "../migrator";
import { command } from "./command";
import { agreed, nobodyToAsk, YES_FLAG } from "./confirm";
import {
  CONNECT_FLAG,
  DIRECTORY_FLAG,
  migratorOptions,
  SCRATCH_FLAG,
  SECONDS,
  scratchConnection,
  usageProblems,
  WRITE_FLAG,
} from "./flags";
import { judge, render } from "./verify";

/** Changes the record alone, and never the schema: `verify` says afterwards whether that was true. */
export const repair = command({
  name: "repair",
  summary: "Bring the history in line with files that were changed on purpose, after asking.",
  description:
    "Finds what up refuses and what may have been meant: files that were renumbered, files in which only comments or blanks\nchanged, one file that stands for many (`-- migrate:squashes 1-50` as its first line). With --accept, also an edit of SQL.\nLists each step and asks; writes all of them or none, records them in migrate.repairs, and runs verify.",
  flags: {
    accept: {
      type: "string",
      placeholder: "N",
      multiple: true,
      help: "Version N's file was edited, and this database counts as having run it as it is now. May be repeated.",
    },
    "dry-run": { type: "boolean", help: "List the steps only; exit 3 if there are any." },
    ...YES_FLAG,
    "no-drift": { type: "boolean", help: "Leave the database itself out of verify." },
    ...SCRATCH_FLAG,
    ...DIRECTORY_FLAG,
    "lock-wait": { ...SECONDS, help: "How long to wait for another runner. [60]" },
    ...WRITE_FLAG,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate repair --dry-run", "what it would change"],
    ["migrate repair", "ask, change, verify"],
    ["migrate repair --accept 3", "the edit of 3 too"],
  ],
  exits: {
    [EXIT.pending]: "something is pending; with --dry-run: there is something to repair",
    [EXIT.sql]: "repaired, but the files do not run on a fresh database",
    [EXIT.refused]: "refused, nothing was written; or verify found a difference",
    [EXIT.locked]: "another runner held the lock",
  },
  async run(context) {
    const { accept, "dry-run": dryRun, "no-drift": noDrift, yes } = context.values;
    const asks = dryRun ? [] : nobodyToAsk(context, "repair");
    usageProblems([...accept.flatMap(noVersion), ...asks]);
    const scratch = scratchConnection(context);
    const listed: string[] = [];
    const list = async (writes: readonly string[]) => {
      listed.push(...writes);
      return false;
    };
    const ask = (writes: readonly string[]) =>
      agreed(context, ["This will be written, and nothing be run:", ...writes.map((line) => `  ${line}`)], "Write it?");
    const result = await createMigrator(migratorOptions(context)).repair({
      accept: accept.map(Number),
      drift: !noDrift,
      ...(scratch && { scratch: scratch.connection }),
      ...(dryRun ? { confirm: list } : !yes && { confirm: ask }),
    });
    context.output.result([...listed, ...outcome(result, dryRun)], { result: "repair", ...result });
    if (result.verification) return judge(result.verification);
    return dryRun ? EXIT.pending : EXIT.ok;
  },
});

function noVersion(text: string): string[] {
  return /^\d{1,15}$/.test(text) ? [] : [`--accept is ${JSON.stringify(text)}; it takes the number of a migration.`];
}

function outcome({ repairs, changed, verification }: RepairResult, dryRun: boolean): string[] {
  const steps = count(repairs.length, "step");
  if (dryRun && repairs.length > 0) return [`${steps} to repair; nothing was written.`];
  if (!verification) return ["Nothing was written."];
  return [changed ? `Repaired: ${steps}.` : "There is nothing to repair.", ...render(verification)];
}
