import { writeFileSync } from "node:fs";
import * as path from "node:path";
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as GraphBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { type Panel, ROWS } from "../lib/monitoring/dashboard/panels";

const SOURCE = { type: "prometheus", uid: "$datasource" };
/** Columns of Grafana's grid. */
const COLUMNS = 24;
const STATS_IN_LINE = 4;

/** Makes the dashboard of lib/monitoring/dashboard/panels.ts. The same panels give the same text. */
export function dashboardText(): string {
  const dashboard = new DashboardBuilder("DiabRisk's data tier")
    .uid("diabrisk-data-tier")
    .tags(["diabrisk"])
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .timezone("utc")
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
    .withVariable(
      new QueryVariableBuilder("namespace")
        .label("Namespace")
        .datasource(SOURCE)
        .query("label_values(pg_up, namespace)"),
    );
  for (const { title, panels } of ROWS) {
    dashboard.withRow(new RowBuilder(title));
    const inLine = panels[0]?.kind === "stat" ? STATS_IN_LINE : 2;
    for (const panel of panels) dashboard.withPanel(build(panel, COLUMNS / inLine));
  }
  return `${JSON.stringify(dashboard.build(), null, 2)}\n`;
}

function build({ title, unit, kind, queries, absent }: Panel, span: number) {
  const builder = (kind === "stat" ? new StatBuilder() : new GraphBuilder().min(0))
    .title(title)
    .datasource(SOURCE)
    .unit(unit);
  if (absent !== undefined) builder.noValue(absent);
  builder.span(span).height(kind === "stat" ? 4 : 8);
  queries.forEach(({ expr, legend }, index) => {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .expr(expr)
      .legendFormat(legend);
    // Otherwise Grafana would show the last figure of its range as the present one, long after its series ended.
    builder.withTarget(kind === "stat" ? query.instant() : query);
  });
  return builder;
}

if (require.main === module) {
  writeFileSync(path.join(__dirname, "../lib/monitoring/dashboard/dashboard.json"), dashboardText());
}
