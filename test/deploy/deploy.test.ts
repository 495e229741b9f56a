import { deploy, patience } from "../../lib/deploy/deploy";
import { Kubectl, type KubeObject, type Outcome } from "../../lib/deploy/kubectl";
import type { ManifestFile } from "../../lib/deploy/manifests";

const namespace: KubeObject = { kind: "Namespace", metadata: { name: "diabrisk" } };
const config: KubeObject = { kind: "ConfigMap", metadata: { name: "app-config" } };
const job: KubeObject = { kind: "Job", metadata: { name: "migrate-1" } };
const service: KubeObject = { kind: "Deployment", metadata: { name: "data-svc" } };
const conditions = (type: string, message?: string) => ({ conditions: [{ type, status: "True", message }] });

/** A cluster in which an object has the next of its statuses each time it is read. */
class FakeCluster extends Kubectl {
  readonly commands: string[] = [];
  constructor(
    readonly statuses: Record<string, (KubeObject["status"] | undefined)[]>,
    readonly pods: readonly KubeObject[] = [],
  ) {
    super({});
  }

  override async try(args: readonly string[]): Promise<Outcome> {
    const [command = "", what = ""] = args;
    if (command === "get" && what === "events") return answer('secret "postgres-tls" not found');
    if (command === "get" && what === "pods") return answer(JSON.stringify({ items: this.pods }));
    if (command === "get" && what.startsWith("--filename")) return answer(this.present(what));
    if (command === "get") return answer(this.#read(what));
    if (args.includes("--dry-run=server")) return this.checked(args.filter((arg) => arg.startsWith("--filename=")));
    this.commands.push(`${command} ${what}`);
    return answer(
      command === "logs" ? `2026-01-01T00:00:00.000000001Z log of ${what}\n` : JSON.stringify(this.applied(what)),
    );
  }

  /** The API server's answer about files that are not applied. */
  checked = (names: readonly string[]) => {
    this.commands.push(`check ${names.join(" ")}`);
    return answer("");
  };

  /** What a file's object is once it is applied. */
  applied = (_file: string) => config;

  /** What was there before a file is applied. */
  present = (_file: string) => "";

  #read(what: string): string {
    const [kind = "", name = ""] = what.split("/");
    const left = this.statuses[what] ?? [{ phase: "Active" }];
    const status = left.length > 1 ? left.shift() : left[0];
    if (status === undefined) return "";
    const named = [namespace, job, service].find((one) => one.kind.toLowerCase() === kind);
    return JSON.stringify({ ...named, metadata: { name }, spec: { selector: { matchLabels: { a: "b" } } }, status });
  }
}

const answer = (stdout: string): Outcome => ({ code: 0, stdout, stderr: "" });

const files: readonly ManifestFile[] = [
  { path: "dist/dev/0000-namespace.yaml", objects: [namespace] },
  { path: "dist/dev/0001-configuration.yaml", objects: [config] },
  { path: "dist/dev/0002-migration.yaml", objects: [job] },
];

function run(cluster: FakeCluster) {
  const lines: string[] = [];
  return { lines, done: deploy({ kubectl: cluster, files, say: (line) => lines.push(line) }) };
}

test("applies each file once what came before is ready", async () => {
  const cluster = new FakeCluster({ "job/migrate-1": [undefined, conditions("Complete")] });
  await run(cluster).done;
  const [first = "", ...rest] = files.map((file) => `--filename=${file.path}`);
  const applied = rest.map((name) => `apply ${name}`);
  expect(cluster.commands).toEqual([`apply ${first}`, `check ${rest.join(" ")}`, ...applied]);
});

test("applies nothing but the namespace if the API server refuses a later file", async () => {
  const cluster = new FakeCluster({});
  const stderr =
    'The Job "migrate-1" is invalid: spec.backoffLimit: Invalid value: -1\nThe ConfigMap "app-config" is too long';
  cluster.checked = () => ({ code: 1, stdout: "", stderr });
  await expect(run(cluster).done).rejects.toThrow(/spec\.backoffLimit: Invalid value: -1.*is too long/s);
  expect(cluster.commands).toEqual(["apply --filename=dist/dev/0000-namespace.yaml"]);
});

