import type { Panel, Row } from "../monitoring/dashboard";
import { type Prometheus, QueryError, type Range, type Series } from "./prometheus";

/** One line of a panel. */
export interface Line {
  readonly name: string;
  /** In order of time, and finite. */
  readonly samples: Series["samples"];
}

export interface Answered {
  readonly panel: Panel;
  /** Empty if there are no data. A `stat` has at most one. */
  readonly lines: readonly Line[];
  /** Prometheus' own words, if it refused a query. */
  readonly problem?: string;
}

export interface AnsweredRow {
  readonly title: string;
  readonly panels: readonly Answered[];
}

/**
 * Asks a Prometheus for every panel of a namespace: for the figures of the range's end, and for the lines over all of it.
 * A query that Prometheus refuses is its panel's problem, and hides no other.
 * @throws PrometheusError if it does not answer
 */
export async function askPanels(
  rows: readonly Row[],
  prometheus: Prometheus,
  { namespace, ...range }: Range & { readonly namespace: string },
): Promise<readonly AnsweredRow[]> {
  const answer = async (panel: Panel): Promise<Answered> => {
    try {
      return { panel, lines: await linesOf(panel, prometheus, namespace, range) };
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return { panel, lines: [], problem: error.message };
    }
  };
  return await Promise.all(
    rows.map(async ({ title, panels }) => ({ title, panels: await Promise.all(panels.map(answer)) })),
  );
}

async function linesOf(
  { kind, queries }: Panel,
  prometheus: Prometheus,
  namespace: string,
  range: Range,
): Promise<readonly Line[]> {
  const answers = await Promise.all(
    queries.map(async ({ expr, legend }) => {
      const query = expr.replaceAll("$namespace", namespace);
      const found = kind === "stat" ? prometheus.instant(query, range.end) : prometheus.range(query, range);
      return (await found).map(({ labels, samples }) => ({ name: named(legend, labels), samples: finite(samples) }));
    }),
  );
  return answers.flat().filter(({ samples }) => samples.length > 0);
}

/** Fills a legend in Grafana's notation. */
const named = (legend: string, labels: Series["labels"]) =>
  legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? "");

/** A rate without requests is 0 / 0, of which no line can be drawn. */
const finite = (samples: Series["samples"]) => samples.filter(([, value]) => Number.isFinite(value));
