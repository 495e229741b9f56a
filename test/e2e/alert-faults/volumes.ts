import { strict as assert } from "node:assert";
import { PATHS } from "../../../lib/contract";
import { POSTGRES_IDENTITY } from "../../../lib/postgres/identity";
import { startStore } from "../backup-store";
import type { E2e } from "../case";
import { tryInServer } from "../database";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";

/** Shell that leaves the volume at a folder this many MiB. */
function fill(folder: string, left: number): string {
  const free = `$(df -Pk ${folder} | awk 'END { print int($4 / 1024) }')`;
  return `dd if=/dev/zero of=${folder}/filler bs=1M count=$((${free} - ${left}))`;
}

const remove = (folder: string) => `rm -f ${folder}/filler`;

const VOLUME = POSTGRES_IDENTITY.mountPath;

/** Leaves the database's volume this many MiB. */
const filled = (left: number) => async (e2e: E2e) => {
  const { code, stderr } = await tryInServer(e2e, ["sh", "-c", fill(VOLUME, left)]);
  assert.equal(code, 0, stderr);
  return async () => {
    await tryInServer(e2e, ["sh", "-c", remove(VOLUME)]);
  };
};

/** The kubelet measures the volume for as long as a pod has it. */
async function fillBackups(e2e: E2e): Promise<() => Promise<void>> {
  const store = await startStore(e2e);
  const { code, stderr } = await store.sh(fill(PATHS.backups, 20));
  assert.equal(code, 0, stderr);
  return async () => {
    await store.sh(remove(PATHS.backups));
    await store.remove();
  };
}

/** The kubelet measures volumes once a minute. */
const MEASURED = 3 * MINUTE;

/** Faults of volumes. */
export const VOLUME_FAULTS: readonly AlertFault[] = [
  {
    name: "the volume is nearly full",
    alerts: ["PostgresReadOnly critical", "PostgresVolumeFilling critical"],
    seconds: MEASURED + SCRAPES,
    begin: filled(30),
  },
  {
    name: "the volume is getting full",
    alerts: ["PostgresVolumeFilling warning"],
    seconds: 5 * MINUTE + MEASURED + SCRAPES,
    begin: filled(110),
  },
  {
    name: "the volume of the backups is nearly full",
    alerts: ["PostgresVolumeFilling critical"],
    seconds: MEASURED + SCRAPES,
    begin: fillBackups,
  },
];
