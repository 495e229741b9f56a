import type { KubeObject } from "../object";
import { number, text, tree } from "../tree";
import { ANY, type Labels, type LabelValue, matching, numbered } from "./labels";

/**
 * The labels that Kubernetes' controllers add to the pods of a workload.
 * @param most the largest number of its pods, if an autoscaler sets one
 */
export function automaticLabels(owner: KubeObject, most?: number): Labels {
  switch (owner.kind) {
    case "Deployment":
      return new Map([["pod-template-hash", ANY]]);
    case "DaemonSet":
      return new Map(["controller-revision-hash", "pod-template-generation"].map((key) => [key, ANY]));
    case "StatefulSet":
      return ofStatefulSet(owner, most);
    case "Job":
      return ofJob(owner);
    case "CronJob":
      return new Map([...named(matching(new RegExp(`^${escaped(owner.name)}-\\d+$`))), ...UIDS]);
    default:
      return new Map();
  }
}

type Entries = readonly (readonly [string, LabelValue])[];

function ofStatefulSet({ name, tree: object }: KubeObject, most?: number): Labels {
  const spec = tree(object, "spec");
  const start = number(spec, "ordinals", "start") ?? 0;
  const count = Math.max(1, most ?? number(spec, "replicas") ?? 1);
  return new Map([
    ["statefulset.kubernetes.io/pod-name", numbered(`${name}-`, start, count)],
    ["apps.kubernetes.io/pod-index", numbered("", start, count)],
    ["controller-revision-hash", ANY],
  ]);
}

const UIDS: Entries = ["controller-uid", "batch.kubernetes.io/controller-uid"].map((key) => [key, ANY]);
const named = (name: LabelValue): Entries => ["job-name", "batch.kubernetes.io/job-name"].map((key) => [key, name]);

function ofJob({ name, tree: object }: KubeObject): Labels {
  const spec = tree(object, "spec");
  if (spec.manualSelector === true) return new Map();
  const isGenerated = text(object, "metadata", "name") === undefined;
  const indexed: Entries =
    spec.completionMode === "Indexed"
      ? [["batch.kubernetes.io/job-completion-index", numbered("", 0, number(spec, "completions") ?? 1)]]
      : [];
  return new Map([...named(isGenerated ? matching(new RegExp(`^${escaped(name)}`)) : name), ...UIDS, ...indexed]);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
