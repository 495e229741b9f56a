import { EXIT } from "../../contract";
import { count } from "../events";
import type { Migration } from "../folder";
import { createMigrator } from "../migrator";
import type { DownSelection } from "../preflight";
import type { Command, CommandContext } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, Numbers, RUN_FLAGS, usageProblems } from "./flags";

/** Loses data by its nature, so it asks, and does not guess how far. */
export const down: Command = {
  name: "down",
  summary: "Undo migrations, after asking.",
  description:
    "Runs the down files, newest first, each as one transaction with its record. What the tables held is lost.",
  flags: {
    to: { type: "string", placeholder: "N", help: "Undo everything above version N; 0 for everything." },
    steps: { type: "string", placeholder: "K", help: "Undo the newest K migrations." },
    yes: { type: "boolean", short: "y", help: "Do not ask." },
    ...DIRECTORY_FLAG,
    ...RUN_FLAGS,
    ...CONNECT_FLAG,
  },
  async run(context) {
    const numbers = new Numbers(context.values);
    const selection = select(context, numbers);
    const options = migratorOptions(context, numbers);
    const confirm = context.values.yes ? undefined : confirmation(context);
    const result = await createMigrator(options).down({ ...selection, ...(confirm && { confirm }) });
    const { database, version, reverted } = result;
    const done = reverted.length > 0 ? `Undid ${count(reverted.length, "migration")}.` : "Nothing was undone.";
    context.output.result([`${done} ${database} is at version ${version}.`], { result: "down", ...result });
    return EXIT.ok;
  },
};

function select({ values, interactive, output }: CommandContext, numbers: Numbers): DownSelection {
  const to = numbers.whole("to", 0);
  const steps = numbers.whole("steps", 1);
  if ((values.to === undefined) === (values.steps === undefined)) {
    numbers.problems.push("down takes --to N or --steps K, one of them: say how far to go back.");
  }
  if (!values.yes && (!interactive || output.json)) {
    numbers.problems.push("down asks before it undoes anything, but nobody can answer here. Add --yes if you mean it.");
  }
  usageProblems(numbers.problems);
  return to !== undefined ? { to } : { steps: steps ?? 0 };
}

function confirmation({ ask, output }: CommandContext) {
  return async (migrations: readonly Migration[]) => {
    const list = migrations.map(({ id }) => `  ${id}`);
    output.result(["This will be undone, and what only these migrations brought is lost:", ...list], {});
    return /^y(es)?$/i.test((await ask("Undo them? Type yes: ")).trim());
  };
}
