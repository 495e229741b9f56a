import * as fs from "node:fs";
import * as path from "node:path";
import { SCHEMA_VERSION } from "../../../lib/contract";
import type { Checkout } from "../support/checkout";

/*
 * README's steps for a stage and for a migration, each one by itself, so that each can be forgotten.
 */

/** Section "Stages": how `trial` is added. */
export const STAGE_STEPS = {
  "its name in stage.ts": (here) => here.edit("lib/stages/stage.ts", 'name: "dev" |', 'name: "dev" | "trial" |'),
  "its file": (here) =>
    here.write("lib/stages/trial.ts", here.read("lib/stages/staging.ts").replace("const staging", "const trial")),
  "the name in its file": (here) => here.edit("lib/stages/trial.ts", 'name: "staging"', 'name: "trial"'),
  "its path in the store": (here) => here.edit("lib/stages/trial.ts", '"diabrisk/staging"', '"diabrisk/trial"'),
  "its bucket": (here) => here.edit("lib/stages/trial.ts", '"diabrisk-backups-staging"', '"diabrisk-backups-trial"'),
  "its entry in STAGES": (here) => {
    here.edit("lib/stages/index.ts", "const STAGES = { dev,", "const STAGES = { dev, trial,");
    here.addBelow("lib/stages/index.ts", "import { prod }", 'import { trial } from "./trial";');
  },
  "its volume in released.ts": (here) =>
    here.addBelow(
      "lib/stages/released.ts",
      "  dev: {",
      '  trial: { ...postgres, namespace: "diabrisk", storage: "20Gi" },',
    ),
} as const satisfies Readonly<Record<string, (here: Checkout) => void>>;

export type StageStep = keyof typeof STAGE_STEPS;

/** Adds `trial`, but for what is forgotten. */
export function addStage(here: Checkout, forgotten?: StageStep): void {
  for (const [name, step] of Object.entries(STAGE_STEPS)) if (name !== forgotten) step(here);
}

/** Other numbers for stages that there are. */
export function changeStages(here: Checkout): void {
  number(here, "lib/stages/prod.ts", /(service: \{.*?replicas: )\d+/s, "4");
  number(here, "lib/stages/dev.ts", /(database: \{.*?memory: )"\w+"/s, '"320Mi"');
}

function number(here: Checkout, file: string, setting: RegExp, by: string): void {
  const changed = here.read(file).replace(setting, `$1${by}`);
  if (changed === here.read(file)) throw new Error(`${file} has no ${setting}, or has that number already`);
  here.write(file, changed);
}

const sql = (direction: "up" | "down") => fs.readFileSync(path.join(__dirname, `notes.${direction}.sql`), "utf8");

const NOTES_RULE = `  trial_notes: [
    {
      accepts: [],
      refuses: [
        [{ user_id: SEEDED.model }, "trial_notes_user_id_fkey"],
        [{ body: "x".repeat(4001) }, "trial_notes_body_length"],
        [{ created_at: "infinity" }, "trial_notes_created_at_finite"],
      ],
    },
  ],
`;

/** Section "Add a migration": a new table, and a column of one that there is. */
export async function addMigration(here: Checkout): Promise<void> {
  const version = SCHEMA_VERSION + 1;
  const { code, stderr } = await here.run("npm", "run", "-s", "migrate", "--", "create", "add_trial_notes");
  if (code !== 0) throw new Error(stderr);
  for (const direction of ["up", "down"] as const) {
    const file = `migrations/${String(version).padStart(6, "0")}_add_trial_notes.${direction}.sql`;
    if (!here.read(file).includes("-- Why:")) throw new Error(`${file} has no header to fill in`);
    here.write(file, sql(direction));
  }
  here.edit("lib/contract.ts", `SCHEMA_VERSION = ${SCHEMA_VERSION};`, `SCHEMA_VERSION = ${version};`);
  here.addBelow("lib/contract.ts", '  "schema_migrations",', '  "trial_notes",');
  here.addBelow(
    "lib/roles/privileges.ts",
    "    schema_migrations:",
    '    trial_notes: { data_svc: ["select", "insert", "update", "delete"], readonly: read },',
  );
  here.addBelow("test/roles/matrix.ts", "users  ", "trial_notes         SIUDT     SIUD      S         S       -");
  for (const end of ['"users", ["pseudonym"]]', '"last_login_at", "pseudonym"]]'])
    here.edit("test/roles/matrix.ts", end, end.replace("]]", ', "display_name"]]'));
  here.edit(
    "lib/stages/open-tables.ts",
    '"last_login_at", "pseudonym"],',
    '"last_login_at", "pseudonym", "display_name"],',
  );
  here.addBelow("lib/stages/open-tables.ts", "  reports:", '  trial_notes: "holds health data. Leave it out",');
  here.addBelow(
    "test/migrations/rows.ts",
    "  users:",
    '  trial_notes: { user_id: SEEDED.user, body: "sleeps badly" },',
  );
  const indexes = '  trial_notes_pkey: "a note by its link",\n  trial_notes_user_id_idx: "deleting a user",';
  here.addBelow("test/migrations/queries.test.ts", "  reports_pkey:", indexes);
  here.edit("test/migrations/checks.test.ts", "  model_versions: [\n", `${NOTES_RULE}  model_versions: [\n`);
}

/** Takes back what the two made beside the files that they changed. */
export function removeMade(here: Checkout): void {
  for (const made of ["test/__snapshots__/trial", "dist", ".secrets"]) {
    fs.rmSync(path.join(here.folder, made), { recursive: true, force: true });
  }
  for (const file of fs.readdirSync(path.join(here.folder, "migrations"))) {
    if (file.includes("_add_trial_notes.")) fs.rmSync(path.join(here.folder, "migrations", file));
  }
}
