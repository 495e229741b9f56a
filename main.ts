import { parseArgs } from "node:util";
import { synthesize } from "./lib/app";
import type { Release } from "./lib/charts/stage-chart";
import { PolicyError } from "./lib/policy";
import { serverNames } from "./lib/postgres/identity";
import { CredentialsError, credentialsFile, loadCredentials } from "./lib/secrets/file";
import { stagesNamed } from "./lib/stages";
import { checkAll, requireNamespace } from "./lib/stages/check";
import { ConfigError } from "./lib/stages/config-error";
import type { Stage } from "./lib/stages/stage";
import { OutputError, writeManifests } from "./lib/synth/output";
import { sqlDigest } from "./lib/synth/sql-digest";

const USAGE = `Usage: main.ts [-s STAGE[,STAGE…]]

Writes the manifests of every stage, or of those named, into dist/<stage>/. From the environment:
  STAGE         as -s
  NAMESPACE     puts dev into another namespace, beside one that is in use
  CDK8S_OUTDIR  where to write instead of dist
`;

async function main(): Promise<void> {
  const { STAGE = "", NAMESPACE, CDK8S_OUTDIR } = process.env;
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
  if (NAMESPACE && stages.some(({ secrets }) => secrets.kind === "generated")) requireNamespace(NAMESPACE);
  const sql = sqlDigest("migrations");
  const releases = await Promise.all(stages.map((stage) => release(stage, sql, NAMESPACE)));
  writeManifests(CDK8S_OUTDIR || "dist", synthesize(releases));
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

main().catch((error: unknown) => {
  const expected =
    [ConfigError, CredentialsError, OutputError, PolicyError].some((kind) => error instanceof kind) || isUsage(error);
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = isUsage(error) ? 2 : 1;
});

function isUsage(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
