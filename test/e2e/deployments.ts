import { strict as assert } from "node:assert";
import { SCHEMA_VERSION } from "../../lib/contract";
import { deploy } from "../../lib/deploy/deploy";
import { diagnose } from "../../lib/deploy/diagnose";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";
import { find, type ManifestFile, reference } from "../../lib/deploy/manifests";
import { WaitError } from "../../lib/deploy/waiting";
import type { E2e } from "./case";
import { query } from "./database";
import { restartsOf } from "./pods";
import { CONTRACT_RELEASE, type NextRelease, nextRelease, releaseOf } from "./releases";
import { untilRolledOut } from "./server";

export type Manifests = readonly ManifestFile[];

/** Deploys as `npm run deploy` does. @throws what it would end with */
export async function deployFiles(e2e: E2e, files: Manifests): Promise<void> {
  await deploy({ kubectl: e2e.kubectl.in(e2e.namespace), files, say: (line) => e2e.say(line), signal: e2e.signal });
}

/** Deploys what cannot become ready, and returns and shows all that `npm run deploy` would print. */
export async function deployInVain(e2e: E2e, files: Manifests): Promise<string> {
  const kubectl = e2e.kubectl.in(e2e.namespace);
  const lines: string[] = [];
  try {
    await deploy({ kubectl, files, say: (line) => lines.push(line), signal: e2e.signal });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    const [progress, end] = [lines.join("\n"), error.message];
    const diagnosis = await diagnose(kubectl);
    e2e.evidence(`npm run deploy says:\n${progress}\n${diagnosis}\n${end}`);
    return [progress, diagnosis, end].join("\n");
  }
  assert.fail(`the deployment should have failed:\n${lines.join("\n")}`);
}

/** Brings the namespace back to this release, schema and all, whatever an earlier case left: undone is what nobody needs any more. */
export async function standOnThisRelease(e2e: E2e): Promise<void> {
  await deployFiles(e2e, e2e.files);
  await settle(e2e);
  if ((await schemaVersion(e2e)) > SCHEMA_VERSION) {
    const next = await nextManifests(e2e);
    await runMigrate(e2e, next, "down", "--to", String(SCHEMA_VERSION), "--yes");
    // Complete, it would not run again when that release is deployed once more.
    await e2e.kubectl.run(["delete", ...jobsOf(next), "--ignore-not-found", "--cascade=foreground"]);
  }
  assert.equal(await schemaVersion(e2e), SCHEMA_VERSION);
}

/** The release that brought the newest migration: the down file is in its image alone. */
async function nextManifests(e2e: E2e): Promise<Manifests> {
  const [[name = ""] = []] = await query(
    e2e,
    "select name from migrate.history where reverted_at is null order by version desc limit 1",
  );
  return await manifestsOf(name === CONTRACT_RELEASE.name ? releaseOf(e2e, CONTRACT_RELEASE) : nextRelease(e2e));
}

/** Waits until pods that were replaced are gone too. */
export async function settle(e2e: E2e): Promise<void> {
  await untilRolledOut(e2e, "deployment/data-svc");
  await e2e.wait({
    what: "the replaced pods of data-svc to be gone",
    seconds: 120,
    async poll() {
      const leaving = (await servicePods(e2e)).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
      const names = leaving.map(({ metadata }) => metadata.name).join(", ");
      return { state: leaving.length === 0 ? "ready" : "waiting", detail: `${names} still there` };
    },
  });
}

export async function schemaVersion(e2e: E2e): Promise<number> {
  const [[version = "0"] = []] = await query(e2e, "select version from schema_migrations");
  return Number(version);
}

/** The migrations that are recorded as applied, each as often as it is. */
export async function history(e2e: E2e): Promise<string> {
  const rows = await query(e2e, "select version, name from migrate.history where reverted_at is null order by 1");
  return rows.map((row) => row.join(" ")).join("\n");
}

export type ServicePod = KubeObject & { readonly metadata: { readonly deletionTimestamp?: string } };

/** data-svc's pods. */
export async function servicePods({ kubectl }: E2e): Promise<readonly ServicePod[]> {
  return (await kubectl.list("pods", "app=data-svc")) as readonly ServicePod[];
}

/** data-svc's pods with their image and how often they restarted, sorted. */
export async function describePods(e2e: E2e): Promise<readonly string[]> {
  const pods = (await servicePods(e2e)).map((pod) => {
    const { metadata, spec, status } = pod;
    const [container] = (spec?.containers ?? []) as readonly { image: string }[];
    const [running] = (status?.containerStatuses ?? []) as readonly { ready: boolean }[];
    return `${metadata.name} ${container?.image}, ready ${running?.ready}, restarts ${restartsOf(pod)}`;
  });
  return pods.sort();
}

/** Runs a command of `migrate` in a Job like the release's own, shows its log, and removes it. */
async function runMigrate(e2e: E2e, files: Manifests, ...args: readonly string[]): Promise<void> {
  const job = structuredClone(find(files, "Job", jobOf(files).replace("job/", ""))) as unknown as MutableJob;
  const name = `migrate-e2e-${args[0]}`;
  const [container] = job.spec.template.spec.containers;
  assert.ok(container, "the Job has no container");
  container.command = ["migrate", ...args];
  job.metadata = { name };
  const removal = () => e2e.kubectl.run(["delete", "job", name, "--ignore-not-found", "--cascade=foreground"]);
  await removal();
  const remove = e2e.cleanUp(`job ${name}`, removal);
  await e2e.apply(job);
  await e2e.wait({ what: `job/${name}`, seconds: 120, poll: () => look(`job/${name}`, e2e.kubectl) });
  await e2e.type(`kubectl logs job/${name}`);
  await remove();
}

interface MutableJob {
  metadata: { name: string };
  spec: { template: { spec: { containers: { command: string[] }[] } } };
}

/** Says that deploying `release` comes now, and returns its manifests. */
export async function manifestsOf(release: Promise<NextRelease>): Promise<Manifests> {
  return await (await release).manifests();
}

/** kubectl's names of the migration Jobs of these manifests: first the one for all, then that of contract migrations. */
export const jobsOf = (files: Manifests) =>
  files.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Job")).map(reference);

/** kubectl's name of the migration Job that every release has. */
export const jobOf = (files: Manifests) => jobsOf(files)[0] ?? "";
