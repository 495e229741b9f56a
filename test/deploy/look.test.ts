import { Kubectl, type KubeObject, type Outcome } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";

/** A Deployment at a generation, and its pods. */
class FakeCluster extends Kubectl {
  constructor(
    readonly generation: number,
    readonly pods: readonly object[] = [],
    readonly log = "",
  ) {
    super({});
  }

  override async try([command, what]: readonly string[]): Promise<Outcome> {
    const found =
      command === "logs" ? this.log : JSON.stringify(what === "pods" ? { items: this.pods } : this.#object());
    return { code: 0, stdout: found, stderr: "" };
  }

  #object(): KubeObject {
    const spec = { replicas: 2, selector: { matchLabels: { app: "data-svc" } } };
    const { generation } = this;
    const status = { observedGeneration: generation, replicas: 3, availableReplicas: 2, updatedReplicas: 1 };
    return { kind: "Deployment", metadata: { name: "data-svc", generation }, spec, status };
  }
}

const pod = (ready: boolean, labels = {}) => ({
  kind: "Pod",
  metadata: { name: "data-svc-1", labels },
  status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const complaining = '{"level":"warn","msg":"Waiting: The schema is at version 7."}';

test("what keeps a pod unready is what it says itself", async () => {
  const found = await look("deployment/data-svc", new FakeCluster(1, [pod(true), pod(false)], complaining), 1);
  expect(found).toEqual({
    state: "waiting",
    detail: "2/2 ready, 1/2 updated; data-svc-1 is not ready: Waiting: The schema is at version 7.",
  });
});

test.each([
  ["says nothing", [pod(false)], '{"level":"info","msg":"Starting"}'],
  ["is ready", [pod(true)], complaining],
  ["is a Job's, whose log is shown anyway", [pod(false, { "batch.kubernetes.io/job-name": "x" })], complaining],
])("a pod that %s has no complaint", async (_, pods, log) =>
  expect((await look("deployment/data-svc", new FakeCluster(1, pods, log))).detail).toBe("2/2 ready, 1/2 updated"),
);

test("what somebody else has changed since is not what was applied", async () => {
  const found = await look("deployment/data-svc", new FakeCluster(5), 4);
  expect(found).toEqual({ state: "failed", detail: expect.stringContaining("changed it meanwhile") });
});
