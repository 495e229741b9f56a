import { label } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Rule } from "../rule";
import { list, number, type Tree, text, tree } from "../tree";

/** Whether a Job or its template sets a field. Null counts as not set. */
const has = (spec: Tree, field: string) => spec[field] !== undefined && spec[field] !== null;

/** The fault of a required number. */
function problemOf(spec: Tree, field: string, least: number): string | undefined {
  if (!has(spec, field)) return "is not set";
  const value = number(spec, field);
  return value !== undefined && value < least ? `is ${value}, less than ${least}` : undefined;
}

/** The spec and path of each Job, including templates of CronJobs. */
const jobs = (objects: Objects) => [
  ...objects.ofKind("Job").map((object) => ({ object, field: "spec", spec: tree(object.tree, "spec") })),
  ...objects.ofKind("CronJob").map((object) => {
    const path = ["spec", "jobTemplate", "spec"];
    return { object, field: path.join("."), spec: tree(object.tree, ...path) };
  }),
];

/** Every Job ends. No other workload does. */
export const JOB_RULES: readonly Rule[] = [
  each(
    jobs,
    "job-deadline",
    "A Job that hangs hangs for ever, and what waits for it waits.",
    "Set activeDeadlineSeconds.",
    function* ({ object, field, spec }) {
      const problem = problemOf(spec, "activeDeadlineSeconds", 1);
      if (problem) yield { object, field: `${field}.activeDeadlineSeconds`, problem };
    },
  ),
  each(
    jobs,
    "job-backoff",
    "How often a failed Job is tried again decides what its failure costs; six times is nobody's decision.",
    "Set backoffLimit.",
    function* ({ object, field, spec }) {
      const problem = problemOf(spec, "backoffLimit", 0);
      if (problem) yield { object, field: `${field}.backoffLimit`, problem };
    },
  ),
  each(
    jobs,
    "job-ttl",
    "Finished Jobs and their pods stay for ever otherwise. A CronJob keeps as many of its own as its history limits say: a TTL takes away the failure that they keep for somebody to look at.",
    "Set ttlSecondsAfterFinished for a Job of its own, and leave it out where a CronJob owns it.",
    function* ({ object, field, spec }) {
      const owned = object.kind === "CronJob" || list(object.tree, "metadata", "ownerReferences").length > 0;
      const ttl = "ttlSecondsAfterFinished";
      const ofOwner = has(spec, ttl) ? `is set in a ${label(object)}` : undefined;
      const problem = owned ? ofOwner : problemOf(spec, ttl, 0);
      if (problem) yield { object, field: `${field}.${ttl}`, problem };
    },
  ),
  each(
    (objects) => objects.pods.filter(({ owner }) => owner.kind !== "Pod" && owner.kind !== "PodTemplate"),
    "restart-policy",
    "The API server refuses a Job whose pod never ends, and a workload whose pod does.",
    "Set Never for a Job (OnFailure where it has no podFailurePolicy), and leave it out elsewhere.",
    function* (pod) {
      const policy = text(pod.spec, "restartPolicy") ?? "Always";
      if (!allowedPolicies(pod).includes(policy))
        yield { object: pod.owner, field: `${pod.path}spec.restartPolicy`, problem: `is ${policy}` };
    },
  ),
];

function allowedPolicies({ owner, path }: Pod): readonly string[] {
  if (owner.kind !== "Job" && owner.kind !== "CronJob") return ["Always"];
  const spec = tree(owner.tree, ...path.split(".").slice(0, -2));
  return has(spec, "podFailurePolicy") ? ["Never"] : ["Never", "OnFailure"];
}
