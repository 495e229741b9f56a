import type { AppConfig, Client, ClientTable, Operation } from "../contract";
import type { EngineName } from "../postgres/engines";
import type { OPEN_TABLES } from "./open-tables";

/** Amounts of a container's resources, as Kubernetes quantities. */
export interface Amounts {
  /** Cores, e.g. `"500m"` for half of one. */
  readonly cpu: string;
  /** Bytes, e.g. `"256Mi"`. A container over its limit is killed. */
  readonly memory: string;
  /** Bytes of logs and scratch files, e.g. `"100Mi"`. A pod over its limit is evicted. */
  readonly ephemeralStorage: string;
}

export interface Resources {
  /** Amounts that the scheduler reserves for the container. */
  readonly requests: Amounts;
  /** Amounts that the container cannot exceed. */
  readonly limits: Amounts;
}

export interface Image {
  /**
   * Image reference, e.g. `"postgres:16-alpine"`. Outside dev it needs tag and digest,
   * `"postgres:16.14-alpine@sha256:…"`.
   */
  readonly reference: string;
  /** `IfNotPresent` only if images are loaded into the nodes instead of pulled. */
  readonly pullPolicy: "Always" | "IfNotPresent";
}

export interface DatabaseStage {
  readonly image: Image;
  /**
   * Resources of the server. Memory request and limit must be equal. PostgreSQL's settings are computed from the
   * limits.
   */
  readonly resources: Resources;
  /** Resources of the container that brings passwords and certificate in line with their Secrets. */
  readonly reloader: Resources;
  /** Size of the data volume, e.g. `"10Gi"`. Kubernetes never shrinks it; docs/operations.md says how to grow it. */
  readonly storage: string;
  /** StorageClass of the data volume. @default the cluster's default class */
  readonly storageClass?: string;
  /** Fate of the volume when the StatefulSet is deleted. CloudNativePG deletes its volumes with the Cluster in any case. */
  readonly whenDeleted: "Retain" | "Delete";
  /** Seconds PostgreSQL may take to stop before it is killed. A killed server has to recover at its next start. */
  readonly stopGraceSeconds: number;
}

/** Commits that wait for replicas. */
export interface SynchronousStage {
  /** Replicas that must have a commit before it is acknowledged. */
  readonly number: number;
  /** `required` stops writes when too few replicas are there; `preferred` goes on without them. */
  readonly dataDurability: "required" | "preferred";
  /** Whether a replica is promoted only if it certainly has every acknowledged commit. */
  readonly failoverQuorum: boolean;
}

/** The regular proof that the archive can be recovered. */
export interface ArchiveDrillStage {
  /** When it runs, in UTC, as a cron line of five fields. */
  readonly schedule: string;
  /** Seconds after which Kubernetes gives a drill up. */
  readonly deadlineSeconds: number;
  /** Resources of the program that compares. The recovered server has those of an instance. */
  readonly resources: Resources;
}

/** Base backups and write-ahead log in a bucket, from which any moment can be restored. */
export interface ArchiveStage {
  /** Where they go. */
  readonly target: BucketPlace;
  /**
   * Name of this database's history below the prefix, e.g. `"postgres-1"`. Every restored or newly made database needs
   * another one.
   */
  readonly lineage: string;
  /** When a base backup starts, in UTC, as a cron line of six fields, of which the first is the second. */
  readonly schedule: string;
  /** Days back to which the database can be restored. The plugin deletes older base backups and log. */
  readonly keepDays: number;
  /** Resources of the container that archives, beside each instance. */
  readonly resources: Resources;
  /** Proof that it can be recovered. Needs a replica to compare with, and `check` refuses several instances without it. @default none */
  readonly drill?: ArchiveDrillStage;
}

