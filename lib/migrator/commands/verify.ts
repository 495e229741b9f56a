import { EXIT } from "../../contract";
import type { ExitCode } from "../base/errors";
import { count, versionText } from "../base/events";
import { createMigrator } from "../migrator";
import type { Drift, Verification, VerifyOptions } from "../state/verification";
import { command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, SCRATCH_FLAG, scratchConnection, usageProblems } from "./flags";
import { projectOf } from "./project";

/** Reads the database, and writes only to a scratch one. */
export const verify = command({
  name: "verify",
  summary: "Compare files, history and the database itself; exit 5 for a difference.",
  description:
    "Every applied file's checksum against the recorded one, the history against golang-migrate's table, and the database\nagainst a fresh one that the same files bring to the same version: what somebody changed by hand (drift). The fresh one is\ncreated on the same server and dropped, where the role may do that, or named with --scratch.\n+ is only in this database, - is missing in it, ~ differs: fresh → here.\n--ignore puts objects aside, with their parts, by their name in such a line (app.events_p*) or by kind and name\n(publication *): * is any text, ? one character. migrate.json may name others, with a reason.",
  flags: {
    "no-drift": { type: "boolean", help: "Leave the database itself out: no scratch database is needed." },
    ignore: {
      type: "string",
      placeholder: "PATTERN",
      multiple: true,
      help: "Objects that are no drift, e.g. 'publication *'. May be repeated.",
    },
    ...SCRATCH_FLAG,
    ...DIRECTORY_FLAG,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate verify", "everything that this role may compare"],
    ["migrate verify --ignore 'app.events_p*'", "without partitions that the service makes"],
    ["migrate verify --scratch postgres://me@localhost/empty", "with a scratch database elsewhere"],
  ],
  exits: {
    [EXIT.pending]: "no difference, but something is pending",
    [EXIT.sql]: "the files do not run on a fresh database",
    [EXIT.refused]: "a difference",
  },
  async run(context) {
    const scratch = scratchConnection(context);
    const options = migratorOptions(context);
    const migrator = createMigrator(options);
    const drift = context.values["no-drift"] !== true;
    const ignore: NonNullable<VerifyOptions["ignore"]>[number][] = context.values.ignore.map((pattern) => ({
      pattern,
    }));
    if (!drift && ignore.length > 0)
      usageProblems(["--ignore does nothing with --no-drift, which leaves the database out. Leave one of them out."]);
    const { verify: project } = await projectOf(options.directory);
    // The command line is more particular, so that its patterns count first.
    if (drift) ignore.push(...project.ignore);
    const found = await migrator.verify({ drift, ignore, ...(scratch && { scratch: scratch.connection }) });
    context.output.result(render(found), { result: "verify", ...found });
    return judge(found);
  },
});

/** The exit code that says what was found. */
export function judge({ problems, drift, pending }: Verification): ExitCode {
  if (problems.length > 0 || drift?.differences.length) return EXIT.refused;
  return pending > 0 ? EXIT.pending : EXIT.ok;
}

export function render({ database, version, compared, pending, problems, warnings, drift }: Verification): string[] {
  const outcome = problems.length === 0 ? "no difference" : count(problems.length, "problem");
  return [
    `${database} is at ${versionText(version)}: ${count(compared, "applied file")} compared, ${pending} pending, ${outcome}.`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
    ...(drift ? renderDrift(drift, version) : []),
  ];
}

function renderDrift({ reason, differences, ignored, useless }: Drift, version: number): string[] {
  if (reason !== undefined) return [reason];
  const aside = ignored.reduce((sum, each) => sum + each.differences.length, 0);
  const but = aside > 0 ? `, but for ${count(aside, "difference")} put aside` : "";
  const at = versionText(version);
  const found =
    differences.length === 0
      ? [`No drift: the database is what a fresh one is at ${at}${but}.`]
      : [
          `Drift: ${count(differences.length, "difference")} from a fresh database at ${at}${but} (+ only here, - missing here, ~ fresh → here):`,
          ...differences.map((difference) => `  ${difference}`),
        ];
  return [...found, ...ignored.flatMap(renderIgnored), ...useless.map(renderUseless)];
}

function renderIgnored({ pattern, reason, differences }: Drift["ignored"][number]): string[] {
  const why = reason === undefined ? "" : ` (${reason})`;
  return differences.length > 0 ? [`  put aside by ${JSON.stringify(pattern)}${why}: ${differences.length}`] : [];
}

function renderUseless(pattern: string): string {
  return `warning: The pattern ${JSON.stringify(pattern)} names nothing, neither here nor in a fresh database. Correct it, or leave it out.`;
}
