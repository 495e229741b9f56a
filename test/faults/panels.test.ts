import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { metricsOf } from "../../lib/monitoring";
import { ROWS } from "../../lib/monitoring/dashboard";
import { Prometheus, QueryError } from "../../lib/panels/prometheus";
import { issueTls } from "../../lib/secrets/issue";
import { closeServices, eventually, start, testSettings } from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { shellProgram } from "../support/shell-program";
import { secured } from "../support/tls";
import { Chromium, lacksChromium, type Screen } from "./support/chromium";
import { contrast, type DrawnText, TEXTS } from "./support/look-at-page";
import { LOOK_AT_PANELS, type PanelsSeen } from "./support/look-at-panels";
import { describeUnless } from "./support/programs";
import { lacksPrometheus, StartedPrometheus } from "./support/prometheus";
import { recordMetrics } from "./support/recorded-metrics";

const ROOT = path.resolve(__dirname, "../..");
/** The stage's own. */
const NAMESPACE = "diabrisk";
/** Three hours of one scrape a minute, and ten minutes before, over which the first rates look. */
const SCRAPES = 190;

const SCREENS: readonly Screen[] = [390, 1280].flatMap((width) =>
  (["light", "dark"] as const).map((colours) => ({ width, colours })),
);
const PANELS = ROWS.flatMap(({ panels }) => panels);

