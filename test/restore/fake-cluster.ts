import type { TableContents } from "../../lib/backup/contents";
import { Kubectl, type KubeObject, type Outcome, type RunOptions } from "../../lib/deploy/kubectl";

/** A database of one table on a volume. */
export interface FakeDatabase {
  rows: number;
  /** Whether it takes connections. */
  open: boolean;
}

/** Ends a command as SIGKILL does: nothing is caught and nothing cleaned up. */
export class Killed extends Error {}

type Loose = Record<string, unknown>;
type Mutable = KubeObject & { metadata: Loose; spec?: Loose; status?: Loose };

const ready = { conditions: [{ type: "Ready", status: "True" }] };
const TABLE = "public.assessments";

/**
 * A cluster in memory with the controllers that a restore meets: volumes and claims, a StatefulSet that makes a missing claim
 * anew, a Deployment, and clients that write as long as they are let.
 */
export class FakeCluster extends Kubectl {
  readonly objects = new Map<string, Mutable>();
  readonly databases = new Map<string, FakeDatabase>();
  /** Rows whose writing was acknowledged, all told. */
  acknowledged = 0;
  /** Rows that one look at the cluster brings. */
  writes = 0;
  changes = 0;
  /** The change before or after which the command is killed. @default none */
  kill: { readonly at: number; readonly after: boolean } | undefined;
  readonly log: string[] = [];
  /** A damaged volume, on which the server does not answer. @default none */
  broken: string | undefined;
  #volumes = 0;
  #uids = 0;

