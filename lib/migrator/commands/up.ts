import { EXIT } from "../../contract";
import type { UpResult } from "../api";
import { count, duration, versionText } from "../base/events";
import { createMigrator } from "../migrator";
import { command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, EXISTING_FLAG, migratorOptions, RUN_FLAGS, WHOLE } from "./flags";

/** Safe to repeat, and to run in several places at once: one runs, the others wait and find nothing to do. */
export const up = command({
  name: "up",
  summary: "Run what is pending.",
  description:
    "Checks every file and the database first; refuses, with all reasons at once, before anything is written.\nEach migration and its record are one transaction: killed at any moment, it is applied and recorded, or neither.",
  flags: {
    to: { ...WHOLE, least: 0, help: "Stop after version N. [the newest]" },
    "before-contract": {
      type: "boolean",
      help: "Leave the newest files that say -- contract: they break the release before.",
    },
    "allow-out-of-order": { type: "boolean", help: "Also run pending files below the newest applied version." },
    ...EXISTING_FLAG,
    ...DIRECTORY_FLAG,
    ...RUN_FLAGS,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate up", "everything that is pending"],
    ["migrate up --to 5", "no further than 5"],
    ["migrate up --before-contract", "what the release before can live with; the rest after the rollout"],
  ],
  exits: {
    [EXIT.sql]: "a migration's SQL failed",
    [EXIT.refused]: "refused by the checks; nothing was written",
    [EXIT.locked]: "another runner held the lock",
  },
  async run(context) {
    const { to } = context.values;
    const options = migratorOptions(context);
    const started = process.hrtime.bigint();
    const result = await createMigrator({ ...options, privileges: context.privileges() }).up({
      ...(to !== undefined && { to }),
      beforeContract: context.values["before-contract"] === true,
      allowOutOfOrder: context.values["allow-out-of-order"] === true,
      allowExisting: context.values["allow-existing"] === true,
    });
    context.output.result([describe(result, Number(process.hrtime.bigint() - started) / 1e6)], {
      result: "up",
      ...result,
    });
    return EXIT.ok;
  },
});

function describe({ database, version, applied, ahead }: UpResult, milliseconds: number): string {
  if (applied.length > 0) {
    return `Applied ${count(applied.length, "migration")} in ${duration(milliseconds)}. ${database} is at version ${version}.`;
  }
  return `Nothing to do: ${database} is at ${versionText(version)}${ahead ? ", ahead of this release" : ""}.`;
}
