import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { type ManifestFile, synthesize } from "./lib/app";
import type { Release } from "./lib/charts/stage-chart";
import { CredentialsError, loadCredentials } from "./lib/secrets/file";
import { sqlDigest } from "./lib/sql";
import { stagesNamed } from "./lib/stages";
import { ConfigError } from "./lib/stages/check";
import type { Stage } from "./lib/stages/stage";

const USAGE = `Usage: main.ts [-s STAGE[,STAGE…]]

Writes the manifests of every stage, or of those named, into dist/<stage>/. From the environment:
  STAGE         as -s
  NAMESPACE     puts dev into another namespace, beside one that is in use
  CDK8S_OUTDIR  where to write instead of dist
`;

function main(): void {
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
  const sql = sqlDigest("migrations");
  write(CDK8S_OUTDIR, synthesize(stages.map((stage) => release(stage, sql, NAMESPACE))));
}

function release(stage: Stage, sql: string, namespace: string | undefined): Release {
  if (stage.secrets.kind !== "generated") return { stage, sqlDigest: sql };
  return {
    stage,
    sqlDigest: sql,
    credentials: loadCredentials(path.join(".secrets", `${stage.name}.json`)),
    ...(namespace && { namespace }),
  };
}

/** Replaces each stage's folder, so that a file of an older release is not applied with the new ones. */
function write(directory: string, files: readonly ManifestFile[]): void {
  const folders = new Set(files.map((file) => path.dirname(path.join(directory, file.path))));
  for (const folder of folders) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
  }
  for (const file of files) {
    // Dev's manifests hold its credentials.
    fs.writeFileSync(path.join(directory, file.path), file.text, { mode: 0o600 });
  }
}

try {
  main();
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof CredentialsError || isUsage(error);
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = isUsage(error) ? 2 : 1;
}

function isUsage(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
