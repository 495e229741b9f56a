import { common, personal, rule } from "./support";

describe("data-svc", () => {
  rule(
    "leaves a drain a pod to stop",
    common,
    "service.minAvailable",
    5,
    /minAvailable is 5 but service\.replicas is 5.*at least 6, or leave minAvailable out/,
  );
  rule(
    "has as many pods as its budget wants, and one more",
    common,
    "service.replicas",
    2,
    /minAvailable is 3 but service\.replicas is 2.*at least 4/,
  );
  rule(
    "has a budget where it has several pods",
    common,
    "service.minAvailable",
    undefined,
    /minAvailable is not set.*between 1 and 4/,
  );
  rule("has a pod", common, "service.replicas", 0, /service\.replicas is 0/, /no node could ever/);
  rule("has whole pods", common, "service.replicas", 4.5, /service\.replicas is 4\.5, which is not a whole number/);
  rule(
    "holds requests no longer than data-svc can",
    common,
    "service.outageWaitSeconds",
    61,
    /outageWaitSeconds is 61, which is not a whole number from 3 to 60/,
  );
  rule(
    "has time to finish after the drain",
    common,
    "service.stopGraceSeconds",
    6,
    /drainSeconds takes 6, .*at least 36/,
  );
  rule(
    "stops within whole seconds",
    common,
    "service.stopGraceSeconds",
    40.5,
    /stopGraceSeconds is 40\.5, which is not a whole/,
  );
});

describe("the pools of all pods", () => {
  rule(
    "fit into the database's connections during an update",
    personal,
    "service.poolSize",
    6,
    /poolSize is 6, so 2 pods and one more .* want 18 connections, .* allows 25, 10 of them for others, 2 for auth-svc\. .*at most 4/,
  );
  rule(
    "fit in however small, or there are too many pods",
    personal,
    "service.replicas",
    15,
    /Lower replicas or clients' connections, or raise database/,
  );
  rule("hold a connection each", personal, "service.poolSize", 0, /poolSize is 0, which is not a whole number/);
});

describe("a migration", () => {
  rule("has a minute at least", personal, "migration.deadlineSeconds", 1, /deadlineSeconds is 1/);
  rule(
    "stays finished for a day, or applying again would run it again",
    personal,
    "migration.keepFinishedSeconds",
    600,
    /keepFinishedSeconds is 600/,
  );
});
