import { deploy } from "../../lib/deploy/deploy";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { GrowingCluster, Killed, statefulSet } from "./support/growing-cluster";

const namespace: KubeObject = { kind: "Namespace", metadata: { name: "diabrisk" } };
const filesOf = (set: KubeObject) => [
  { path: "0000-namespace.yaml", objects: [namespace] },
  { path: "0001-database.yaml", objects: [set] },
];

const RESIZED = { capacity: { storage: "20Gi" } };
const condition = (type: string) => ({ capacity: { storage: "10Gi" }, conditions: [{ type, status: "True" }] });
const STEPS = [condition("Resizing"), condition("FileSystemResizePending"), RESIZED];

/** A cluster with a database of 10Gi, and what the stage has now. */
function cluster(wanted: KubeObject, { living = statefulSet("10Gi"), claimed = "10Gi" } = {}) {
  const found = new GrowingCluster(filesOf(wanted), living, claimed);
  found.steps = [...STEPS];
  return found;
}

async function run(kubectl: GrowingCluster) {
  const lines: string[] = [];
  await deploy({ kubectl, files: kubectl.files, say: (line) => lines.push(line) });
  return lines;
}

jest.setTimeout(30_000);
// Waits a second between two looks.
jest.mock("node:timers/promises", () => ({ setTimeout: async () => undefined }));

