import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { compare, fetchBackup, type Manifest, openTarget, ship } from "../backup";
import { CONTENTS_SQL } from "../backup/contents-sql";
import { SQL } from "../constructs/scripts";
import { shellScript } from "../constructs/shell-script";
import { DATABASE } from "../contract";
import { bootstrap } from "../roles";
import { makeAgeKeys } from "../secrets/age-keys";
import { EmbeddedPostgres } from "./embedded-postgres";
import type { Progress } from "./progress";
import type { Proof, Verification } from "./verify";

const run = promisify(execFile);

export interface BackupOptions {
  readonly postgres: EmbeddedPostgres;
  /** Password of the role `backup`. */
  readonly password: string;
  /** Folder of psql, pg_dump and pg_restore. */
  readonly tools: string;
  readonly step: Progress["step"];
}

/** A backup that was restored, and found equal. */
export interface MadeBackup {
  readonly id: string;
  readonly madeAt: Date;
  readonly provenAt: Date;
}

export interface BackupProof {
  readonly made: MadeBackup;
  readonly verification: Verification;
}

/**
 * Makes a backup with the pods' own script and program, restores it into a second server and compares, as the drill
 * does. Then it changes one byte of one row, which the comparison has to find.
 */
export async function proveBackup(options: BackupOptions): Promise<BackupProof> {
  const { postgres, tools, step } = options;
  const folder = path.join(postgres.directory, "backup");
  const work = path.join(folder, "work");
  const to = path.join(folder, "drill");
  const store = openTarget({ kind: "volume", folder: path.join(folder, "store") }, { environment: {} });
  const keys = await makeAgeKeys();
  for (const name of ["work", "store", "sql", "tmp", "credential"]) {
    await fs.mkdir(path.join(folder, name), { recursive: true, mode: 0o700 });
  }
  const manifest = await step("Dump, encrypt and store (backup ship)", async (note) => {
    await dump(folder, options);
    const stored = await ship({ work, store, stage: "local", recipients: [keys.recipient], now: () => new Date() });
    note(`${stored.id}, ${stored.encrypted.bytes} bytes`);
    return stored;
  });
  const madeAt = new Date();
  const verification = await step("Restore into a second server and compare", async (note) => {
    await fetchBackup({ store, asked: "newest", identities: [keys.identity], to });
    const second = await EmbeddedPostgres.start();
    try {
      await restore(path.join(to, "dump.pgc"), second, tools);
      const verification = await judge(manifest, { connectionString: second.url(DATABASE.name) });
      note(`${manifest.tables.length} tables`);
      return verification;
    } finally {
      await second.remove();
    }
  });
  return { made: { id: manifest.id, madeAt, provenAt: new Date() }, verification };
}

/** Runs the script of the backup's pod. */
async function dump(folder: string, { postgres, password, tools }: BackupOptions): Promise<void> {
  const [sql, credential] = [path.join(folder, "sql"), path.join(folder, "credential")];
  await fs.writeFile(path.join(sql, "session.sql"), SQL["postgres-backup"]);
  await fs.writeFile(path.join(sql, "contents.sql"), CONTENTS_SQL);
  await fs.writeFile(path.join(credential, "username"), "backup", { mode: 0o600 });
  await fs.writeFile(path.join(credential, "password"), password, { mode: 0o600 });
  const script = shellScript("postgres-backup", {
    WORK: path.join(folder, "work"),
    TMP: path.join(folder, "tmp"),
    SQL: sql,
    CREDENTIAL: credential,
    USER_KEY: "username",
    LOGIN_KEY: "password",
    ORIGIN: "postgres-backup",
    SCRATCH: "what this machine has",
    PGHOST: postgres.host,
    PGPORT: postgres.port,
    PGDATABASE: DATABASE.name,
    PGSSLROOTCERT: "",
    // On loopback there is nobody on the way.
    PGSSLMODE: "disable",
    LOGIN_SECONDS: 5,
    LOCKED_SECONDS: 5,
    LOCK_MILLISECONDS: 500,
    PAUSE_SECONDS: 1,
    TRIES: 1,
  });
  await run("/bin/sh", ["-c", script], { env: { PATH: `${tools}:/usr/bin:/bin` } });
}

/** Restores as the drill does: roles first, since the dump gives them its tables. */
async function restore(file: string, server: EmbeddedPostgres, tools: string): Promise<void> {
  await execute(server.url(), `create database ${DATABASE.name}`);
  await bootstrap({ connection: { connectionString: server.url(DATABASE.name) }, passwords: {} });
  const env = {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.superuser,
    PGPASSWORD: server.password,
  };
  await run(path.join(tools, "pg_restore"), ["--exit-on-error", "--no-privileges", "--dbname", DATABASE.name, file], {
    env,
  });
}

const CHANGE =
  "UPDATE users SET email = overlay(email placing 'A' from 1) WHERE id = (SELECT min(id::text)::uuid FROM users);";

async function judge(manifest: Manifest, connection: { readonly connectionString: string }): Promise<Verification> {
  const restored = await compare(manifest, connection);
  await execute(connection.connectionString, CHANGE);
  const changed = await compare(manifest, connection);
  const named = changed.length === 1 && /^table public\.users: /.test(changed[0] ?? "");
  return {
    findings: [
      proof(`backup compare (${manifest.id} and what was restored from it)`, restored),
      proof(`${CHANGE}\nbackup compare (the same, once one byte is changed)`, changed),
    ],
    problems: [
      ...restored.map((difference) => `The restored database is not what was dumped: ${difference}.`),
      ...(named ? [] : [`One changed byte in users should be the only difference, but there are ${changed.length}.`]),
    ],
  };
}

const proof = (command: string, differences: readonly string[]): Proof => ({
  command,
  rows: differences.map((difference) => ({ difference })),
});

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
