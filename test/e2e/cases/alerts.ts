import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watchedOf } from "../../../lib/charts/monitoring";
import { BACKUP, RETENTION } from "../../../lib/contract";
import { alertsOf } from "../../../lib/monitoring";
import { ROWS } from "../../../lib/monitoring/dashboard";
import { openPrometheus } from "../../../lib/panels/open";
import { dev } from "../../../lib/stages/dev";
import { prod } from "../../../lib/stages/prod";
import type { Stage } from "../../../lib/stages/stage";
import { ALERT_FAULTS, type AlertFault, leftToPromtool, madeForAlerts, shareOut } from "../alert-faults";
import { AlertProof } from "../alert-proof";
import { beside } from "../beside";
import { type Case, type E2e, Skip } from "../case";
import { runCommand } from "../commands";
import { startNow } from "../cron-jobs";
import { deployStage } from "../deploy-stage";
import { scrapeKubelets } from "../kubelet-metrics";
import { alone, LIGHT } from "../light-stage";
import { requirePrometheus } from "../operators";
import { Prometheus } from "../prometheus";
import { sideBySide } from "../side-by-side";

const CLASS = "sized";
export const STAGES = 9;
export const QUIET_SECONDS = 600;

const { exporter } = prod.monitoring;

/** Dev, watched as prod is. Its volumes have a size, so that the kubelet measures them. */
const WATCHED: Stage = {
  ...alone(LIGHT, { storage: "1Gi", storageClass: CLASS }),
  backup: { ...LIGHT.backup, target: { ...dev.backup.target, storage: "1Gi", storageClass: CLASS } },
  monitoring: {
    ...prod.monitoring,
    backupHours: 26,
    exporter: {
      image: { reference: exporter.image.reference.replace(/@.*/, ""), pullPolicy: "IfNotPresent" },
      resources: { ...exporter.resources, requests: { ...exporter.resources.requests, cpu: "25m" } },
    },
  },
};

/**
 * Alerts carry their namespace, so that stages side by side are judged each for itself. An alert that waits for longer than a
 * run lasts is left to promtool (test/alerts): `leftToPromtool` tells from the rules which these are, and a test that there is
 * no other.
 */
export const alerts: Case = {
  name: "alerts",
  title: `${ALERT_FAULTS.length} faults, shared out among ${STAGES} stages, each raise their alert on the real Prometheus within its time and no other, and it ends with them; every panel of the dashboard has data; ten minutes without a fault raise none`,
  long: true,
  async run(e2e) {
    await requirePrometheus(e2e);
    if (!(await e2e.kubectl.get(`storageclass/${CLASS}`))) {
      throw new Skip(`there is no storage class ${CLASS}, whose volumes the kubelet measures`);
    }
    await scrapeKubelets(e2e);
    const rules = alertsOf(watchedOf({ ...e2e.stage, monitoring: prod.monitoring }, e2e.namespace)).flatMap(
      (group) => group.alerts,
    );
    const left = Object.entries(leftToPromtool(rules, ALERT_FAULTS)).map(([alert, minutes]) => `${alert} ${minutes}`);
    e2e.evidence(`left to promtool, with the minutes for which a fault would have to last: ${left.join(", ")}`);
    const shares = shareOut(ALERT_FAULTS, STAGES, QUIET_SECONDS);
    const problems = await sideBySide([...shares.entries()], STAGES, ([index, faults]) =>
      proveStage(e2e, index, faults).catch((error: Error) => [`stage ${index + 1}: ${error.message}`]),
    );
    assert.deepEqual(problems.flat(), []);
  },
};

/** Deploys a stage, and makes its faults there. The first stage has none for ten minutes. */
async function proveStage(e2e: E2e, index: number, faults: readonly AlertFault[]): Promise<readonly string[]> {
  const stage = await beside(e2e, String(index + 1));
  await deployStage(stage, WATCHED);
  stage.takeFigures();
  const prometheus = new Prometheus(stage);
  if (index === 0) await proveQuiet(stage, prometheus);
  else await prometheus.untilMeasured((metric) => metric !== LAST_SUCCESS);
  const problems = await new AlertProof(stage, prometheus).of(faults);
  for (const [name, value] of Object.entries(stage.takeFigures())) e2e.figure(name, value);
  return problems;
}

/** A metric that is missing until a Job of the stage has succeeded. */
export const LAST_SUCCESS = "kube_cronjob_status_last_successful_time";

async function proveQuiet(e2e: E2e, prometheus: Prometheus): Promise<void> {
  for (const cronJob of [BACKUP.name, BACKUP.drill, RETENTION.name]) {
    assert.ok((await startNow(e2e, cronJob, madeForAlerts(cronJob))).succeeded, `${cronJob} failed`);
  }
  await prometheus.untilMeasured();
  await prometheus.untilAnswered(PRESENT);
  await pageShowsEveryPanel(e2e);
  await staysQuiet(e2e, prometheus);
}

/** Panels that dev has data for; prod-ha has the others. */
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