describeUnless(lacksPrometheus ?? lacksChromium, "the dashboard's panels, from a real Prometheus, in Chromium", () => {
  const postgres = usePostgres();
  const folder = mkdtempSync(path.join(os.tmpdir(), "panels-"));
  let prometheus: StartedPrometheus;
  let browser: Chromium;
  let metrics: string;

  beforeAll(async () => {
    const url = await overTls(await postgres.createMigratedDatabase());
    const service = await start(testSettings(url, {}, (file) => readFileSync(file, "utf8")));
    await service.ready;
    metrics = await recordMetrics(service, NAMESPACE, Math.floor(Date.now() / 1000), SCRAPES);
    await closeServices();
    prometheus = await StartedPrometheus.start(metrics);
    browser = Chromium.start();
  });
  afterAll(async () => {
    await closeServices();
    await browser?.close();
    await prometheus?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Without TLS there is no certificate whose end a panel could show. */
  async function overTls(url: string): Promise<string> {
    const { server, authority } = await issueTls(["localhost"], new Date());
    await secured(postgres, server);
    const file = path.join(folder, "ca.crt");
    writeFileSync(file, authority.certificate);
    return `${url.replace("127.0.0.1", "localhost")}?sslmode=verify-full&sslrootcert=${file}`;
  }

  const to = (name: string) => ["--to", path.join(folder, name)];
  const pageAt = (name: string) => pathToFileURL(path.join(folder, name)).href;

  test("the record has every metric that a panel reads", () => {
    const wanted = new Set(PANELS.flatMap(({ queries }) => queries.flatMap(({ expr }) => metricsOf(expr))));
    const recorded = new Set(metrics.match(/^\w+/gm));
    expect([...wanted].filter((metric) => !recorded.has(metric))).toEqual([]);
  });

  describe("a stage with all metrics", () => {
    let url: string;
    beforeAll(async () => {
      const made = await run(["prod", "--prometheus", prometheus.url, ...to("panels.html")]);
      expect(made).toEqual({ code: 0, output: `written to ${path.join(folder, "panels.html")}\n` });
      url = pageAt("panels.html");
    });

    describe.each(SCREENS)("$width pixels wide, $colours", (screen) => {
      test("every panel has its title and shows data, all of it within its box and legible", async () => {
        const shown = await browser.open(url, screen);
        const { rows, scrollWidth, innerWidth } = await shown.evaluate<PanelsSeen>(LOOK_AT_PANELS);
        expect(innerWidth).toBe(screen.width);
        expect(scrollWidth).toBeLessThanOrEqual(innerWidth);
        expect(rows.map(({ title, panels: seen }) => [title, seen.map((panel) => panel.title)])).toEqual(
          ROWS.map(({ title, panels: wanted }) => [title, wanted.map((panel) => panel.title)]),
        );
        const seen = rows.flatMap((row) => row.panels);
        expect(seen.filter(({ without }) => without !== "")).toEqual([]);
        for (const [index, { kind, title }] of PANELS.entries()) {
          const { figure, lines, lowest, overlapping, outside, legend } = seen[index] ?? ({} as never);
          if (kind === "stat") {
            expect([title, figure]).toEqual([title, expect.stringMatching(/\S/)]);
            continue;
          }
          expect([title, lines.length]).toEqual([title, legend]);
          expect([title, lines.filter(({ painted }) => !painted)]).toEqual([title, []]);
          expect([title, overlapping, outside]).toEqual([title, [], []]);
          expect(lowest).toBeGreaterThanOrEqual(10);
          // Three hours of samples reach from one side of the chart to the other.
          expect([title, lines.some(({ across }) => across > 0.9)]).toEqual([title, true]);
        }
      });

      test("every text stands out by 4.5 to 1, and every line by 3 to 1", async () => {
        const shown = await browser.open(url, screen);
        const texts = await shown.evaluate<readonly DrawnText[]>(TEXTS);
        expect(texts.length).toBeGreaterThan(150);
        expect(texts.filter(({ colour, behind }) => contrast(colour, behind) < 4.5)).toEqual([]);
        const { rows, background } = await shown.evaluate<PanelsSeen>(LOOK_AT_PANELS);
        const lines = rows.flatMap((row) => row.panels.flatMap((panel) => panel.lines));
        expect(lines.filter(({ colour }) => contrast(colour, background) < 3)).toEqual([]);
      });

      test("asks for nothing but itself, and breaks no rule of its policy", async () => {
        const shown = await browser.open(url, screen);
        expect(shown.requests.filter((address) => address !== "data:,")).toEqual([url]);
        expect(shown.complaints).toEqual([]);
      });
    });

    test("its figures are those of the record", async () => {
      const { rows } = await (await browser.open(url, { width: 1280, colours: "light" })).evaluate<PanelsSeen>(
        LOOK_AT_PANELS,
      );
      const figures = Object.fromEntries((rows[0]?.panels ?? []).map(({ title, figure }) => [title, figure]));
      expect(figures).toMatchObject({
        ...{ "Database answers": "Yes", "data-svc ready": "3", "Schema version": "7", "Model usable": "Yes" },
      });
    });
  });

  test("a namespace that Prometheus does not know says in each panel that it has no data", async () => {
    const asked = ["dev", "--prometheus", prometheus.url, ...to("empty.html")];
    expect(await run(asked, { NAMESPACE: "elsewhere" })).toMatchObject({ code: 0 });
    const shown = await browser.open(pageAt("empty.html"), { width: 390, colours: "light" });
    const { rows } = await shown.evaluate<PanelsSeen>(LOOK_AT_PANELS);
    expect(rows.flatMap((row) => row.panels.map(({ title, without }) => [title, without]))).toEqual(
      PANELS.map(({ title, absent = "no data" }) => [title, absent]),
    );
  });

  test("through kubectl it asks the Prometheus of the stage's cluster, and ends the forwarding", async () => {
    await shellProgram(folder, "kubectl", KUBECTL);
    // biome-ignore lint/style/noProcessEnv: where the other programs are.
    const PATH = `${folder}${path.delimiter}${process.env.PATH}`;
    const environment = { PATH, PORT: new URL(prometheus.url).port };
    expect(await run(["prod", ...to("cluster.html")], environment)).toMatchObject({ code: 0 });
    const page = readFileSync(path.join(folder, "cluster.html"), "utf8");
    expect(page).toContain("from the Prometheus of namespace monitoring");
    expect(page.match(/<p class="figure">/g)).toHaveLength(PANELS.filter(({ kind }) => kind === "stat").length);
    const [forwarded = "", pid] = readFileSync(path.join(folder, "kubectl.forwarded"), "utf8").split("\n");
    expect(forwarded).toContain("--context test --namespace monitoring port-forward service/prometheus-operated :9090");
    await eventually(() => !isAlive(Number(pid)));
  });

  test("a query that Prometheus refuses is told in its own words", async () => {
    const asked = new Prometheus(prometheus.url).instant("sum(", 0);
    await expect(asked).rejects.toThrow(
      new QueryError('invalid parameter "query": 1:5: parse error: unclosed left parenthesis'),
    );
  });

  test("without an answer there is no page, and the reason is told", async () => {
    const nowhere = ["prod", "--prometheus", "http://127.0.0.1:2", ...to("nowhere.html")];
    expect(await run(nowhere)).toEqual({
      code: 1,
      output: expect.stringMatching(/^Prometheus at http:\/\/127\.0\.0\.1:2 could not be asked: .+\.\n$/),
    });
    expect(existsSync(path.join(folder, "nowhere.html"))).toBe(false);
    expect(await run(["dev", ...to("nowhere.html")])).toEqual({
      code: 1,
      output: expect.stringMatching(/^Stage dev has no monitoring.*--prometheus URL/),
    });
  });
});

/** A cluster whose Prometheus is the one at PORT. */
const KUBECTL = `
said="$*"
while case "\${1:-}" in --context | --namespace) true ;; *) false ;; esac; do shift 2; done
case "$*" in
'config view'*) echo '{"current-context":"test","clusters":[{"cluster":{"server":"https://127.0.0.1:1"}}]}' ;;
port-forward*)
  printf '%s\n%s\n' "$said" $$ >"$0.forwarded"
  echo "Forwarding from 127.0.0.1:$PORT -> 9090"
  exec sleep 60
  ;;
esac
`;

/** Runs the command as a person does. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  // biome-ignore lint/style/noProcessEnv: the command's own environment.
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/panels.ts", ...args], { cwd: ROOT, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, output };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
