import type { Kubectl, KubeObject } from "../kubectl";
import { type Finding, NOTHING, problemsOf, together } from "./finding";

/** An object of an operator that others refer to. */
interface Reference {
  /** kubectl's name, e.g. `clusterissuer.cert-manager.io/diabrisk`. */
  readonly what: string;
  /** Objects that need it, e.g. `certificate postgres-tls`. */
  readonly neededBy: string;
}

/** Checks that every store and issuer that the objects refer to is there, and does not say that it cannot work. */
export async function checkIssuers(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const wanted = new Map<string, string[]>();
  for (const { what, neededBy } of objects.flatMap(referencesOf)) {
    wanted.set(what, [...(wanted.get(what) ?? []), neededBy]);
  }
  return together(await Promise.all([...wanted].map(([what, names]) => checkOne(what, names, kubectl))));
}

interface Named {
  readonly kind?: string;
  readonly name?: string;
}

function referencesOf({ kind, metadata, spec }: KubeObject): Reference[] {
  const neededBy = `${kind.toLowerCase()} ${metadata.name}`;
  if (kind === "ExternalSecret") return reference(spec?.secretStoreRef, "SecretStore", "external-secrets.io", neededBy);
  if (kind === "Certificate") return reference(spec?.issuerRef, "Issuer", "cert-manager.io", neededBy);
  return [];
}

function reference(to: unknown, otherwise: string, group: string, neededBy: string): Reference[] {
  const { kind = otherwise, name } = (to ?? {}) as Named;
  return name === undefined ? [] : [{ what: `${kind.toLowerCase()}.${group}/${name}`, neededBy }];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

async function checkOne(what: string, neededBy: readonly string[], kubectl: Kubectl): Promise<Finding> {
  const found = await find(what, kubectl);
  const first = `${neededBy[0]}${neededBy.length > 1 ? ` and ${neededBy.length - 1} more` : ""}`;
  if (!found)
    return problemsOf([
      `${what} is not in the cluster, and ${first} would wait for it. Make it, or name another in the stage.`,
    ]);
  const conditions = (found.status?.conditions ?? []) as readonly Condition[];
  const bad = conditions.find(({ type, status }) => type === "Ready" && status === "False");
  if (!bad) return NOTHING;
  return problemsOf([
    `${what} is not ready (${bad.message ?? "it does not say why"}), and ${first} would wait for it.`,
  ]);
}

/** Where an operator is half there, the API server does not even know the kind. */
async function find(what: string, kubectl: Kubectl): Promise<KubeObject | undefined> {
  return await kubectl.get(what).catch((error: Error) => {
    if (/doesn't have a resource type/.test(error.message)) return undefined;
    throw error;
  });
}
