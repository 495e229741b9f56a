import type { Kubectl, KubeObject } from "../kubectl";
import { reference } from "../manifests";
import type { Leftover } from "./document";
import { lineOf } from "./successors";

/** Kinds that releases had or may have. */
const KINDS = [
  "configmaps",
  "cronjobs",
  "deployments",
  "jobs",
  "limitranges",
  "networkpolicies",
  "poddisruptionbudgets",
  "resourcequotas",
  "secrets",
  "serviceaccounts",
  "services",
  "statefulsets",
] as const;

/** Lists the objects of an installation in its namespace, by the label that every object of it has. */
export async function installed(objects: readonly KubeObject[], kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const label = objects.map(({ metadata }) => metadata.labels?.[INSTALLATION]).find(Boolean);
  if (label === undefined) return [];
  const kinds = [...KINDS, ...new Set(objects.filter(isRare).map(kindOf))].join(",");
  return await kubectl.list(kinds, `${INSTALLATION}=${label}`);
}

const INSTALLATION = "diabrisk.io/installation";
/** Kinds of operators, and those of rights, which few stages have and not everybody may list. */
const isRare = ({ apiVersion = "" }: KubeObject) =>
  apiVersion.startsWith("rbac.") || (apiVersion.includes(".") && !apiVersion.includes(".k8s.io/"));
const kindOf = ({ kind, apiVersion = "" }: KubeObject) => `${kind.toLowerCase()}.${apiVersion.split("/")[0]}`;

/** Finds what the release no longer has among the installation's objects. Those that a controller made go with it. */
export function leftoversOf(present: readonly KubeObject[], release: readonly KubeObject[]): readonly Leftover[] {
  const wanted = new Set(release.map(reference));
  const lines = new Set(release.flatMap((object) => lineOf(object) ?? []));
  return present
    .filter((object) => !wanted.has(reference(object)) && !isOwned(object))
    .map((object) => describe(object, lines))
    .toSorted((one, other) => Number(one.expected) - Number(other.expected) || one.object.localeCompare(other.object));
}

const isOwned = ({ metadata }: KubeObject) =>
  ((metadata as { ownerReferences?: readonly unknown[] }).ownerReferences ?? []).length > 0;

function describe(object: KubeObject, lines: ReadonlySet<string>): Leftover {
  const what = { object: reference(object) };
  if (!lines.has(lineOf(object) ?? "")) return { ...what, expected: false, note: warning(object) };
  return { ...what, expected: true, note: object.kind === "Job" ? fateOf(object) : "of an earlier release; it may go" };
}

function warning({ kind }: KubeObject): string {
  const holds =
    kind === "StatefulSet"
      ? " Its pods run on, and its volumes hold data."
      : kind === "Deployment"
        ? " Its pods run on."
        : "";
  return `this release does not have it, and deploying leaves it.${holds}`;
}

function fateOf({ spec, status }: KubeObject): string {
  const keeps = spec?.ttlSecondsAfterFinished;
  const conditions = (status?.conditions ?? []) as readonly {
    type: string;
    status: string;
    lastTransitionTime?: string;
  }[];
  const ended = conditions.find(({ type, status: is }) => /^(?:Complete|Failed)$/.test(type) && is === "True");
  if (ended?.lastTransitionTime === undefined || typeof keeps !== "number")
    return "of an earlier release; it has not ended";
  const expires = new Date(Date.parse(ended.lastTransitionTime) + keeps * 1000);
  return `of an earlier release; Kubernetes removes it on ${expires.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
