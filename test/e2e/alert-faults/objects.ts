import { strict as assert } from "node:assert";
import { EXPORTER } from "../../../lib/contract";
import type { E2e } from "../case";
import { query } from "../database";
import { untilReady } from "../server";

/** Scales a workload down, and up again. */
export const scaled = (what: string) => async (e2e: E2e) => {
  await e2e.kubectl.run(["scale", what, "--replicas=0"]);
  return async () => {
    await e2e.kubectl.run(["scale", what, "--replicas=1"]);
    await untilReady(e2e);
  };
};

/** Name of the Job by which a CronJob has succeeded once. */
export const madeForAlerts = (cronJob: string) => `${cronJob}-alerts`;

/** Makes a CronJob's last success older. Its Job goes first, since the controller would learn the time from it again. */
export const lastSuccess = (cronJob: string, hours: number) => async (e2e: E2e) => {
  const set = async (time: Date) => {
    const status = { lastSuccessfulTime: time.toISOString().replace(/\.\d+Z$/, "Z") };
    const patch = `--patch=${JSON.stringify({ status })}`;
    await e2e.kubectl.run(["patch", "cronjob", cronJob, "--subresource=status", "--type=merge", patch]);
  };
  await e2e.kubectl.run(["delete", "job", madeForAlerts(cronJob), "--ignore-not-found"]);
  await set(new Date(Date.now() - hours * 3_600_000));
  return () => set(new Date());
};

/** Nobody may connect to the exporter, Prometheus neither. A connection from before stays, so its pod is replaced. */
export async function withoutPolicy(e2e: E2e): Promise<() => Promise<void>> {
  const policy = await e2e.kubectl.get(`networkpolicy/${EXPORTER.name}`);
  await e2e.kubectl.run(["delete", "networkpolicy", EXPORTER.name]);
  await e2e.kubectl.run(["delete", "pod", `--selector=app=${EXPORTER.name}`, "--wait=false"]);
  const { metadata, spec } = policy ?? assert.fail("there is no policy of the exporter");
  const again = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };
  return () => e2e.apply({ ...again, metadata: { name: metadata.name, labels: metadata.labels }, spec });
}

/** No model version is active, which running pods of data-svc find with their next look. */
export async function withoutModel(e2e: E2e): Promise<() => Promise<void>> {
  const [[id = ""] = []] = await query(e2e, "select id from model_versions where is_active");
  await query(e2e, "update model_versions set is_active = false where is_active");
  return async () => {
    await query(e2e, `update model_versions set is_active = true where id = '${id}'`);
    await untilReady(e2e);
  };
}

/** A pod of data-svc starts and finds no active model, so that it never gets ready. */
export async function startedWithoutModel(e2e: E2e): Promise<() => Promise<void>> {
  const end = await withoutModel(e2e);
  await e2e.kubectl.run(["delete", "pod", "--selector=app=data-svc", "--wait=false"]);
  return end;
}
