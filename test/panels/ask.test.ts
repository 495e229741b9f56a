import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Panel, ROWS } from "../../lib/monitoring/dashboard";
import { askPanels } from "../../lib/panels/ask";
import { Prometheus, PrometheusError } from "../../lib/panels/prometheus";
import { rangeOf } from "../../lib/panels/range";

const RANGE = rangeOf(3, new Date("2026-11-30T15:00:00Z"));
const ASKED = { namespace: "elsewhere", ...RANGE };

/** Answers as Prometheus documents it; test/faults/panels.test.ts has a real one. */
let answer: (url: URL) => { readonly status?: number; readonly body: unknown };
let server: Server;
let url: string;
let asked: URL[];
beforeEach(async () => {
  asked = [];
  server = createServer(({ url: target = "" }, response) => {
    const found = new URL(target, "http://x");
    asked.push(found);
    const { status = 200, body } = answer(found);
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

const success = (...result: unknown[]) => ({ body: { status: "success", data: { result } } });
const panel = (changes: Partial<Panel>): Panel => ({
  ...{
    title: "x",
    unit: "none",
    kind: "graph",
    queries: [{ expr: 'x{namespace="$namespace"}', legend: "{{ a }} of" }],
  },
  ...changes,
});
const ask = (...panels: Panel[]) => askPanels([{ title: "Row", panels }], new Prometheus(`${url}/`), ASKED);

test("a graph is asked over the range, a figure at its end, both of the namespace", async () => {
  answer = () => success();
  await ask(panel({}), panel({ kind: "stat" }));
  const [graph, stat] = asked.toSorted((one, other) => other.pathname.length - one.pathname.length);
  expect(graph?.pathname).toBe("/api/v1/query_range");
  expect(Object.fromEntries(graph?.searchParams ?? [])).toEqual({
    ...{ query: 'x{namespace="elsewhere"}', start: "1796040000", end: "1796050800", step: "38" },
  });
  expect(stat?.pathname).toBe("/api/v1/query");
  expect(Object.fromEntries(stat?.searchParams ?? [])).toEqual({
    ...{ query: 'x{namespace="elsewhere"}', time: "1796050800" },
  });
});

test("every query of the dashboard is asked once", async () => {
  answer = () => success();
  await askPanels(ROWS, new Prometheus(url), ASKED);
  const queries = ROWS.flatMap(({ panels }) => panels.flatMap((each) => each.queries));
  expect(asked.map(({ searchParams }) => searchParams.get("query")).sort()).toEqual(
    queries.map(({ expr }) => expr.replaceAll("$namespace", "elsewhere")).sort(),
  );
});

test("a legend names its labels; what is no number is no sample, and a line without samples none", async () => {
  answer = () =>
    success(
      {
        metric: { a: "200" },
        values: [
          [1, "1.5"],
          [2, "NaN"],
          [3, "+Inf"],
          [4, "2"],
        ],
      },
      { metric: {}, values: [[1, "NaN"]] },
    );
  const [row] = await ask(panel({}));
  expect(row?.panels[0]?.lines).toEqual([
    {
      name: "200 of",
      samples: [
        [1, 1.5],
        [4, 2],
      ],
    },
  ]);
});

test("a query that Prometheus refuses is its panel's problem, in Prometheus' words", async () => {
  answer = ({ pathname }) =>
    pathname.endsWith("query")
      ? { status: 503, body: { status: "error", errorType: "timeout", error: "query timed out" } }
      : success({ metric: {}, values: [[1, "1"]] });
  const [row] = await ask(panel({}), panel({ kind: "stat" }));
  expect(row?.panels.map(({ lines, problem }) => [lines.length, problem])).toEqual([
    [1, undefined],
    [0, "query timed out"],
  ]);
});

test("something else at that address is an error that names it", async () => {
  answer = () => ({ status: 404, body: "<html>Not here</html>" });
  await expect(ask(panel({}))).rejects.toThrow(
    new PrometheusError(
      `Prometheus at ${url}/ could not be asked: it answered 404 and no document of Prometheus' API.`,
    ),
  );
  server.close();
  server.closeAllConnections();
  await expect(ask(panel({}))).rejects.toThrow(/could not be asked: .*(ECONNREFUSED|fetch failed)/);
});

test("samples are never further apart than the five minutes of the panels' rates", () => {
  const now = new Date("2026-11-30T15:00:00Z");
  expect([1, 3, 24].map((hours) => rangeOf(hours, now).step)).toEqual([15, 38, 300]);
});
