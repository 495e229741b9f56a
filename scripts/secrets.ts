import * as path from "node:path";
import { Kubectl } from "../lib/deploy/kubectl";
import { find, ManifestError, reference } from "../lib/deploy/manifests";
import { namespaceOf, requireNoOtherStage } from "../lib/deploy/other-stage";
import { rotate } from "../lib/deploy/rotate";
import { checkSecrets, describeSecrets } from "../lib/deploy/secrets";
import { synthesize } from "../lib/deploy/synthesize";
import { parseSecretsArguments, type SecretsArguments, secretsCommandLine } from "../lib/secrets/arguments";
import { changeCredentials } from "../lib/secrets/change";
import { databaseUsers } from "../lib/secrets/credentials";
import { credentialsFile, loadCredentials } from "../lib/secrets/file";
import { isCertificate, type Rotatable, secretOf } from "../lib/secrets/required";
import { howToRotate, showPlaces, showValues } from "../lib/secrets/show";
import { STAGES, stageNamed } from "../lib/stages";
import { checkAll } from "../lib/stages/check";
import type { Stage } from "../lib/stages/stage";
import { tlsNames } from "../lib/stages/tls-names";
import { main, say } from "./command";
import { namespaceOfStage } from "./namespace";

const ROOT = path.resolve(__dirname, "..");

/** `npm run secrets -- COMMAND STAGE`: returns the exit code. */
async function run(wanted: SecretsArguments, signal: AbortSignal): Promise<number> {
  const stage = stageNamed(wanted.stage);
  // A path that was copied from another stage would send a person to the other's passwords.
  checkAll([stage]);
  if (wanted.command === "show") return await show(stage, wanted.what);
  return wanted.command === "check" ? await check(stage) : await change(stage, wanted, signal);
}

const placeOf = (stage: Stage) => ({
  file: path.join(ROOT, credentialsFile(stage.name)),
  wanted: { names: tlsNames(stage, stage.namespace), users: databaseUsers(stage) },
  namespace: namespaceOfStage(stage),
});

async function show(stage: Stage, what: Rotatable | undefined): Promise<number> {
  const { file, wanted, namespace } = placeOf(stage);
  const generated = stage.secrets.kind === "generated";
  say(generated ? showValues(await loadCredentials(file, wanted), stage, namespace, what) : showPlaces(stage, what));
  return 0;
}

async function check(stage: Stage): Promise<number> {
  const { namespace } = placeOf(stage);
  const kubectl = new Kubectl(process.env, namespace);
  say(`stage ${stage.name}, context ${await kubectl.context()}, namespace ${namespace}`);
  const states = await checkSecrets(stage, kubectl);
  say(describeSecrets(states));
  return states.some(({ missing }) => missing.length > 0) ? 1 : 0;
}

type Rotation = Extract<SecretsArguments, { command: "rotate" }>;

async function change(stage: Stage, { what, deploy }: Rotation, signal: AbortSignal): Promise<number> {
  if (stage.secrets.kind !== "generated") {
    console.error(howToRotate(stage, what));
    return 2;
  }
  const { file, wanted, namespace } = placeOf(stage);
  const kubectl = new Kubectl(process.env, namespace);
  const name = secretOf(what);
  if (deploy) {
    await requireNoOtherStage(namespaceOf(stage.name, namespace), kubectl);
    await requireDeployed(name, kubectl);
  }
  const before = await loadCredentials(file, wanted);
  const after = await changeCredentials(file, wanted, what);
  say(`${what} has a new ${isCertificate(what) ? "certificate" : "password"} in ${path.relative(ROOT, file)}`);
  if (!deploy) {
    say(`The cluster does not have it yet: npm run deploy -- ${stage.name}`);
    return 0;
  }
  try {
    const secret = find(await synthesize({ root: ROOT, stage: stage.name, env: process.env }), "Secret", name);
    await rotate({ kubectl, what, apps: stage.clients.map(({ app }) => app), secret, before, after, say, signal });
    return 0;
  } catch (error) {
    say(
      `${what} is changed in the file and perhaps not in the cluster. Nothing is lost: run this again, which makes another one and ` +
        `ends in the same place, or npm run deploy -- ${stage.name}.`,
    );
    throw error;
  }
}

async function requireDeployed(name: string, kubectl: Kubectl): Promise<void> {
  say(`context ${await kubectl.context()}, namespace ${kubectl.namespace}`);
  if (await kubectl.get(`secret/${name}`)) return;
  const missing = reference({ kind: "Secret", metadata: { name } });
  throw new ManifestError(
    `${missing} is not in the cluster, so there is nothing to change. Deploy first (npm run deploy), or change the file alone (--no-deploy).`,
  );
}

void main({
  what: "The rotation",
  commandLine: () => secretsCommandLine(STAGES),
  parse: (args) => parseSecretsArguments(args, STAGES),
  run,
});
