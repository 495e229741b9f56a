import { strict as assert } from "node:assert";
import type { E2e } from "../case";

/** Deletes an object, e.g. `"cronjob/postgres-backup"`, and makes it again. */
export async function without(e2e: E2e, reference: string): Promise<() => Promise<void>> {
  const { apiVersion, kind, metadata, spec } =
    (await e2e.kubectl.get(reference)) ?? assert.fail(`there is no ${reference}`);
  await e2e.kubectl.run(["delete", reference]);
  const { name, labels } = metadata;
  return () => e2e.apply({ apiVersion, kind, metadata: { name, labels }, spec });
}
