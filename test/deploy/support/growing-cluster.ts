import { Kubectl, type KubeObject, type Outcome } from "../../../lib/deploy/kubectl";
import type { ManifestFile } from "../../../lib/deploy/manifests";

const answer = (value: unknown): Outcome => ({
  code: 0,
  stdout: typeof value === "string" ? value : JSON.stringify(value),
  stderr: "",
});
const refuse = (stderr: string): Outcome => ({
  code: 1,
  stdout: "",
  stderr: `Error from server (Forbidden): ${stderr}`,
});
const copy = <T>(value: T): T => structuredClone(value);

interface SetSpec {
  readonly replicas: number;
  readonly template: unknown;
  readonly volumeClaimTemplates: { spec: { resources: { requests: { storage: string } } } }[];
}

/** A StatefulSet with one claim, whose pod has this configuration. */
export const statefulSet = (storage: string, checksum = "a"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "postgres" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "postgres" } },
    template: { metadata: { annotations: { "checksum/config": checksum } } },
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { resources: { requests: { storage } } } }],
  },
});

/** Ends a run as if the process had been killed. */
export class Killed extends Error {}

/**
 * An API server with one StatefulSet, its claim and its pod, by Kubernetes' rules: a claim template cannot change, a
 * claim grows only in a class that lets it, and a new StatefulSet takes over pods without an owner.
 */
export class GrowingCluster extends Kubectl {
  readonly objects = new Map<string, KubeObject>();
  /** Commands that change something, in turn. */
  readonly changes: string[] = [];
  /** Kills the run before or after the change of this number. */
  kill: { readonly at: number; readonly when: "before" | "after" } | undefined;
  /** The claim's status after each reading, as a resizer and the kubelet set it. */
  steps: object[] = [];
  expandable = true;
  #uids = 0;

  constructor(
    readonly files: readonly ManifestFile[],
    living: KubeObject,
    claimed: string,
  ) {
    super({});
    this.#put(living);
    const claim = { kind: "PersistentVolumeClaim", metadata: { name: "data-postgres-0" } };
    const spec = { storageClassName: "standard", resources: { requests: { storage: claimed } } };
    this.objects.set("persistentvolumeclaim/data-postgres-0", {
      ...claim,
      spec,
      status: { capacity: { storage: claimed } },
    });
    this.#startPod();
  }

  get pod(): KubeObject | undefined {
    return this.objects.get("pod/postgres-0");
  }

  get set(): KubeObject | undefined {
    return this.objects.get("statefulset/postgres");
  }

  /** Sizes that the claim and the StatefulSet ask for. */
  get sizes(): readonly (string | undefined)[] {
    const claim = this.objects.get("persistentvolumeclaim/data-postgres-0")
      ?.spec as SetSpec["volumeClaimTemplates"][0]["spec"];
    const [template] = (this.set?.spec as SetSpec | undefined)?.volumeClaimTemplates ?? [];
    return [claim.resources.requests.storage, template?.spec.resources.requests.storage];
  }

  override async try(args: readonly string[], { input = "" } = {}): Promise<Outcome> {
    const [command = "", what = ""] = args;
    const rehearsed = args.includes("--dry-run=server");
    if (command === "get") return answer(this.#read(what));
    const work = () => this.#change(args, input, rehearsed);
    if (rehearsed) return work();
    const number = this.changes.push(`${command} ${what}`);
    if (this.kill?.at === number && this.kill.when === "before") throw new Killed();
    const outcome = work();
    if (this.kill?.at === number) throw new Killed();
    return outcome;
  }

  #read(what: string): unknown {
    if (what === "events") return "";
    if (what === "pods") return { items: [this.pod] };
    if (what.startsWith("--filename="))
      return { items: this.#objectsOf(what, "").flatMap((one) => this.objects.get(nameOf(one)) ?? []) };
    const found = this.objects.get(what);
    const step =
      what.startsWith("persistentvolumeclaim") && found !== undefined && this.#pending(found)
        ? this.steps.shift()
        : undefined;
    if (found && step) this.objects.set(what, { ...found, status: step as Record<string, unknown> });
    return found ? this.objects.get(what) : "";
  }

  #pending({ spec, status }: KubeObject): boolean {
    const { resources } = spec as SetSpec["volumeClaimTemplates"][0]["spec"];
    return (status as { capacity: { storage: string } }).capacity.storage !== resources.requests.storage;
  }

