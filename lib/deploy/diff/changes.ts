import type { KubeObject } from "../kubectl";
import { reference } from "../manifests";
import type { ObjectChange } from "./document";
import { fieldChanges } from "./fields";
import { isHidden } from "./hidden";
import { runbookOf } from "./refusal";
import { predecessor } from "./successors";
import type { Trial } from "./trial";

/** Says what deploying would do to an object. `present` are the installation's objects in the cluster. */
export function changeOf(trial: Trial, present: readonly KubeObject[]): ObjectChange {
  const object = reference(trial.object);
  if (trial.state === "refused") {
    const runbook = runbookOf(trial.message);
    return { object, state: "refused", fields: [], refusal: { message: trial.message, ...(runbook && { runbook }) } };
  }
  const { before, after } = trial;
  if (before === undefined) return { object, state: "created", ...inPlaceOf(after, present) };
  const fields = fieldChanges(before, after);
  if (fields.length === 0) return { object, state: "unchanged", fields };
  return { object, state: "changed", fields, ...(isHidden(after) && { note: FOLLOWED }) };
}

const FOLLOWED = "Nothing restarts for it: the pods follow within some 90 s.";

/** Compares a new object with the one whose place it takes. A Job's differences are its name's reasons. */
function inPlaceOf(after: KubeObject, present: readonly KubeObject[]): Pick<ObjectChange, "fields" | "replaces"> {
  const former = predecessor(after, present);
  if (!former) return { fields: [] };
  const own = fieldChanges(former, after).filter(({ path }) => !isIdentity(path, after));
  return { fields: own, replaces: reference(former) };
}

/** Whether a field differs between any two objects of a line, because their names do. */
const isIdentity = (path: string, { kind }: KubeObject) =>
  path === "metadata.name" ||
  /\[(?:app\.kubernetes\.io\/instance|(?:batch\.kubernetes\.io\/)?(?:controller-uid|job-name))\]$|\.(?:controller-uid|job-name)$/.test(
    path,
  ) ||
  (kind === "Job" && /^spec\.(?:selector|suspend|manualSelector)/.test(path));
