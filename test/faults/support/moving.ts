import { randomUUID } from "node:crypto";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { DATABASE } from "../../../lib/contract";
import { execute, Kubectl, type Outcome, type RunOptions } from "../../../lib/deploy/kubectl";
import { findClientTools, noClientTools } from "../../../lib/local/client-tools";
import { cut } from "../../../lib/move/link";
import type { MoveOptions, Side } from "../../../lib/move/move";
import { BACK, FORWARD } from "../../../lib/move/names";
import { inPod, psqlServer } from "../../../lib/move/psql-server";
import { SCHEMA_DUMP } from "../../../lib/move/schema";
import type { Server } from "../../../lib/move/server";
import { FEATURES, SEEDED } from "../../migrations/rows";
import { Cluster, PASSWORDS } from "../../roles/support";
import { type TestPostgres, usePostgres } from "../../support/postgres";

// biome-ignore lint/style/noProcessEnv: a person says there where the programs are.
const tools = findClientTools(process.env);

/** Why a schema cannot be dumped here; undefined if it can. */
// biome-ignore lint/style/noProcessEnv: a person says there where the programs are.
export const lacksTools = (): string | undefined => (tools === undefined ? noClientTools(process.env) : undefined);

const LOGICAL = { wal_level: "logical", max_wal_senders: "10", max_replication_slots: "10", log_statement: "ddl" };

/** Ends a run as SIGKILL does: nothing is caught and nothing cleaned up, since every later call ends likewise. */
export class Killed extends Error {}

/** Runs here what would run in the server's pod. */
class LocalKubectl extends Kubectl {
  constructor(
    private readonly postgres: TestPostgres,
    private readonly database: string,
  ) {
    super({});
  }

  override async try(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { host, port, password } = this.postgres.server;
    const [program = "", ...rest] = args.slice(args.indexOf("--") + 1);
    const given = rest.map((argument, index) => (rest[index - 1] === "-d" ? this.database : argument));
    const env = { PGHOST: host, PGPORT: String(port), PGPASSWORD: password, PGSSLMODE: "disable" };
    return await execute(path.join(tools ?? "", program), given, { ...options, env });
  }
}

/** Two servers, a migrated database with roles on one of them, and whoever leads clients to one. */
export class Moving {
  readonly said: string[] = [];
  /** Lines that the servers have logged, as far as they were seen. */
  readonly logged = new Set<string>();
  database = "";
  serving: Side = "old";
  /** Calls of a run after which it is killed. */
  killAfter = Number.POSITIVE_INFINITY;
  calls = 0;
  writers: Writers | undefined;

  constructor(
    readonly old: TestPostgres,
    readonly next: TestPostgres,
  ) {}

  /** A database that nobody has moved yet, and an empty one of the same name. */
  async begin(database: string): Promise<void> {
    Object.assign(this, { database, serving: "old", killAfter: Number.POSITIVE_INFINITY, calls: 0 });
    this.said.length = 0;
    await this.old.createMigratedDatabase(database);
    await new Cluster(this.old).bootstrap(database);
    await this.next.createDatabase(database);
  }

  /** Begins to write, until the end of the test at the latest. */
  write(): Writers {
    this.writers = new Writers(this);
    return this.writers;
  }

  /** Ends what a failed test has left, since slots are the whole server's. */
  async end(): Promise<void> {
    await this.writers?.stop();
    const { old, new: next } = this.options();
    await cut({ name: FORWARD, from: old, to: next });
    await cut({ name: BACK, from: next, to: old });
  }

  options(changes: Partial<MoveOptions> = {}): MoveOptions {
    this.calls = 0;
    return {
      old: this.server(this.old, "the old server"),
      new: this.server(this.next, "the new server"),
      database: this.database,
      serving: () => this.call(async () => this.serving),
      lead: (side) =>
        this.call(async () => {
          this.serving = side;
        }),
      makeRoles: () => this.call(async () => void (await new Cluster(this.next).bootstrap(this.database))),
      dumpSchema: () => this.call(() => this.dump()),
      say: (line) => void this.said.push(line),
      pollMilliseconds: 50,
      signal: AbortSignal.timeout(100_000),
      ...changes,
    };
  }

  /** The server as psql sees it, as in its pod. */
  server(postgres: TestPostgres, name: string): Server {
    const { host, port } = postgres.server;
    const address = `host=${host} port=${port} dbname=${this.database}`;
    const { run } = psqlServer({ name, address, pod: "pod", kubectl: new LocalKubectl(postgres, this.database) });
    return { name, address, run: (...statements) => this.call(() => run(...statements)) };
  }

  /** One call to the outside. The last one before a kill is carried out, and nobody hears of it. */
  async call<Result>(work: () => Promise<Result>): Promise<Result> {
    this.calls += 1;
    if (this.calls > this.killAfter) throw new Killed();
    const result = await work();
    for (const { server } of [this.old, this.next]) for (const line of server.log) this.logged.add(line);
    if (this.calls === this.killAfter) throw new Killed();
    return result;
  }