/** Several PostgreSQL servers that the operator CloudNativePG runs. */
export interface ClusterStage {
  /** Image of the instances: CloudNativePG's. `database.image` still dumps, and restores for the drill. */
  readonly image: Image;
  /** Servers: one primary and its replicas. Each has volumes of its own. */
  readonly instances: number;
  /** How commits wait for replicas. @default they do not wait, and a failover may lose the last ones */
  readonly synchronous?: SynchronousStage;
  /** Whether no two instances share a node. Leave it true but on a cluster with fewer nodes. */
  readonly nodeEach: boolean;
  /** Whether the operator keeps disruption budgets, by which drains take one instance at a time. */
  readonly disruptionBudgets: boolean;
  /** Size of each instance's volume for the write-ahead log. */
  readonly walStorage: string;
  /** Archive of the write-ahead log. Needed: `check` refuses a cluster without one. */
  readonly archive?: ArchiveStage;
  /** Namespace of the operator's own pods. */
  readonly operatorNamespace: string;
}

export interface MigrationStage {
  readonly resources: Resources;
  /** Whether 000007_seed_data brings the two test users beside the model. */
  readonly testUsers: boolean;
  /** Seconds after which Kubernetes gives a migration up, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first, if a failure may be temporary. */
  readonly retries: number;
  /**
   * Seconds that a finished Job stays. Applying the same release later makes the Job again, which then finds nothing to
   * do.
   */
  readonly keepFinishedSeconds: number;
}

export interface ServiceStage {
  readonly image: Image;
  readonly resources: Resources;
  /** Pods of data-svc. */
  readonly replicas: number;
  /** Pods that a drain must leave running; fewer than `replicas`. Without it, a drain may take all pods. */
  readonly minAvailable?: number;
  /**
   * Database connections of one pod at most. All pods of a rolling update together must fit into the database's
   * connections.
   */
  readonly poolSize: number;
  /**
   * Seconds a request waits for a database that restarts or whose replica takes over, before it is answered with 503. So long a pod
   * stays among those that requests go to. Callers need a limit of at least 6 s more.
   */
  readonly outageWaitSeconds: number;
  /** Seconds a stopping pod still serves, while the cluster removes it from load balancing. */
  readonly drainSeconds: number;
  /** Seconds a pod may take to stop before it is killed, `drainSeconds` included. */
  readonly stopGraceSeconds: number;
}

/**
 * Synth generates the values and keeps them in a git-ignored file; the manifests hold them. For one person's cluster.
 */
interface GeneratedSecrets {
  readonly kind: "generated";
}

/** The External Secrets operator copies the values from a store; the manifests hold only references. */
export interface ExternalSecrets {
  readonly kind: "external";
  /** Name of the cluster's ClusterSecretStore. */
  readonly store: string;
  /** Path in the store. The values are properties of `<path>/<Secret's name>`. */
  readonly path: string;
  /** How often the operator looks for a new value, as a Go duration, e.g. `"1h"`. */
  readonly refreshInterval: string;
}

/**
 * Synth generates an authority and a certificate, and keeps them with the generated Secrets. For one person's cluster.
 */
interface GeneratedCertificate {
  readonly kind: "generated";
}

/** cert-manager issues the database server's certificate and renews it. */
export interface IssuedCertificate {
  readonly kind: "cert-manager";
  /** Name of the issuer. It must provide its authority as `ca.crt`, since clients verify the server with that. */
  readonly issuer: string;
  /** `Issuer` for one in the stage's namespace. */
  readonly issuerKind: "ClusterIssuer" | "Issuer";
}

/** Limits on the whole namespace, which other DiabRisk services share. */
export interface NamespaceStage {
  /** Limits on the sums over every pod that has not ended. */
  readonly quota: { readonly requests: Amounts; readonly limits: Amounts; readonly pods: number };
  /** The least and the most that one container may ask for. */
  readonly container: { readonly min: Amounts; readonly max: Amounts };
}

/** Pods of a namespace with a label, e.g. of CoreDNS, or addresses of no pod, as a cache on the node has. */
export type Peer =
  | { readonly kind: "pods"; readonly namespace: string; readonly label: readonly [name: string, value: string] }
  | { readonly kind: "addresses"; readonly cidr: string };

/** Backups on a volume of the cluster. Whoever may delete the claim deletes them all: for one person's cluster. */
export interface VolumeTarget {
  readonly kind: "volume";
  /** Size of the volume, e.g. `"5Gi"`. */
  readonly storage: string;
  /** StorageClass of the volume. @default the cluster's default class */
  readonly storageClass?: string;
  /** Number of days, weeks and months of which the newest backup is kept. The newest proven one stays in any case. */
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number };
}

