import { HEALTHY, type SeriesName, type Values } from "./healthy";
import type { Proof, Scenario } from "./proof";

/** Minute in which a fault begins. */
const BEGIN = 5;

export interface Fault {
  readonly alert: string;
  /** Minutes for which it has to last before the alert. */
  readonly minutes: number;
  /** Values during it. `undefined`: the series is not there. */
  readonly values: Readonly<Partial<Record<SeriesName, number | undefined>>>;
  /** Minutes for which the alert fires, fewer than an alert with a longer patience needs. @default 10 */
  readonly lasts?: number;
  /** Changes that come near it. */
  readonly near: Scenario["with"];
  /** Alerts that come near it raises by right. */
  readonly nearAlerts?: readonly string[];
  /** Alerts that fire before this one. */
  readonly before?: readonly string[];
  /** Alerts that fire with this one. */
  readonly also?: readonly string[];
}

/** Proves an alert on values that are wrong from the fifth minute on. */
export function fault(given: Fault): Proof {
  const { alert, minutes, values, lasts = 10, near, nearAlerts = [], before = [], also = before } = given;
  const fires = BEGIN + minutes;
  const end = fires + lasts;
  // Longer than the scenario.
  const during = (until = end + 20) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, spell(HEALTHY[name as SeriesName], value, until)]),
    );
  const early = minutes > 0 ? { [`${fires - 1}m`]: before } : { [`${BEGIN - 1}m`]: [] };
  return {
    fires: { with: during(), at: { ...early, [`${fires + 1}m`]: [alert, ...also] } },
    silent: { with: near, at: { [`${fires + 1}m`]: nearAlerts, [`${end}m`]: nearAlerts } },
    // An absent series is found for five minutes more.
    resolves: { with: during(end), at: { [`${end - 1}m`]: [alert, ...also], [`${end + 6}m`]: [] } },
  };
}

/** A healthy series, the other value from BEGIN to `until`, and healthy again. Healthy values that do not grow. */
function spell(healthy: Values, value: number | undefined, until: number): Values {
  const [good] = (typeof healthy === "string" ? healthy : healthy(60, 1)).split("+");
  // promtool writes no value as "_".
  const bad = value === undefined ? `_x${until - BEGIN}` : `${value}+0x${until - BEGIN - 1}`;
  return `${good}+0x${BEGIN - 1} ${bad} ${good}+0x30`;
}
