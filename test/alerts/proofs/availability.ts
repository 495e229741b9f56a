import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

export const AVAILABILITY: Readonly<Record<string, Proof>> = {
  // Its end takes data-svc's pods along, and they have no alert of their own.
  "PostgresDown critical": fault({
    alert: "PostgresDown critical",
    minutes: 1,
    // The replica stays ready.
    values: { pgUp: 0, databaseReady: 0, primaryReady: 0, primary: undefined, serviceReady: 0 },
    // A restart of half a minute.
    near: { pgUp: "1+0x5 0 1+0x100", databaseReady: "1+0x5 0 1+0x100", primaryReady: "1+0x5 0 1+0x100" },
  }),
  "PostgresUnreachable warning": fault({
    alert: "PostgresUnreachable warning",
    minutes: 5,
    values: { pgUp: 0 },
    // The time that a new password takes to arrive.
    near: { pgUp: "1+0x5 0+0x3 1+0x100" },
  }),
  "PostgresNotReady critical": fault({
    alert: "PostgresNotReady critical",
    minutes: 5,
    values: { databaseReady: 0, primaryReady: 0 },
    near: { databaseReady: "1+0x5 0+0x3 1+0x100", primaryReady: "1+0x5 0+0x3 1+0x100" },
  }),
  "PostgresExporterDown warning": fault({
    alert: "PostgresExporterDown warning",
    minutes: 5,
    values: { exporterUp: 0 },
    near: { exporterUp: "1+0x5 0+0x3 1+0x100" },
  }),
  "PostgresMetricsMissing warning": fault({
    alert: "PostgresMetricsMissing warning",
    minutes: 10,
    values: { collector: 0 },
    // A database that is down has no metrics, and an alert of its own.
    near: {
      scrapeError: always(1),
      pgUp: always(0),
      databaseReady: always(0),
      primaryReady: always(0),
      collector: undefined,
    },
    nearAlerts: ["PostgresDown critical"],
  }),
  "DataServiceNotReady critical": fault({
    alert: "DataServiceNotReady critical",
    minutes: 5,
    values: { serviceReady: 2 },
    // A rolling release.
    near: { serviceReady: "3+0x5 2+0x3 3+0x100" },
  }),
  "DataServiceMetricsMissing warning": fault({
    alert: "DataServiceMetricsMissing warning",
    minutes: 5,
    values: { serviceUp: 0 },
    near: { serviceUp: "1+0x5 0+0x3 1+0x100" },
  }),
  "DataServiceIssuerKeysOld warning": {
    // One pod's are enough. They are old after 15.5 minutes.
    fires: { with: { issuerKeys: always(0) }, at: { "20m": [], "22m": ["DataServiceIssuerKeysOld warning"] } },
    // Two readings have failed, and the third one succeeds.
    silent: { with: { issuerKeys: "0+0x15 960+60x60" }, at: { "15m": [], "22m": [], "60m": [] } },
    resolves: {
      with: { issuerKeys: "0+0x25 1560+60x60" },
      at: { "25m": ["DataServiceIssuerKeysOld warning"], "27m": [] },
    },
  },
};
