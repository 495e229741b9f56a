import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

export const STORAGE: Readonly<Record<string, Proof>> = {
  "PostgresVolumeFilling warning": fault({
    alert: "PostgresVolumeFilling warning",
    minutes: 5,
    values: { volumeUsed: 81 },
    near: { volumeUsed: always(80) },
  }),
  "PostgresVolumeFilling critical": fault({
    alert: "PostgresVolumeFilling critical",
    minutes: 1,
    values: { volumeUsed: 96 },
    lasts: 3,
    near: { volumeUsed: always(95) },
    nearAlerts: ["PostgresVolumeFilling warning"],
  }),
  "PostgresVolumeFullSoon warning": {
    // 3 a hundredth an hour: from 60 it is full in 13 hours.
    fires: {
      every: "5m",
      with: { volumeUsed: "60+0.25x48 72+0x100", volumeFree: "40-0.25x48" },
      at: { "30m": [], "70m": ["PostgresVolumeFullSoon warning"] },
    },
    // Half a hundredth an hour, so that more than a day is left.
    silent: {
      every: "5m",
      with: { volumeUsed: "60+0.05x150", volumeFree: "40-0.05x150" },
      at: { "70m": [], "6h": [], "12h": [] },
    },
    resolves: {
      every: "5m",
      with: { volumeUsed: "60+0.25x24 66+0x300", volumeFree: "40-0.25x24 34+0x300" },
      at: { "2h": ["PostgresVolumeFullSoon warning"], "9h": [] },
    },
  },
  "PostgresReadOnly critical": fault({
    alert: "PostgresReadOnly critical",
    minutes: 0,
    values: { readOnly: 1 },
    near: { volumeUsed: always(79) },
  }),
  "AuditEntriesUnwritten warning": {
    fires: { with: { unwritten: "0+0x4 1+0x60" }, at: { "4m": [], "6m": ["AuditEntriesUnwritten warning"] } },
    // Those of an earlier fault.
    silent: { with: { unwritten: always(7) }, at: { "6m": [], "30m": [] } },
    resolves: {
      with: { unwritten: "0+0x4 1+1x5 6+0x60" },
      at: { "10m": ["AuditEntriesUnwritten warning"], "16m": [] },
    },
  },
};
