import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { Client } from "pg";
import { SCHEMA_VERSION } from "../../lib/contract";
import { execute } from "../../lib/deploy/kubectl";
import { askService } from "../../lib/local/ask-service";
import type { Status } from "../../lib/status/document";
import { temporaryFolder } from "../support/temporary-folder";

/** Each is some processes and a database, which a busy machine makes slowly. */
jest.setTimeout(120_000);

const root = path.resolve(__dirname, "..", "..");

// biome-ignore lint/style/noProcessEnv: a person says there where programs are.
const { PG16_BINDIR, PATH } = process.env;
const tools = PG16_BINDIR === undefined ? {} : { PG16_BINDIR };

/** `npm start` as a process of its own, with a folder for all that it leaves in temporary ones. */
class Start {
  output = "";
  readonly #heard = new EventEmitter();
  private constructor(
    readonly child: ChildProcess,
    readonly folder: string,
  ) {
    const listen = (chunk: Buffer) => {
      this.output += chunk;
      this.#heard.emit("more");
    };
    child.once("close", () => this.#heard.emit("more"));
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
  }

  static async run(...args: string[]): Promise<Start> {
    return await Start.spawn([process.execPath, "--import", "tsx", "lib/local/main.ts", ...args]);
  }

  /** As a person types it, in a process group of its own, which a terminal sends its signals to. */
  static async byNpm(...args: string[]): Promise<Start> {
    return await Start.spawn(["npm", "start", "--", ...args], { detached: true });
  }

  private static async spawn([command = "", ...args]: string[], options: SpawnOptions = {}): Promise<Start> {
    const folder = await fs.mkdtemp(path.join(temporaryFolder(), "start-test-"));
    // As any temporary folder: where we are root, PostgreSQL runs as somebody else.
    await fs.chmod(folder, 0o1777);
    // Where tsx keeps what it has compiled, so that not every run compiles all.
    const compiled = `tsx-${os.userInfo().uid}`;
    await fs.mkdir(path.join(os.tmpdir(), compiled), { recursive: true });
    await fs.symlink(path.join(os.tmpdir(), compiled), path.join(folder, compiled));
    const child = spawn(command, args, {
      cwd: root,
      // npm lies beside node.
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: os.homedir(), ...tools, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    return new Start(child, folder);
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.hasEnded) throw new Error(`ended without showing ${pattern}:\n${this.output}`);
      await once(this.#heard, "more");
    }
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ends(): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, "exit");
    return this.child.exitCode;
  }

  /** PostgreSQL's folders that are still there. */
  async leftovers(): Promise<string[]> {
    return (await fs.readdir(this.folder)).filter((name) => name.startsWith("diabrisk-postgres-"));
  }

  /** However it ended, what watches the folder removes it. */
  async leavesNothing(): Promise<void> {
    while ((await this.leftovers()).length > 0) await sleep(50);
  }
}

const starts: Start[] = [];

const start = async (...args: string[]): Promise<Start> => remembered(await Start.run(...args));

function remembered(started: Start): Start {
  starts.push(started);
  return started;
}

afterEach(async () => {
  for (const started of starts.splice(0)) {
    if (!started.hasEnded) started.child.kill("SIGTERM");
    await started.ends();
    await fs.rm(started.folder, { recursive: true, force: true });
  }
});

test("shows a migrated, verified database and a healthy service, and leaves nothing", async () => {
  const run = await start();
  expect(await run.ends()).toBe(0);
  // Which of the two depends on the machine; the one that says how to get the programs is no proof, and says so.
  expect(run.output).toMatch(
    /table public\.users: 2 rows in both, but not the same|No backup was made and restored\. \S/,
  );
  for (const text of [
    `schema version ${SCHEMA_VERSION}`,
    "schema_migrations",
    "admin@diabrisk.local",
    "0.8562",
    "All is well",
  ]) {
    expect(run.output).toContain(text);
  }
  expect(await run.leftovers()).toEqual([]);
});

test("--keep leaves both up, with a page of their status, beside another run, which cannot have their ports, and Ctrl-C stops them cleanly", async () => {
  const kept = await start("--keep");
  const [, database = ""] = await kept.shows(/database\s+(postgres:\S+)/);
  const [, service = ""] = await kept.shows(/data-svc {3}(https:\S+)/);
  await kept.shows(/Ctrl-C/);
  for (const role of ["migrator", "data_svc"]) {
    const [, url = ""] = await kept.shows(new RegExp(`${role} {3}(postgres:\\S+)`));
    const login = new Client({ connectionString: url });
    await login.connect();
    expect((await login.query("select session_user as role")).rows).toEqual([{ role }]);
    await login.end();
  }
  const [, port = ""] = /:(\d+)$/.exec(service) ?? [];
  const beside = await start("--service-port", port);
  expect(await beside.ends()).toBe(1);
  expect(beside.output).toMatch(
    /data-svc and wait until it is ready failed[\s\S]*PORT \d+: another process listens there/,
  );
  expect(beside.output).toMatch(/Leave --database-port, --service-port and --page-port out/);
  expect(await beside.leftovers()).toEqual([]);

  const client = new Client({ connectionString: database });
  await client.connect();
  expect((await client.query("select version, dirty from schema_migrations")).rows).toEqual([
    { version: String(SCHEMA_VERSION), dirty: false },
  ]);
  await client.end();
  const [, authority = ""] = await kept.shows(/authority {2}(\/\S+)/);
  expect((await askService(`${service}/readyz`, authority)).status).toBe(200);
  const [, metrics = ""] = await kept.shows(/metrics {4}(http:\S+)/);
  expect(await (await fetch(metrics)).text()).toContain("data_svc_build_info");
  await kept.shows(/another/);
  const [, token = "", route = ""] = await kept.shows(
    /call it {4}curl --cacert \S+ -H "Authorization: Bearer \$\(cat (\S+)\)" (https:\S+)/,
  );
  expect((await askService(route, authority)).status).toBe(401);
  const [, line = ""] = /call it {4}(.*)/.exec(kept.output) ?? [];
  const flags = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"];
  const { stdout } = await execute("sh", ["-c", line.replace("curl ", `curl ${flags.join(" ")} `)], { env: { PATH } });
  expect([await fs.readFile(token, "utf8"), stdout]).toEqual([expect.stringMatching(/^ey/), "200"]);
  const [, page = ""] = await kept.shows(/status {5}(http:\S+)/);
  await showsStatus(page);

  kept.child.kill("SIGINT");
  expect(await kept.ends()).toBe(0);
  expect(kept.output).toContain("Everything is stopped and removed.");
  expect(await kept.leftovers()).toEqual([]);
});

/** The page has the facts of this stack and its pictures. */
async function showsStatus(url: string): Promise<void> {
  const page = await (await fetch(url)).text();
  expect(page).toContain("<h1>local at a glance</h1>");
  expect(page).toContain(`The schema is at version ${SCHEMA_VERSION}, the newest of this checkout.`);
  expect(page).toMatch(/model_versions<\/text>[\s\S]*<\/svg>/);
  const { facts } = (await (await fetch(`${url}status.json`)).json()) as Status;
  const bad = facts.filter(({ state }) => state === "failed" || state === "unknown");
  // The disk is this machine's.
  expect(bad.filter(({ name }) => name !== "volume")).toEqual([]);
}

test("a Ctrl-C under npm, which sends it to all of them, exits 0 after --keep", async () => {
  const kept = remembered(await Start.byNpm("--keep"));
  await kept.shows(/Ctrl-C stops/);
  process.kill(-(kept.child.pid ?? 0), "SIGINT");
  expect(await kept.ends()).toBe(0);
  expect(kept.output).toContain("Everything is stopped and removed.");
  expect(await kept.leftovers()).toEqual([]);
});

test("a signal in the middle stops what had been started", async () => {
  const run = await start();
  await run.shows(/✔ Start PostgreSQL/);
  run.child.kill("SIGINT");
  expect(await run.ends()).toBe(1);
  expect(run.output).toMatch(/Stopped by SIGINT before it was done\. Everything .* is stopped and removed\./);
  expect(await run.leftovers()).toEqual([]);
});

test("killed outright it leaves no server and no data either", async () => {
  const run = await start("--keep");
  const [, port] = await run.shows(/database\s+postgres:\S+:(\d+)\//);
  run.child.kill("SIGKILL");
  await run.ends();
  await run.leavesNothing();
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
});

test("killed while the database is made it leaves nothing either", async () => {
  const run = await start();
  const made = async () =>
    (await fs.readdir(run.folder, { recursive: true })).some((name) => name.endsWith("/data/base"));
  while (!(await made())) await sleep(5);
  run.child.kill("SIGKILL");
  await run.ends();
  await run.leavesNothing();
});

test("a reader that has seen enough ends it, without a stack trace", async () => {
  const run = await start("--keep");
  await run.shows(/✔ Start PostgreSQL/);
  run.child.stdout?.destroy();
  expect(await run.ends()).toBe(1);
  expect(run.output).not.toMatch(/EPIPE|\n {4}at /);
  await run.leavesNothing();
});

test("a second Ctrl-C does not wait for a client that stays", async () => {
  const run = await start("--keep");
  const [, port = ""] = await run.shows(/data-svc {3}https:\S+:(\d+) /);
  const [, authority = ""] = await run.shows(/authority {2}(\/\S+)/);
  const silent = connect({ port: Number(port), host: "127.0.0.1", ca: await fs.readFile(authority) });
  silent.on("error", () => undefined);
  await once(silent, "secureConnect");
  silent.write("GET /healthz HTTP/1.1\r\n");
  run.child.kill("SIGINT");
  // Those right after the first are npm's of the same Ctrl-C.
  while (!run.hasEnded) {
    await sleep(100);
    run.child.kill("SIGINT");
  }
  expect(await run.ends()).toBe(1);
  expect(run.output).toContain("Stopped at once.");
  silent.destroy();
  await run.leavesNothing();
});

test("an option that does not exist is refused before anything starts", async () => {
  const run = await start("--kep");
  expect(await run.ends()).toBe(2);
  expect(run.output).toMatch(/--kep is not an option\.[\s\S]*npm start -- \[options\]/);
});
