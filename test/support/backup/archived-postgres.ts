import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { ClientConfig } from "pg";
import type { ClusterManifest } from "../../../lib/backup/archive-drill";
import { EmbeddedPostgres, freePort } from "../../../lib/local/embedded-postgres";
import { connected } from "../database";
import { type TestPostgres, usePostgres } from "../postgres";
import { temporaryFolder } from "../temporary-folder";
import { HEALTHY, type Operator, type Status } from "./fake-clusters";

const DATABASE = "diabrisk";

/** A primary that archives its log, with a base backup, and a replica of it. */
export interface Archived {
  readonly postgres: TestPostgres;
  replica: EmbeddedPostgres;
  /** Folder with the folder `data`, as a base backup has it. */
  base: string;
  readonly archive: string;
}

/** The same for the test file that calls this, as `usePostgres`. The database is migrated. */
export function useArchived(): Archived {
  const archive = openFolder("archive");
  const postgres = usePostgres({ settings: { archive_mode: "on", archive_command: `cp %p ${archive}/%f` } });
  const archived = { postgres, archive } as Archived;
  beforeAll(async () => {
    await postgres.createMigratedDatabase(DATABASE);
    const { server } = postgres;
    await server.stop();
    archived.base = openFolder("base");
    execFileSync("cp", ["-a", path.join(server.directory, "data"), archived.base]);
    await server.restart();
    const signal = (name: string) => path.join(archived.base, "data", name);
    fs.writeFileSync(signal("standby.signal"), "");
    fs.chmodSync(signal("standby.signal"), 0o666);
    archived.replica = await EmbeddedPostgres.start({
      parent: temporaryFolder(),
      copyOf: { ...credentialsOf(server), directory: archived.base },
      settings: {
        primary_conninfo: `host=127.0.0.1 port=${server.port} user=${server.superuser} password=${server.password}`,
        hot_standby_feedback: "on",
      },
    });
    fs.renameSync(signal("standby.signal"), signal("recovery.signal"));
  });
  afterAll(async () => {
    await archived.replica?.remove();
    for (const folder of [archive, archived.base]) if (folder) fs.rmSync(folder, { recursive: true, force: true });
  });
  return archived;
}

/** A new folder for the server's user, who is another one than root. */
function openFolder(name: string): string {
  const folder = fs.mkdtempSync(path.join(temporaryFolder(), `diabrisk-${name}-`));
  fs.chmodSync(folder, 0o777);
  return folder;
}

const credentialsOf = ({ superuser, password }: EmbeddedPostgres) => ({ superuser, password });

/** A connection to the migrated database. */
export const connectionTo = ({
  host,
  port,
  superuser,
  password,
}: Pick<EmbeddedPostgres, "host" | "port" | "superuser" | "password">) =>
  ({ host, port, user: superuser, password, database: DATABASE }) satisfies ClientConfig;

/** CloudNativePG with the plugin: recovers the archive into a server of its own, up to the place that the Cluster names. */
export class RecoveringOperator implements Operator {
  #server: Promise<EmbeddedPostgres> | undefined;
  #status: Status = { phase: "Setting up primary" };
  /** Statement that harms what was recovered. @default none */
  harm: string | undefined;

  private constructor(
    private readonly archived: Archived,
    private readonly port: number,
  ) {}

  static async of(archived: Archived): Promise<RecoveringOperator> {
    return new RecoveringOperator(archived, await freePort());
  }

  get connection(): ClientConfig {
    const { server } = this.archived.postgres;
    return connectionTo({ host: server.host, port: this.port, ...credentialsOf(server) });
  }

  create({ spec }: ClusterManifest): void {
    const { targetLSN, exclusive } = spec.bootstrap.recovery.recoveryTarget as {
      targetLSN: string;
      exclusive: boolean;
    };
    this.#server = this.#recover({
      recovery_target_lsn: targetLSN,
      recovery_target_inclusive: exclusive ? "off" : "on",
    });
    this.#server.then(
      () => {
        this.#status = HEALTHY;
      },
      (error) => {
        this.#status = { phase: "Setting up primary", phaseReason: String(error) };
      },
    );
  }

  status = () => this.#status;

  async remove(): Promise<void> {
    await (await this.#server?.catch(() => undefined))?.remove();
    this.#server = undefined;
  }

  async #recover(target: Readonly<Record<string, string>>): Promise<EmbeddedPostgres> {
    const { archive, base, postgres } = this.archived;
    const server = await EmbeddedPostgres.start({
      parent: temporaryFolder(),
      port: this.port,
      copyOf: { ...credentialsOf(postgres.server), directory: base },
      settings: {
        ...target,
        recovery_target_action: "promote",
        restore_command: `cp ${archive}/%f %p`,
        archive_mode: "off",
      },
    });
    await connected(server.url(DATABASE), async (client) => {
      const isPrimary = async () => !(await client.query("select pg_is_in_recovery() as is")).rows[0].is;
      while (!(await isPrimary())) await new Promise((resolve) => setTimeout(resolve, 50));
      if (this.harm) await client.query(this.harm);
    });
    return server;
  }
}