  async dump(): Promise<string> {
    const dump = ["pg_dump", "-U", DATABASE.superuser, "-d", DATABASE.name, ...SCHEMA_DUMP];
    return await new LocalKubectl(this.old, this.database).run(inPod("pod", ...dump));
  }

  url(side: Side, role?: "data_svc" | "migrator"): string {
    const { server } = side === "old" ? this.old : this.next;
    return role ? server.url(this.database, role, PASSWORDS[role]) : server.url(this.database);
  }

  async rows<Row extends object>(side: Side, sql: string, values: unknown[] = []): Promise<Row[]> {
    return await this.old.query<Row>(this.url(side), sql, values);
  }

  /** Those of the acknowledged ids that a server lacks, or has without their one entry of the audit log. */
  async missing(side: Side, ids: readonly string[]): Promise<readonly string[]> {
    const found = await this.rows<{ id: string }>(
      side,
      `select id from unnest($1::uuid[]) id where not exists (select from assessments a where a.id = id.id)
         or 1 <> (select count(*) from audit_logs l where l.resource_id = id.id::text)`,
      [ids],
    );
    return found.map(({ id }) => id);
  }

  /** Everything of a move that is on a server. */
  async remains(side: Side): Promise<readonly string[]> {
    const found = await this.rows<{ name: string }>(
      side,
      `select 'publication ' || pubname as name from pg_publication
       union all select 'subscription ' || subname from pg_subscription
         where subdbid = (select oid from pg_database where datname = current_database())
       union all select 'slot ' || slot_name from pg_replication_slots
       union all select 'origin ' || roname from pg_replication_origin
       union all select 'role ' || rolname from pg_roles where rolname ~ 'move'
       union all select 'schema ' || nspname from pg_namespace where nspname ~ 'move'
       union all select 'event trigger ' || evtname from pg_event_trigger
       union all select 'limit ' || datconnlimit from pg_database where datname = current_database() and datconnlimit <> -1
       union all select 'read only' from pg_db_role_setting
         where setdatabase = (select oid from pg_database where datname = current_database()) and setrole = 0
           and 'default_transaction_read_only=on' = any (setconfig)
       order by 1`,
    );
    return found.map(({ name }) => name);
  }
}

export function useMoving(): Moving {
  const moving = new Moving(usePostgres({ settings: LOGICAL }), usePostgres({ settings: LOGICAL }));
  afterEach(() => moving.end());
  return moving;
}

/** Milliseconds within which rows have to be written. */
const PATIENCE_MS = 60_000;

/** Writers that may also update, as no superuser: each row is acknowledged once its transaction is committed. */
class Writers {
  readonly acknowledged: string[] = [];
  /** Longest time between two acknowledgements, in milliseconds. */
  longestPause = 0;
  #last = performance.now();
  #stopped = false;
  #refusal: unknown;
  readonly #running: Promise<unknown>;

  constructor(
    private readonly moving: Moving,
    count = 4,
  ) {
    this.#running = Promise.all(Array.from({ length: count }, () => this.#write()));
  }

  async until(more: number): Promise<void> {
    const wanted = this.acknowledged.length + more;
    const deadline = performance.now() + PATIENCE_MS;
    while (this.acknowledged.length < wanted) {
      if (performance.now() > deadline) throw this.#refusal ?? new Error("nothing is written, and nothing refused");
      await sleep(10);
    }
  }

  async stop(): Promise<readonly string[]> {
    this.#stopped = true;
    await this.#running;
    return this.acknowledged;
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      const client = new Client({ connectionString: this.moving.url(this.moving.serving, "migrator") });
      client.on("error", () => undefined);
      try {
        await client.connect();
        while (!this.#stopped) await this.#store(client);
      } catch (error) {
        this.#refusal = error;
        // As with a pool: another connection, to wherever clients are led now.
        await sleep(20);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  async #store(client: Client): Promise<void> {
    const id = randomUUID();
    await client.query("begin");
    await client.query(
      `insert into assessments (id, user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level)
       values ($1, $2, $3, $4, 0.4, 0.39, 'prediabetes', 'medium')`,
      [id, SEEDED.user, SEEDED.model, FEATURES],
    );
    await client.query(
      `insert into audit_logs (actor_id, action, resource_type, resource_id) values ($1, 'assessment.create', 'assessment', $2)`,
      [SEEDED.user, id],
    );
    await client.query("update users set last_login_at = clock_timestamp() where id = $1", [SEEDED.user]);
    await client.query("commit");
    this.acknowledged.push(id);
    this.longestPause = Math.max(this.longestPause, performance.now() - this.#last);
    this.#last = performance.now();
    await sleep(5);
  }
}
