import type { Kubectl, KubeObject } from "../kubectl";

/** A kind in one version, e.g. `apps/v1 StatefulSet`. */
export const kindOf = ({ apiVersion = "v1", kind }: KubeObject) => `${apiVersion} ${kind}`;

/** Finds the kinds among the objects' that the API server does not serve, each in its version. */
export async function unservedKinds(objects: readonly KubeObject[], kubectl: Kubectl): Promise<ReadonlySet<string>> {
  const wanted = new Map(objects.map((object) => [kindOf(object), object]));
  const versions = [...new Set(objects.map(({ apiVersion = "v1" }) => apiVersion))];
  const served = new Set((await Promise.all(versions.map((version) => kindsIn(version, kubectl)))).flat());
  return new Set([...wanted.keys()].filter((kind) => !served.has(kind)));
}

async function kindsIn(version: string, kubectl: Kubectl): Promise<readonly string[]> {
  const path = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
  const { code, stdout, stderr } = await kubectl.try(["get", "--raw", path]);
  if (code !== 0 && /NotFound|could not find the requested resource/.test(stderr)) return [];
  const text = code === 0 ? stdout : await kubectl.run(["get", "--raw", path]);
  const { resources } = JSON.parse(text) as { readonly resources: readonly { readonly kind: string }[] };
  return resources.map(({ kind }) => `${version} ${kind}`);
}

/** Operators by the group of the kinds that they bring. */
const OPERATORS: Readonly<Record<string, string>> = {
  "external-secrets.io": "the External Secrets operator",
  "cert-manager.io": "cert-manager",
  "postgresql.cnpg.io": "CloudNativePG",
  "barmancloud.cnpg.io": "CloudNativePG's Barman Cloud plugin",
  "monitoring.coreos.com": "the Prometheus operator",
};

/** Says which kinds are missing, and who brings them. */
export function unservedProblems(unserved: ReadonlySet<string>): readonly string[] {
  return [...unserved].map((entry) => {
    const [version = "", kind = ""] = entry.split(" ");
    const operator = OPERATORS[version.split("/")[0] ?? ""];
    const remedy =
      operator === undefined
        ? `Use a cluster whose version serves ${version}.`
        : `Install ${operator}, in a version that serves ${version}.`;
    return `The cluster does not serve ${kind} in ${version}. ${remedy}`;
  });
}
