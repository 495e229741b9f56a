/**
 * Names, ports, paths, keys and codes that the manifests and the programs in the pods share. Imports nothing, so that
 * both sides can import it. Other services and people's habits depend on most of it.
 */

/** The newest migration of this release without `-- contract`. data-svc is not ready before the database has it. */
export const SCHEMA_VERSION = 7;

/** The `-- contract` migrations above it, which run when data-svc is rolled out. A test compares both with the files. */
export const CONTRACT_MIGRATIONS: readonly number[] = [];

/** The newest migration that this release knows. */
export const NEWEST_MIGRATION = Math.max(SCHEMA_VERSION, ...CONTRACT_MIGRATIONS);

/** Dev's image, which is built and loaded by hand. The name is the same for every build. */
export const DEV_IMAGE = "diabrisk/data-svc:dev";

/** This release, as in package.json (a test compares them). */
export const VERSION = "1.0.0";

export const DATABASE = {
  /** Service name, and so the host name inside the namespace. */
  host: "postgres",
  port: 5432,
  name: "diabrisk",
  /** The bootstrap superuser (POSTGRES_USER). It bootstraps roles and serves people; no service uses it. */
  superuser: "diabrisk",
} as const;

/** The exact tables of schema `public` after every migration of this release. */
export const TABLES = [
  "assessments",
  "audit_logs",
  "auth_sessions",
  "model_versions",
  "reports",
  "schema_migrations",
  "users",
] as const;

/** Owns the database and everything in it; cannot log in. */
export const OWNER_ROLE = "owner";

/** Roles that log in, each with its own Secret. lib/roles has their privileges. */
export const LOGIN_ROLES = ["migrator", "data_svc", "readonly", "backup", "monitor", "retention"] as const;
export type LoginRole = (typeof LOGIN_ROLES)[number];

/** Groups the roles of services that run their own SQL, so that `migrate bootstrap` finds one that is no longer wanted. */
export const CLIENT_ROLE = "client";

/** Privileges of a client on one table, by column. */
export interface ClientTable<Column extends string = string> {
  readonly select?: readonly Column[];
  readonly insert?: readonly Column[];
  readonly update?: readonly Column[];
  /** Whether it may delete rows. @default false */
  readonly delete?: boolean;
}

/** A service that runs its own SQL, as the variable CLIENTS lists them. */
export interface Client {
  /** Value of the `app` label of its pods. */
  readonly app: string;
  /** Role that it logs in as. */
  readonly role: string;
  /** Sessions of all its pods together, those of a rolling update included. */
  readonly connections: number;
  /** Tables of schema `public`. */
  readonly tables: Readonly<Record<string, ClientTable>>;
}

/** Names that a client's role may have: lower-case letters and underscores, of which the reloader's shell makes variables. */
export const CLIENT_ROLE_PATTERN = "^[a-z][a-z_]{0,52}[a-z]$";

/** Role by which two servers read each other's changes while the database moves to another engine. `npm run move` makes and drops it. */
export const MOVE_ROLE = "engine_move";

/** Connections that data_svc may not take. Superusers, the migrator and the read-only roles use them. */
export const RESERVED_CONNECTIONS = 10;

/** Keys of every Secret that holds a database credential. */
export const CREDENTIAL_KEYS = { username: "username", password: "password", url: "url" } as const;

/** The Secret with the database server's certificate; cert-manager chose its keys. Clients mount only the authority. */
export const TLS_SECRET = "postgres-tls";
/** The same of data-svc. Its callers mount only the authority. */
export const SERVICE_TLS_SECRET = "data-svc-tls";
export const TLS_KEYS = { certificate: "tls.crt", key: "tls.key", authority: "ca.crt" } as const;

/** Mount paths in the pods. Programs look there unless an environment variable says otherwise. */
export const PATHS = {
  /** The one file of the `app-config` ConfigMap. */
  config: "/etc/diabrisk/config/app.yaml",
  /** Credential of the role that the program connects as: one file for each of CREDENTIAL_KEYS. */
  database: "/etc/diabrisk/database",
  /** One folder for each login role, named after it. Its files are named as in CREDENTIAL_KEYS. */
  roles: "/etc/diabrisk/roles",
  /** TLS_SECRET: the server mounts all of it, clients only the authority. */
  tls: "/etc/diabrisk/tls",
  /** The authority that clients verify the server with: `sslrootcert` of every URL in a Secret. */
  authority: "/etc/diabrisk/tls/ca.crt",
  /** SERVICE_TLS_SECRET, in data-svc's pods. */
  serviceTls: "/etc/diabrisk/service-tls",
  /** Token and authority for the API server, of pods that ask it: `token` and `ca.crt`. */
  api: "/etc/diabrisk/api",
  /** Volume in which a backup pod makes its dump. */
  work: "/work",
  /** The volume of the backups, if a stage keeps them on one. */
  backups: "/backups",
  /** Credentials of the bucket: one file for each of STORE_KEYS. */
  store: "/etc/diabrisk/store",
  /** The drill's private key: one file, IDENTITY_KEY. */
  identity: "/etc/diabrisk/identity",
  /** The SQL files inside the image. */
  migrations: "/app/migrations",
  /** The digest of what the image was built from, inside the image. */
  source: "/app/source.digest",
} as const;

export const DATA_SVC = {
  name: "data-svc",
  /** `application_name` of its sessions. Contract migrations wait for the end of sessions with an older number. */
  sessions: `data-svc/${NEWEST_MIGRATION}`,
  /** Serves the API, over TLS alone. */
  port: 8080,
  livenessPath: "/healthz",
  readinessPath: "/readyz",
  /** Serves `metricsPath` alone. Prometheus reaches this port and no other. */
  metricsPort: 9464,
  metricsPath: "/metrics",
  /** The OpenAPI document. */
  documentPath: "/openapi.json",
  /**
   * NODE_OPTIONS of its pods. V8 would size its young generation by the container's memory, at 2 MiB in 512Mi, and take a third
   * of the processor time to collect it. This is what it takes on a large machine: some 30 MiB more.
   */
  nodeOptions: "--max-semi-space-size=16",
} as const;

