import { commandLine } from "../../common/command-line";
import { type Listed, list as listBackups } from "../list";
import { BACKUP_EXIT, command } from "./command";
import { STORE_NOTES, storeOf, TARGET_OPTIONS } from "./target-options";

/** Reads names and the results of drills alone, so it is quick with thousands of backups. */
export const list = command({
  declared: commandLine({
    name: "list",
    oneOfSeveral: true,
    start: "backup list",
    description: "Lists the backups, newest first, with the last drill of each.",
    options: { ...TARGET_OPTIONS, json: { type: "boolean", help: "Print one JSON object a line." } },
    operands: [],
    notes: STORE_NOTES,
  }),
  async run(values, context) {
    const listed = await listBackups(storeOf(values, context));
    const { out } = context.terminal;
    if (values.json) for (const backup of listed) out(`${JSON.stringify(backup)}\n`);
    else out(listed.length === 0 ? "There is no backup.\n" : listed.map(line).join(""));
    return BACKUP_EXIT.ok;
  },
});

const line = ({ id, committed, bytes, drill }: Listed) =>
  `${id}  ${(bytes === undefined ? "-" : String(bytes)).padStart(14)} bytes  ${state(committed, drill)}\n`;

function state(committed: boolean, drill: Listed["drill"]): string {
  if (!committed) return "no manifest: under way, or its run died";
  return drill ? `drill ${drill.result} (${drill.at})` : "no drill";
}
