import { rm } from "node:fs/promises";
import * as path from "node:path";
import { commandLine, UsageError } from "../../common/command-line";
import { recipientProblems } from "../age";
import { type ShipOptions, ship as shipDump } from "../ship";
import { removeLeftovers } from "../volume/leftovers";
import { retain } from "../volume/retain";
import type { Keep } from "../volume/retention";
import { RunMark } from "../volume/run-mark";
import { VolumeStore } from "../volume/volume-store";
import { BACKUP_EXIT, command } from "./command";
import { STORE_NOTES, storeOf, TARGET_OPTIONS } from "./target-options";

const keepOption = (what: string, count: number) =>
  ({
    type: "number",
    placeholder: "N",
    least: 0,
    most: 1000,
    default: count,
    help: `Keep the last backup of N ${what}. Volume only.`,
  }) as const;

/** Ends a backup's Job: encrypts, stores, then tidies up. */
export const ship = command({
  declared: commandLine({
    name: "ship",
    oneOfSeveral: true,
    start: "backup ship",
    description:
      "Encrypts a dump and stores it. Its manifest comes last, and makes it a backup. The dump is then removed.\nOn a volume it also removes backups beyond those to keep.",
    options: {
      work: { type: "string", placeholder: "FOLDER", help: "Holds dump.pgc and contents.json." },
      ...TARGET_OPTIONS,
      stage: { type: "string", placeholder: "NAME", help: "The stage, for the manifest." },
      recipient: {
        type: "string",
        placeholder: "KEY",
        multiple: true,
        help: "A public key of age that can open the backup. Repeatable.",
      },
      "keep-daily": keepOption("days", 7),
      "keep-weekly": keepOption("weeks", 5),
      "keep-monthly": keepOption("months", 12),
      deadline: {
        type: "number",
        placeholder: "SECONDS",
        least: 60,
        default: 21_600,
        unit: "a whole number of seconds",
        help: "Longest time that a run may take. Older remains of dead runs are removed. Volume only.",
      },
    },
    operands: [],
    notes: STORE_NOTES,
  }),
  rules: ({ work, stage, recipient }) => [
    ...(work ? [] : ["--work is missing: the folder of the dump."]),
    ...(stage ? [] : ["--stage is missing: the name of the stage."]),
    ...(recipient?.length ? [] : ["--recipient is missing. Without a public key nobody could open the backup."]),
  ],
  async run(values, context) {
    const { work = "", stage = "", recipient: recipients, deadline: deadlineSeconds } = values;
    const problems = await recipientProblems(recipients);
    if (problems.length > 0) throw new UsageError(problems.map((problem) => `--recipient: ${problem}`));
    const { now, terminal } = context;
    const store = storeOf(values, context);
    const print = (line: string) => terminal.out(`${line}\n`);
    const options = { work, store, stage, recipients, now };
    try {
      if (store instanceof VolumeStore)
        await shipToVolume(store, options, { keep: keepOf(values), deadlineSeconds, print });
      else await shipTold(options, print);
    } finally {
      // Patients' data in plain text, and the pod's volume stays as long as its Job.
      for (const name of ["dump.pgc", "contents.json"]) await rm(path.join(work, name), { force: true });
    }
    return BACKUP_EXIT.ok;
  },
});

const keepOf = (values: { "keep-daily": number; "keep-weekly": number; "keep-monthly": number }): Keep => ({
  daily: values["keep-daily"],
  weekly: values["keep-weekly"],
  monthly: values["keep-monthly"],
});

interface Housekeeping {
  readonly keep: Keep;
  readonly deadlineSeconds: number;
  readonly print: (line: string) => void;
}

/** Removes backups only after a new one is in place. */
async function shipToVolume(store: VolumeStore, options: ShipOptions, housekeeping: Housekeeping): Promise<void> {
  const { keep, deadlineSeconds, print } = housekeeping;
  const { now } = options;
  const own = await RunMark.set(store.folder);
  try {
    await removeLeftovers({ store, own, deadlineSeconds, now, print });
    await shipTold(options, print);
    await retain(store, keep, now(), print);
  } finally {
    await own.remove();
  }
}

async function shipTold(options: ShipOptions, print: (line: string) => void): Promise<void> {
  const { id, encrypted, tables } = await shipDump(options);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  print(`Stored ${id} in ${options.store.name}: ${encrypted.bytes} bytes, ${tables.length} tables, ${rows} rows.`);
}