/** Operations of data-svc that a stage may allow a caller: the `operationId` of each route with people's data. */
export const OPERATIONS = [
  ...(["getActiveModelVersion", "registerModelVersion", "activateModelVersion"] as const),
  ...(["createAssessment", "listAssessments", "getAssessment", "deleteAssessment"] as const),
  ...(["createReport", "listReports", "deleteReport"] as const),
  ...(["exportUser", "eraseUser", "listErasedDocuments", "acknowledgeErasedDocument"] as const),
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** A service that may call data-svc, as the variable CALLERS lists them. */
export interface Caller {
  /** Its name in the log and in audit rows. */
  readonly name: string;
  /** Subject of its tokens, `system:serviceaccount:<namespace>:<name>`. */
  readonly subject: string;
  readonly may: readonly Operation[];
}

/** postgres_exporter, which turns what the role `monitor` sees into metrics. */
export const EXPORTER = { name: "postgres-exporter", port: 9187 } as const;

/** The steps of a drill, in their order. Each is a container of its pod, and an entry of its report. */
export const DRILL_STEPS = ["fetch", "bootstrap", "restore", "compare", "verify", "amcheck"] as const;

/** The CronJobs that make backups and prove them, the claim of their volume, and their Secrets. */
export const BACKUP = {
  /** CronJob, and the `app` label of its pods. */
  name: "postgres-backup",
  /** CronJob of the drill, and the `app` label of its pods. */
  drill: "postgres-drill",
  claim: "postgres-backups",
  /** Credentials that may put objects into the bucket and list them, and no more. */
  storeSecret: "backup-store",
  /** Credentials that may also get objects. */
  drillStoreSecret: "drill-store",
  drillKeySecret: "drill-key",
} as const;

/** The CronJob that deletes what is past its time, and makes room in time. */
export const RETENTION = {
  /** CronJob, and the `app` label of its pods. */
  name: "postgres-retention",
} as const;

/** The archive of a cluster's write-ahead log and base backups: its ObjectStore, ScheduledBackup and Secret. */
export const ARCHIVE = {
  name: "postgres-archive",
  /** Credentials that may put, get, list and delete in the archive's bucket. */
  storeSecret: "archive-store",
  /** Key of the Secret beside STORE_KEYS. The plugin reads it from nowhere else. */
  regionKey: "region",
} as const;

/** The CronJob that proves the archive, and what it recovers. */
export const ARCHIVE_DRILL = {
  /** CronJob, and the `app` label of its pods. */
  name: "postgres-archive-drill",
  /** Cluster that it makes and removes. */
  cluster: "postgres-drill",
  /** Service of a cluster's replicas, which CloudNativePG makes. */
  replicas: `${DATABASE.host}-ro`,
  /** Service of the recovered server. */
  recovered: "postgres-drill-rw",
  /** Folder with the file of the Cluster. */
  folder: "/etc/diabrisk/archive-drill",
  file: "cluster.json",
  /** Seconds that the program has less than its Job, to remove the Cluster in. */
  removalSeconds: 300,
  /** Seconds that the program needs to say anything at all. */
  leastSeconds: 60,
} as const;

/** Keys of every Secret with credentials of a bucket. */
export const STORE_KEYS = { accessKeyId: "access-key-id", secretAccessKey: "secret-access-key" } as const;

/** Key of the Secret with the drill's private key. */
export const IDENTITY_KEY = "identity";

/**
 * Stands for a public key that nobody has made yet: 32 bytes of zeros, for which age refuses to encrypt. `deploy`
 * refuses it, too.
 */
export const PLACEHOLDER_RECIPIENT = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z";

/** Pattern of URLs in `app-config`. A URL has to satisfy more than that. */
export const SERVICE_URL = "^https?://[^\\s]+$";

/** The parsed file of `app-config`. */
export interface AppConfig {
  /** URL of each DiabRisk service, by its Service name. */
  readonly services: Readonly<Record<"auth-svc" | "ml-api" | "api-gateway" | "frontend" | "data-svc", string>>;
  readonly session: {
    /** Seconds after which a session ends, even one in use. */
    readonly lifetimeSeconds: number;
    /** Seconds without a request after which a session ends. */
    readonly idleTimeoutSeconds: number;
    readonly cookie: {
      readonly name: string;
      readonly secure: boolean;
      readonly httpOnly: boolean;
      readonly sameSite: "strict" | "lax" | "none";
    };
  };
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
}

/** Exit codes of `migrate`. The migration Job's podFailurePolicy is made from them. */
export const EXIT = {
  /** Done, nothing to do, or the database is ahead of this release. */
  ok: 0,
  /** An unexpected failure. */
  failure: 1,
  /** Bad arguments or settings. */
  usage: 2,
  /** Migrations are pending (`status`, `wait`). */
  pending: 3,
  /** A migration's SQL failed. */
  sql: 4,
  /** Refused by the checks before anything was written. */
  refused: 5,
  /** Another runner held the lock for too long. */
  locked: 6,
  /** The database was not reachable in time, or takes no writes at present. */
  unreachable: 7,
  /** Stopped by SIGTERM or SIGINT. */
  signalled: 8,
} as const;

/** Codes that another try cannot change: the Job fails at once. It retries every other failure. */
export const FINAL_EXIT_CODES = [EXIT.usage, EXIT.sql, EXIT.refused] as const;
