import { toYaml } from "../synth/yaml";
import { SQL } from "./scripts";

/** A query whose columns become metrics, named `<name>_<column>`. */
export interface MetricQuery {
  readonly sql: keyof typeof SQL;
  readonly labels: readonly string[];
  /** Gauges with what they mean. */
  readonly gauges: Readonly<Record<string, string>>;
}

/**
 * Writes queries as postgres_exporter and CloudNativePG's own exporter read them.
 * @param more settings of each query that only one of them knows
 */
export const metricQueries = (queries: Readonly<Record<string, MetricQuery>>, more: object): string =>
  toYaml([Object.fromEntries(Object.entries(queries).map(([name, one]) => [name, query(one, more)]))]);

const query = ({ sql, labels, gauges }: MetricQuery, more: object) => ({
  // Comments restart the exporter otherwise.
  query: SQL[sql].replace(/^ *--.*\n/gm, ""),
  ...more,
  metrics: [
    ...labels.map((name) => ({ [name]: { usage: "LABEL", description: "" } })),
    ...Object.entries(gauges).map(([name, description]) => ({ [name]: { usage: "GAUGE", description } })),
  ],
});
