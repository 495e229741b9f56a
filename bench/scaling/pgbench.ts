import * as path from "node:path";
import { CannotRun } from "../cannot-run";
import { findProgram, measuredEnvironment, run } from "../process";
import type { LimitedServer } from "./limited-server";

export interface Load {
  /** Files of pgbench's own language and their weights, or the name of a built-in script. */
  readonly scripts: readonly { readonly file: string; readonly weight: number }[] | string;
  readonly database: string;
  readonly clients: number;
  readonly seconds: number;
  /** `prepared`, as data-svc asks, unless a pooler is in between. @default "prepared" */
  readonly protocol?: "prepared" | "extended";
  /** A new connection for each transaction. @default false */
  readonly reconnect?: boolean;
  /** Port of a pooler. @default the server's own */
  readonly port?: number;
}

export interface Outcome {
  /** Transactions a second; 0 if the server was killed for its memory, or got none done. */
  readonly tps: number;
  /** Mean milliseconds of a transaction as its client sees it. */
  readonly latency: number;
  /** Milliseconds of processor time that the server spent on a transaction. */
  readonly cpu: number;
  /** KiB of write-ahead log for a transaction. */
  readonly wal: number;
}

const NONE: Outcome = { tps: 0, latency: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY, wal: 0 };

/** Finds pgbench: in PG16_BINDIR, else on PATH. @throws CannotRun */
export async function findPgbench(environment: NodeJS.ProcessEnv): Promise<string> {
  const named = environment.PG16_BINDIR;
  const program = named ? path.join(named, "pgbench") : await findProgram("pgbench");
  if (program) return program;
  throw new CannotRun(
    "there is no pgbench. Install it (Debian: postgresql-contrib), or set PG16_BINDIR to its folder.",
  );
}

/** Writes a figure; a dash where no transaction was done. */
export const figure = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : "–");

export class Pgbench {
  constructor(
    /** The program's path. */
    readonly program: string,
    private readonly server: LimitedServer,
  ) {}

  /** Makes pgbench's own tables. One unit of `scale` takes 15 MB. */
  async initialise(database: string, scale: number): Promise<void> {
    await this.#run(["--initialize", "--quiet", `--scale=${scale}`, database], this.server.postgres.port);
  }

  /** @throws CannotRun if pgbench fails though nothing was killed */
  async measure(load: Load): Promise<Outcome> {
    const { group, postgres } = this.server;
    const wal = await this.server.walKiB();
    const before = { cpu: group.cpuMs, kills: group.kills };
    const { code, stdout, stderr } = await this.#run(argumentsOf(load), load.port ?? postgres.port, false);
    if (group.kills > before.kills) return NONE;
    if (code !== 0) throw new CannotRun(`pgbench failed: ${(stderr.trim() || stdout.trim()).slice(-2000)}`);
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
    const transactions = number(/transactions actually processed: (\d+)/);
    if (!(transactions > 0)) return NONE;
    const cpu = group.cpuMs - before.cpu;
    return {
      tps: number(/^tps = ([\d.]+)/m),
      latency: number(/latency average = ([\d.]+) ms/),
      cpu: cpu / transactions,
      wal: ((await this.server.walKiB()) - wal) / transactions,
    };
  }

  async #run(args: readonly string[], port: number, must = true) {
    const { host, superuser, password } = this.server.postgres;
    const env = measuredEnvironment({ PGHOST: host, PGPORT: String(port), PGUSER: superuser, PGPASSWORD: password });
    const finished = await run({ command: [this.program, ...args], env });
    if (must && finished.code !== 0) throw new CannotRun(`pgbench failed: ${finished.stderr.trim()}`);
    return finished;
  }
}

function argumentsOf({ scripts, database, clients, seconds, protocol = "prepared", reconnect }: Load): string[] {
  return [
    "--no-vacuum",
    `--protocol=${protocol}`,
    `--client=${clients}`,
    `--jobs=${Math.min(2, clients)}`,
    `--time=${seconds}`,
    ...(reconnect ? ["--connect"] : []),
    ...(typeof scripts === "string"
      ? [`--builtin=${scripts}`]
      : scripts.map(({ file, weight }) => `--file=${file}@${weight}`)),
    database,
  ];
}
