import { synthesize } from "./lib/app";
import type { Release } from "./lib/charts/stage-chart";
import { commandLine, parseCommandLine } from "./lib/common/command-line";
import { runProgram } from "./lib/common/command-line/program";
import type { Migrations } from "./lib/common/contents";
import { PolicyError } from "./lib/policy";
import { databaseUsers } from "./lib/secrets/credentials";
import { CredentialsError, credentialsFile, loadCredentials } from "./lib/secrets/file";
import { stagesNamed, unknownStages } from "./lib/stages";
import { checkAll, requireNamespace } from "./lib/stages/check";
import { parseImage } from "./lib/stages/check-images";
import { ConfigError } from "./lib/stages/config-error";
import type { Stage } from "./lib/stages/stage";
import { tlsNames } from "./lib/stages/tls-names";
import { readMigrations, readSource } from "./lib/synth/inputs";
import { OutputError, writeManifests } from "./lib/synth/output";

const COMMAND_LINE = commandLine({
  name: "synth",
  start: "main.ts",
  description: "Writes the manifests of every stage, or of those named, into dist/<stage>/.",
  options: {
    stage: { type: "string", short: "s", placeholder: "STAGE[,STAGE…]", multiple: true, help: "Only these stages." },
  },
  operands: [],
  notes: `From the environment:
  STAGE         as -s
  NAMESPACE     puts dev into another namespace, beside one that is in use
  CDK8S_OUTDIR  where to write instead of dist`,
});

interface Arguments {
  readonly stage: readonly string[];
}

/** The names after -s, and in STAGE. */
function namesIn({ stage }: Arguments): string[] {
  const names = [process.env.STAGE ?? "", ...stage].flatMap((text) => text.split(",")).map((name) => name.trim());
  return names.filter(Boolean);
}

const parse = () =>
  parseCommandLine(COMMAND_LINE, process.argv.slice(2), ({ stage = [] }) => unknownStages(namesIn({ stage })));

async function synth(args: Arguments): Promise<number> {
  const { NAMESPACE, CDK8S_OUTDIR } = process.env;
  const stages = stagesNamed(namesIn(args));
  // Checks all stages first, before generating credentials for one.
  checkAll(stages);
  if (NAMESPACE && stages.some(({ secrets }) => secrets.kind === "generated")) requireNamespace(NAMESPACE);
  const migrations = readMigrations("migrations");
  const releases = await Promise.all(stages.map((stage) => release(stage, migrations, NAMESPACE)));
  writeManifests(CDK8S_OUTDIR || "dist", synthesize(releases));
  return 0;
}

async function release(stage: Stage, migrations: Migrations, namespace: string | undefined): Promise<Release> {
  // Without a digest an image's name says nothing of what it holds.
  const moves = parseImage(stage.service.image.reference)?.digest === undefined;
  const release = { stage, migrations, ...(moves && { source: readSource(".") }) };
  if (stage.secrets.kind !== "generated") return release;
  return {
    ...release,
    credentials: await loadCredentials(credentialsFile(stage.name), {
      names: tlsNames(stage, stage.namespace),
      users: databaseUsers(stage),
    }),
    ...(namespace && { namespace }),
  };
}

runProgram(COMMAND_LINE, parse, synth).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = [ConfigError, CredentialsError, OutputError, PolicyError].some((kind) => error instanceof kind);
    process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = 1;
  },
);