  #change(args: readonly string[], input: string, rehearsed: boolean): Outcome {
    const [command, what = ""] = args;
    if (command === "patch") return this.#patch(what, args[2] ?? "", rehearsed);
    if (command === "delete") {
      this.objects.delete(what);
      const pod = this.pod;
      if (pod && args.includes("--cascade=orphan"))
        this.objects.set("pod/postgres-0", { ...pod, metadata: { ...pod.metadata, ownerReferences: [] } });
      return answer("");
    }
    const objects = args.filter((arg) => arg.startsWith("--filename=")).flatMap((flag) => this.#objectsOf(flag, input));
    for (const object of objects) {
      const refused = this.#refusal(object);
      if (refused) return refuse(refused);
      if (!rehearsed) this.#put(object);
    }
    return answer({ items: objects.map((one) => this.objects.get(nameOf(one))) });
  }

  #patch(what: string, flag: string, rehearsed: boolean): Outcome {
    if (!this.expandable) {
      return refuse(
        'persistentvolumeclaims "data-postgres-0" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    }
    const found = this.objects.get(what);
    if (found && !rehearsed) this.objects.set(what, { ...found, ...JSON.parse(flag.replace("--patch=", "")) });
    return answer("");
  }

  #objectsOf(flag: string, input: string): readonly KubeObject[] {
    const name = flag.replace("--filename=", "");
    if (name !== "-") return this.files.find(({ path }) => path === name)?.objects ?? [];
    const given = JSON.parse(input) as KubeObject | { items: KubeObject[] };
    return "items" in given ? given.items : [given];
  }

  #refusal(object: KubeObject): string | undefined {
    const living = this.objects.get(nameOf(object));
    if (object.kind !== "StatefulSet" || !living) return undefined;
    const [before, after] = [living, object].map(({ spec }) =>
      JSON.stringify((spec as unknown as SetSpec).volumeClaimTemplates),
    );
    return before === after
      ? undefined
      : "updates to statefulset spec for fields other than 'replicas', … are forbidden";
  }

  /** Keeps an object, and does what its controller does. */
  #put(object: KubeObject): void {
    const before = this.objects.get(nameOf(object));
    const uid = before?.metadata.uid ?? `uid-${++this.#uids}`;
    const kept = copy({ ...object, metadata: { ...object.metadata, uid }, status: this.#statusOf(object) });
    this.objects.set(nameOf(object), kept);
    const pod = this.pod;
    if (object.kind !== "StatefulSet" || !pod) return;
    // Adopts the pod, and replaces it if its template is another one.
    if (JSON.stringify(pod.spec) === JSON.stringify((kept.spec as unknown as SetSpec).template))
      this.objects.set("pod/postgres-0", { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ uid }] } });
    else this.#startPod();
  }

  #statusOf({ kind }: KubeObject): Record<string, unknown> {
    if (kind === "Namespace") return { phase: "Active" };
    return { observedGeneration: 0, readyReplicas: 1, updatedReplicas: 1, currentRevision: "1", updateRevision: "1" };
  }

  #startPod(): void {
    const { metadata, spec } = this.set as KubeObject;
    const owner = { uid: metadata.uid ?? "" };
    const pod = { name: "postgres-0", uid: `pod-${++this.#uids}`, ownerReferences: [owner] };
    this.objects.set("pod/postgres-0", {
      kind: "Pod",
      metadata: pod,
      spec: copy((spec as unknown as SetSpec).template) as Record<string, unknown>,
    });
  }
}

const nameOf = ({ kind, metadata }: KubeObject) => `${kind.toLowerCase()}/${metadata.name}`;
