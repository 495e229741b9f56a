import { readFileSync } from "node:fs";
import * as path from "node:path";
import { metricsOf } from "../../lib/monitoring";
import { ROWS } from "../../lib/monitoring/dashboard";
import { dashboardText } from "../../scripts/dashboard";

const FILE = path.join(__dirname, "../../lib/monitoring/dashboard/dashboard.json");

test("the committed dashboard is the one that `npm run dashboard` makes", () => {
  expect(JSON.parse(readFileSync(FILE, "utf8"))).toEqual(JSON.parse(dashboardText()));
});

test("every panel has a query, and every query asks for the chosen namespace", () => {
  for (const { queries, title } of ROWS.flatMap(({ panels }) => panels)) {
    expect([title, queries.length > 0]).toEqual([title, true]);
    for (const { expr } of queries) {
      expect([title, metricsOf(expr).length > 0]).toEqual([title, true]);
      expect(expr.match(/\{/g)).toHaveLength(
        expr.match(/\{namespace=(?:"\$namespace"|~"\$namespace\(-drill\)\?")/g)?.length ?? 0,
      );
    }
  }
});
