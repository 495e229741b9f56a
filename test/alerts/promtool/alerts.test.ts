import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { AlertRules } from "../../../lib/constructs/alert-rules";
import { alertKey } from "../../../lib/monitoring";
import { toYaml } from "../../../lib/synth/yaml";
import { describeUnless, findExecutable } from "../../faults/support/programs";
import { promtoolTest, type Scenario } from "../proof";
import { PROOFS } from "../proofs";
import { ALERTS, alertRules, SINGLE_ALERTS, singleRules } from "../stage";

// biome-ignore lint/style/noProcessEnv: a person says there where the program is.
const { PROMTOOL, PATH = "" } = process.env;
const promtool = findExecutable([
  ...(PROMTOOL === undefined ? [] : [PROMTOOL]),
  ...PATH.split(path.delimiter).map((folder) => path.join(folder, "promtool")),
]);
const lacking = promtool ? undefined : "there is no promtool: install Debian's prometheus, or set PROMTOOL to one";

const folder = mkdtempSync(path.join(tmpdir(), "alerts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Those of the alerts that ask something else where there is one server. */
const SINGLE_PROOFS = Object.entries(PROOFS).filter(([key]) => {
  const [one, other] = [SINGLE_ALERTS, ALERTS].map((all) => all.find((alert) => alertKey(alert) === key));
  return one && one.expr !== other?.expr;
});

describeUnless(lacking, "the alerts", () => {
  describe.each([
    ["replicas", alertRules, Object.entries(PROOFS)],
    ["one server", singleRules, SINGLE_PROOFS],
  ])("of a stage with %s", (_, rules, proofs) => {
    test("promtool finds nothing wrong with the rules", () => {
      const { status, output } = run(["check", "rules", "--lint=all", "--lint-fatal", rulesFile(rules())]);
      expect([status, output]).toEqual([0, expect.stringContaining("SUCCESS")]);
    });

    test("an hour and three days without a fault raise none", () => {
      prove(rules(), {
        minutes: { with: {}, at: { "10m": [], "60m": [] } },
        days: { with: {}, at: { "72h": [] }, every: "1h" },
      });
    });

    test.each(proofs)("%s fires, stays silent, and resolves", (_, proof) => prove(rules(), { ...proof }));
  });
});

/** Has promtool judge scenarios, in a file for each interval: rules are evaluated as often as values come. */
function prove(of: AlertRules, scenarios: Readonly<Record<string, Scenario>>): void {
  const rules = rulesFile(of);
  const intervals = new Set(Object.values(scenarios).map(({ every = "1m" }) => every));
  const files = [...intervals].map((interval) => {
    const file = path.join(folder, `${interval}.yaml`);
    const tests = Object.entries(scenarios)
      .filter(([, { every = "1m" }]) => every === interval)
      .map(([name, scenario]) => promtoolTest(name, scenario));
    writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: interval, tests }));
    return file;
  });
  const { status, output } = run(["test", "rules", ...files]);
  expect([status, output]).toEqual([0, expect.stringContaining("SUCCESS")]);
}

/** The rules as the PrometheusRule has them. */
function rulesFile(rules: AlertRules): string {
  const file = path.join(folder, "rules.yaml");
  writeFileSync(file, toYaml([rules.toJson().spec]));
  return file;
}

function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
