import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { type ManifestFile, synthesize } from "./lib/app";
import type { Release } from "./lib/charts/stage-chart";
import { serverNames } from "./lib/constructs/postgres-identity";
import { PolicyError } from "./lib/policy";
import { CredentialsError, credentialsFile, loadCredentials } from "./lib/secrets/file";
import { sqlDigest } from "./lib/sql";
import { stagesNamed } from "./lib/stages";
import { ConfigError, checkAll } from "./lib/stages/check";
import type { Stage } from "./lib/stages/stage";

const USAGE = `Usage: main.ts [-s STAGE[,STAGE…]]

Writes the manifests of every stage, or of those named, into dist/<stage>/. From the environment:
  STAGE         as -s
  NAMESPACE     puts dev into another namespace, beside one that is in use
  CDK8S_OUTDIR  where to write instead of dist
`;

async function main(): Promise<void> {
  const { STAGE = "", NAMESPACE, CDK8S_OUTDIR = "dist" } = process.env;
  const { values } = parseArgs({
    options: { stage: { type: "string", short: "s", multiple: true }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const names = [STAGE, ...(values.stage ?? [])].flatMap((text) => text.split(",")).map((name) => name.trim());
  const stages = stagesNamed(names.filter(Boolean));
  // Before credentials are made up for one of them.
  checkAll(stages);
  const sql = sqlDigest("migrations");
  const releases = await Promise.all(stages.map((stage) => release(stage, sql, NAMESPACE)));
  write(CDK8S_OUTDIR, synthesize(releases));
}

async function release(stage: Stage, sql: string, namespace: string | undefined): Promise<Release> {
  if (stage.secrets.kind !== "generated") return { stage, sqlDigest: sql };
  return {
    stage,
    sqlDigest: sql,
    credentials: await loadCredentials(credentialsFile(stage.name), serverNames(stage.namespace)),
    ...(namespace && { namespace }),
  };
}

/**
 * Renames each file into place, so that whoever synthesizes or applies at the same time never sees half of one, and then
 * removes what an older release left beside them, so that it is not applied too.
 */
function write(directory: string, files: readonly ManifestFile[]): void {
  const written = new Set(files.map((file) => path.join(directory, file.path)));
  const folders = new Set([...written].map((file) => path.dirname(file)));
  for (const folder of folders) fs.mkdirSync(folder, { recursive: true });
  for (const file of files) {
    const draft = path.join(directory, `${file.path}.${process.pid}.draft`);
    // Dev's manifests hold its credentials.
    fs.writeFileSync(draft, file.text, { mode: 0o600 });
    fs.renameSync(draft, path.join(directory, file.path));
  }
  for (const folder of folders) {
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name);
      if (name.endsWith(".yaml") && !written.has(file)) fs.rmSync(file, { force: true });
    }
  }
}

main().catch((error: unknown) => {
  const expected = [ConfigError, CredentialsError, PolicyError].some((kind) => error instanceof kind) || isUsage(error);
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = isUsage(error) ? 2 : 1;
});

function isUsage(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
