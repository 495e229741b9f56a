import { type Alert, type AlertGroup, expression, selector, type Watched } from "../alert";

/** Parts of the requests that may fail, and that may take longer than 250 ms. */
const FAILING_BUDGET = 0.001;
const SLOW_BUDGET = 0.01;
const SLOW_SECONDS = "0.25";

/** Multiples of the budget, each over a long and a short window, so that an alert ends soon after its fault. */
const BURNS = [
  { rate: 14.4, long: "1h", short: "5m", severity: "critical" },
  { rate: 6, long: "6h", short: "30m", severity: "critical" },
  { rate: 1, long: "3d", short: "6h", severity: "warning" },
] as const;

/** With few requests, a single failure is a large part of them and no reason to wake anybody. */
const LEAST_BAD = 10;

const SERVED = 'route=~"/internal/.*"';

/** An export takes as long as its reader does. */
const PROMPT = `${SERVED}, route!~".*/export"`;

/** The promise to callers, by how fast its budget burns. */
export function requests(watched: Watched): AlertGroup {
  const metric = selector(watched);
  const count = (name: string, matchers: string, window: string) =>
    `sum by (namespace) (increase(${metric(`data_svc_http_request_duration_seconds_${name}`, matchers)}[${window}]))`;
  const all = (window: string) => count("count", SERVED, window);
  const failed = (window: string) => count("count", `${SERVED}, status=~"5.."`, window);
  const allPrompt = (window: string) => count("count", PROMPT, window);
  const slow = (window: string) =>
    `(${allPrompt(window)} - ${count("bucket", `${PROMPT}, le="${SLOW_SECONDS}"`, window)})`;
  const burning = (
    bad: (window: string) => string,
    of: (window: string) => string,
    budget: number,
    { rate, long, short }: (typeof BURNS)[number],
  ) => {
    const limit = Number((rate * budget).toPrecision(6));
    return expression(`
      ${bad(long)} / ${of(long)} > ${limit}
      and on (namespace) ${bad(short)} / ${of(short)} > ${limit}
      and on (namespace) ${bad(long)} > ${LEAST_BAD}`);
  };
  const alerts = BURNS.flatMap((burn): Alert[] => [
    {
      name: "DataServiceRequestsFailing",
      severity: burn.severity,
      window: burn.long,
      expr: burning(failed, all, FAILING_BUDGET, burn),
      summary: "Requests of data-svc fail.",
      description: `{{ $value | humanizePercentage }} of the last ${burn.long} failed, ${burn.rate} times what 99.9 % allow.`,
    },
    {
      name: "DataServiceRequestsSlow",
      severity: burn.severity,
      window: burn.long,
      expr: burning(slow, allPrompt, SLOW_BUDGET, burn),
      summary: "Requests of data-svc are slow.",
      description: `{{ $value | humanizePercentage }} of the last ${burn.long} took over 250 ms, ${burn.rate} times what 99 % allow.`,
    },
  ]);
  return { name: "requests", alerts };
}
