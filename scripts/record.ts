import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { commandLine, parseCommandLine } from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";
import { migrationsIn } from "../lib/common/contents";
import type { KubeObject } from "../lib/deploy/kubectl";
import { parseManifest } from "../lib/deploy/manifests";
import { checkOut } from "./check-out";
import { MANIFESTS, RELEASED_OPENAPI, RELEASES_FILE, type RecordedManifests, readReleases } from "./releases";

const ROOT = path.resolve(__dirname, "..");

const COMMAND_LINE = commandLine({
  name: "record",
  start: "npm run record --",
  description:
    "Keeps a release for the tests of later ones: its manifests in test/releases/manifests/, without Secrets' values, its\n" +
    "OpenAPI document in test/releases/openapi.json, and its commit in test/releases/releases.json. Run it after a release was deployed, and commit the result.",
  options: {
    commit: { type: "string", placeholder: "COMMIT", help: "The commit that was deployed. [HEAD]" },
    "manifests-only": { type: "boolean", help: "Leave releases.json as it is: the commit was no release." },
  },
  operands: [],
});

interface Arguments {
  readonly commit?: string | undefined;
  readonly "manifests-only": boolean;
}

function record({ commit: name = "HEAD", "manifests-only": manifestsOnly }: Arguments): number {
  const commit = must(spawnSync("git", ["rev-parse", `${name}^{commit}`], { cwd: ROOT })).trim();
  const folder = mkdtempSync(path.join(os.tmpdir(), "diabrisk-record-"));
  try {
    checkOut(commit, folder);
    must(spawnSync(process.execPath, ["--import", "tsx", "main.ts"], { cwd: folder }));
    const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { version: string };
    mkdirSync(MANIFESTS, { recursive: true });
    const kept: RecordedManifests = { version, commit, stages: stagesOf(path.join(folder, "dist")) };
    writeFileSync(path.join(MANIFESTS, `${version}-${commit.slice(0, 9)}.json.gz`), gzipSync(JSON.stringify(kept)));
    const migration = migrationsIn(path.join(folder, "migrations"))?.version ?? 0;
    if (!manifestsOnly) {
      // First, so that a commit from before the document was kept is refused as a whole.
      copyFileSync(path.join(folder, "docs", "openapi.json"), RELEASED_OPENAPI);
      addRelease({ version, commit, migration });
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function addRelease(release: ReturnType<typeof readReleases>[number]): void {
  const releases = [...readReleases().filter(({ commit }) => commit !== release.commit), release];
  const lines = releases.map(
    (each) =>
      `  ${JSON.stringify(each)
        .replace(/([:,{])"/g, '$1 "')
        .replace(/":/g, '": ')
        .replace("}", " }")}`,
  );
  writeFileSync(RELEASES_FILE, `[\n${lines.join(",\n")}\n]\n`);
}

function stagesOf(dist: string): RecordedManifests["stages"] {
  const objects = (stage: string) =>
    readdirSync(path.join(dist, stage))
      .filter((file) => file.endsWith(".yaml"))
      .sort()
      .flatMap((file) => parseManifest(readFileSync(path.join(dist, stage, file), "utf8"), file).map(withoutValues));
  return Object.fromEntries(readdirSync(dist).map((stage) => [stage, objects(stage)]));
}

/** Generated credentials belong to nobody else. Their keys and types are part of the manifests. */
function withoutValues(object: KubeObject): KubeObject {
  const { data } = object as { data?: Readonly<Record<string, string>> };
  if (object.kind !== "Secret" || data === undefined) return object;
  return { ...object, data: Object.fromEntries(Object.keys(data).map((key) => [key, "aGFybWxlc3M="])) } as KubeObject;
}

function must({ status, stdout, stderr, error }: ReturnType<typeof spawnSync>): string {
  if (status !== 0) throw new Error(`The release cannot be recorded: ${error?.message ?? stderr}`);
  return String(stdout);
}

runProgram(COMMAND_LINE, () => parseCommandLine(COMMAND_LINE, process.argv.slice(2)), record).then((code) => {
  process.exitCode = code;
});
