import { growing, type SeriesName, type Values } from "../healthy";
import type { Proof } from "../proof";

/** Of each second's request, these parts fail or are slow. */
const failing = (part: number) => ({
  served: growing(1 - part),
  servedFast: growing(1 - part),
  failed: growing(part),
  failedFast: growing(part),
});
const slow = (part: number) => ({ servedFast: growing(1 - part) });

/** Bad for some hours, and good from then on. */
const atFirst =
  (name: SeriesName, part: number, hours: number): Values =>
  (step, count) => {
    const seconds = hours * 3600;
    const fails = name === "failed" || name === "failedFast";
    const [bad, good] = fails ? [part, 0] : [1 - part, 1];
    return `0+${bad * step}x${seconds / step} ${bad * seconds + good * step}+${good * step}x${count}`;
  };

const failingAtFirst = (part: number, hours = 1) => ({
  served: atFirst("served", part, hours),
  servedFast: atFirst("servedFast", part, hours),
  failed: atFirst("failed", part, hours),
  failedFast: atFirst("failedFast", part, hours),
});
const slowAtFirst = (part: number, hours = 1) => ({ servedFast: atFirst("servedFast", part, hours) });

const FAILING = [
  "DataServiceRequestsFailing critical 1h",
  "DataServiceRequestsFailing critical 6h",
  "DataServiceRequestsFailing warning 3d",
];
const SLOW = [
  "DataServiceRequestsSlow critical 1h",
  "DataServiceRequestsSlow critical 6h",
  "DataServiceRequestsSlow warning 3d",
];
const [FAILING_FAST = "", FAILING_LONG = "", FAILING_DAYS = ""] = FAILING;
const [SLOW_FAST = "", SLOW_LONG = "", SLOW_DAYS = ""] = SLOW;

export const REQUESTS: Readonly<Record<string, Proof>> = {
  [FAILING_FAST]: {
    fires: { with: failing(0.02), at: { "4m": [], "60m": FAILING } },
    // Probes of a pod that is not ready are nobody's requests.
    silent: { with: { probed: growing(5) }, at: { "60m": [], "90m": [] } },
    resolves: { with: failingAtFirst(0.02), at: { "60m": FAILING, "67m": [FAILING_LONG, FAILING_DAYS] } },
  },
  [FAILING_LONG]: {
    fires: { every: "5m", with: failing(0.007), at: { "6h": [FAILING_LONG, FAILING_DAYS] } },
    silent: { every: "5m", with: failing(0.0059), at: { "6h": [FAILING_DAYS] } },
    resolves: { every: "5m", with: failingAtFirst(0.04), at: { "60m": FAILING, "95m": [FAILING_DAYS] } },
  },
  [FAILING_DAYS]: {
    fires: { every: "1h", with: failing(0.0012), at: { "72h": [FAILING_DAYS] } },
    silent: { every: "1h", with: failing(0.0009), at: { "72h": [] } },
    resolves: { every: "1h", with: failingAtFirst(0.2, 6), at: { "6h": [FAILING_DAYS], "13h": [] } },
  },
  [SLOW_FAST]: {
    fires: { with: slow(0.2), at: { "60m": SLOW } },
    // Few requests, of which one is slow.
    silent: { with: { served: growing(0.001), servedFast: growing(0.0005) }, at: { "60m": [] } },
    resolves: {
      with: slowAtFirst(0.2),
      at: { "60m": SLOW, "67m": [SLOW_LONG, SLOW_DAYS] },
    },
  },
  [SLOW_LONG]: {
    fires: { every: "5m", with: slow(0.07), at: { "6h": [SLOW_LONG, SLOW_DAYS] } },
    silent: { every: "5m", with: slow(0.059), at: { "6h": [SLOW_DAYS] } },
    resolves: {
      every: "5m",
      with: slowAtFirst(0.4),
      at: { "60m": SLOW, "95m": [SLOW_DAYS] },
    },
  },
  [SLOW_DAYS]: {
    fires: { every: "1h", with: slow(0.012), at: { "72h": [SLOW_DAYS] } },
    silent: { every: "1h", with: slow(0.009), at: { "72h": [] } },
    resolves: { every: "1h", with: slowAtFirst(0.2, 6), at: { "6h": [SLOW_DAYS], "13h": [] } },
  },
};
