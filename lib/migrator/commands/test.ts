import { EXIT } from "../../contract";
import { count } from "../base/events";
import { createMigrator } from "../migrator";
import type { TrialResult } from "../scratch/trial";
import { type CommandContext, command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, RUN_FLAGS, SCRATCH_FLAG, scratchConnection } from "./flags";

/** Never touches the given database; creates another one beside it. */
export const test = command({
  name: "test",
  summary: "Prove that every down file undoes its up file, on a scratch database.",
  description:
    "Each migration up, down and up again, and at the end all of them down to nothing and up again. After each step the\ncatalogue (tables, columns, constraints, indexes, functions, triggers, views, types, comments …) and the number of rows\nare compared. A down file that raises an exception by itself counts as irreversible.",
  flags: { ...SCRATCH_FLAG, ...DIRECTORY_FLAG, ...RUN_FLAGS, ...CONNECT_FLAG },
  examples: [
    ["migrate test", "on a database that is created on the server of DATABASE_URL and dropped"],
    ["migrate test --scratch postgres://me@localhost/empty", "on that one, which is emptied again"],
  ],
  exits: {
    [EXIT.sql]: "a file's SQL failed",
    [EXIT.refused]: "a down file does not undo its up file, or there is no scratch database",
  },
  async run(context) {
    const scratch = scratchConnection(context);
    const options = migratorOptions(scratch ? onlyScratch(context, scratch.url) : context);
    const result = await createMigrator(options).test(scratch && { scratch: scratch.connection });
    context.output.result(describe(result), { result: "test", ...result });
    if (result.migrations.some(({ state }) => state === "failed")) return EXIT.sql;
    return result.passed ? EXIT.ok : EXIT.refused;
  },
});

/** Then only the scratch database has to be named. */
function onlyScratch(context: CommandContext, url: string): CommandContext {
  const { MIGRATIONS_DIR } = context.environment;
  return { ...context, environment: { DATABASE_URL: url, ...(MIGRATIONS_DIR && { MIGRATIONS_DIR }) } };
}

function describe({ migrations, whole, passed }: TrialResult): string[] {
  const lines = migrations.flatMap(({ version, name, state, problems }) =>
    state === "ok"
      ? []
      : [`${version} ${name}: ${state}`, ...problems.map((problem) => `  ${problem.replaceAll("\n", "\n  ")}`)],
  );
  const all = whole?.problems.length
    ? ["all of them, down to 0 and up again:", ...whole.problems.map((line) => `  ${line}`)]
    : [];
  const undone = migrations.filter(({ state }) => state === "ok").length;
  const untried = migrations.filter(({ state }) => state === "no-down").length;
  const summary = passed
    ? `Passed: ${undone === migrations.length ? `${count(undone, "down file")} ${undone === 1 ? "undoes" : "undo"}` : `${undone} of ${count(migrations.length, "down file")} undo`} what went up${whole ? ", one by one and all at once" : ""}${untried > 0 ? `; ${untried} cannot be tried` : ""}.`
    : `Failed: ${undone} of ${count(migrations.length, "migration")} came back as before.`;
  return [...lines, ...all, summary];
}
