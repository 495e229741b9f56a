import { alertKey, metricsOf } from "../../lib/monitoring";
import type { Panel } from "../../lib/monitoring/dashboard";
import type { E2e } from "./case";

/** The cluster's Prometheus, asked through the API server. */
export class Prometheus {
  readonly #api: string;

  constructor(
    private readonly e2e: E2e,
    namespace = e2e.stage.network.monitoringNamespace,
  ) {
    this.#api = `/api/v1/namespaces/${namespace}/services/prometheus-operated:9090/proxy/api/v1`;
  }

  async #get<Data>(path: string): Promise<Data> {
    const answer = JSON.parse(await this.e2e.kubectl.run(["get", "--raw", `${this.#api}/${path}`]));
    return answer.data as Data;
  }

  /** The value of each series of an expression. */
  async query(
    expr: string,
  ): Promise<readonly { readonly metric: Labels; readonly value: readonly [number, string] }[]> {
    return (await this.#get<{ result: [] }>(`query?query=${encodeURIComponent(expr)}`)).result;
  }

  /** The rules of the stage's namespace, as Prometheus has loaded them. */
  async rules(): Promise<readonly LoadedRule[]> {
    const { groups } = await this.#get<{ groups: { name: string; file: string; rules: LoadedRule[] }[] }>("rules");
    return groups.flatMap(({ file, rules }) => (file.includes(`/${this.e2e.namespace}-`) ? rules : []));
  }

  /** Waits until every rule is loaded and evaluated, and every metric that one names exists, as far as it is `wanted`. */
  async untilMeasured(wanted = (_metric: string) => true): Promise<void> {
    const { e2e } = this;
    await e2e.wait(
      {
        what: "Prometheus to have every metric that an alert names",
        // The operator's reloader looks for a new configuration every three minutes.
        seconds: 480,
        poll: async () => {
          const rules = await this.rules();
          const broken = rules
            .filter(({ health }) => health !== "ok")
            .map(({ name, lastError }) => `${name} ${lastError}`);
          const names = [...new Set(rules.flatMap(({ query }) => metricsOf(query)))].filter(wanted);
          const found = await this.#present(names);
          const missing = names.filter((name) => !found.includes(name));
          const stands = names.length > 0 && broken.length + missing.length === 0;
          if (stands) e2e.evidence(`${rules.length} rules, ${names.length} metrics: ${names.join(", ")}`);
          return { state: stands ? "ready" : "waiting", detail: [...broken, ...missing].join(", ") || "no rules yet" };
        },
      },
      10_000,
    );
  }

  /** Waits until every query of these panels returns a number, once everything was scraped that has happened. */
  async untilAnswered(panels: readonly Panel[]): Promise<void> {
    const { e2e } = this;
    const queries = panels.flatMap((panel) => panel.queries);
    await e2e.wait({
      what: "Prometheus to answer every query of the dashboard",
      seconds: 180,
      poll: async () => {
        const open: string[] = [];
        for (const { expr } of queries) {
          const found = await this.query(expr.replaceAll("$namespace", e2e.namespace));
          if (found.length === 0) open.push(expr);
        }
        return { state: open.length === 0 ? "ready" : "waiting", detail: `no answer yet to ${open.join(", ")}` };
      },
    });
    e2e.evidence(`${queries.length} queries of the dashboard are answered`);
  }

  /** Those of these metrics that the stage's namespace has, by one question: stages side by side ask many. */
  async #present(names: readonly string[]): Promise<readonly string[]> {
    const matchers = `namespace="${this.e2e.namespace}", __name__=~"${names.join("|")}"`;
    const found = await this.query(`count by (__name__) ({${matchers}})`);
    return found.map(({ metric }) => metric.__name__ ?? "");
  }

  /** Alerts of the stage's namespace that fire, as `<name> <severity>` with the window if they have one, without repetitions. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = await this.#get<{ alerts: { state: string; labels: Labels }[] }>("alerts");
    const ours = alerts.filter(({ state, labels }) => state === "firing" && labels.namespace === this.e2e.namespace);
    return [...new Set(ours.map(({ labels }) => keyOf(labels)))].sort();
  }
}

type Labels = Readonly<Record<string, string>>;

const keyOf = ({ alertname = "", severity, window }: Labels) =>
  alertKey({ name: alertname, severity: severity as "warning", ...(window !== undefined && { window }) });

export interface LoadedRule {
  readonly name: string;
  readonly query: string;
  /** `ok`, `err`, or `unknown` before the first evaluation. */
  readonly health: string;
  readonly lastError?: string;
  readonly alerts?: readonly { readonly annotations: Labels }[];
}
