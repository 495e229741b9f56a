import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BACKUP } from "../../../lib/contract";
import { ROWS } from "../../../lib/monitoring/dashboard";
import { openPrometheus } from "../../../lib/panels/open";
import { prod } from "../../../lib/stages/prod";
import type { Stage } from "../../../lib/stages/stage";
import { ALERT_FAULTS } from "../alert-faults";
import { madeForAlerts } from "../alert-faults/objects";
import { raises } from "../alert-proof";
import { type Case, type E2e, Skip } from "../case";
import { runCommand } from "../commands";
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
  title: `${ALERT_FAULTS.length} faults each raise their alert on the real Prometheus within its time and no other, and it ends with them; every panel of the dashboard has data; ten minutes without a fault raise none`,
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
  await prometheus.untilAnswered(PRESENT);
  await pageShowsEveryPanel(e2e);
  await staysQuiet(e2e, prometheus);
  for (const fault of ALERT_FAULTS) await raises(e2e, prometheus, fault);
}

/** What dev lacks, prod-ha has. */
const PRESENT = ROWS.flatMap(({ panels }) => panels).filter(({ absent }) => absent === undefined);

/** The page that a person makes has data in every panel. */
async function pageShowsEveryPanel(e2e: E2e): Promise<void> {
  const { url, close } = await openPrometheus(e2e.stage, e2e.kubectl);
  e2e.cleanUp("the way to Prometheus", async () => close());
  const folder = mkdtempSync(path.join(tmpdir(), "panels-"));
  e2e.cleanUp(folder, async () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "panels.html");
  await e2e.wait(
    {
      what: "data in every panel of the page",
      // Rates look back for five minutes.
      seconds: 300,
      async poll() {
        const { code } = await runCommand(e2e, "panels", [e2e.stage.name, "--prometheus", url, "--to", file]);
        assert.equal(code, 0, "another exit code");
        const shown = withData(readFileSync(file, "utf8"));
        const without = PRESENT.map(({ title }) => title).filter((title) => !shown.includes(title));
        return { state: without.length === 0 ? "ready" : "waiting", detail: `no data yet: ${without.join(", ")}` };
      },
    },
    10_000,
  );
}

/** Titles of the page's panels that have a figure or a line. */
const withData = (page: string) =>
  page
    .split("<article>")
    .filter((article) => /<p class="figure">|<path class="line look-\d+" d="M/.test(article))
    .map((article) => /<h3>([^<]*)</.exec(article)?.[1] ?? "");

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
