import { mkdtemp, rm } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { columns } from "../../lib/common/command-line/help";
import { runProgram } from "../../lib/common/command-line/program";
import { Kubectl, KubectlError } from "../../lib/deploy/kubectl";
import { dev } from "../../lib/stages/dev";
import { type E2eArguments, e2eCommandLine, parseE2eArguments } from "./arguments";
import { E2e } from "./case";
import { PLAN } from "./cases";
import { casesOf, narrow } from "./plan";
import { recordProofs } from "./record-proofs";
import { summarize } from "./results";
import { runPlan } from "./runner";
import { Shared } from "./shared";
import { terminal } from "./terminal";

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
  const [began, shared] = [performance.now(), new Shared()];
  const namespace = options.namespace ?? dev.namespace;
  print(`context ${context}, namespace ${namespace}`);
  const enter = async (group: string, print: (line: string) => void) => {
    const own = group === "" ? namespace : `${namespace}-${group}`;
    return new E2e(
      options,
      ROOT,
      folder,
      await terminal(new Kubectl(process.env), folder, own),
      own,
      print,
      stopping.signal,
      shared,
    );
  };
  const run = { print, enter, shared, signal: stopping.signal, keep: options.keep };
  const { results, leftovers } = await runPlan(narrow(PLAN, options), run);
  for (const leftover of leftovers) print(`  could not remove ${leftover}`);
  if (stopping.signal.aborted) print(`Stopped: ${(stopping.signal.reason as Error).message}.`);
  const seconds = (performance.now() - began) / 1000;
  if (options.record && !stopping.signal.aborted) {
    print(`${await recordProofs(ROOT, new Kubectl(process.env), { cases, results })} is written.`);
  }
  print(`All of it took ${Math.round(seconds)} s.\n\n${summarize(results)}`);
  const good = results.every(({ outcome }) => outcome !== "failed");
  return good && leftovers.length === 0 && !stopping.signal.aborted ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => stopping.abort(new Error(`received ${signal}`)));
}

const cases = casesOf(PLAN);
const names = cases.map(({ name }) => name);
const listed = `The cases, of which those with a * run only with --all or by their name:
${columns(cases.map(({ name, title, long }) => [long ? `${name} *` : name, title]))}`;

runProgram(e2eCommandLine(names, listed), () => parseE2eArguments(process.argv.slice(2), names), main).then(
  // Waits that a case has left must not keep it: a move that was killed waits for its pods, for an hour.
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof KubectlError;
    console.error(expected ? error.message : error);
    if (expected) console.error("`npm run e2e` needs a cluster: k3d makes one (`k3d cluster create`).");
    process.exitCode = expected ? 2 : 1;
  },
);
