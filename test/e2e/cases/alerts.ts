import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { BACKUP } from "../../../lib/contract";
import { ROWS } from "../../../lib/monitoring/dashboard";
import { prod } from "../../../lib/stages/prod";
import type { Stage } from "../../../lib/stages/stage";
import { ALERT_FAULTS } from "../alert-faults";
import { madeForAlerts } from "../alert-faults/objects";
import { raises } from "../alert-proof";
import { type Case, type E2e, Skip } from "../case";
import { startNow } from "../cron-jobs";
import { deployStage } from "../deploy-stage";
import { scrapeKubelets } from "../kubelet-metrics";
import { alone, LIGHT } from "../light-stage";
import { requirePrometheus } from "../operators";
import { Prometheus } from "../prometheus";

const CLASS = "sized";
const QUIET_SECONDS = 600;

const { exporter } = prod.monitoring;

/** Dev, watched as prod is. Its volume has a size, so that the kubelet measures it. */
const WATCHED: Stage = {
  ...alone(LIGHT, { storage: "1Gi", storageClass: CLASS }),
  monitoring: {
    ...prod.monitoring,
    backupHours: 26,
    exporter: {
      image: { reference: exporter.image.reference.replace(/@.*/, ""), pullPolicy: "IfNotPresent" },
      resources: { ...exporter.resources, requests: { ...exporter.resources.requests, cpu: "25m" } },
    },
  },
};

export const alerts: Case = {
  name: "alerts",
  title: `${ALERT_FAULTS.length} faults each raise their alert on the real Prometheus within its time and no other, and it ends with them; ten minutes without a fault raise none`,
  long: true,
  async run(e2e) {
    await requirePrometheus(e2e);
    if (!(await e2e.kubectl.get(`storageclass/${CLASS}`))) {
      throw new Skip(`there is no storage class ${CLASS}, whose volumes the kubelet measures`);
    }
    await deployStage(e2e, WATCHED);
    await proveAlerts(e2e);
  },
};

/** Proves the alerts of a stage that is deployed. */
async function proveAlerts(e2e: E2e): Promise<void> {
  const prometheus = new Prometheus(e2e);
  await scrapeKubelets(e2e);
  for (const cronJob of [BACKUP.name, BACKUP.drill]) {
    assert.ok((await startNow(e2e, cronJob, madeForAlerts(cronJob))).succeeded, `${cronJob} failed`);
  }
  await prometheus.untilMeasured();
  await everyPanelIsAnswered(e2e, prometheus);
  await staysQuiet(e2e, prometheus);
  for (const fault of ALERT_FAULTS) await raises(e2e, prometheus, fault);
}

/** Every query of the dashboard returns a number, once everything was scraped that has happened. */
async function everyPanelIsAnswered(e2e: E2e, prometheus: Prometheus): Promise<void> {
  // What dev lacks, prod-ha has.
  const present = ROWS.flatMap(({ panels }) => panels).filter(({ absent }) => absent === undefined);
  const queries = present.flatMap((panel) => panel.queries);
  await e2e.wait({
    what: "Prometheus to answer every query of the dashboard",
    seconds: 180,
    async poll() {
      const open: string[] = [];
      for (const { expr } of queries) {
        const found = await prometheus.query(expr.replaceAll("$namespace", e2e.namespace));
        if (found.length === 0) open.push(expr);
      }
      return { state: open.length === 0 ? "ready" : "waiting", detail: `no answer yet to ${open.join(", ")}` };
    },
  });
  e2e.evidence(`${queries.length} queries of the dashboard are answered`);
}

/** Prometheus keeps what fired, so that nothing is missed between two looks. */
async function staysQuiet(e2e: E2e, prometheus: Prometheus): Promise<void> {
  await sleep(QUIET_SECONDS * 1000, undefined, { signal: e2e.signal });
  const selector = `ALERTS{alertstate="firing", namespace="${e2e.namespace}"}`;
  const fired = await prometheus.query(
    `count by (alertname, severity) (count_over_time(${selector}[${QUIET_SECONDS}s]))`,
  );
  assert.deepEqual(fired, [], "alerts fired without a fault");
  e2e.evidence(`${QUIET_SECONDS / 60} minutes without a fault: no alert`);
}
