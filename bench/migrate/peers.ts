import * as fs from "node:fs/promises";
import * as path from "node:path";
import { build } from "esbuild";
import { EXIT } from "../../lib/contract";
import { WITHOUT_FETCH } from "../../scripts/plugins";
import { CannotRun } from "../cannot-run";
import { findProgram, measuredEnvironment, run } from "../process";
import { GOLANG_MIGRATE, goTool } from "../tools";
import { FOREIGN_PEERS } from "./foreign-peers";
import type { Peer } from "./peer";

const ours = (node: string): Peer => ({
  name: "ours",
  competes: false,
  async prepare({ directory }, scratch) {
    const built = path.resolve("build/migrate");
    await fs.access(built).catch(() => {
      throw new CannotRun(`${built} does not exist. Run \`npm run build\`.`);
    });
    const bundle = node === process.execPath ? built : await cachedFor(node, path.dirname(built), scratch);
    const command = (name: string) => (url: string) => ({
      command: [node, bundle, name, "--dir", directory] as [string, ...string[]],
      env: measuredEnvironment({ DATABASE_URL: url }),
    });
    return { up: command("up"), status: command("status") };
  },
});

/** Copies the command and makes its code cache anew, as the image's build does with the image's Node. */
async function cachedFor(node: string, built: string, scratch: string): Promise<string> {
  for (const file of ["migrate", "migrate.js", "libpg-query.wasm"]) {
    await fs.copyFile(path.join(built, file), path.join(scratch, file));
  }
  const writer = ["--import", require.resolve("tsx"), path.resolve("scripts/write-code-cache.ts")];
  const typical = ["up", "--connect-tries", "1", "--dir", path.resolve("migrations")];
  const { code, stderr } = await run({
    command: [node, ...writer, path.join(scratch, "migrate.js"), ...typical],
    env: measuredEnvironment({ DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" }),
  });
  if (code !== EXIT.unreachable)
    throw new CannotRun(`${node} made no code cache, and ended with code ${code}: ${stderr}`);
  return path.join(scratch, "migrate");
}

const golangMigrate: Peer = {
  name: "golang-migrate",
  async prepare({ directory }) {
    const binary = await goTool(GOLANG_MIGRATE);
    const url = (text: string) => text.replace(/^postgres:/, "pgx5:");
    const command = (name: string) => (text: string) => ({
      command: [binary, "-path", directory, "-database", url(text), name] as [string, ...string[]],
    });
    return { up: command("up"), status: command("version") };
  },
};

/** No migrator. Its time is about the least for applying this SQL in one transaction. */
const psql: Peer = {
  name: "psql -1",
  competes: false,
  async prepare({ files }, scratch) {
    const program = await findPsql();
    const script = path.join(scratch, "all.sql");
    await fs.writeFile(script, files.map(({ up }) => `${up}\n`).join(""));
    const options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"];
    return { up: (url) => ({ command: [program, ...options, `--file=${script}`, url] }) };
  },
};

/**
 * Finds the real `psql`. Debian's is a Perl script that looks for it, which costs a third of the run.
 * @throws CannotRun
 */
async function findPsql(): Promise<string> {
  const found = await findProgram("psql");
  if (!found) {
    throw new CannotRun("There is no `psql` on PATH. Install PostgreSQL's client, or leave it out with --only.");
  }
  if (!(await fs.realpath(found)).endsWith("pg_wrapper")) return found;
  const installed = "/usr/lib/postgresql";
  const versions = (await fs.readdir(installed)).map(Number).filter(Number.isFinite);
  return path.join(installed, String(Math.max(...versions)), "bin", "psql");
}

/** Bundles a program of this folder. Passes `define` to esbuild. */
async function bundled(
  source: string,
  scratch: string,
  define: Readonly<Record<string, string>> = {},
): Promise<string> {
  const outfile = path.join(scratch, "bundle.js");
  await build({
    entryPoints: [path.join(__dirname, source)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    external: ["pg-native"],
    define,
    logLevel: "error",
  });
  return outfile;
}

/** The lower bound of a run with nothing to do. No other action applies to it. */
const selectOne = (node: string): Peer => ({
  name: "select 1",
  competes: false,
  async prepare(_, scratch) {
    const file = await bundled("select-one.ts", scratch, WITHOUT_FETCH);
    return {
      status: (url) => ({ command: [node, file], env: measuredEnvironment({ DATABASE_URL: url }) }),
    };
  },
});

/** The lower bound of any program in Node. */
const emptyNode = (node: string): Peer => ({
  name: "empty Node",
  competes: false,
  async prepare(_, scratch) {
    const file = path.join(scratch, "empty.js");
    await fs.writeFile(file, "");
    return { status: () => ({ command: [node, file] }) };
  },
});

const umzugExample: Peer = {
  name: "umzug example",
  async prepare({ directory }, scratch) {
    const file = await bundled("umzug-example.ts", scratch);
    const command = (name: string) => (url: string) => ({
      command: [process.execPath, file, name, directory] as [string, ...string[]],
      env: measuredEnvironment({ DATABASE_URL: url }),
    });
    return { up: command("up"), status: command("status") };
  },
};

/** Every contender; ours and the lower bounds run in that Node. The first is the one that the others are compared with. */
export const peersIn = (node: string): readonly Peer[] => [
  golangMigrate,
  ours(node),
  psql,
  selectOne(node),
  emptyNode(node),
  ...FOREIGN_PEERS,
  umzugExample,
];
