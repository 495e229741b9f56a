import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";
import { type Command, findProgram, measuredEnvironment } from "../process";
import { GOLANG_MIGRATE, goTool } from "../tools";
import type { Workload } from "./workload";

/** What a peer can be asked to do. Left out: it has no such command. */
export interface Actions {
  /** Applies everything that is not applied. */
  up(url: string): Command;
}

/** A migrator, or what stands for the limit of one. */
export interface Peer {
  readonly name: string;
  /** Finds or builds the program and writes the workload in its own form into `scratch`. @throws CannotRun */
  prepare(workload: Workload, scratch: string): Promise<Actions>;
}

const ours: Peer = {
  name: "ours",
  async prepare({ directory }) {
    const bundle = path.resolve("build/migrate.js");
    await fs.access(bundle).catch(() => {
      throw new CannotRun(`${bundle} does not exist. Run \`npm run build\`.`);
    });
    return {
      up: (url) => ({
        command: [process.execPath, bundle, "up", "--dir", directory],
        env: measuredEnvironment({ DATABASE_URL: url }),
      }),
    };
  },
};

const golangMigrate: Peer = {
  name: "golang-migrate",
  async prepare({ directory }) {
    const binary = await goTool(GOLANG_MIGRATE);
    const url = (text: string) => text.replace(/^postgres:/, "pgx5:");
    return { up: (text) => ({ command: [binary, "-path", directory, "-database", url(text), "up"] }) };
  },
};

/** No migrator, and so about the least that applying this SQL in one transaction can take. */
const psql: Peer = {
  name: "psql -1",
  async prepare({ files }, scratch) {
    const program = await findPsql();
    const script = path.join(scratch, "all.sql");
    await fs.writeFile(script, files.map(({ up }) => `${up}\n`).join(""));
    const options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"];
    return { up: (url) => ({ command: [program, ...options, `--file=${script}`, url] }) };
  },
};

/** Debian's `psql` is a Perl script that finds the real one, at the price of a third of the run. @throws CannotRun */
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

/** Everything that can be compared, the one that the others are compared with first. */
export const PEERS: readonly Peer[] = [golangMigrate, ours, psql];
