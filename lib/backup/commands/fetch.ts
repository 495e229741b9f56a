import { commandLine } from "../../common/command-line";
import { readIdentities } from "../age";
import { fetchBackup } from "../fetch";
import { BACKUP_EXIT, command } from "./command";
import { STORE_NOTES, storeOf, TARGET_OPTIONS } from "./target-options";
import { BACKUP_OPERAND } from "./verify";

export const fetch = command({
  declared: commandLine({
    name: "fetch",
    oneOfSeveral: true,
    start: "backup fetch",
    description:
      "Fetches and decrypts a backup into dump.pgc and manifest.json.\nThe dump appears only if both hashes are right.",
    options: {
      ...TARGET_OPTIONS,
      identity: { type: "string", placeholder: "FILE", help: "The private key, as age-keygen writes it." },
      to: { type: "string", placeholder: "FOLDER", help: "Where the files go. It is made if need be." },
    },
    operands: [BACKUP_OPERAND],
    notes: STORE_NOTES,
  }),
  rules: ({ identity, to }) => [
    ...(identity ? [] : ["--identity is missing: the file of the private key."]),
    ...(to ? [] : ["--to is missing: the folder for the files."]),
  ],
  async run(values, context) {
    const { identity = "", to = "", ID: asked = "newest" } = values;
    const identities = await readIdentities(identity);
    const { id, dump } = await fetchBackup({ store: storeOf(values, context), asked, identities, to });
    context.terminal.out(`Fetched ${id} into ${to}: dump.pgc of ${dump.bytes} bytes, and its manifest.\n`);
    return BACKUP_EXIT.ok;
  },
});
