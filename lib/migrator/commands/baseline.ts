import { EXIT } from "../../contract";
import { count, versionText } from "../base/events";
import { parseTable } from "../database/found-table";
import { OTHER_TOOLS } from "../database/other-tools";
import { GOLANG_MIGRATE } from "../database/record-table";
import { createMigrator } from "../migrator";
import { command } from "./command";
import { agreed, nobodyToAsk, YES_FLAG } from "./confirm";
import {
  CONNECT_FLAG,
  DIRECTORY_FLAG,
  EXISTING_FLAG,
  migratorOptions,
  SECONDS,
  usageProblems,
  WHOLE,
  WRITE_FLAG,
} from "./flags";

const TOOLS = [GOLANG_MIGRATE, ...OTHER_TOOLS];

/** In lines of ten. */
const wrapped = (names: readonly string[]) =>
  names.map((name, index) => `${index === 0 ? "" : index % 10 === 0 ? ",\n" : ", "}${name}`).join("");

/** Believes what it is told, so it lists what it will write, and asks. */
export const baseline = command({
  name: "baseline",
  summary: "Record migrations as applied without running them, after asking.",
  description:
    "For a database that was made by hand, restored, or migrated by another tool: version N and all below it are recorded,\nand the next up goes on from there. Compare the database with the files first; verify tells the difference afterwards.\nWith --force, for a dirty database alone: says which version it is really at.\n" +
    `TOOL is one of ${wrapped(TOOLS)}.`,
  flags: {
    version: { ...WHOLE, least: 0, help: "The newest version whose changes the database has." },
    force: {
      ...WHOLE,
      least: -1,
      help: "The same for a dirty database, once it has been mended. -1 for none; 0 too, unless a file has it.",
    },
    from: {
      type: "string",
      placeholder: "TOOL",
      choices: TOOLS,
      help: "The tool that migrated it before, whose record it carries.",
    },
    table: {
      type: "string",
      placeholder: "SCHEMA.NAME",
      help: "golang-migrate's table, where it is not the current schema's. It says which version the database is at.",
    },
    ...EXISTING_FLAG,
    ...YES_FLAG,
    ...DIRECTORY_FLAG,
    "lock-wait": { ...SECONDS, help: "How long to wait for another runner. [60]" },
    ...WRITE_FLAG,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate baseline --version 4", "the database already has what 1 to 4 make"],
    ["migrate baseline --version 4 --from goose", "and goose's table"],
    [
      "migrate baseline --from golang-migrate --table app.schema_migrations",
      "golang-migrate's record in another schema",
    ],
    ["migrate baseline --force 3", "4 stopped half-way, and what it did was undone by hand"],
  ],
  exits: { [EXIT.refused]: "it would contradict the history", [EXIT.locked]: "another runner held the lock" },
  async run(context) {
    const { version, force, from, table } = context.values;
    const adopted = table === undefined ? undefined : parseTable(table);
    usageProblems([
      ...(from === GOLANG_MIGRATE && version === undefined ? [] : selectionProblems(version, force)),
      ...tableProblems(from, table, adopted),
      ...nobodyToAsk(context, "baseline"),
    ]);
    const options = { ...migratorOptions(context), privileges: context.privileges() };
    const confirm = (writes: readonly string[]) =>
      agreed(context, ["This will be written, and nothing be run:", ...writes.map((line) => `  ${line}`)], "Write it?");
    const target = version ?? force;
    const result = await createMigrator(options).baseline({
      ...(target !== undefined && { version: target }),
      force: force !== undefined,
      ...(adopted && { table: adopted }),
      allowExisting: context.values["allow-existing"] === true,
      ...(from !== undefined && { from }),
      ...(!context.values.yes && { confirm }),
    });
    const { database, recorded, reverted, changed } = result;
    const done = changed
      ? `Recorded ${count(recorded.length, "migration")} as baseline, ${reverted.length} as reverted.`
      : "Nothing was written.";
    context.output.result([`${done} ${database} is at ${versionText(result.version)}.`], {
      result: "baseline",
      ...result,
    });
    return EXIT.ok;
  },
});

function selectionProblems(version: number | undefined, force: number | undefined): string[] {
  if ((version === undefined) !== (force === undefined)) return [];
  return ["baseline takes --version N or --force N, one of them: say which version the database is at."];
}

function tableProblems(from: string | undefined, table: string | undefined, parsed: object | undefined): string[] {
  if (table === undefined) return [];
  if (from !== GOLANG_MIGRATE)
    return [`--table is for --from ${GOLANG_MIGRATE}: only its table is read and written where it is.`];
  return parsed
    ? []
    : [`--table is "${table}", which is not SCHEMA.NAME. Name both, in double quotes where SQL needs them.`];
}
