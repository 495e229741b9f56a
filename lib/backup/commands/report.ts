import { commandLine } from "../../common/command-line";
import { makeReport, renderReport, storeReport } from "../drill-report";
import { BACKUP_EXIT, command } from "./command";
import { STORE_NOTES, storeOf, TARGET_OPTIONS } from "./target-options";

/** Ends a drill. A failed one is stored, too, and fails its Job. */
export const report = command({
  declared: commandLine({
    name: "report",
    oneOfSeveral: true,
    start: "backup report",
    description:
      "Stores the result of a drill beside its backup: each step's outcome and seconds, the backup's age, tables and\nrows, and every difference. Exits 1 unless every step passed.",
    options: {
      work: {
        type: "string",
        placeholder: "FOLDER",
        help: "Holds manifest.json, differences.json and the steps' notes in steps/.",
      },
      ...TARGET_OPTIONS,
    },
    operands: [],
    notes: STORE_NOTES,
  }),
  rules: ({ work }) => (work ? [] : ["--work is missing: the folder of the drill."]),
  async run(values, context) {
    const made = await makeReport(values.work ?? "", context.now());
    const { out, err } = context.terminal;
    (made.result === "passed" ? out : err)(`${renderReport(made)}\n`);
    const store = storeOf(values, context);
    out(`Stored ${await storeReport(store, made)} in ${store.name}.\n`);
    return made.result === "passed" ? BACKUP_EXIT.ok : BACKUP_EXIT.failure;
  },
});
