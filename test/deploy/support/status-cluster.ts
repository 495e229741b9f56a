import { Kubectl, type KubeObject, type Outcome, type RunOptions } from "../../../lib/deploy/kubectl";
import { reference } from "../../../lib/deploy/manifests";
import { draftOf, encode, type Result } from "../../../lib/deploy/release/record";
import type { Server } from "../../../lib/status/database";

/** The time at which everything is asked. */
export const NOW = new Date("2026-11-30T16:40:00Z");
export const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();
export const HOUR = 3600;
export const DAY = 86_400;

const ok = (stdout: string): Outcome => ({ code: 0, stdout, stderr: "" });
export const refused = (stderr: string): Outcome => ({ code: 1, stdout: "", stderr });

/** Answers to commands beside objects, by a pattern of the command. A later one goes before. */
type Answer = readonly [command: RegExp, outcome: Outcome | (() => Promise<Outcome>)];

/** A cluster as kubectl shows it: objects by namespace, and answers to `exec`, `get --raw` and the certificates. */
export class StatusCluster extends Kubectl {
  readonly commands: string[] = [];
  readonly answers: Answer[] = [];

  constructor(
    public objects: readonly KubeObject[],
    namespace = "diabrisk",
    readonly root?: StatusCluster,
  ) {
    super({}, namespace);
  }

  override in(namespace: string): StatusCluster {
    return new StatusCluster(this.objects, namespace, this.root ?? this);
  }

  override async try(args: readonly string[], _: RunOptions = {}): Promise<Outcome> {
    const { commands, answers } = this.root ?? this;
    const command = args.join(" ");
    commands.push(command);
    const [, outcome] = answers.findLast(([pattern]) => pattern.test(command)) ?? [];
    if (outcome !== undefined) return typeof outcome === "function" ? await outcome() : outcome;
    const [, what = ""] = args;
    const here = this.objects.filter(({ metadata }) => (metadata.namespace ?? "diabrisk") === this.namespace);
    if (what.includes("/")) {
      const found = here.find((each) => reference(each) === what);
      return ok(found ? JSON.stringify(found) : "");
    }
    const selector = args.find((arg) => arg.startsWith("--selector="))?.slice(11) ?? "";
    const kind = what.replace(/s$/, "");
    const items = here.filter((each) => each.kind.toLowerCase() === kind && matches(each, selector));
    return ok(JSON.stringify({ items }));
  }

  /** Removes the objects of these names, or kinds. */
  without(...names: readonly string[]): this {
    this.objects = this.objects.filter(({ kind, metadata }) => !names.includes(metadata.name) && !names.includes(kind));
    return this;
  }

  /** Has commands of this form answered so, and no longer by the objects. */
  answer(command: RegExp, outcome: Outcome | string | (() => Promise<Outcome>)): this {
    this.answers.push([command, typeof outcome === "string" ? ok(outcome) : outcome]);
    return this;
  }
}

function matches({ metadata }: KubeObject, selector: string): boolean {
  return selector
    .split(",")
    .filter(Boolean)
    .every((each) => {
      const [label = "", value] = each.split("=");
      const found = metadata.labels?.[label];
      return value === undefined ? found !== undefined : found === value;
    });
}

interface PodOptions extends Partial<KubeObject["metadata"]> {
  /** Seconds for which it has been ready. */
  readonly ready?: number;
  readonly restarts?: number;
  readonly mounts?: Readonly<Record<string, string>>;
}

/** A pod that has been ready for so long; `mounts` are its claims by their paths. */
export function pod(
  name: string,
  app: string,
  { ready = 3 * DAY, restarts = 0, mounts = {}, ...rest }: PodOptions = {},
): KubeObject {
  const entries = Object.entries<string>(mounts);
  return {
    kind: "Pod",
    metadata: { name, labels: { app }, creationTimestamp: ago(4 * DAY), ...rest },
    spec: {
      volumes: [
        { name: "tls", secret: { secretName: "postgres-tls" } },
        ...entries.map(([, claimName], index) => ({ name: `v${index}`, persistentVolumeClaim: { claimName } })),
      ],
      containers: [
        { name: "reloader", volumeMounts: [{ name: "tls", mountPath: "/etc/diabrisk/tls" }] },
        { name: "postgres", volumeMounts: entries.map(([mountPath], index) => ({ name: `v${index}`, mountPath })) },
      ],
    },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: ago(ready) }],
      containerStatuses: [{ name: app, restartCount: restarts }],
    },
  };
}

/** A pod whose container does not come up; its message is whatever the cluster has. */
export const unreadyPod = (name: string, app: string, reason: string): KubeObject => ({
  kind: "Pod",
  metadata: { name, labels: { app }, creationTimestamp: ago(HOUR) },
  status: {
    phase: "Pending",
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: ago(HOUR) }],
    containerStatuses: [{ name: app, restartCount: 4, state: { waiting: { reason } } }],
  },
});

export const deployment = (replicas: number, available = replicas): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "data-svc", generation: 2 },
  spec: { replicas, selector: { matchLabels: { app: "data-svc" } } },
  status: { observedGeneration: 2, replicas, updatedReplicas: replicas, availableReplicas: available },
});

const statefulSet: KubeObject = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "postgres", generation: 1 },
  spec: { replicas: 1, selector: { matchLabels: { app: "postgres" } } },
  status: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1, currentRevision: "a", updateRevision: "a" },
};

export const claim = (name: string, storage: string): KubeObject => ({
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { resources: { requests: { storage } } },
  status: { capacity: { storage } },
});

