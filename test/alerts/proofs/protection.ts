import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

const DAY = 86_400;

/** Proofs of an alert about a certificate, by the series of its end. */
const expires = (alert: string, series: "certificate" | "serviceCertificate"): Readonly<Record<string, Proof>> => {
  const [warning, critical] = [`${alert} warning`, `${alert} critical`];
  return {
    [warning]: {
      fires: { with: { [series]: always(14 * DAY + 600) }, at: { "9m": [], "12m": [warning] } },
      // cert-manager renews it thirty days before.
      silent: { with: { [series]: always(30 * DAY) }, at: { "10m": [], "60m": [] } },
      resolves: {
        with: { [series]: `${13 * DAY}+0x10 ${90 * DAY}+0x100` },
        at: { "9m": [warning], "12m": [] },
      },
    },
    [critical]: {
      fires: { with: { [series]: always(3 * DAY + 600) }, at: { "9m": [warning], "12m": [warning, critical] } },
      silent: { with: { [series]: always(4 * DAY) }, at: { "60m": [warning] } },
      resolves: {
        with: { [series]: `${2 * DAY}+0x10 ${90 * DAY}+0x100` },
        at: { "9m": [warning, critical], "12m": [] },
      },
    },
  };
};

export const PROTECTION: Readonly<Record<string, Proof>> = {
  "BackupTooOld critical": {
    fires: { with: { backupDone: always(0) }, at: { "119m": [], "122m": ["BackupTooOld critical"] } },
    // One an hour, each some minutes long; and before the first one, none is too old.
    silent: { with: { backupDone: undefined }, at: { "10m": [], "119m": [] } },
    resolves: { with: { backupDone: "0+0x150 9000+0x200" }, at: { "150m": ["BackupTooOld critical"], "155m": [] } },
  },
  "DrillTooOld warning": {
    fires: {
      every: "1h",
      with: { drillDone: always(0) },
      at: { "191h": [], "194h": ["DrillTooOld warning"] },
    },
    silent: { every: "1h", with: { drillDone: undefined }, at: { "1h": [], "191h": [] } },
    resolves: {
      every: "1h",
      with: { drillDone: `0+0x200 ${200 * 3600}+0x300` },
      at: { "199h": ["DrillTooOld warning"], "205h": [] },
    },
  },
  "RetentionTooOld warning": {
    fires: {
      every: "1h",
      with: { retentionDone: always(0) },
      at: { "71h": [], "74h": ["RetentionTooOld warning"] },
    },
    // One that has never succeeded counts from when it was made, by a deployment.
    silent: { every: "1h", with: { retentionDone: undefined }, at: { "1h": [], "71h": [] } },
    resolves: {
      every: "1h",
      with: { retentionDone: `0+0x80 ${80 * 3600}+0x100` },
      at: { "79h": ["RetentionTooOld warning"], "85h": [] },
    },
  },
  "ArchiveDrillTooOld warning": {
    fires: {
      every: "1h",
      with: { archiveDrillDone: always(0) },
      at: { "191h": [], "194h": ["ArchiveDrillTooOld warning"] },
    },
    // One that has never succeeded counts from its creation.
    silent: { every: "1h", with: { archiveDrillDone: undefined }, at: { "1h": [], "191h": [] } },
    resolves: {
      every: "1h",
      with: { archiveDrillDone: `0+0x200 ${200 * 3600}+0x300` },
      at: { "199h": ["ArchiveDrillTooOld warning"], "205h": [] },
    },
  },
  "CronJobMetricsMissing warning": fault({
    alert: "CronJobMetricsMissing warning",
    // Ten, and the five for which an absent series is still found.
    minutes: 15,
    // One of the four: that in a namespace of its own.
    values: { drillMade: undefined },
    // kube-state-metrics starts anew.
    near: { backupMade: "0+0x5 _x3 0+0x100", drillMade: "0+0x5 _x3 0+0x100", retentionMade: "0+0x5 _x3 0+0x100" },
  }),
  "ErasedDocumentsWaiting warning": {
    fires: {
      with: { oldestDocument: `${DAY - 600}+60x60` },
      at: { "9m": [], "12m": ["ErasedDocumentsWaiting warning"] },
    },
    // A worker that comes by once a day.
    silent: { with: { oldestDocument: always(23 * 3600) }, at: { "10m": [], "60m": [] } },
    resolves: {
      with: { oldestDocument: `${2 * DAY}+60x10 0+0x60` },
      at: { "9m": ["ErasedDocumentsWaiting warning"], "12m": [] },
    },
  },
  ...expires("PostgresCertificateExpires", "certificate"),
  ...expires("DataServiceCertificateExpires", "serviceCertificate"),
  "DataServiceCertificateRefused warning": {
    fires: {
      with: { serviceCertificateRefused: "0+0x10 1+0x100" },
      at: { "10m": [], "13m": ["DataServiceCertificateRefused warning"] },
    },
    // A Secret that is mended at once.
    silent: { with: { serviceCertificateRefused: "0+0x10 1+0x0 0+0x100" }, at: { "11m": [], "12m": [], "20m": [] } },
    resolves: {
      with: { serviceCertificateRefused: "1+0x10 0+0x100" },
      at: { "9m": ["DataServiceCertificateRefused warning"], "12m": [] },
    },
  },
};
