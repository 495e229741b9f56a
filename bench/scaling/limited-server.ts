import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Client } from "pg";
import { COMMON } from "../../lib/constructs/postgres-config";
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from "../../lib/local/embedded-postgres";
import { ControlGroup, type Limits } from "./control-group";

export type Settings = Readonly<Record<string, string>>;

/**
 * The pods' settings that are the same in every stage, less what binds them to a pod. `wal_log_hints` writes as much
 * write-ahead log as the pods' data checksums, which this server's initdb did not ask for.
 */
const PODS: Settings = {
  ...Object.fromEntries(Object.entries(COMMON).filter(([name]) => !/^(ssl|listen|port|unix|log_)/.test(name))),
  wal_log_hints: "on",
};

/** Commits wait for the disk, as in a pod. The embedded server's own defaults would not. */
const DURABLE: Settings = { fsync: "on", full_page_writes: "on" };

/** PostgreSQL within the limits of a container, with settings that change between two rounds. */
export class LimitedServer {
  private constructor(
    readonly postgres: EmbeddedPostgres,
    readonly group: ControlGroup,
  ) {}

  static async start(parent: string): Promise<LimitedServer> {
    return LimitedServer.#start(ControlGroup.create(), { parent, settings: DURABLE });
  }

  /** Copies a stopped server, within the limits of the copy. */
  static async copy(parent: string, copyOf: EmbeddedPostgres, limits: Limits): Promise<LimitedServer> {
    const group = ControlGroup.create();
    group.limit(limits);
    return group.within(() => LimitedServer.#start(group, { parent, settings: DURABLE, copyOf }));
  }

  static async #start(group: ControlGroup, options: EmbeddedPostgresOptions): Promise<LimitedServer> {
    try {
      const server = new LimitedServer(await EmbeddedPostgres.start(options), group);
      server.#confine();
      return server;
    } catch (error) {
      group.remove();
      throw error;
    }
  }

  /** Restarts with these settings. Leaves a new checkpoint behind. */
  async configure(settings: Settings): Promise<void> {
    const lines = Object.entries({ ...PODS, ...settings }).map(([name, value]) => `${name} = '${value}'\n`);
    await fs.writeFile(path.join(this.postgres.directory, "data", "postgresql.auto.conf"), lines.join(""));
    // A shutdown that has much to write could take longer than the embedded server waits. One that was killed for its
    // memory may be recovering still, and refuses.
    if (this.postgres.pid !== undefined) await this.query("checkpoint").catch(() => undefined);
    await this.postgres.restart();
    this.#confine();
  }

  limit(limits: Limits): void {
    this.group.limit(limits);
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = [], database = "postgres") {
    const client = new Client({ connectionString: this.postgres.url(database) });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** KiB of write-ahead log that the server has ever written. */
  async walKiB(): Promise<number> {
    const [row] = await this.query<{ bytes: string }>("select pg_current_wal_insert_lsn() - '0/0' as bytes");
    return Number(row?.bytes) / 1024;
  }

  async remove(): Promise<void> {
    await this.postgres.remove();
    this.group.remove();
  }

  #confine(): void {
    if (this.postgres.pid !== undefined) this.group.add(this.postgres.pid);
  }
}
