import { strict as assert } from "node:assert";
import { BACKUP, PATHS } from "../../lib/contract";
import type { Shelf } from "../../lib/deploy/backup/shelf";
import { KubectlError } from "../../lib/deploy/kubectl";
import type { E2e } from "./case";
import { serviceImage } from "./images";
import { startPod, type TestPod } from "./pods";

/** A pod with the volume of the backups, as nobody but a person who looks after it has. */
export function startStore(e2e: E2e): Promise<TestPod> {
  const volume = { name: "backups", persistentVolumeClaim: { claimName: BACKUP.claim } };
  const image = serviceImage(e2e);
  return startPod(e2e, { name: "store", image, user: 10_001, mounts: { [PATHS.backups]: volume }, writable: true });
}

/** Reads every backup that has a manifest to its end, and returns their ids, newest first. @throws AssertionError */
export async function verifyAll(e2e: E2e, shelf: Shelf): Promise<readonly string[]> {
  const ids = await committed(shelf);
  const whole: string[] = [];
  for (const id of ids) {
    try {
      e2e.evidence(await shelf.verify(id));
      whole.push(id);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      // A run that has just ended removes those that it replaces.
      assert.ok(!(await committed(shelf)).includes(id), `${id} has a manifest and is not whole: ${error.message}`);
    }
  }
  return whole;
}

const committed = async (shelf: Shelf) => (await shelf.list()).filter((backup) => backup.committed).map(({ id }) => id);
