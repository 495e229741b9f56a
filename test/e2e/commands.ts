import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import type { E2e } from "./case";

/** The end of a command. */
interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs `npm run SCRIPT -- ARGS` on the namespace, as a person would, without npm in between.
 * @param killAt the line at which it gets SIGKILL. @default none
 */
export async function runCommand(
  e2e: E2e,
  script: "backup" | "panels" | "restore" | "status",
  args: readonly string[],
  killAt?: RegExp,
): Promise<Ended> {
  const command = ["--import", "tsx", `scripts/${script}.ts`, ...args];
  const env = { ...e2e.kubectl.env, NAMESPACE: e2e.namespace };
  const child = spawn(process.execPath, command, { cwd: e2e.root, env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => void child.kill();
  e2e.signal.addEventListener("abort", stop);
  let output = "";
  const collect = (text: string) => {
    output += text;
    if (killAt?.test(output)) child.kill("SIGKILL");
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  e2e.signal.removeEventListener("abort", stop);
  e2e.evidence(
    `$ npm run ${script} -- ${args.join(" ")}\n${output}${code === null ? "(killed)" : `exit code ${code}`}`,
  );
  return { code, output };
}

/** The same, and it has to succeed. Returns its output. */
export async function succeed(e2e: E2e, script: "backup" | "restore", args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(e2e, script, args);
  assert.equal(code, 0, `npm run ${script} -- ${args.join(" ")} ended with exit code ${code}`);
  return output;
}
