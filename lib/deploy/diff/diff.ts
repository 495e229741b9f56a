import { byNamespace, type NamespaceGroup } from "../by-namespace";
import type { Kubectl, KubeObject } from "../kubectl";
import { type ManifestFile, reference } from "../manifests";
import type { Preflight } from "../preflight/preflight";
import { changeOf } from "./changes";
import type { Diff, ObjectChange, PlannedJob, Restart } from "./document";
import { withGrowth } from "./growth";
import { jobsOf, wouldRun } from "./jobs";
import { installed, leftoversOf } from "./leftovers";
import { obstaclesOf } from "./obstacles";
import { outlookOf } from "./outlook";
import { restartOf } from "./restarts";
import { type Trial, tryAll } from "./trial";

export interface DiffOptions {
  /** Bound to the namespace of the manifests. */
  readonly kubectl: Kubectl;
  readonly files: readonly ManifestFile[];
  /** Folder of the migrations that the image of the release holds. */
  readonly migrations: string;
  readonly stage: string;
  readonly context: string;
  readonly namespace: string;
  /** Findings of the checks before it. */
  readonly checked: Preflight;
}

/**
 * Foretells what `npm run deploy` would do. Changes nothing.
 * @throws KubectlError if the cluster does not answer
 */
export async function diff(options: DiffOptions): Promise<Diff> {
  const { kubectl, files, stage, context, namespace, checked } = options;
  const objects = files.flatMap((file) => file.objects);
  const newNamespace = await isNew(kubectl);
  const { unserved, unchecked, remarks } = checked;
  const served = objects.filter((object) => !unserved.includes(object));
  const grown = newNamespace ? { problems: [], objects: served, notes: new Map() } : await withGrowth(served, kubectl);
  const groups = byNamespace(grown.objects, kubectl, (object) => [object]);
  const judging = groups.map(async (group) => {
    const own = group.there.namespace === namespace;
    return await judge(group, own ? newNamespace : await isNew(group.there), options);
  });
  const judged = withNotes(together(await Promise.all(judging)), grown.notes);
  const problems = [...checked.problems, ...grown.problems];
  const found = {
    ...judged,
    objects: [...judged.objects, ...unserved.map(unservedChange)],
    problems,
    unchecked,
    remarks,
  };
  return { stage, context, namespace, newNamespace, result: resultOf(found), ...found };
}

/** Says of a StatefulSet whose volume grows what its own dry run cannot say. */
function withNotes(judged: Judged, notes: ReadonlyMap<string, string>): Judged {
  const objects = judged.objects.map((change) => {
    const note = notes.get(change.object);
    if (note === undefined) return change;
    return { ...change, note, ...(change.state === "unchanged" && { state: "changed" as const }) };
  });
  return { ...judged, objects };
}

/** Judges the objects of one namespace. Those outside of the stage's own say where they are. */
async function judge(
  { there, own }: NamespaceGroup<KubeObject>,
  newNamespace: boolean,
  options: DiffOptions,
): Promise<Judged> {
  const judged = newNamespace ? intoNothing(own) : await compare(own, { ...options, kubectl: there });
  if (there.namespace === options.namespace) return judged;
  const named = <Named extends { readonly object: string }>(one: Named) => ({
    ...one,
    object: `${one.object} in ${there.namespace}`,
  });
  return { ...judged, objects: judged.objects.map(named), leftovers: judged.leftovers.map(named) };
}

const isNew = async (kubectl: Kubectl) => (await kubectl.get(`namespace/${kubectl.namespace}`)) === undefined;

const together = (parts: readonly Judged[]): Judged => ({
  objects: parts.flatMap(({ objects }) => objects),
  restarts: parts.flatMap(({ restarts }) => restarts),
  jobs: parts.flatMap(({ jobs }) => jobs),
  leftovers: parts.flatMap(({ leftovers }) => leftovers),
});

type Judged = Pick<Diff, "objects" | "restarts" | "jobs" | "leftovers">;

const unservedChange = (object: KubeObject): ObjectChange => ({
  object: reference(object),
  state: "unserved",
  fields: [],
});

/** Without their namespace the API server checks no object, and each of them is new. */
function intoNothing(objects: readonly KubeObject[]): Judged {
  const created = objects.map((object): ObjectChange => ({ object: reference(object), state: "created", fields: [] }));
  const jobs = objects
    .filter(({ kind }) => kind === "Job")
    .map((job): PlannedJob => ({ object: reference(job), state: "new", outlook: { state: "empty" } }));
  return { objects: created, restarts: [], jobs, leftovers: [] };
}

async function compare(objects: readonly KubeObject[], { kubectl, migrations }: DiffOptions): Promise<Judged> {
  const [trials, present, pods] = await Promise.all([
    tryAll(objects, kubectl),
    installed(objects, kubectl),
    kubectl.list("pods"),
  ]);
  const changes = trials.map((trial) => changeOf(trial, present));
  const jobs = await Promise.all(
    jobsOf(trials).map(async (job) =>
      wouldRun(job) ? { ...job, outlook: await outlookOf(migrations, kubectl) } : job,
    ),
  );
  return {
    objects: changes,
    restarts: restartsOf(trials, changes, pods),
    jobs,
    leftovers: leftoversOf(present, objects),
  };
}

function restartsOf(
  trials: readonly Trial[],
  changes: readonly ObjectChange[],
  pods: readonly KubeObject[],
): readonly Restart[] {
  return trials.flatMap((trial, index) => {
    const fields = changes[index]?.fields ?? [];
    if (trial.state === "refused" || trial.before === undefined) return [];
    return restartOf({ before: trial.before, after: trial.after, fields }, pods) ?? [];
  });
}

function resultOf(found: Pick<Diff, "problems" | "objects" | "jobs">): Diff["result"] {
  if (obstaclesOf(found).length > 0) return "refused";
  const rerun = found.jobs.some(({ state }) => state === "again");
  return rerun || found.objects.some(({ state }) => state !== "unchanged") ? "changes" : "unchanged";
}
