import { alertKey } from "../../lib/monitoring";
import { ALERTS } from "../alerts/stage";
import { ALERT_FAULTS, type AlertFault, CLUSTER_FAULTS, leftToPromtool, shareOut } from "./alert-faults";
import { LONGEST_MINUTES, patienceOf } from "./alert-faults/patience";
import { secondsOf, secondsOfAll } from "./alert-faults/share-out";
import { QUIET_SECONDS, STAGES } from "./cases/alerts";

const FAULTS = [...ALERT_FAULTS, ...CLUSTER_FAULTS];

test("there are forty faults, each with a name of its own", () => {
  const names = FAULTS.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(names).toEqual([...new Set(names)]);
});

test("faults name alerts that there are", () => {
  const known = ALERTS.map(alertKey);
  for (const { name, alerts, also = [], lingers = [] } of FAULTS) {
    const named = [...alerts, ...also, ...lingers];
    expect([name, named.filter((alert) => !known.includes(alert))]).toEqual([name, []]);
  }
});

test("every alert is raised by a fault, or waits for longer than a fault of a run may last", () => {
  const left = leftToPromtool(ALERTS, FAULTS);
  expect(Object.entries(left).filter(([, minutes]) => minutes <= LONGEST_MINUTES)).toEqual([]);
  expect(left).toEqual({
    "DataServiceIssuerKeysOld warning": 21,
    "PostgresOldTransaction critical": 60,
    "PostgresVolumeFullSoon warning": 420,
    "PostgresTransactionIdAge warning": 358,
    "PostgresTransactionIdAge critical": 537,
    "PostgresMultiXactAge warning": 358,
    "PostgresMultiXactAge critical": 537,
    "PostgresInvalidIndex warning": 60,
    "PostgresPendingRestart warning": 60,
    "BaseBackupTooOld warning": 60,
  });
});

test("an alert that a fault raises has the time for which it waits", () => {
  for (const alert of ALERTS) {
    const faults = FAULTS.filter(({ alerts }) => alerts.includes(alertKey(alert)));
    for (const { name, seconds } of faults) {
      expect([name, alertKey(alert), seconds > patienceOf(alert) * 60]).toEqual([name, alertKey(alert), true]);
    }
  }
});

const fault = (name: string, seconds: number, more: Partial<AlertFault> = {}): AlertFault => ({
  ...{ name, alerts: [], seconds },
  begin: async () => async () => undefined,
  ...more,
});
const named = (shares: ReturnType<typeof shareOut>) => shares.map((share) => share.map(({ name }) => name));

describe("faults are shared out", () => {
  test("so that the stages end at about the same time", () => {
    const faults = [fault("a", 100), fault("b", 500), fault("c", 300), fault("d", 200)];
    expect(named(shareOut(faults, 2, 0))).toEqual([
      ["b", "a"],
      ["c", "d"],
    ]);
  });

  test("so that a stage which has something else to do first gets fewer", () => {
    const faults = [fault("a", 300), fault("b", 200), fault("c", 100)];
    expect(named(shareOut(faults, 2, 1000))).toEqual([[], ["a", "b", "c"]]);
  });

  test("with those last whose alerts linger", () => {
    const faults = [fault("a", 500, { lingers: ["X critical"] }), fault("b", 400)];
    expect(named(shareOut(faults, 1, 0))).toEqual([["b", "a"]]);
  });

  test("in time: every fault once, none of the stages for more than half an hour", () => {
    const shares = shareOut(ALERT_FAULTS, STAGES, QUIET_SECONDS);
    expect(new Set(shares.flat())).toEqual(new Set(ALERT_FAULTS));
    expect(shares.flat()).toHaveLength(ALERT_FAULTS.length);
    const seconds = shares.map((share, index) => secondsOfAll(share) + (index === 0 ? QUIET_SECONDS : 0));
    expect(Math.max(...seconds)).toBeLessThan(1800);
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThan(Math.max(...ALERT_FAULTS.map(secondsOf)));
  });
});
