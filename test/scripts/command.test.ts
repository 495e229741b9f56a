import { execute, type Outcome } from "../../lib/deploy/kubectl";
import { useBundle } from "../support/bundle";

const bundle = useBundle("test/scripts/support/program.ts");

/** How a process ends whose command is `run`, a function's text. */
const ending = (run: string) => start(`{ ...deploying, parse: () => ({}), run: ${run} }`);

const deploy = (...args: string[]) => start("deploying", ...args);

function start(command: string, ...args: string[]): Promise<Outcome> {
  const program = `const { deploying, main } = require(${JSON.stringify(bundle.file)}); main(${command})`;
  return execute(process.execPath, ["--eval", program, "deploy", ...args], { env: {} });
}

test("a command ends with its own exit code", async () => {
  expect(await ending("async () => 3")).toMatchObject({ code: 3, stderr: "" });
});

test("a signal stops it with an explanation", async () => {
  const { code, stderr } = await ending(`async (args, signal) => {
    process.kill(process.pid, "SIGTERM");
    while (true) { await new Promise(setImmediate); signal.throwIfAborted(); }
  }`);
  expect([code, stderr]).toEqual([1, "The test was left where it is by SIGTERM.\n"]);
});

test("an error that nobody expected is shown with its stack", async () => {
  const { code, stderr } = await ending(`async () => { throw new TypeError("odd"); }`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^TypeError: odd\n +at /);
});

test("a command line that cannot stand is answered with the usage, and so is --help", async () => {
  const [help, misused] = await Promise.all([deploy("--help"), deploy("nowhere")]);
  expect(misused).toMatchObject({ code: 2, stdout: "" });
  expect(misused.stderr).toMatch(/^There is no stage "nowhere"\./);
  expect(misused.stderr).toContain(help.stdout);
  expect(help).toMatchObject({ code: 0, stderr: "" });
});