/** A place in an S3 bucket, and the way there. */
export interface BucketPlace {
  /** URL of the S3 API, e.g. `"https://s3.eu-central-1.amazonaws.com"`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Beginning of every object's key, without a slash at its ends, e.g. `"diabrisk/prod"`. No other stage's. */
  readonly prefix: string;
  /** The bucket's servers, all that may be there. Pods may reach them and no others, at the endpoint's port. */
  readonly network: readonly Peer[];
}

/** Backups in an S3 bucket, with credentials that can neither read nor delete. */
export interface BucketTarget extends BucketPlace {
  readonly kind: "s3";
  /** Days that the bucket keeps a backup. Its lifecycle and Object Lock enforce them, not the pods. */
  readonly keepDays: number;
}

/** Synth makes both key pairs. People's private key stays in the file with the credentials. */
interface GeneratedRecipients {
  readonly kind: "generated";
}

/** Public keys of age, by which backups are encrypted. `npm run backup -- keygen` makes a pair. */
export interface NamedRecipients {
  readonly kind: "keys";
  /** Keys of people, who keep the private ones offline. */
  readonly people: readonly string[];
  /** The drill's key. Its private one is in the Secret `drill-key`. */
  readonly drill: string;
}

/** The regular proof that the newest backup can be restored. */
export interface DrillStage {
  /** When it runs, in UTC, as a cron line of five fields. */
  readonly schedule: string;
  /** Seconds after which Kubernetes gives a drill up. */
  readonly deadlineSeconds: number;
  /** Resources of each of its containers. */
  readonly resources: Resources;
  /** Size of the volume for the fetched dump and the restored database. It ends with the pod. */
  readonly storage: string;
}

export interface BackupStage {
  /** When it runs, in UTC, as a cron line of five fields, e.g. `"7 * * * *"`. */
  readonly schedule: string;
  /** Seconds after which Kubernetes gives a backup up, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first. */
  readonly retries: number;
  /** Resources of the container that dumps, and of the one that ships. They run one after the other. */
  readonly resources: Resources;
  /** Size of the volume on which the dump is made, e.g. `"20Gi"`. It ends with the pod. */
  readonly scratch: string;
  /** StorageClass of that volume, and of the drill's. @default the cluster's default class */
  readonly scratchClass?: string;
  /** Where the backups go. */
  readonly target: VolumeTarget | BucketTarget;
  /** Keys that open them. */
  readonly recipients: GeneratedRecipients | NamedRecipients;
  readonly drill: DrillStage;
}

/** The regular deletion of what is past its time. It never deletes a session that may still be used, nor an entry of the log of this month. */
export interface RetentionStage {
  /** When it runs, in UTC, as a cron line of five fields, e.g. `"52 2 * * *"`. In no minute of a backup's or drill's. */
  readonly schedule: string;
  /** Seconds after which Kubernetes gives a run up, all tries together. */
  readonly deadlineSeconds: number;
  /** Days for which a session stays after it expired or was revoked. It has an address and a browser. */
  readonly sessionDays: number;
  /** Months for which entries of the audit log stay. Whole months are dropped, so the oldest entries stay up to a month longer. */
  readonly auditMonths: number;
  /** Months after this one for which the audit log has a partition already. */
  readonly partitionsAheadMonths: number;
  readonly resources: Resources;
}

export interface NetworkStage {
  /** Name servers of the cluster, all that may be there. Pods may ask them and no others, at port 53. */
  readonly dns: readonly Peer[];
  /** Namespace whose pods collect metrics. They reach the ports of metrics and no others. */
  readonly monitoringNamespace: string;
  /**
   * The API server, as pods reach it: addresses behind the Service `kubernetes`, and its port there. data-svc reads the keys of
   * its callers' tokens from it.
   */
  readonly apiServer: { readonly network: readonly Peer[]; readonly port: number };
  /** Services that may call data-svc, each with what it may do there. */
  readonly callers: readonly CallerStage[];
}

