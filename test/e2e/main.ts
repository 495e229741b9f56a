import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { columns } from "../../lib/common/command-line/help";
import { runProgram } from "../../lib/common/command-line/program";
import { Kubectl, KubectlError } from "../../lib/deploy/kubectl";
import { dev } from "../../lib/stages/dev";
import { type E2eArguments, e2eCommandLine, parseE2eArguments } from "./arguments";
import { E2e } from "./case";
import { CASES } from "./cases";
import { runCases, summarize } from "./runner";

const ROOT = path.resolve(__dirname, "..", "..");
const print = (line: string) => console.log(line);
const stopping = new AbortController();

/** `npm run e2e`: 0 if every promise holds, 1 if one does not, 2 if there is nothing to prove it on. */
async function main(options: E2eArguments): Promise<number> {
  const context = await new Kubectl(process.env).context();
  const folder = await mkdtemp(path.join(os.tmpdir(), "diabrisk-e2e-"));
  try {
    return await prove(options, context, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prove(options: E2eArguments, context: string, folder: string): Promise<number> {
  const namespace = options.namespace ?? dev.namespace;
  const kubectl = await terminal(folder, namespace);
  const e2e = new E2e(options, ROOT, folder, kubectl, namespace, print, stopping.signal);
  print(`context ${context}, namespace ${namespace}`);
  const results = await runCases(CASES, options.cases, e2e);
  print("");
  const leftovers = options.keep ? [] : await e2e.removeAll();
  for (const leftover of leftovers) print(`  could not remove ${leftover}`);
  if (stopping.signal.aborted) print(`Stopped: ${(stopping.signal.reason as Error).message}.`);
  print(summarize(results));
  return leftovers.length === 0 && !stopping.signal.aborted && results.every(({ problem }) => !problem) ? 0 : 1;
}

/** The same cluster through a copy of the configuration in which the context's namespace is set, as the README advises. */
async function terminal(folder: string, namespace: string): Promise<Kubectl> {
  const file = path.join(folder, "kubeconfig");
  const copy = await new Kubectl(process.env).run(["config", "view", "--raw", "--minify", "--flatten"]);
  await writeFile(file, copy, { mode: 0o600 });
  const kubectl = new Kubectl({ ...process.env, KUBECONFIG: file });
  await kubectl.run(["config", "set-context", "--current", `--namespace=${namespace}`]);
  return kubectl;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => stopping.abort(new Error(`received ${signal}`)));
}

const names = CASES.map(({ name }) => name);
const listed = `The cases:\n${columns(CASES.map(({ name, title }) => [name, title]))}`;

runProgram(e2eCommandLine(names, listed), () => parseE2eArguments(process.argv.slice(2), names), main).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = error instanceof KubectlError;
    console.error(expected ? error.message : error);
    if (expected) console.error("`npm run e2e` needs a cluster: k3d makes one (`k3d cluster create`).");
    process.exitCode = expected ? 2 : 1;
  },
);
