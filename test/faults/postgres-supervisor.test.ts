import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { NEARLY_FULL_CONFIG, supervise } from "../../lib/constructs/postgres-supervisor";
import { install } from "../../lib/local/installation";
import { POSTGRES_IDENTITY } from "../../lib/postgres/identity";
import { shellProgram } from "../support/shell-program";

let folder: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "supervisor-"));
  await tool(
    "df",
    `cat ${folder}/room >> ${folder}/looks; echo >> ${folder}/looks; echo "/dev/x 1 1 $(($(cat ${folder}/room) * 1024)) 1% /"`,
  );
  await tool("pg_ctl", `echo "$@" >> ${folder}/reloads`);
  // Every few milliseconds instead of seconds.
  await tool("sleep", "exec /bin/sleep 0.05");
  // The image's entrypoint. Each test says what it becomes.
  const settings = "-c config_file=/etc/postgresql/postgresql.conf -c hba_file=/etc/postgresql/pg_hba.conf";
  await tool("docker-entrypoint.sh", `case "$*" in "postgres ${settings}"*) shift 5; exec server "$@"; esac; exit 99`);
});
afterEach(async () => {
  for (const child of children) end(child);
  children = [];
  // A part of it that still writes brings files back for a moment.
  await fs.rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
});

/** In a pod the end of process 1 ends the rest. */
function end({ pid = 0 }: ChildProcess) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

const tool = (name: string, script: string) => shellProgram(folder, name, script);

const room = (mebibytes: number) => fs.writeFile(path.join(folder, "room"), String(mebibytes));
const file = (name: string) => fs.readFile(path.join(folder, name), "utf8").catch(() => undefined);
const size = async (name: string) => (await fs.stat(path.join(folder, name))).size;
const exists = async (name: string) => (await file(name)) !== undefined;
const isReadOnly = async () => (await file("full")) === "default_transaction_read_only = on\n";

const DATA = "pgdata";

/** Makes what a volume holds after its first start. */
async function initialised() {
  await fs.mkdir(path.join(folder, DATA));
  await fs.writeFile(path.join(folder, DATA, "PG_VERSION"), "16\n");
}

/** Runs the script for a volume of 1 GiB with its folders inside the test's. */
async function start(server: string, pod = "postgres-0", uid?: number) {
  await tool("server", server);
  const script = supervise("/etc/postgresql", 1024)
    .replaceAll(POSTGRES_IDENTITY.mountPath, folder)
    .replaceAll(NEARLY_FULL_CONFIG, `${folder}/full`);
  const child = spawn("/bin/sh", ["-c", script], {
    env: { PATH: `${folder}:/bin:/usr/bin`, PGDATA: path.join(folder, DATA), POD_NAME: pod },
    detached: true,
    uid,
  });
  children.push(child);
  let log = "";
  child.stderr.on("data", (data: Buffer) => {
    log += data;
  });
  const ended = once(child, "exit").then(([code]) => code as number);
  return { child, ended, log: () => log };
}

