import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { fetchBackup, openTarget, ship } from "../../lib/backup";
import { compare } from "../../lib/backup/compare";
import { readContents } from "../../lib/backup/contents";
import { commandLine } from "../../lib/common/command-line";
import { findClientTools, noClientTools } from "../../lib/local/client-tools";
import type { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { makeAgeKeys } from "../../lib/secrets/age-keys";
import { CannotRun, runBenchmark } from "../cannot-run";
import { machine } from "../report";
import { Measured, report } from "./measured";
import { DATABASE, fill, run, start } from "./servers";
import { sha256Of } from "./sha256";

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
    report(await measure({ work, tools, source, servers, jobs }), bytes);
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

runBenchmark(COMMAND_LINE, main);
