import { HEALTHY, SERIES, type SeriesName, type Values } from "./healthy";
import { NAMESPACE } from "./stage";

/** A course of events, and every alert that fires at some times of it. */
export interface Scenario {
  /** Series other than those of a healthy stage. `undefined` takes one away. */
  readonly with: Readonly<Partial<Record<SeriesName, Values | undefined>>>;
  /** Alerts that fire at a time, as `<name> <severity>`, and no others. */
  readonly at: Readonly<Record<string, readonly string[]>>;
  /** Time between two values and between two evaluations. @default 1m */
  readonly every?: "1m" | "5m" | "1h";
}

/** The three scenarios that every alert has. */
export interface Proof {
  /** It fires once the fault has lasted, and not before. */
  readonly fires: Scenario;
  /** Something that comes near the fault, and is none. */
  readonly silent: Scenario;
  /** It ends with the fault. */
  readonly resolves: Scenario;
}

const SECONDS = { "1m": 60, "5m": 300, "1h": 3600 };

/** A scenario as a test of promtool's. */
export function promtoolTest(name: string, { with: changes, at, every = "1m" }: Scenario) {
  const count = Math.ceil(Math.max(...Object.keys(at).map(secondsOf)) / SECONDS[every]) + 1;
  const values = Object.entries({ ...HEALTHY, ...changes }) as [SeriesName, Values | undefined][];
  return {
    name,
    interval: every,
    input_series: values.flatMap(([short, value]) =>
      value === undefined
        ? []
        : [{ series: SERIES[short], values: typeof value === "string" ? value : value(SECONDS[every], count) }],
    ),
    promql_expr_test: Object.entries(at).map(([time, alerts]) => ({
      expr: 'max by (alertname, severity, window, namespace) (ALERTS{alertstate="firing"})',
      eval_time: time,
      exp_samples: alerts.map((alert) => ({ labels: labelsOf(alert), value: 1 })),
    })),
  };
}

/** The seconds of a time like `"90m"` or `"72h"`. */
const secondsOf = (time: string) => Number.parseInt(time, 10) * (time.endsWith("h") ? 3600 : 60);

function labelsOf(alert: string): string {
  const [alertname, severity, window] = alert.split(" ");
  const labels = { alertname, severity, namespace: NAMESPACE, ...(window !== undefined && { window }) };
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}}`;
}
