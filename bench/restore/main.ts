import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { Client } from "pg";
import { fetchBackup, openTarget, ship } from "../../lib/backup";
import { compare } from "../../lib/backup/compare";
import { readContents } from "../../lib/backup/contents";
import { commandLine } from "../../lib/common/command-line";
import { findClientTools, noClientTools } from "../../lib/local/client-tools";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import { makeAgeKeys } from "../../lib/secrets/age-keys";
import { CannotRun, runBenchmark } from "../cannot-run";
import { machine, table } from "../report";
import { sha256Of } from "./sha256";

const ROOT = path.resolve(__dirname, "..", "..");
const DATABASE = "diabrisk";
const BATCH_ROWS = 100_000;
/** As prod's server has them, in the proportion of a machine of 4 GiB. */
const SETTINGS = {
  shared_buffers: "512MB",
  maintenance_work_mem: "256MB",
  max_wal_size: "4GB",
  autovacuum: "off",
  log_checkpoints: "off",
};

const COMMAND_LINE = commandLine({
  name: "bench:restore",
  start: "npm run bench:restore --",
  description:
    "Fills a database, backs it up, restores it into an empty server, and compares. Tells the seconds of each step.",
  options: {
    gigabytes: {
      type: "number",
      placeholder: "N",
      least: 0.01,
      most: 1000,
      fraction: true,
      default: 1,
      help: "Size of the database.",
    },
    folder: {
      type: "string",
      placeholder: "FOLDER",
      help: "Where it all goes: five times the size. [the system's temporary folder]",
    },
    jobs: {
      type: "number",
      placeholder: "N",
      least: 1,
      default: 1,
      help: "Sessions of pg_restore. The restore pod uses one.",
    },
  },
  operands: [],
});

/** A step that was measured. */
interface Step {
  readonly name: string;
  readonly seconds: number;
  /** Whether the time is this package's: encrypting, hashing, comparing. */
  readonly ours: boolean;
}

class Measured {
  readonly steps: Step[] = [];

  async measure<Result>(name: string, ours: boolean, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    this.steps.push({ name, seconds, ours });
    console.log(`${name}: ${seconds.toFixed(1)} s`);
    return result;
  }

  secondsOf(name: string): number {
    return this.steps.find((step) => step.name === name)?.seconds ?? 0;
  }
}

async function start(parent: string): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ parent, settings: SETTINGS });
  const client = await connected(server.url());
  await client.query(`create database ${DATABASE}`);
  await client.end();
  await bootstrap({ connection: { connectionString: server.url(DATABASE) }, passwords: {} });
  return server;
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Migrates and adds rows until the database has the size. */
async function fill(server: EmbeddedPostgres, gigabytes: number): Promise<number> {
  const connection = { connectionString: server.url(DATABASE) };
  const migrator = createMigrator({
    connection,
    directory: path.join(ROOT, "migrations"),
    privileges: privilegesSql(),
  });
  await migrator.up();
  const client = await connected(server.url(DATABASE));
  const sql = await readFile(path.join(__dirname, "rows.sql"), "utf8");
  try {
    for (;;) {
      const { rows } = await client.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
      const bytes = Number(rows[0]?.bytes);
      if (bytes >= gigabytes * 1e9) return bytes;
      await client.query(sql, [BATCH_ROWS]);
    }
  } finally {
    await client.end();
  }
}

