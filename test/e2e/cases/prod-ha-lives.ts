import { strict as assert } from "node:assert";
import * as path from "node:path";
import { Client } from "pg";
import { DATABASE } from "../../../lib/contract";
import { enter } from "../../../lib/deploy/enter";
import { forward } from "../../../lib/deploy/port-forward";
import { checkSecrets, describeSecrets } from "../../../lib/deploy/secrets";
import { passwordOf } from "../../../lib/secrets/credentials";
import { assertAdmitted } from "../admission";
import type { Case, E2e } from "../case";
import { untilHealthy } from "../cluster";
import { query } from "../database";
import { prepareStage, timeDeployment } from "../deploy-stage";
import { fillArchiveKeys, HA_CHANGED, haStage } from "../ha-stage";
import { Prometheus } from "../prometheus";
import { credentialsInCluster } from "../rotation";
import { api } from "./api";
import { applyAgain } from "./apply-again";
import { verification } from "./verification";

/** Deploys prod-ha for a group of cases. */
export const deployProdHa: Case = {
  name: "deploy-prod-ha",
  title:
    "Prod-ha's manifests are admitted without a warning, and deployed on the real operator: bootstrap and migrations through the Service postgres",
  setsUp: true,
  long: true,
  async run(e2e) {
    const { stage, bucket } = await haStage(e2e);
    await prepareStage(e2e, stage);
    e2e.evidence(HA_CHANGED);
    await fillArchiveKeys(e2e, bucket);
    await assertAdmitted(e2e, e2e.kubectl, path.dirname(e2e.files[0]?.path ?? ""));
    await timeDeployment(e2e);
  },
};

export const prodHaLives: Case = {
  name: "prod-ha-lives",
  title:
    "Three instances are healthy and replicate over TLS, nobody gets in without it, the archive works, data-svc serves, and applying again changes nothing",
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    await e2e.type("kubectl get clusters,pods,persistentvolumeclaims,poddisruptionbudgets,scheduledbackups,backups");
    const secrets = await checkSecrets(e2e.stage, e2e.kubectl.in(e2e.namespace));
    e2e.evidence(describeSecrets(secrets));
    assert.deepEqual(
      secrets.filter(({ missing }) => missing.length > 0),
      [],
      "Secrets are not filled",
    );
    await assertReplicated(e2e);
    await assertEncrypted(e2e);
    await assertArchived(e2e);
    await assertMeasured(e2e);
    await verification.run(e2e);
    await applyAgain.run(e2e);
    await api.run(e2e);
  },
};

/** Both replicas count for the quorum, and stream over TLS. */
async function assertReplicated(e2e: E2e): Promise<void> {
  const rows = await query(
    e2e,
    "select application_name, state, sync_state, ssl from pg_stat_replication join pg_stat_ssl using (pid) where state = 'streaming' order by 1",
  );
  e2e.evidence(`replicas: ${rows.map((row) => row.join(" ")).join("; ")}`);
  assert.deepEqual(
    rows.map(([, ...rest]) => rest),
    [1, 2].map(() => ["streaming", "quorum", "t"]),
    "two replicas should stream over TLS and count for the quorum",
  );
}

/** verify-full with the Secret's authority works; no TLS, and another authority, do not. */
async function assertEncrypted(e2e: E2e): Promise<void> {
  const logins = await credentialsInCluster(e2e);
  const [{ tls }, password] = [logins, passwordOf(logins, "monitor")];
  const { port, close } = await forward(e2e.kubectl.in(e2e.namespace), "service/postgres", DATABASE.port);
  try {
    const login = { port, user: "monitor", password };
    const verified = await enter({ ...login, authority: tls.authority.certificate });
    e2e.evidence(`verify-full: ${JSON.stringify(verified)}`);
    assert.ok(verified.in, "the server is not verified");
  } finally {
    close();
  }
  const plain = await plainly(e2e, password);
  e2e.evidence(`without TLS: ${plain}`);
  assert.match(plain, /rejects connection .*no encryption/);
}

async function plainly(e2e: E2e, password: string): Promise<string> {
  const { port, close } = await forward(e2e.kubectl.in(e2e.namespace), "service/postgres", DATABASE.port);
  const client = new Client({ host: "127.0.0.1", port, user: "monitor", password, database: DATABASE.name });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "let in";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
    close();
  }
}

/** A base backup is complete, and the log that was written meanwhile is in the bucket. */
async function assertArchived(e2e: E2e): Promise<void> {
  await e2e.wait({
    what: "the first base backup",
    seconds: 600,
    async poll() {
      const backups = await e2e.kubectl.list("backups.postgresql.cnpg.io");
      const phases = backups.map(({ metadata, status }) => `${metadata.name} ${status?.phase ?? "waits"}`);
      const complete = backups.some(({ status }) => status?.phase === "completed");
      return { state: complete ? "ready" : "waiting", detail: phases.join(", ") || "none was begun" };
    },
  });
  await query(e2e, "select pg_switch_wal()");
  await e2e.wait({
    what: "the log in the archive",
    seconds: 120,
    async poll() {
      const [[archived = "0", failed = "0"] = []] = await query(
        e2e,
        "select archived_count, failed_count from pg_stat_archiver",
      );
      return { state: Number(archived) > 0 ? "ready" : "waiting", detail: `${archived} archived, ${failed} failures` };
    },
  });
  const rows = await query(e2e, "select archived_count, failed_count, last_archived_wal from pg_stat_archiver");
  e2e.evidence(`archiver (count, failures, last): ${rows.map((row) => row.join(" ")).join()}`);
}

/** The operator's own metrics, which the alerts on replicas and archive read, are in Prometheus where there is one. */
async function assertMeasured(e2e: E2e): Promise<void> {
  if (e2e.stage.monitoring.kind === "none") return e2e.evidence("there is no Prometheus, so no metric is looked for");
  await new Prometheus(e2e).untilMeasured((metric) => metric.startsWith("cnpg_"));
}
