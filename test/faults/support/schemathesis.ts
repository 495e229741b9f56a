import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type Finished, findProgram, measuredEnvironment, mustRun, run } from "../../../bench/process";

const FOLDER = path.resolve(__dirname, "../schemathesis");
const REQUIREMENTS = path.join(FOLDER, "requirements.txt");
const CACHE = path.resolve(__dirname, "../../../bench/.cache");

interface RunOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly users: readonly string[];
  /** File with the authority of the service's certificate. */
  readonly authority: string;
}

export interface Schemathesis {
  /** Tests a running service with every check. @param headers for every request */
  run(url: string, options: RunOptions): Promise<Finished>;
}

/**
 * Schemathesis in a virtual environment of its own, which stays in the cache. Undefined, with the reason on standard error, where
 * there is no Python or no way to PyPI.
 */
export async function haveSchemathesis(): Promise<Schemathesis | undefined> {
  try {
    return runnerOf(await environment());
  } catch (error) {
    process.stderr.write(`skipped: Schemathesis cannot be had here: ${(error as Error).message}\n`);
    return undefined;
  }
}

async function environment(): Promise<string> {
  const wanted = await fs.readFile(REQUIREMENTS, "utf8");
  const version = /^schemathesis==(\S+)$/m.exec(wanted)?.[1];
  const folder = path.join(CACHE, `schemathesis-${version}`);
  const made = path.join(folder, "requirements.txt");
  // Written last, so that half an environment does not count.
  if (existsSync(made) && (await fs.readFile(made, "utf8")) === wanted) return folder;
  const python = await findProgram("python3");
  if (!python) throw new Error("there is no python3 on PATH.");
  await fs.rm(folder, { recursive: true, force: true });
  await mustRun({ command: [python, "-m", "venv", folder] });
  const flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
  await mustRun({ command: [path.join(folder, "bin", "pip"), "install", ...flags, "--requirement", REQUIREMENTS] });
  await fs.copyFile(REQUIREMENTS, made);
  return folder;
}

const runnerOf = (folder: string): Schemathesis => ({
  run: async (url, { headers, users, authority }) => {
    // Schemathesis writes what it learns into its working directory.
    const cwd = await fs.mkdtemp(path.join(os.tmpdir(), "schemathesis-"));
    const flags = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    const checks = ["--tls-verify", authority, "--checks", "all", "--max-response-time", "10", "--continue-on-failure"];
    const examples = ["--max-examples", "100", "--generation-database", "none", "--seed", "20261130"];
    const environment = { PYTHONPATH: FOLDER, SCHEMATHESIS_HOOKS: "hooks", PYTHONDONTWRITEBYTECODE: "1" };
    const finished = await run({
      command: [
        path.join(folder, "bin", "schemathesis"),
        ...["--config-file", path.join(FOLDER, "schemathesis.toml"), "--no-color", "run", `${url}/openapi.json`],
        ...[...flags, ...checks, ...examples],
      ],
      env: measuredEnvironment({ ...environment, USERS: users.join(",") }),
      cwd,
    });
    await fs.rm(cwd, { recursive: true });
    return finished;
  },
});
