import { label, type Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Rule } from "../rule";
import { list, type Tree, text, tree } from "../tree";

/** Whether a Job or its template names a field. */
const has = (spec: Tree, field: string) => spec[field] !== undefined;

/** The specification of each Job, a CronJob's template included, and where it is. */
const jobs = (objects: Objects) => [
  ...objects.ofKind("Job").map((object) => ({ object, field: "spec", spec: tree(object.tree, "spec") })),
  ...objects.ofKind("CronJob").map((object) => {
    const path = ["spec", "jobTemplate", "spec"];
    return { object, field: path.join("."), spec: tree(object.tree, ...path) };
  }),
];

/** Jobs end, whatever happens, and nothing else does. */
export const JOB_RULES: readonly Rule[] = [
  each(
    jobs,
    "job-deadline",
    "A Job that hangs hangs for ever, and what waits for it waits.",
    "Set activeDeadlineSeconds.",
    function* ({ object, field, spec }) {
      if (!has(spec, "activeDeadlineSeconds"))
        yield { object, field: `${field}.activeDeadlineSeconds`, problem: "is not set" };
    },
  ),
  each(
    jobs,
    "job-backoff",
    "How often a failed Job is tried again decides what its failure costs; six times is nobody's decision.",
    "Set backoffLimit.",
    function* ({ object, field, spec }) {
      if (!has(spec, "backoffLimit")) yield { object, field: `${field}.backoffLimit`, problem: "is not set" };
    },
  ),
  each(
    jobs,
    "job-ttl",
    "Finished Jobs stay for ever; a CronJob removes its own and takes one that has removed itself for one that never ran.",
    "Set ttlSecondsAfterFinished for a Job of its own, and leave it out where a CronJob owns it.",
    function* ({ object, field, spec }) {
      const owned = object.kind === "CronJob" || list(object.tree, "metadata", "ownerReferences").length > 0;
      const set = has(spec, "ttlSecondsAfterFinished");
      if (set === owned)
        yield {
          object,
          field: `${field}.ttlSecondsAfterFinished`,
          problem: set ? `is set in a ${label(object)}` : "is not set",
        };
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
