import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

const FOLDER = path.resolve(__dirname, "../../.github/workflows");
const NAMES = readdirSync(FOLDER);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions?: object;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes"?: number }>>;
}

/** Actions that are not a whole commit with its version beside it, which Dependabot moves too. */
const unpinned = (text: string) =>
  [...text.matchAll(/^ *-? *uses: *(.+)$/gm)]
    .map(([, action = ""]) => action)
    .filter((action) => !/^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action));

const FETCHES = /\b(?:curl|wget|go (?:mod download|install|run)|https?:\/\/\S+\.(?:ya?ml|sh|tgz|tar\.gz))\b/;
const CHECKS = /\bsha256sum --check --strict\b|\.Sum\b/;

/** Steps that fetch a file and do not compare its checksum. */
const unchecked = ({ jobs }: Workflow) =>
  Object.values(jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ run = "" }) => FETCHES.test(run) && !CHECKS.test(run));

describe.each(NAMES)("%s", (name) => {
  const text = readFileSync(path.join(FOLDER, name), "utf8");
  const workflow = parse(text) as Workflow;

  test("pins each action by its commit", () => {
    expect(text).toContain("uses: ");
    expect(unpinned(text)).toEqual([]);
  });

  test("checks each download", () => expect(unchecked(workflow)).toEqual([]));

  test("gives no job more rights than it names, nor more time", () => {
    expect(workflow.permissions).toBeDefined();
    for (const job of Object.values(workflow.jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });
});

test("the rules find what they look for", () => {
  const commit = "a".repeat(40);
  const uses = ["a/b@v5", "a/b@main", `a/b@${commit}`, `a/b@${commit} # v5`, `a/b@${commit} # v5.0.1`, "./.github/x"];
  expect(unpinned(uses.map((action) => `      - uses: ${action}`).join("\n"))).toEqual([
    ...["a/b@v5", "a/b@main", `a/b@${commit}`, `a/b@${commit} # v5`, "./.github/x"],
  ]);
  const runs = [
    "curl -o x https://x",
    "kubectl apply -f https://x/y.yaml",
    "curl x; sha256sum --check --strict",
    "npm ci",
  ];
  expect(unchecked({ jobs: { x: { steps: runs.map((run) => ({ run })) } } })).toEqual([
    { run: runs[0] },
    { run: runs[1] },
  ]);
});