async function until(holds: () => Promise<boolean>) {
  for (const deadline = Date.now() + 20_000; !(await holds()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error("it did not come to be within 20 s");
  }
}

const LONG = "while :; do /bin/sleep 0.05; done";

test.each(["a new volume", "a volume that was initialised"])(
  "another pod than postgres-0 refuses to serve %s",
  async (volume) => {
    await room(500);
    if (volume !== "a new volume") await initialised();
    const before = (await fs.readdir(folder)).sort();
    const { ended, log } = await start(`touch ${folder}/up`, "postgres-1");
    expect(await ended).toBe(1);
    expect(log()).toMatch(
      /FATAL: postgres-1 does not start: .* beside postgres-0, .*scale statefulset postgres --replicas=1; kubectl delete pvc data-postgres-1 /,
    );
    expect((await fs.readdir(folder)).sort()).toEqual([...before, "server"].sort());
  },
);

describe("a volume that was initialised", () => {
  beforeEach(initialised);

  test("ends with the server's exit code", async () => {
    await room(500);
    expect(await (await start("exit 3")).ended).toBe(3);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s is a fast shutdown, which it waits for", async (signal) => {
    await room(500);
    // Not a shell, which cannot trap a signal that was ignored when it started, as SIGINT is in a background job.
    const stop = `fs.writeFileSync("${folder}/stopped", ""); process.exit()`;
    const program = `process.once("SIGINT", () => setTimeout(() => { ${stop} }, 300)); setInterval(() => 0, 1000)`;
    const server = `exec ${process.execPath} -e '${program}; fs.writeFileSync("${folder}/up", "")'`;
    const { child, ended } = await start(server);
    await until(() => exists("up"));
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(await exists("stopped")).toBe(true);
  });

  test("the lock file of a server that crashed in an earlier container stops nobody", async () => {
    await room(500);
    await fs.writeFile(path.join(folder, DATA, "postmaster.pid"), `${process.pid}\n`);
    expect(await (await start(`[ ! -e $PGDATA/postmaster.pid ]`)).ended).toBe(0);
  });

  test("keeps a ballast file where there is room", async () => {
    await room(500);
    await start(LONG);
    await until(async () => (await exists("ballast")) && (await size("ballast")) === 64 * 2 ** 20);
    expect(await isReadOnly()).toBe(false);
  });

  test("nearly full, the server is told to write no more, once, and to write again when there is room to spare", async () => {
    await room(500);
    const { log } = await start(LONG);
    await until(() => exists("ballast"));
    await room(63);
    await until(() => exists("reloads"));
    expect(await isReadOnly()).toBe(true);
    expect(log()).toMatch(/WARNING: the volume has 63 MiB left/);
    await room(191);
    // It has acted on the first look when it looks again.
    await until(async () => ((await file("looks")) ?? "").split("\n").filter((seen) => seen === "191").length >= 2);
    expect(await isReadOnly()).toBe(true);
    await room(192);
    await until(async () => (await file("reloads")) === "reload --silent\nreload --silent\n");
    expect(await isReadOnly()).toBe(false);
  });

  test("a full volume costs the ballast at the next start, and the server starts read-only", async () => {
    await room(3);
    await fs.writeFile(path.join(folder, "ballast"), "");
    await start(`cat ${folder}/full > ${folder}/seen; ls ${folder} >> ${folder}/seen; touch ${folder}/up; ${LONG}`);
    await until(() => exists("up"));
    expect(await file("seen")).toMatch(/^default_transaction_read_only = on\n/);
    expect(await file("seen")).not.toMatch(/ballast/);
  });

  test("is not initialised again", async () => {
    await room(500);
    expect(await (await start(`echo "$PGDATA $*" > ${folder}/seen`)).ended).toBe(0);
    expect(await file("seen")).toBe(`${folder}/pgdata \n`);
  });
});

test("a folder of another user is said with both users' numbers", async () => {
  await room(500);
  await initialised();
  await tool("id", "echo 10070");
  const { ended, log } = await start(`touch ${folder}/up`);
  expect(await ended).toBe(1);
  expect(log()).toMatch(
    /FATAL: \S+pgdata belongs to uid \d+, and this container is uid 10070, .*docs\/operations.md .*"A volume of another user"/,
  );
});

test("a volume that it may not write to is said, too, before anything is tried there", async () => {
  await room(500);
  await fs.chmod(folder, 0o555);
  const { ended, log } = await start(`touch ${folder}/up`, "postgres-0", process.getuid?.() === 0 ? 10_070 : undefined);
  expect(await ended).toBe(1);
  expect(log()).toMatch(/FATAL: \S+ belongs to uid \d+, and this container is uid \d+, so the server cannot use it/);
  expect(log().trim().split("\n")).toHaveLength(1);
});

test("initdb takes its arguments, and writes a configuration without huge pages", async () => {
  await room(500);
  await tool("docker-entrypoint.sh", `echo "$POSTGRES_INITDB_ARGS" > ${folder}/arguments; exit 3`);
  await (await start("")).ended;
  const made = path.join(folder, "made");
  await fs.mkdir(made);
  const { bin, identity } = await install(made);
  await fs.chmod(folder, 0o755);
  const parameters = ((await file("arguments")) ?? "").trim().split(" ");
  await promisify(execFile)(path.join(bin, "initdb"), [...parameters, "--no-sync", `--pgdata=${made}/data`], {
    ...identity,
    cwd: "/",
  });
  expect(await fs.readFile(path.join(made, "data", "postgresql.conf"), "utf8")).toMatch(/^huge_pages = off/m);
});

describe("a new volume", () => {
  beforeEach(() => room(500));

  /** As PostgreSQL, it can be told to stop once it has written its number. */
  const SERVER = `process.once("SIGINT", () => process.exit()); setInterval(() => 0, 1000);
const { PGDATA } = process.env;
fs.writeFileSync(PGDATA + "/postmaster.pid", process.pid + "\\n");
if (PGDATA.endsWith("/${DATA}")) fs.writeFileSync(PGDATA + "/../up", "");`;

  /** Stands for the entrypoint: initialises PGDATA if that is empty, slowly, and becomes a server that SIGINT ends. */
  const entrypoint = (seconds: number) => `echo "$(basename $PGDATA) $*" >> ${folder}/starts
if [ ! -e $PGDATA/PG_VERSION ]; then
  mkdir $PGDATA && echo 16 > $PGDATA/PG_VERSION && touch ${folder}/begun
  echo 1 > $PGDATA/postmaster.pid
  /bin/sleep ${seconds}
  touch $PGDATA/database
fi
exec ${process.execPath} -e '${SERVER}'`;
  const both = `${DATA}.unfinished -c listen_addresses=\n${DATA} \n`;

  test("is initialised without a network, and gets its name when it is complete", async () => {
    await start(entrypoint(0));
    await until(() => exists("up"));
    expect(await file("starts")).toBe(both);
    expect(await exists(`${DATA}/database`)).toBe(true);
    expect(await exists(`${DATA}.unfinished/PG_VERSION`)).toBe(false);
  });

  test("is initialised anew where that was killed in the middle", async () => {
    const { child } = await start(entrypoint(5));
    await until(() => exists("begun"));
    end(child);
    await start(entrypoint(0));
    await until(() => exists("up"));
    expect(await file("starts")).toBe(`${DATA}.unfinished -c listen_addresses=\n${both}`);
    expect(await exists(`${DATA}/database`)).toBe(true);
  });

  test("ends with the exit code of an initialisation that fails, and is still new", async () => {
    expect(await (await start("mkdir $PGDATA; exit 3")).ended).toBe(3);
    expect(await exists(`${DATA}/PG_VERSION`)).toBe(false);
    await start(entrypoint(0));
    await until(() => exists("up"));
    expect(await exists(`${DATA}/database`)).toBe(true);
  });

  test("may have an empty folder of its name", async () => {
    await fs.mkdir(path.join(folder, DATA));
    await start(entrypoint(0));
    await until(() => exists("up"));
    expect(await exists(`${DATA}/database`)).toBe(true);
  });

  test("SIGTERM ends the initialisation", async () => {
    const { child, ended } = await start(entrypoint(5));
    await until(() => exists("begun"));
    child.kill("SIGTERM");
    expect(await ended).toBe(1);
  });

  test("a folder that is neither empty nor a database is left as it is, and stops the start", async () => {
    await fs.mkdir(path.join(folder, DATA));
    await fs.writeFile(path.join(folder, DATA, "mine"), "");
    const { ended, log } = await start(entrypoint(0));
    expect(await ended).toBe(1);
    expect(log()).toMatch(/FATAL: .*pgdata is neither empty nor a database/);
    expect(await exists(`${DATA}/mine`)).toBe(true);
  });
});