/** A service that may call data-svc: its pods by their label, their tokens by the ServiceAccount. */
export interface CallerStage {
  /** Value of the `app` label of its pods, and its name in data-svc's log and audit rows. */
  readonly app: string;
  /** ServiceAccount that its pods run as. @default the same as `app` */
  readonly serviceAccount?: string;
  /** Namespace of its pods. @default the stage's own */
  readonly namespace?: string;
  /** Operations of data-svc that it may call, e.g. `["getActiveModelVersion"]`. */
  readonly may: readonly Operation[];
}

/** Columns that a client may name of each open table. */
type ClientTables = { readonly [Name in keyof typeof OPEN_TABLES]?: ClientTable<(typeof OPEN_TABLES)[Name][number]> };

/**
 * A service of the stage's own namespace that runs its own SQL. Its role and privileges, its Secret, its network policies and
 * its share of the connections follow. docs/operations.md says how one joins, and how one leaves.
 */
export interface ClientStage extends Client {
  /** Value of the `app` label of its pods, e.g. `"auth-svc"`. Only pods with it reach the server. */
  readonly app: string;
  /**
   * Role that it logs in as, e.g. `"auth_svc"`; its Secret is then `postgres-auth-svc`. Another name is another role, and the
   * former one is dropped.
   */
  readonly role: string;
  /**
   * Columns that it may select, insert and update, by table, and whether it may delete rows. Everything else is refused.
   * lib/stages/open-tables.ts has the tables and columns there are.
   */
  readonly tables: ClientTables;
  /**
   * Sessions that the server allows it: the pools of all its pods together, and of one more during a rolling update. data-svc has
   * as many fewer.
   */
  readonly connections: number;
}

/** The Prometheus operator scrapes the exporter and data-svc, and judges the alerts. */
export interface PrometheusStage {
  readonly kind: "prometheus-operator";
  /**
   * Labels by which the cluster's Prometheus chooses monitors and rules, e.g. `["release", "kube-prometheus-stack"]`.
   * Empty for a Prometheus that takes all.
   */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** postgres_exporter, which asks the server as the role `monitor`. */
  readonly exporter: { readonly image: Image; readonly resources: Resources };
  /** Hours that the newest backup may be old before an alert. More than its schedule and its deadline together. */
  readonly backupHours: number;
  /** The same of the newest drill that passed, in days. */
  readonly drillDays: number;
  /** The same of the last run of the retention, in days. */
  readonly retentionDays: number;
  /** Page of the runbooks, to which alerts add an anchor, e.g. `"https://…/runbooks.md"`. @default its path in this repository */
  readonly runbooks?: string;
}

/** A cluster without the operator's definitions, to which no monitor could be applied. data-svc has its metrics anyway. */
interface NoMonitoring {
  readonly kind: "none";
}

/** Every difference between stages. Data only: `check` judges the values together. */
export interface Stage {
  readonly name: "dev" | "staging" | "prod" | "prod-ha";
  readonly namespace: string;
  /**
   * Contexts of kubectl, or URLs of API servers, that the stage is deployed to, e.g. `["prod-eu"]`; no other is touched.
   * @default dev goes to the current context, and any other stage to the one that `--context` names
   */
  readonly contexts?: readonly string[];
  readonly limits: NamespaceStage;
  readonly secrets: GeneratedSecrets | ExternalSecrets;
  /** Source of the database server's certificate. */
  readonly certificate: GeneratedCertificate | IssuedCertificate;
  /** Content of `app-config`, for every DiabRisk service. */
  readonly config: AppConfig;
  readonly network: NetworkStage;
  /** Runs PostgreSQL. Clients see the same with either engine. Another one is another database: its data has to be moved. */
  readonly engine: EngineName;
  readonly database: DatabaseStage;
  /** Settings of the engine `"cloudnative-pg"`. No other engine reads them. */
  readonly cluster?: ClusterStage;
  /** Services that run their own SQL beside data-svc. */
  readonly clients: readonly ClientStage[];
  readonly backup: BackupStage;
  readonly retention: RetentionStage;
  readonly migration: MigrationStage;
  readonly service: ServiceStage;
  readonly monitoring: PrometheusStage | NoMonitoring;
}

export type StageName = Stage["name"];

/** Label of every object. Its value is the stage's name. Rules over manifests and `deploy` read the Namespace's. */
export const STAGE_LABEL = "diabrisk.io/stage";
