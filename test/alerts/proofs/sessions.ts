import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

export const SESSIONS: Readonly<Record<string, Proof>> = {
  "PostgresConnectionsUsed warning": fault({
    alert: "PostgresConnectionsUsed warning",
    minutes: 10,
    // Three more are readonly's.
    values: { connections: 78 },
    near: { connections: always(77) },
  }),
  "PostgresConnectionsUsed critical": fault({
    alert: "PostgresConnectionsUsed critical",
    minutes: 1,
    values: { connections: 93 },
    lasts: 5,
    // For more than ten minutes, 95 of 100 would be a warning.
    near: { connections: "30+0x2 92+0x5 30+0x100" },
  }),
  "DataServicePoolExhausted warning": fault({
    alert: "DataServicePoolExhausted warning",
    minutes: 1,
    values: { poolWaiting: 4 },
    near: { poolWaiting: "0+0x5 4 0+0x5 9 0+0x100" },
  }),
  "PostgresOldTransaction warning": fault({
    alert: "PostgresOldTransaction warning",
    minutes: 0,
    values: { oldest: 901 },
    near: { oldest: always(900), oldestBackup: always(3500) },
  }),
  "PostgresOldTransaction critical": fault({
    alert: "PostgresOldTransaction critical",
    minutes: 0,
    values: { oldest: 3601 },
    also: ["PostgresOldTransaction warning"],
    near: { oldest: always(3600) },
    nearAlerts: ["PostgresOldTransaction warning"],
  }),
  "PostgresIdleInTransaction warning": fault({
    alert: "PostgresIdleInTransaction warning",
    minutes: 0,
    values: { idle: 301 },
    near: { idle: always(300) },
  }),
  "PostgresLockWait warning": fault({
    alert: "PostgresLockWait warning",
    minutes: 0,
    values: { lockWait: 61 },
    near: { lockWait: always(60) },
  }),
  "PostgresSessionWithoutTls critical": fault({
    alert: "PostgresSessionWithoutTls critical",
    minutes: 0,
    values: { withoutTls: 1 },
    near: { connections: always(60) },
  }),
};
