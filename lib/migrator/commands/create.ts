import { EXIT } from "../../contract";
import { createMigration } from "../files/create";
import { migrationsDirectory } from "../settings/directory";
import { command } from "./command";
import { DIRECTORY_FLAG } from "./flags";

/** Touches no database. */
export const create = command({
  name: "create",
  summary: "Write the two files of a new migration.",
  description:
    "Numbered above the newest and as wide, with a header to fill in. Overwrites nothing. `up` refuses the files\nuntil the header is filled in and there is SQL in the up file.",
  operands: [{ name: "NAME", help: "what the migration does, e.g. add_birth_year.", many: true }],
  flags: { ...DIRECTORY_FLAG },
  examples: [
    ["migrate create add_birth_year", "000008_add_birth_year.up.sql and .down.sql"],
    ["migrate create add birth year", "the same"],
  ],
  async run({ values, environment, output }) {
    const directory = migrationsDirectory(values.dir, environment);
    const result = createMigration({ directory, name: values.NAME.join(" ") });
    const { version, files } = result;
    const lines = [
      `Created ${files.up}`,
      `Created ${files.down}`,
      "",
      "Fill in the headers, write the SQL of both, then:",
      "  migrate test     that the down file undoes the up file, on a scratch database",
      "  migrate plan     what will run, and what it locks",
      `Programs that say which version they need (SCHEMA_VERSION in lib/contract.ts) go to ${version} with it.`,
    ];
    output.result(lines, { result: "create", ...result });
    return EXIT.ok;
  },
});