test("stops at a Job that fails, with why", async () => {
  const cluster = new FakeCluster({ "job/migrate-1": [undefined, conditions("Failed", "exit code 4")] });
  await expect(run(cluster).done).rejects.toThrow("job/migrate-1 failed: exit code 4");
});

test("says what a migration's exit code means, and what was left as it was", async () => {
  const failed = conditions(
    "Failed",
    "Container up for pod a/b failed with exit code 4 matching FailJob rule at index 1",
  );
  const cluster = new FakeCluster({ "job/migrate-1": [undefined, failed] });
  const more = [...files, { path: "dist/dev/0003-service.yaml", objects: [service] }];
  await expect(deploy({ kubectl: cluster, files: more, say: () => undefined })).rejects.toThrow(
    /exit code 4 .*\nA migration's SQL failed, .*\nNot applied, and so as before: deployment\/data-svc\.$/,
  );
  expect(cluster.commands).not.toContain("apply --filename=dist/dev/0003-service.yaml");
});

test("shows the log of each try of a Job once", async () => {
  const spec = { containers: [{ name: "up" }] };
  const pod = { kind: "Pod", metadata: { name: "migrate-1-a" }, spec, status: { phase: "Failed" } };
  const running = { active: 1, failed: 1 };
  const cluster = new FakeCluster({ "job/migrate-1": [undefined, running, running, conditions("Complete")] }, [pod]);
  const { lines, done } = run(cluster);
  await done;
  expect(lines.filter((line) => line.includes("log of"))).toEqual(["  log of migrate-1-a"]);
});

test("runs a Job again that failed earlier, since applying it would change nothing", async () => {
  const cluster = new FakeCluster({ "job/migrate-1": [conditions("Failed"), conditions("Complete")] });
  await run(cluster).done;
  expect(cluster.commands.slice(-2)).toEqual(["delete job/migrate-1", "apply --filename=dist/dev/0002-migration.yaml"]);
});

test("leaves a Job that is complete as it is, and its log", async () => {
  const pod = { kind: "Pod", metadata: { name: "migrate-1-a" }, status: { phase: "Succeeded" } };
  const cluster = new FakeCluster({ "job/migrate-1": [conditions("Complete")] }, [pod]);
  await run(cluster).done;
  expect(cluster.commands.filter((command) => !/^(?:apply|check)/.test(command))).toEqual([]);
});

test("where a service stays unready, a Job that ran before and not now is said, with how to run it again", async () => {
  const stuck = { conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }] };
  const cluster = new FakeCluster({ "job/migrate-1": [conditions("Complete")], "deployment/data-svc": [stuck] });
  const last = { path: "dist/dev/0003-service.yaml", objects: [service] };
  cluster.applied = (what) => (what.endsWith("0002-migration.yaml") ? job : config);
  cluster.present = (what) => (what.endsWith("0002-migration.yaml") ? JSON.stringify(job) : "");
  await expect(deploy({ kubectl: cluster, files: [...files, last], say: () => undefined })).rejects.toThrow(
    /^deployment\/data-svc failed: .*\njob\/migrate-1 ran before .*kubectl delete job\/migrate-1\) and deploy again\.$/,
  );
});

test("patience outlasts Kubernetes' own deadlines", () => {
  expect(patience({ ...job, spec: { activeDeadlineSeconds: 900 } })).toBe(930);
  expect(patience({ ...job, kind: "Deployment", spec: { progressDeadlineSeconds: 60 } })).toBe(90);
  expect(patience({ ...job, kind: "Deployment" })).toBe(630);
  // Three copies of a large database take more than the others' ten minutes.
  expect(patience({ ...job, kind: "Cluster" })).toBe(3600);
});

test("what a pod cannot mount is said while it is waited for", async () => {
  const pod: KubeObject = { kind: "Pod", metadata: { name: "migrate-1-x" }, status: { phase: "Pending" } };
  const cluster = new FakeCluster({ "job/migrate-1": [undefined, {}, {}, conditions("Complete")] }, [pod]);
  const { lines, done } = run(cluster);
  await done;
  expect(lines.join("\n")).toMatch(/migrate-1-x: secret "postgres-tls" not found/);
});