/** A CronJob that was made four days ago. */
export const cronJob = (name: string, succeeded?: number, rest: object = {}, namespace?: string): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name, creationTimestamp: ago(4 * DAY), ...(namespace !== undefined && { namespace }) },
  spec: { schedule: "7 * * * *", ...rest },
  status: succeeded === undefined ? {} : { lastSuccessfulTime: ago(succeeded) },
});

export const endedJob = (
  app: string,
  type: "Complete" | "Failed",
  seconds: number,
  namespace?: string,
): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: `${app}-${type.toLowerCase()}`, labels: { app }, ...(namespace !== undefined && { namespace }) },
  status: { conditions: [{ type, status: "True", lastTransitionTime: ago(seconds) }] },
});

/** The record of a release, as `npm run deploy` writes it. */
export function record(number: number, result: Result, required = 7): KubeObject {
  const draft = draftOf([], {
    version: "1.0.0",
    commit: "0123456789abcdef",
    dirty: false,
    migrations: { version: required, required, contracts: [], digest: "0123456789abcdef" },
  });
  const object = encode({ ...draft, by: "jane@example.org" }, number, new Date(ago(5 * DAY))) as KubeObject;
  const deployedAt: Readonly<Record<string, string>> =
    result === "deployed" ? { "diabrisk.io/deployed-at": ago(3 * DAY) } : {};
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { "diabrisk.io/result": result, ...deployedAt } },
  };
}

export const SERVER: Server = {
  version: "16.14",
  startedAt: ago(3 * DAY),
  inRecovery: false,
  readOnly: false,
  maxConnections: 97,
  usedConnections: 12,
  roles: [
    { role: "auth_svc", used: 2, most: 3, client: true },
    { role: "data_svc", used: 8, most: 12, client: false },
    { role: "diabrisk", used: 2, most: -1, client: false },
  ],
  oldestTransaction: null,
  standbys: [],
};

/** The output of `df -P -k` for a volume with so many percent in use. */
export const df = (percent: number) =>
  `Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/sdb         104857600 ${String(1_048_576 * percent).padStart(8)} ${String(1_048_576 * (100 - percent)).padStart(9)}     ${percent}% /var/lib/postgresql/data
`;

/** Answers of Prometheus' API with the alerts of a stage. */
export const rules = (namespace: string, ...alerts: readonly object[]) =>
  JSON.stringify({
    status: "success",
    data: {
      groups: [
        {
          name: "availability",
          rules: [{ name: "PostgresDown", labels: { namespace, severity: "critical" }, alerts }],
        },
        { name: "storage", rules: [{ name: "PostgresReadOnly", labels: { namespace }, alerts: [] }] },
        // Another stage's in the same Prometheus.
        {
          name: "availability",
          rules: [
            { name: "PostgresDown", labels: { namespace: "other" }, alerts: [alert("PostgresDown", "critical")] },
          ],
        },
      ],
    },
  });

export const alert = (name: string, severity: string, state = "firing") => ({
  state,
  activeAt: ago(HOUR),
  labels: { alertname: name, severity, namespace: "diabrisk" },
  annotations: { summary: "The database is down." },
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The answer for the certificates of a Secret. */
export const certificates = (server: string, authority: string) => `${base64(server)} ${base64(authority)}`;

/** The objects of prod on a good day. */
const HEALTHY: readonly KubeObject[] = [
  record(12, "deployed"),
  record(11, "deployed", 6),
  statefulSet,
  pod("postgres-0", "postgres", { mounts: { "/var/lib/postgresql/data": "data-postgres-0" } }),
  claim("data-postgres-0", "100Gi"),
  deployment(3),
  pod("data-svc-6d9f7c-2xk4p", "data-svc"),
  pod("data-svc-6d9f7c-8qwlm", "data-svc", { ready: 2 * DAY, restarts: 1 }),
  pod("data-svc-6d9f7c-vz7nt", "data-svc"),
  cronJob("postgres-backup", 33 * 60),
  endedJob("postgres-backup", "Complete", 33 * 60),
  endedJob("postgres-backup", "Failed", 3 * DAY),
  cronJob("postgres-drill", DAY, {}, "diabrisk-drill"),
  cronJob("postgres-archive-drill", 2 * DAY),
  cronJob("postgres-retention", 14 * 3600),
];

/** A base backup that ended so many seconds ago. */
export const baseBackup = (phase: string, seconds: number): KubeObject => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Backup",
  metadata: { name: `postgres-${seconds}` },
  status: { phase, stoppedAt: ago(seconds) },
});

/** The answer for the base backups of a cluster. */
export const BASE_BACKUPS = /^get backups\.postgresql\.cnpg\.io/;
export const baseBackups = (...items: readonly KubeObject[]) => JSON.stringify({ items });

/** Prod on a good day, with some objects in the place of those of their name. */
export function prodCluster(
  pem: { server: string; authority: string },
  ...changed: readonly KubeObject[]
): StatusCluster {
  const key = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ""} ${metadata.name}`;
  const replaced = new Set(changed.map(key));
  const objects = [...HEALTHY.filter((object) => !replaced.has(key(object))), ...changed];
  return new StatusCluster(objects)
    .answer(/^exec \S+ --container=postgres -- psql .*pg_stat_activity/s, JSON.stringify(SERVER))
    .answer(/^exec \S+ --container=postgres -- psql .*schema_migrations/s, '{"version" : 7, "dirty" : false}\n')
    .answer(/^exec \S+ --container=postgres -- df /, df(41))
    .answer(BASE_BACKUPS, baseBackups(baseBackup("completed", 5 * HOUR)))
    .answer(/^get secret\/(?:postgres|data-svc)-tls --output=jsonpath=/, certificates(pem.server, pem.authority))
    .answer(/^get --raw .*\/namespaces\/monitoring\/services\/http:prometheus-operated:9090\//, rules("diabrisk"));
}
