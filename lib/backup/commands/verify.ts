import { commandLine } from "../../common/command-line";
import { verify as verifyBackup } from "../verify";
import { BACKUP_EXIT, command } from "./command";
import { STORE_NOTES, storeOf, TARGET_OPTIONS } from "./target-options";

export const BACKUP_OPERAND = {
  name: "ID",
  shown: "[ID]",
  noun: "backup",
  help: "Its id or number. By default the newest.",
  optional: true,
} as const;

export const verify = command({
  declared: commandLine({
    name: "verify",
    oneOfSeveral: true,
    start: "backup verify",
    description:
      "Reads a stored dump to its end and compares size and SHA-256 with the manifest. Needs no private key.",
    options: TARGET_OPTIONS,
    operands: [BACKUP_OPERAND],
    notes: STORE_NOTES,
  }),
  async run(values, context) {
    const { id, encrypted } = await verifyBackup(storeOf(values, context), values.ID ?? "newest");
    context.terminal.out(`${id} is whole: ${encrypted.bytes} bytes, SHA-256 ${encrypted.sha256}.\n`);
    return BACKUP_EXIT.ok;
  },
});
