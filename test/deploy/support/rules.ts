import type { KubeObject } from "../../../lib/deploy/kubectl";
import { withValues } from "../../support/stage-changes";

/**
 * The API server's rules about what never changes, and its words, as 1.34 has them. The end-to-end case `diff` compares the
 * same changes with a real one.
 */
export function refusalOf(object: KubeObject, before: KubeObject | undefined): string | undefined {
  return invalid(object) ?? (before && immutable(object, before));
}

const said = (what: string, problem: string) => `The ${what} is invalid: ${problem}`;
const differ = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);

function invalid({ kind, metadata, spec }: KubeObject): string | undefined {
  const name = `${kind} "${metadata.name}"`;
  if (Number(spec?.replicas) < 0)
    return said(name, "spec.replicas: Invalid value: -1: must be greater than or equal to 0");
  if (Object.values(metadata.labels ?? {}).some((value) => value.includes(" ")))
    return said(name, 'metadata.labels: Invalid value: "a b": a valid label must be an empty string or …');
  if (JSON.stringify(spec ?? {}).includes('"port":0')) return said(name, "spec.ports[0].port: Invalid value: 0");
  if (JSON.stringify(spec ?? {}).includes('"memory":"9Gi"') && kind === "Deployment")
    return said(name, "requests: Invalid value: must be less than or equal to memory limit");
  return undefined;
}

/** Fields of a StatefulSet that may change. */
const MAY = ["replicas", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy"];
const FORBIDDEN =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function immutable(object: KubeObject, before: KubeObject): string | undefined {
  const { kind, metadata, spec } = object;
  const name = `${kind} "${metadata.name}"`;
  const fixed = (field: string) => said(name, `${field}: Invalid value: …: field is immutable`);
  if (kind === "StatefulSet") {
    const rest = (one: KubeObject) =>
      withValues(one.spec ?? {}, Object.fromEntries(MAY.map((field) => [field, undefined])));
    return differ(rest(object), rest(before)) ? said(name, FORBIDDEN) : undefined;
  }
  if (kind === "Deployment") return differ(spec?.selector, before.spec?.selector) ? fixed("spec.selector") : undefined;
  if (kind === "Job") return differ(spec?.template, before.spec?.template) ? fixed("spec.template") : undefined;
  if (kind === "Service" && differ(spec?.clusterIP, before.spec?.clusterIP))
    return said(name, 'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set');
  const { immutable: isFixed, data } = before as { immutable?: boolean; data?: unknown };
  if (kind === "ConfigMap" && isFixed && differ(data, (object as { data?: unknown }).data))
    return said(name, "data: Forbidden: field is immutable when `immutable` is set");
  return undefined;
}