test("the claim grows, a StatefulSet with larger templates takes the pod over, and nothing restarts", async () => {
  const kubectl = cluster(statefulSet("20Gi"));
  const { pod } = kubectl;
  const lines = await run(kubectl);
  expect(kubectl.sizes).toEqual(["20Gi", "20Gi"]);
  expect(kubectl.pod?.metadata.uid).toBe(pod?.metadata.uid);
  expect(kubectl.pod?.metadata.ownerReferences).toEqual([{ uid: kubectl.set?.metadata.uid }]);
  expect(kubectl.changes).toEqual([
    "apply --filename=0000-namespace.yaml",
    "patch persistentvolumeclaim/data-postgres-0",
    "delete statefulset/postgres",
    "create --filename=-",
    "apply --filename=0001-database.yaml",
  ]);
  expect(lines).toEqual([
    "0000-namespace.yaml: 1 object: 1 created",
    "persistentvolumeclaim/data-postgres-0 asks for 20Gi instead of 10Gi",
    expect.stringMatching(/waiting for .*data-postgres-0: 10Gi of 20Gi, Resizing \(the storage provider/),
    expect.stringMatching(/waiting for .*data-postgres-0: 10Gi of 20Gi, FileSystemResizePending \(the node/),
    "persistentvolumeclaim/data-postgres-0 has 20Gi after 0 s",
    "statefulset/postgres is being replaced by one with larger claim templates; its pods go on",
    "statefulset/postgres is replaced: pod/postgres-0 goes on without a restart",
    "0001-database.yaml: 1 object: 1 unchanged",
  ]);
});

test("settings that go with the larger volume come after it has grown, with a restart that is announced", async () => {
  const kubectl = cluster(statefulSet("20Gi", "b"));
  const lines = await run(kubectl);
  expect(lines.at(-2)).toMatch(/^statefulset\/postgres gets settings that go with the larger volume.*restart/);
  expect(lines.at(-3)).toMatch(/pod\/postgres-0 goes on without a restart$/);
  expect(lines.at(-1)).toBe("0001-database.yaml: 1 object: 1 changed (statefulset/postgres)");
});

test("a second deployment changes nothing more", async () => {
  const kubectl = cluster(statefulSet("20Gi"));
  await run(kubectl);
  kubectl.changes.splice(0);
  await run(kubectl);
  expect(kubectl.changes).toEqual(["apply --filename=0000-namespace.yaml", "apply --filename=0001-database.yaml"]);
});

describe.each(["a", "b"])("killed at any change, configuration %s, the next deployment finishes it", (checksum) => {
  const points = [2, 3, 4, 5].flatMap((at) => (["before", "after"] as const).map((when) => ({ at, when })));
  test.each(points)("$when change $at", async (kill) => {
    const kubectl = cluster(statefulSet("20Gi", checksum));
    const { pod } = kubectl;
    kubectl.kill = kill;
    await expect(run(kubectl)).rejects.toThrow(Killed);
    expect(kubectl.changes).toHaveLength(kill.at);
    kubectl.kill = undefined;
    await run(kubectl);
    expect(kubectl.sizes).toEqual(["20Gi", "20Gi"]);
    expect(kubectl.pod?.metadata.ownerReferences).toEqual([{ uid: kubectl.set?.metadata.uid }]);
    if (checksum === "a") expect(kubectl.pod?.metadata.uid).toBe(pod?.metadata.uid);
  });
});

test("killed while the volume grows, the next deployment waits on, and asks for nothing again", async () => {
  const kubectl = cluster(statefulSet("20Gi"));
  const stopping = new AbortController();
  const say = (line: string) => line.includes("Resizing") && stopping.abort(new Killed());
  await expect(deploy({ kubectl, files: kubectl.files, say, signal: stopping.signal })).rejects.toThrow(Killed);
  expect(kubectl.sizes).toEqual(["20Gi", "10Gi"]);
  await run(kubectl);
  expect(kubectl.changes.filter((change) => change.startsWith("patch"))).toHaveLength(1);
  expect(kubectl.sizes).toEqual(["20Gi", "20Gi"]);
});

describe("refused before anything is applied", () => {
  test("where the class does not let claims grow, with its name, the API server's words and the runbook", async () => {
    const kubectl = cluster(statefulSet("20Gi"));
    kubectl.expandable = false;
    await expect(run(kubectl)).rejects.toThrow(
      /data-postgres-0 cannot grow from 10Gi to 20Gi in StorageClass standard, .*must support resize\nSet allowVolumeExpansion.*Changing what cannot be changed in place/s,
    );
    expect(kubectl.changes).toEqual([]);
  });

  test("where the volume would shrink", async () => {
    const kubectl = cluster(statefulSet("5Gi"));
    await expect(run(kubectl)).rejects.toThrow(/asks for 5Gi but the deployed volume .* has 10Gi.*never shrinks.*Set/);
    expect(kubectl.changes).toEqual([]);
  });

  test("where it would shrink and only the claim is left to tell", async () => {
    const kubectl = cluster(statefulSet("5Gi"));
    kubectl.objects.delete("statefulset/postgres");
    await expect(run(kubectl)).rejects.toThrow(/has 10Gi.*never shrinks/);
  });
});

test("all that the API server refuses of the files is told before the volume grows", async () => {
  const other = { ...statefulSet("10Gi"), metadata: { name: "other" } };
  const refused = { ...other, spec: { ...other.spec, volumeClaimTemplates: [] } };
  const files = [...filesOf(statefulSet("20Gi")), { path: "0002-other.yaml", objects: [refused] }];
  const kubectl = new GrowingCluster(files, statefulSet("10Gi"), "10Gi");
  kubectl.objects.set("statefulset/other", other);
  await expect(run(kubectl)).rejects.toThrow("updates to statefulset spec");
  expect(kubectl.sizes).toEqual(["10Gi", "10Gi"]);
});

test("a claim that somebody made larger by hand is no reason to refuse", async () => {
  const kubectl = cluster(statefulSet("10Gi"), { claimed: "15Gi" });
  await run(kubectl);
  expect(kubectl.sizes).toEqual(["15Gi", "10Gi"]);
});

test("a provider that cannot enlarge the volume ends the wait, with what to do", async () => {
  const kubectl = cluster(statefulSet("20Gi"));
  const allocatedResourceStatuses = { storage: "ControllerResizeInfeasible" };
  kubectl.steps = [{ capacity: { storage: "10Gi" }, allocatedResourceStatuses }];
  await expect(run(kubectl)).rejects.toThrow(
    /data-postgres-0 failed: 10Gi of 20Gi.*\nThe claim asks for the larger size already.*\nNot applied, and so as before: statefulset\/postgres\.$/,
  );
  expect(kubectl.sizes).toEqual(["20Gi", "10Gi"]);
});
