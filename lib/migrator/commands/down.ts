import { EXIT } from "../../contract";
import { count, versionText } from "../base/events";
import type { Migration } from "../files/folder";
import type { Loss } from "../losses";
import { createMigrator } from "../migrator";
import type { DownSelection } from "../state/preflight";
import { type CommandContext, command } from "./command";
import { agreed, nobodyToAsk, YES_FLAG } from "./confirm";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, RUN_FLAGS, usageProblems, WHOLE } from "./flags";

/** Loses data by nature, so it asks and never guesses how far to go. */
export const down = command({
  name: "down",
  summary: "Undo migrations, after asking.",
  description:
    "Runs the down files, newest first, each as one transaction with its record. What the tables held is lost: before it\nasks, it lists each table and column that goes, with how many rows there are.",
  flags: {
    to: { ...WHOLE, least: 0, help: "Undo everything above version N. Where no file has it, 0 is everything." },
    steps: { ...WHOLE, placeholder: "K", least: 1, help: "Undo the newest K migrations." },
    all: { type: "boolean", help: "Undo everything." },
    ...YES_FLAG,
    ...DIRECTORY_FLAG,
    ...RUN_FLAGS,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate down --steps 1", "undo the newest"],
    ["migrate down --to 4", "undo all above 4"],
    ["migrate down --all --yes", "undo everything, without a question"],
  ],
  exits: {
    [EXIT.sql]: "a down file's SQL failed",
    [EXIT.refused]: "refused by the checks",
    [EXIT.locked]: "another runner held the lock",
  },
  async run(context) {
    const { to, steps, all } = context.values;
    usageProblems([...selectionProblems(to, steps, all), ...nobodyToAsk(context, "down")]);
    const selection: DownSelection = steps === undefined ? { to: to ?? EVERYTHING } : { steps };
    const options = migratorOptions(context);
    const confirm = context.values.yes ? undefined : confirmation(context);
    const result = await createMigrator(options).down({ ...selection, ...(confirm && { confirm }) });
    const { database, version, reverted } = result;
    const done = reverted.length > 0 ? `Undid ${count(reverted.length, "migration")}.` : "Nothing was undone.";
    context.output.result([`${done} ${database} is at ${versionText(version)}.`], { result: "down", ...result });
    return EXIT.ok;
  },
});

/** golang-migrate's number for no version. */
const EVERYTHING = -1;

function selectionProblems(to: number | undefined, steps: number | undefined, all: boolean): string[] {
  if ([to !== undefined, steps !== undefined, all].filter(Boolean).length === 1) return [];
  return ["down takes --to N, --steps K or --all, one of them: say how far to go back."];
}

function confirmation(context: CommandContext) {
  return (migrations: readonly Migration[], losses: readonly Loss[]) => {
    const list = migrations.flatMap(({ id, version }) => [`  ${id}`, ...losing(losses, version)]);
    return agreed(context, ["This will be undone, and what it lists is lost:", ...list], "Undo them?");
  };
}

function losing(losses: readonly Loss[], version: number): string[] {
  const own = losses.filter((loss) => loss.version === version);
  return own.length > 0 ? own.map(({ text }) => `    - ${text}`) : ["    no table, column or row"];
}
