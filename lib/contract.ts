/**
 * What the manifests and the programs in the pods have to agree on: names, ports, paths, keys, codes.
 * Imports nothing, so that both sides can import it. Other services and people's habits depend on most of it.
 */

/** The newest migration that this release brings; data-svc is not ready before the database has it. */
export const SCHEMA_VERSION = 7;

/** This release, as in package.json (a test compares them). */
export const VERSION = "1.0.0";

export const DATABASE = {
  /** Service name, and so the host name inside the namespace. */
  host: "postgres",
  port: 5432,
  name: "diabrisk",
  /** The bootstrap superuser (POSTGRES_USER): bootstraps roles, and is a person's way in. No service uses it. */
  superuser: "diabrisk",
} as const;

/** The tables in schema `public` once every migration of this release has run: exactly these. */
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

/** Roles that log in, each with a Secret of its own. What each may do is in lib/roles. */
export const LOGIN_ROLES = ["migrator", "data_svc", "readonly", "backup", "monitor"] as const;
export type LoginRole = (typeof LOGIN_ROLES)[number];

/** Connections of the server that data_svc may not take: superusers', the migrator's and the read-only roles'. */
export const RESERVED_CONNECTIONS = 10;

/** Keys of every Secret that holds a database credential. */
export const CREDENTIAL_KEYS = { username: "username", password: "password", url: "url" } as const;

/** The Secret with the server's certificate, and its keys, which are cert-manager's. Clients mount the authority alone. */
export const TLS_SECRET = "postgres-tls";
export const TLS_KEYS = { certificate: "tls.crt", key: "tls.key", authority: "ca.crt" } as const;

/** Where pods mount what programs read. Programs look here when no environment variable says otherwise. */
export const PATHS = {
  /** The `app-config` ConfigMap's one file. */
  config: "/etc/diabrisk/config/app.yaml",
  /** The credential of the role that the program connects as: one file for each of CREDENTIAL_KEYS. */
  database: "/etc/diabrisk/database",
  /** One folder for each login role, named as the role, each with files named as CREDENTIAL_KEYS. */
  roles: "/etc/diabrisk/roles",
  /** What pods mount of TLS_SECRET: the server all of it, clients the authority. */
  tls: "/etc/diabrisk/tls",
  /** The authority that clients verify the server with: `sslrootcert` of every URL in a Secret. */
  authority: "/etc/diabrisk/tls/ca.crt",
  /** The SQL files inside the image. */
  migrations: "/app/migrations",
} as const;

export const DATA_SVC = {
  name: "data-svc",
  port: 8080,
  livenessPath: "/healthz",
  readinessPath: "/readyz",
  metricsPath: "/metrics",
} as const;

/** What URLs in `app-config` look like, without the rest of what a URL must be. */
export const SERVICE_URL = "^https?://[^\\s]+$";

/** The file in `app-config`, parsed. */
export interface AppConfig {
  /** URL of each DiabRisk service, by its Service name. */
  readonly services: Readonly<Record<"auth-svc" | "ml-api" | "api-gateway" | "frontend" | "data-svc", string>>;
  readonly session: {
    /** Seconds after which a session ends, however much it is used. */
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

/** Exit codes of `migrate`; the migration Job's podFailurePolicy is made from them. */
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
  /** The database was not reachable in time. */
  unreachable: 7,
  /** Stopped by SIGTERM or SIGINT. */
  signalled: 8,
} as const;

/** Codes that another try cannot change: the Job fails at once. Every other failure is retried. */
export const FINAL_EXIT_CODES = [EXIT.usage, EXIT.sql, EXIT.refused] as const;
