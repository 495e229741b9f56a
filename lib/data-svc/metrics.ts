import { performance } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DATABASE, SCHEMA_VERSION, VERSION } from "../contract";
import type { IdentityState } from "./tls/identity";

/** Content of `schema_migrations`, and the mode of the server. */
export interface SchemaState {
  /** Undefined before the first migration. */
  readonly version: number | undefined;
  readonly dirty: boolean;
  /** Whether transactions may not write, as set by the database's pod while its volume is nearly full. */
  readonly readOnly: boolean;
}

export interface PoolStats {
  /** Open connections, idle ones included. */
  readonly total: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
  /** Milliseconds that the oldest waiting request has waited; 0 if none waits. */
  readonly oldestWaitMs: number;
}

/** `cancelled`: the client hung up. */
export type QueryOutcome = "ok" | "error" | "cancelled";

/** Milliseconds for which a text is served: less than Prometheus ever waits between two scrapes. */
const TEXT_MS = 1000;

const PREFIX = "data_svc_";
const DATABASE_LABEL = { database: DATABASE.name };

/** Metrics of one instance, on its own registry. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  #text: Promise<string> | undefined;
  #madeAt = Number.NEGATIVE_INFINITY;

  readonly #queries = new Histogram({
    name: `${PREFIX}query_duration_seconds`,
    help: "Duration of database queries by name, without the wait for a connection.",
    labelNames: ["query", "outcome"] as const,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: this.#registers,
  });

  readonly #requests = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: "Duration of HTTP requests by method, route and status.",
    labelNames: ["method", "route", "status"] as const,
    registers: this.#registers,
  });

  readonly #unwritten = new Counter({
    name: `${PREFIX}audit_entries_unwritten_total`,
    help: "Entries of reads that are in the log alone, since the database took no writes.",
    registers: this.#registers,
  });

  readonly #schemaVersion = this.#seen("schema_version", "Schema version that the database was last seen with.");

  readonly #schemaDirty = this.#seen("schema_dirty", "1 while a migration has stopped half-way.");
  readonly #readOnly = this.#seen(
    "database_read_only",
    "1 while the server takes no writes, as when its volume is full.",
  );
  readonly #model = this.#seen(
    "active_model_usable",
    "1 while a model version is active that this release understands; 0 while new assessments are refused.",
  );
  readonly #certificate = this.#seen(
    "database_certificate_expiry_timestamp_seconds",
    "When the certificate expires that the database's server has shown to the newest connection.",
  );

  readonly #identityEnd = new Gauge({
    name: `${PREFIX}certificate_expiry_timestamp_seconds`,
    help: "When callers cease to trust the certificate that is served: its end, or its authority's.",
    registers: this.#registers,
  });
  readonly #identityRefused = new Gauge({
    name: `${PREFIX}certificate_refused`,
    help: "1 while the mounted certificate cannot be used, and the one before is served.",
    registers: this.#registers,
  });

  readonly #issuerKeys = new Gauge({
    name: `${PREFIX}issuer_keys_read_timestamp_seconds`,
    help: "When the keys of the callers' tokens were last read.",
    labelNames: ["issuer"] as const,
    registers: this.#registers,
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#constant("schema_version_required", "Schema version that this release needs.", {}, SCHEMA_VERSION);
    const build = { version: VERSION, node: process.version };
    this.#constant("build_info", "Always 1; the labels say what runs.", build, 1);
  }

  /** Content type of `text()`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Every metric in Prometheus' text format. It is made once a second at most, for any number of readers. */
  text(): Promise<string> {
    const now = performance.now();
    if (!this.#text || now - this.#madeAt >= TEXT_MS) {
      this.#text = this.#registry.metrics();
      this.#madeAt = now;
    }
    return this.#text;
  }

  query(name: string, seconds: number, outcome: QueryOutcome): void {
    this.#queries.observe({ query: name, outcome }, seconds);
  }

  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds);
  }

  auditEntryUnwritten(): void {
    this.#unwritten.inc();
  }

  /** Tells what the database was last seen with. */
  schema({ version, dirty, readOnly }: SchemaState): void {
    if (version === undefined) this.#schemaVersion.reset();
    else this.#schemaVersion.set(DATABASE_LABEL, version);
    this.#schemaDirty.set(DATABASE_LABEL, Number(dirty));
    this.#readOnly.set(DATABASE_LABEL, Number(readOnly));
  }

  /** Tells whether the active model was last seen usable. */
  model(usable: boolean): void {
    this.#model.set(DATABASE_LABEL, Number(usable));
  }

  /** Tells when the keys of the callers' tokens were read. */
  issuerKeysRead(issuer: string, at: Date): void {
    this.#issuerKeys.reset();
    this.#issuerKeys.set({ issuer }, at.getTime() / 1000);
  }

  /** Tells of the certificate that callers are shown. */
  identity({ expiresAt, refusal }: IdentityState): void {
    this.#identityEnd.set(expiresAt.getTime() / 1000);
    this.#identityRefused.set(Number(refusal !== undefined));
  }

  certificateExpiry(at: Date): void {
    this.#certificate.set(DATABASE_LABEL, at.getTime() / 1000);
  }

  /** Reads the pool at each scrape. */
  watchPool(stats: () => PoolStats): void {
    const connections = new Gauge({
      name: `${PREFIX}pool_connections`,
      help: "Connections of the pool by state; waiting counts requests without one.",
      labelNames: ["state"] as const,
      registers: this.#registers,
      collect() {
        const { total, idle, waiting } = stats();
        connections.set({ state: "total" }, total);
        connections.set({ state: "idle" }, idle);
        connections.set({ state: "waiting" }, waiting);
      },
    });
    this.#constant("pool_max_connections", "Connections that the pool may open.", {}, stats().max);
  }

  /** Counts the log's lines that were left out. */
  watchLog(leftOut: () => number): void {
    const lines = new Counter({
      name: `${PREFIX}log_lines_left_out_total`,
      help: "Lines of the log that were not written, since its reader stalled.",
      registers: this.#registers,
      collect() {
        lines.reset();
        lines.inc(leftOut());
      },
    });
  }

  /** Makes a gauge that is absent until it is set. One without labels would start at 0, like an empty database. */
  #seen(name: string, help: string): Gauge<"database"> {
    return new Gauge({ name: PREFIX + name, help, registers: this.#registers, labelNames: ["database"] as const });
  }

  #constant(name: string, help: string, labels: Record<string, string>, value: number): void {
    const labelNames = Object.keys(labels);
    new Gauge({ name: PREFIX + name, help, labelNames, registers: this.#registers }).set(labels, value);
  }
}
