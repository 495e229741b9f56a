import type { KubeObject } from "../../lib/deploy/kubectl";
import { isWaitedFor, podTrouble, readiness } from "../../lib/deploy/readiness";

const object = (kind: string, rest: Partial<KubeObject>, generation = 2): KubeObject => ({
  kind,
  metadata: { name: "one", generation },
  ...rest,
});

describe("a Job", () => {
  const job = (status: object, spec = { backoffLimit: 6 }) => readiness(object("Job", { spec, status: { ...status } }));
  const condition = (type: string, more = {}) => ({ conditions: [{ type, status: "True", ...more }] });

  test("that has not begun is waited for", () => expect(job({})).toEqual({ state: "waiting", detail: "not started" }));

  test("that runs again says how many tries failed", () =>
    expect(job({ active: 1, failed: 2 })).toEqual({ state: "waiting", detail: "running, 2 of 7 tries failed" }));

  test("is ready once it is complete", () => expect(job(condition("Complete")).state).toBe("ready"));

  test("that is about to be complete is not yet", () =>
    expect(job({ active: 0, ...condition("SuccessCriteriaMet") }).state).toBe("waiting"));

  test.each(["Failed", "FailureTarget"])("has failed by condition %s, with the reason", (type) => {
    const status = condition(type, { reason: "PodFailurePolicy", message: "exit code 4" });
    expect(job(status)).toEqual({ state: "failed", detail: "PodFailurePolicy: exit code 4" });
  });

  test("whose Failed condition is false has not failed", () =>
    expect(job({ conditions: [{ type: "Failed", status: "False" }] }).state).toBe("waiting"));
});

describe("a Cluster", () => {
  const judge = (status?: object) =>
    readiness(object("Cluster", { spec: { instances: 3 }, ...(status && { status: { ...status } }) }));
  const HEALTHY = "Cluster in healthy state";

  test("is ready with all instances and nothing under way", () =>
    expect(judge({ readyInstances: 3, phase: HEALTHY })).toEqual({
      state: "ready",
      detail: `3/3 instances ready, ${HEALTHY}`,
    }));

  test.each([
    [{ readyInstances: 2, phase: HEALTHY }, /^2\/3 instances ready/],
    [
      { readyInstances: 3, phase: "Failing over", phaseReason: "postgres-1 is gone" },
      /Failing over, postgres-1 is gone$/,
    ],
    [undefined, /^no operator has looked/],
  ])("is waited for with status %j", (status, detail) =>
    expect(judge(status)).toEqual({ state: "waiting", detail: expect.stringMatching(detail) }),
  );

  test("that no time repairs has failed", () =>
    expect(judge({ phase: "Cluster is unrecoverable and needs manual intervention" }).state).toBe("failed"));
});

describe("a StatefulSet", () => {
  const ready = {
    observedGeneration: 2,
    readyReplicas: 1,
    updatedReplicas: 1,
    currentRevision: "a",
    updateRevision: "a",
  };
  const judge = (status: object) => readiness(object("StatefulSet", { spec: { replicas: 1 }, status: { ...status } }));

  test("is ready when its pods are, at the newest revision", () => expect(judge(ready).state).toBe("ready"));

  test("whose change its controller has not seen is not", () =>
    expect(judge({ ...ready, observedGeneration: 1 })).toEqual({
      state: "waiting",
      detail: "its controller has not seen it yet",
    }));

  test("that was just made is not, although nothing contradicts it", () => expect(judge({}).state).toBe("waiting"));

  test("in the middle of a roll says so", () =>
    expect(judge({ ...ready, updatedReplicas: 0, updateRevision: "b" })).toEqual({
      state: "waiting",
      detail: "1/1 ready, 0/1 updated",
    }));
});

describe("a Deployment", () => {
  const ready = { observedGeneration: 2, replicas: 2, availableReplicas: 2, updatedReplicas: 2 };
  const judge = (status: object) => readiness(object("Deployment", { spec: { replicas: 2 }, status: { ...status } }));

  test("is ready when every pod is available and new", () => expect(judge(ready).state).toBe("ready"));

  test.each([
    ["a pod is missing", { availableReplicas: 1 }],
    ["an old pod is still there", { replicas: 3 }],
    ["a pod is of the old release", { updatedReplicas: 1 }],
  ])("is not while %s", (_why, status) => expect(judge({ ...ready, ...status }).state).toBe("waiting"));

  test("has failed when it made no progress in time", () => {
    const conditions = [
      { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
    ];
    expect(judge({ ...ready, availableReplicas: 0, conditions })).toEqual({ state: "failed", detail: "timed out" });
  });
});

describe("other kinds", () => {
  test("an ExternalSecret is ready by its condition", () => {
    const judge = (status?: Record<string, unknown>) => readiness(object("ExternalSecret", status ? { status } : {}));
    expect(judge()).toEqual({ state: "waiting", detail: "no operator has looked at it yet" });
    const failing = { type: "Ready", status: "False", reason: "SecretSyncedError", message: "no such key" };
    expect(judge({ conditions: [failing] }).detail).toBe("SecretSyncedError: no such key");
    expect(judge({ conditions: [{ type: "Ready", status: "True" }] }).state).toBe("ready");
  });

  test("a namespace that is being deleted is not ready", () =>
    expect(readiness(object("Namespace", { status: { phase: "Terminating" } })).state).toBe("waiting"));

  test("what has no status is as it should be once it is applied, and is not waited for", () => {
    expect(readiness(object("ConfigMap", {})).state).toBe("ready");
    expect(isWaitedFor({ kind: "ConfigMap" })).toBe(false);
    expect(isWaitedFor({ kind: "Job" })).toBe(true);
  });
});

describe("podTrouble", () => {
  const pod = (status: object) => podTrouble(object("Pod", { status: { ...status } }));
  const waiting = (reason: string, restartCount = 0) => ({
    containerStatuses: [{ name: "data-svc", restartCount, state: { waiting: { reason } } }],
  });

  test("names an image that cannot be pulled", () =>
    expect(pod(waiting("ErrImagePull"))).toBe("one: data-svc ErrImagePull"));

  test("counts restarts", () =>
    expect(pod(waiting("CrashLoopBackOff", 3))).toBe("one: data-svc CrashLoopBackOff, restarted 3 times"));

  test("names an init container's exit code", () => {
    const terminated = { exitCode: 4, reason: "Error" };
    expect(pod({ initContainerStatuses: [{ name: "bootstrap", state: { terminated } }] })).toBe(
      "one: bootstrap ended with exit code 4 (Error)",
    );
  });

  test("says why no node takes the pod", () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no memory" }];
    expect(pod({ conditions })).toBe("one: Unschedulable: no memory");
  });

  test.each(["ContainerCreating", "PodInitializing"])("is silent about a pod that is %s", (reason) =>
    expect(pod(waiting(reason))).toBeUndefined(),
  );
});
