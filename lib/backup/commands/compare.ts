import { readFile, writeFile } from "node:fs/promises";
import { commandLine } from "../../common/command-line";
import { compare as compareDatabase } from "../compare";
import { summaryOf } from "../contents";
import { parseManifest } from "../manifest";
import { BACKUP_EXIT, command } from "./command";

export const compare = command({
  declared: commandLine({
    name: "compare",
    oneOfSeveral: true,
    start: "backup compare",
    description:
      "Counts and hashes every table of a restored database, and compares it with a backup's manifest:\nrows, sequences and migrations. Names every difference. Reads only.",
    options: {
      manifest: { type: "string", placeholder: "FILE", help: "The backup's manifest.json." },
      differences: { type: "string", placeholder: "FILE", help: "Also write the differences there, as JSON." },
    },
    operands: [],
    notes: `The database is DATABASE_URL, or PGHOST, PGDATABASE, PGUSER and PGPASSWORD.
Exit codes: 0 the same, 1 different or failed, 2 wrong arguments or settings.`,
  }),
  rules: ({ manifest }) => (manifest ? [] : ["--manifest is missing: the manifest.json of the backup."]),
  async run({ manifest: file = "", differences: output }, { environment, terminal }) {
    const manifest = parseManifest(await readFile(file, "utf8"), file);
    const url = environment.DATABASE_URL;
    const found = await compareDatabase(manifest, url ? { connectionString: url } : {});
    if (output !== undefined) await writeFile(output, JSON.stringify(found));
    if (found.length === 0) {
      terminal.out(`The database is what ${manifest.id} holds: ${summaryOf(manifest)}.\n`);
      return BACKUP_EXIT.ok;
    }
    terminal.err(`The database differs from ${manifest.id}:\n${found.map((each) => `  ${each}\n`).join("")}`);
    return BACKUP_EXIT.failure;
  },
});
