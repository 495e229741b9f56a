import { EXIT } from "../../contract";
import { count } from "../base/events";
import { createMigrator } from "../migrator";
import type { Drift, Verification } from "../state/verification";
import { command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, SCRATCH_FLAG, scratchConnection } from "./flags";

/** Reads the database, and writes only to a scratch one. */
export const verify = command({
  name: "verify",
  summary: "Compare files, history and the database itself; exit 5 for a difference.",
  description:
    "Every applied file's checksum against the recorded one, the history against golang-migrate's table, and the database\nagainst a fresh one that the same files bring to the same version: what somebody changed by hand (drift). The fresh one is\ncreated on the same server and dropped, where the role may do that, or named with --scratch.\n+ is only in this database, - is missing in it, ~ differs: fresh → here.",
  flags: {
    "no-drift": { type: "boolean", help: "Leave the database itself out: no scratch database is needed." },
    ...SCRATCH_FLAG,
    ...DIRECTORY_FLAG,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate verify", "everything that this role may compare"],
    ["migrate verify --scratch postgres://me@localhost/empty", "with a scratch database elsewhere"],
  ],
  exits: {
    [EXIT.pending]: "no difference, but something is pending",
    [EXIT.sql]: "the files do not run on a fresh database",
    [EXIT.refused]: "a difference",
  },
  async run(context) {
    const scratch = scratchConnection(context);
    const migrator = createMigrator(migratorOptions(context));
    const drift = context.values["no-drift"] !== true;
    const found = await migrator.verify({ drift, ...(scratch && { scratch: scratch.connection }) });
    context.output.result(render(found), { result: "verify", ...found });
    if (found.problems.length > 0 || found.drift?.differences.length) return EXIT.refused;
    return found.pending > 0 ? EXIT.pending : EXIT.ok;
  },
});

function render({ database, version, compared, pending, problems, warnings, drift }: Verification): string[] {
  const outcome = problems.length === 0 ? "no difference" : count(problems.length, "problem");
  return [
    `${database} is at version ${version}: ${count(compared, "applied file")} compared, ${pending} pending, ${outcome}.`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
    ...(drift ? renderDrift(drift, version) : []),
  ];
}

function renderDrift({ reason, differences }: Drift, version: number): string[] {
  if (reason !== undefined) return [reason];
  if (differences.length === 0) return [`No drift: the database is what a fresh one is at version ${version}.`];
  return [
    `Drift: ${count(differences.length, "difference")} from a fresh database at version ${version} (+ only here, - missing here, ~ fresh → here):`,
    ...differences.map((difference) => `  ${difference}`),
  ];
}