/** Runs one of PostgreSQL's programs against a server. @throws CannotRun if it fails */
async function run(
  tools: string,
  { host, port, superuser, password }: EmbeddedPostgres,
  [program = "", ...args]: readonly string[],
) {
  const env = { PATH: process.env.PATH, PGHOST: host, PGPORT: String(port), PGUSER: superuser, PGPASSWORD: password };
  const child = spawn(path.join(tools, program), args, { env, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "close");
  if (code !== 0) throw new CannotRun(`${program} ended with exit code ${code}.`);
}

async function main({
  gigabytes,
  folder = os.tmpdir(),
  jobs,
}: {
  gigabytes: number;
  folder?: string | undefined;
  jobs: number;
}) {
  const tools = await findClientTools(process.env);
  if (tools === undefined) throw new CannotRun(noClientTools(process.env));
  const work = await mkdtemp(path.join(folder, "bench-restore-"));
  // The servers may run as another user, who has to get through this folder.
  await chmod(work, 0o755);
  const servers: EmbeddedPostgres[] = [];
  try {
    const source = await start(work);
    servers.push(source);
    console.log(machine());
    const bytes = await fill(source, gigabytes);
    await report(await measure({ work, tools, source, servers, jobs }), bytes);
  } finally {
    for (const server of servers) await server.remove();
    await rm(work, { recursive: true, force: true });
  }
}

interface Parts {
  readonly work: string;
  readonly tools: string;
  readonly source: EmbeddedPostgres;
  /** Receives the second server. */
  readonly servers: EmbeddedPostgres[];
  readonly jobs: number;
}

async function measure({ work, tools, source, servers, jobs }: Parts): Promise<Measured> {
  const measured = new Measured();
  const dump = path.join(work, "dump.pgc");
  const stored = path.join(work, "stored");
  const fetched = path.join(work, "fetched");
  await mkdir(stored);
  await measured.measure("pg_dump", false, () =>
    run(tools, source, ["pg_dump", "--format=custom", "--compress=gzip:1", `--file=${dump}`, DATABASE]),
  );
  const startedAt = new Date().toISOString();
  const contents = await measured.measure("count and hash", true, () =>
    readContents({ connectionString: source.url(DATABASE) }),
  );
  const { size } = await stat(dump);
  const sha256 = await measured.measure("hash the dump", true, () => sha256Of(dump));
  await writeFile(
    path.join(work, "contents.json"),
    JSON.stringify({ startedAt, ...contents, dump: { bytes: size, sha256 } }),
  );
  const keys = await makeAgeKeys();
  const store = openTarget({ kind: "volume", folder: stored }, { environment: {} });
  const options = { work, store, stage: "bench", recipients: [keys.recipient], now: () => new Date() };
  const { id } = await measured.measure("encrypt and store", true, () => ship(options));
  await rm(dump);

  const manifest = await measured.measure("fetch, decrypt and check", true, () =>
    fetchBackup({ store, asked: id, identities: [keys.identity], to: fetched }),
  );
  const target = await start(work);
  servers.push(target);
  await measured.measure("pg_restore", false, () =>
    run(tools, target, [
      "pg_restore",
      "--exit-on-error",
      `--jobs=${jobs}`,
      `--dbname=${DATABASE}`,
      path.join(fetched, "dump.pgc"),
    ]),
  );
  const found = await measured.measure("compare", true, () =>
    compare(manifest, { connectionString: target.url(DATABASE) }),
  );
  if (found.length > 0) throw new CannotRun(`The restored database differs: ${found.join("; ")}`);
  console.log(`dump of ${(size / 1e9).toFixed(2)} GB`);
  return measured;
}

async function report(measured: Measured, bytes: number): Promise<void> {
  const rows = measured.steps.map(({ name, seconds, ours }) => [
    name,
    seconds.toFixed(1),
    ours ? "ours" : "PostgreSQL's",
  ]);
  const [backup, restore] = [measured.steps.slice(0, 4), measured.steps.slice(4)];
  const sum = (steps: readonly Step[]) => steps.reduce((total, { seconds }) => total + seconds, 0);
  const share = (steps: readonly Step[]) => ((100 * sum(steps.filter(({ ours }) => ours))) / sum(steps)).toFixed(0);
  console.log(`\n${(bytes / 1e9).toFixed(2)} GB\n${table([["step", "seconds", "whose"], ...rows])}`);
  console.log(
    `backup ${sum(backup).toFixed(0)} s, ${share(backup)} % of it ours; restore ${sum(restore).toFixed(0)} s, ${share(restore)} % of it ours`,
  );
  console.log(
    `the restore takes ${(sum(restore) / measured.secondsOf("pg_restore")).toFixed(2)} of pg_restore's time alone`,
  );
}

runBenchmark(COMMAND_LINE, main);
