import type { E2e } from "../case";
import { query } from "../database";
import { untilReady } from "../server";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { sql } from "./sql";

/** No model version is active, which running pods of data-svc find with their next look. */
async function withoutModel(e2e: E2e): Promise<() => Promise<void>> {
  const [[id = ""] = []] = await query(e2e, "select id from model_versions where is_active");
  await query(e2e, "update model_versions set is_active = false where is_active");
  return async () => {
    await query(e2e, `update model_versions set is_active = true where id = '${id}'`);
    await untilReady(e2e);
  };
}

/** A pod of data-svc starts and finds no active model, so that it never gets ready. */
async function startedWithoutModel(e2e: E2e): Promise<() => Promise<void>> {
  const end = await withoutModel(e2e);
  await e2e.kubectl.run(["delete", "pod", "--selector=app=data-svc", "--wait=false"]);
  return end;
}

/** Faults of the schema, and of rows that data-svc cannot do without. */
export const SCHEMA_FAULTS: readonly AlertFault[] = [
  {
    name: "a migration has stopped half-way",
    alerts: ["SchemaDirty critical"],
    seconds: SCRAPES,
    begin: sql("update schema_migrations set dirty = true", "update schema_migrations set dirty = false"),
  },
  {
    name: "a migration is missing",
    // Its pods are not ready, which is told sooner.
    alerts: ["DataServiceNotReady critical", "SchemaBelowRequired warning"],
    seconds: 10 * MINUTE + SCRAPES,
    begin: sql(
      "update schema_migrations set version = version - 1",
      "update schema_migrations set version = version + 1",
    ),
  },
  {
    name: "no model is active",
    alerts: ["DataServiceNoUsableModel critical"],
    seconds: SCRAPES,
    begin: withoutModel,
  },
  {
    name: "a pod of data-svc starts and finds no active model",
    alerts: ["DataServiceNoUsableModel critical", "DataServiceNotReady critical"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: startedWithoutModel,
  },
];
