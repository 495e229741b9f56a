import { strict as assert } from "node:assert";
import * as path from "node:path";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { Diff } from "../../../lib/deploy/diff/document";
import { DOCUMENT } from "../../../lib/deploy/diff/json-schema";
import { execute } from "../../../lib/deploy/kubectl";
import type { Case, E2e } from "../case";

export const deployAsks: Case = {
  name: "deploy-asks",
  title: "`npm run diff` and `npm run deploy` stop for all problems at once, and no database restarts unasked",
  async run(e2e) {
    const before = await e2e.kubectl.get("statefulset/postgres");
    // The group's stage has other CPU requests than dev, so the database would restart.
    const found = JSON.parse(await run(e2e, 2, "diff", "dev", "--json")) as Diff;
    assert.deepEqual([...TypeCompiler.Compile(DOCUMENT).Errors(found)], []);
    assert.deepEqual(found.restarts.map(({ kind }) => kind).sort(), ["restart", "rolling"]);
    const refused = await run(e2e, 1, "deploy", "dev");
    assert.match(
      refused,
      /the database restarts, about \d+ s without it, and nobody can be asked here\. Add --restart-database/i,
    );
    assert.match(await run(e2e, 2, "deploy", "staging"), /Stage staging is shared and does not name its cluster/);
    const staging = await run(e2e, 1, "diff", "staging");
    assert.match(staging, /has a digest of zeros/);

    const after = await e2e.kubectl.get("statefulset/postgres");
    assert.equal(after?.metadata.generation, before?.metadata.generation, "something was applied");
  },
};

/** Runs a command as in a script, without a terminal, shows what it prints and returns it. */
async function run(e2e: E2e, code: number, name: string, ...args: readonly string[]): Promise<string> {
  const { root, folder, namespace, kubectl } = e2e;
  const env = { ...kubectl.env, NAMESPACE: namespace, CDK8S_OUTDIR: path.join(folder, "scripts") };
  const { stdout, stderr, ...outcome } = await execute("npm", ["run", "--silent", name, "--", ...args], {
    cwd: root,
    env,
    // Loading everything takes long on a busy machine.
    seconds: 300,
  });
  e2e.evidence(
    `$ npm run ${name} -- ${args.join(" ")}   # exit code ${outcome.code}\n${args.includes("--json") ? "(JSON)" : stdout}${stderr}`,
  );
  assert.equal(outcome.code, code, stdout + stderr);
  return stdout + stderr;
}