  constructor(readonly backup: { readonly id: string; readonly rows: number }) {
    super({}, "diabrisk");
    const template = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast" } };
    const postgres = { name: "postgres", env: [{ name: "POD_NAME" }], volumeMounts: [{ name: "run" }] };
    const pod = { spec: { containers: [postgres], volumes: [{ name: "run" }] } };
    this.#put({
      kind: "StatefulSet",
      metadata: { name: "postgres" },
      spec: {
        replicas: 1,
        template: pod,
        volumeClaimTemplates: [template],
        selector: { matchLabels: { app: "postgres" } },
      },
    });
    this.#put({
      kind: "Deployment",
      metadata: { name: "data-svc" },
      spec: { replicas: 2, selector: { matchLabels: { app: "data-svc" } } },
    });
    this.#reconcile();
  }

  override async try(args: readonly string[], { input = "" }: RunOptions = {}): Promise<Outcome> {
    const [verb = "", what = ""] = args;
    this.#reconcile();
    this.#write();
    if (verb === "get") return this.#get(args);
    if (verb === "exec") return this.#exec(args, input);
    if (verb === "logs") return answer("");
    return this.#change(() => {
      this.log.push(`${verb} ${what.startsWith("--") ? reference(JSON.parse(input)) : what}`);
      if (verb === "create" || verb === "apply") return this.#create(JSON.parse(input), verb === "create");
      if (verb === "patch") return this.#patch(what, JSON.parse((args[3] ?? "").replace("--patch=", "")));
      if (verb === "delete") return this.#delete(what);
      throw new Error(`the fake knows no ${args.join(" ")}`);
    });
  }

  /** The volume of the live claim. */
  get live(): string {
    return String(this.objects.get("persistentvolumeclaim/data-postgres-0")?.spec?.volumeName);
  }

  volume(name: string): Mutable {
    const found = this.objects.get(`persistentvolume/${name}`);
    if (!found) throw new Error(`volume ${name} is gone, and its rows with it`);
    return found;
  }

  #change(work: () => Outcome): Outcome {
    this.changes += 1;
    const killed = this.kill?.at === this.changes ? this.kill : undefined;
    if (killed && !killed.after) throw new Killed();
    const outcome = work();
    this.#reconcile();
    if (killed) throw new Killed();
    return outcome;
  }

  #get(args: readonly string[]): Outcome {
    const [, what = ""] = args;
    if (what.includes("/")) return answer(this.objects.has(what) ? JSON.stringify(this.objects.get(what)) : "");
    const kind = what.replace(/s$/, "").replace(/ie$/, "y");
    const selector = args.find((arg) => arg.startsWith("--selector="))?.slice("--selector=".length) ?? "";
    const wanted = selector
      .split(",")
      .filter(Boolean)
      .map((pair) => pair.split("=") as [string, string]);
    const items = [...this.objects.values()].filter(
      (object) =>
        object.kind.toLowerCase() === kind &&
        wanted.every(([name, value]) => (object.metadata.labels as Record<string, string>)?.[name] === value),
    );
    return answer(JSON.stringify({ items }));
  }

  #exec(args: readonly string[], input: string): Outcome {
    const pod = args.find((arg) => /^(?:postgres-0|restore-.*)$/.test(arg)) ?? "";
    if (args.includes("sh")) return this.#change(() => answer(""));
    const database = this.objects.has(`pod/${pod}`) ? this.databases.get(this.#volumeOfPod(pod)) : undefined;
    if (!database || this.#volumeOfPod(pod) === this.broken) return refused(`pod ${pod} does not answer`);
    if (args.includes("select 1")) return answer("1");
    const opens = /allow_connections true/.test(input);
    const shuts = /allow_connections false/.test(input);
    if (opens || shuts) {
      const outcome = this.#change(() => {
        this.log.push(opens ? "open" : "shut");
        database.open = opens;
        return answer("");
      });
      if (opens) return outcome;
    } else if (!database.open) return refused("the database takes no connections");
    return answer(
      `${JSON.stringify({ [TABLE]: `row ${database.rows}` })}\n${JSON.stringify(contentsOf(database.rows))}\n`,
    );
  }

  #volumeOfPod(pod: string): string {
    const claim = pod === "postgres-0" ? "data-postgres-0" : pod;
    return String(this.objects.get(`persistentvolumeclaim/${claim}`)?.spec?.volumeName);
  }

  #create(manifest: Mutable, exclusive: boolean): Outcome {
    const name = reference(manifest);
    if (exclusive && this.objects.has(name)) return refused(`${name} (AlreadyExists)`);
    this.#put(manifest);
    return answer("");
  }

  #patch(name: string, patch: Loose): Outcome {
    const object = this.objects.get(name);
    if (!object) return refused(`${name} (NotFound)`);
    merge(object as unknown as Loose, patch);
    return answer("");
  }

  #delete(name: string): Outcome {
    const object = this.objects.get(name);
    if (name.startsWith("persistentvolumeclaim/") && object) this.#release(object);
    this.objects.delete(name);
    return answer("");
  }

  /** What becomes of a volume whose claim is deleted. */
  #release({ spec }: Mutable): void {
    const volume = this.objects.get(`persistentvolume/${spec?.volumeName}`);
    if (!volume) return;
    volume.status = { phase: "Released" };
    if (volume.spec?.persistentVolumeReclaimPolicy === "Retain") return;
    this.objects.delete(reference(volume));
    this.databases.delete(volume.metadata.name);
  }

  /** Adds an object, with a uid of its own unless it is there. */
  #put(object: unknown): void {
    const made = object as Mutable;
    Object.assign(made.metadata, { uid: this.objects.get(reference(made))?.metadata.uid ?? `uid ${++this.#uids}` });
    this.objects.set(reference(made), made);
  }

  #reconcile(): void {
    this.#runDatabase();
    this.#runService();
    for (const object of [...this.objects.values()]) {
      if (object.kind === "PersistentVolumeClaim") this.#bind(object);
      if (object.kind === "Pod" && object.metadata.name.startsWith("restore-")) this.#restored(object);
    }
  }

  #runDatabase(): void {
    const server = this.objects.get("statefulset/postgres");
    const replicas = Number(server?.spec?.replicas);
    if (replicas === 0) this.objects.delete("pod/postgres-0");
    else if (!this.objects.has("persistentvolumeclaim/data-postgres-0")) {
      this.#put({
        kind: "PersistentVolumeClaim",
        metadata: { name: "data-postgres-0" },
        spec: { storageClassName: "fast" },
      });
    } else this.#put({ kind: "Pod", metadata: { name: "postgres-0", labels: { app: "postgres" } }, status: ready });
    if (server) {
      const revision = { currentRevision: "1", updateRevision: "1", observedGeneration: 1 };
      server.status = { ...revision, readyReplicas: replicas, updatedReplicas: replicas };
    }
  }

  #runService(): void {
    const service = this.objects.get("deployment/data-svc");
    const replicas = Number(service?.spec?.replicas);
    for (const index of [0, 1]) {
      const name = `data-svc-${index}`;
      if (index >= replicas) this.objects.delete(`pod/${name}`);
      else this.#put({ kind: "Pod", metadata: { name, labels: { app: "data-svc" } }, status: ready });
    }
    if (service) {
      const all = { availableReplicas: replicas, updatedReplicas: replicas, replicas };
      service.status = { ...all, observedGeneration: 1 };
    }
  }

  #bind(claim: Mutable): void {
    const spec = claim.spec ?? {};
    claim.spec = spec;
    if (claim.status?.phase === "Bound") return;
    if (spec.volumeName === undefined) {
      const name = `pv-${++this.#volumes}`;
      this.#put({
        kind: "PersistentVolume",
        metadata: { name },
        spec: {
          persistentVolumeReclaimPolicy: "Delete",
          storageClassName: spec.storageClassName,
          claimRef: { namespace: "diabrisk", name: claim.metadata.name, uid: `uid of ${name}` },
        },
        status: { phase: "Bound" },
      });
      this.databases.set(name, { rows: 0, open: true });
      spec.volumeName = name;
      claim.status = { phase: "Bound" };
      return;
    }
    const volume = this.objects.get(`persistentvolume/${spec.volumeName}`);
    const claimRef = volume?.spec?.claimRef as Loose | undefined;
    if (!volume || claimRef?.name !== claim.metadata.name || claimRef.uid !== undefined) return;
    claimRef.uid = "uid of the new claim";
    volume.status = { phase: "Bound" };
    claim.status = { phase: "Bound" };
  }

  #restored(pod: Mutable): void {
    pod.status = { ...ready, phase: "Running", initContainerStatuses: [{ name: "fetch", state: { running: {} } }] };
    const database = this.databases.get(this.#volumeOfPod(pod.metadata.name));
    if (database && database.rows === 0) database.rows = this.backup.rows;
  }

  /** Clients write through data-svc to whatever database answers. */
  #write(): void {
    const database = this.databases.get(this.live);
    const up = this.objects.has("pod/postgres-0") && this.objects.has("pod/data-svc-0");
    if (!up || this.live === this.broken || !database?.open) return;
    database.rows += this.writes;
    this.acknowledged += this.writes;
  }
}

const answer = (stdout: string): Outcome => ({ code: 0, stdout, stderr: "" });
const refused = (stderr: string): Outcome => ({ code: 1, stdout: "", stderr });
const reference = ({ kind, metadata }: KubeObject) => `${kind.toLowerCase()}/${metadata.name}`;

function merge(target: Loose, patch: Loose): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name];
    else if (typeof value === "object" && !Array.isArray(value)) {
      target[name] ??= {};
      merge(target[name] as Loose, value as Loose);
    } else target[name] = value;
  }
}

/** Contents of a database of one table whose hash tells its rows. */
export const contentsOf = (rows: number) => ({
  ...{ database: "diabrisk", serverVersion: "16.14", systemIdentifier: "1", databaseTime: "2026-11-30T08:15:00Z" },
  schema: { version: 7, migrations: [] },
  tables: [{ name: TABLE, rows, hash: `of ${rows}` }] satisfies readonly TableContents[],
  sequences: [],
});
