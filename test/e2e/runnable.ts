import { parseAllDocuments, stringify } from "yaml";
import { ARCHIVE_DRILL } from "../../lib/contract";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { prodHa } from "../../lib/stages/prod-ha";

/** CPU that each container asks for. A node of two cores has room for that beside others. */
const CPU = "25m";

/** Images that a cluster is loaded with, in place of those that staging and prod pull. */
const LOADED: Readonly<Record<string, string>> = {
  [prod.database.image.reference]: dev.database.image.reference,
  [prod.service.image.reference]: dev.service.image.reference,
  [prodHa.cluster.image.reference]: "ghcr.io/cloudnative-pg/postgresql:16-minimal-trixie",
};

/** Says what `runnable` replaces, since this is no longer the stage to the letter. */
export const REPLACED = `not as synthesized: requests of CPU are ${CPU}, limits are not; images are the loaded ones (${Object.values(
  LOADED,
).join(", ")}) and not pulled, where the stage pins digests`;

/**
 * Makes the manifests of a stage that pulls its images by digest run on a small node that pulls nothing: other references,
 * the pull policy IfNotPresent, and small CPU requests. All else stays.
 */
export function runnable(manifests: string): string {
  const objects = [...parseAllDocuments(manifests)].map((document) => adapt(document.toJS()));
  // kubectl reads YAML 1.1, where an unquoted `on` is true.
  return objects.map((object) => stringify(object, { schema: "yaml-1.1" })).join("---\n");
}

function adapt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(adapt);
  if (typeof value !== "object" || value === null) return value;
  const adapted = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, adaptEntry(key, one)]));
  return { ...adapted, ...(isContainer(adapted) && loadedImage(adapted)), ...(hasRequests(adapted) && small(adapted)) };
}

/** A Cluster that a program makes is in a ConfigMap, as text. */
const adaptEntry = (key: string, value: unknown) =>
  key === ARCHIVE_DRILL.file ? JSON.stringify(adapt(JSON.parse(String(value)))) : adapt(value);

/** A container, or a Cluster of CloudNativePG, which is about several alike. */
type Container = { readonly imagePullPolicy: string } & ({ readonly image: string } | { readonly imageName: string });

const isContainer = (value: object): value is Container =>
  "imagePullPolicy" in value && ("image" in value || "imageName" in value);

function loadedImage(container: Container): object {
  const imagePullPolicy = "IfNotPresent";
  return "image" in container
    ? { image: loaded(container.image), imagePullPolicy }
    : { imageName: loaded(container.imageName), imagePullPolicy };
}

const loaded = (image: string) => LOADED[image] ?? image.replace(/@sha256:[0-9a-f]{64}$/, "");

interface Requesting {
  readonly resources: { readonly requests: Readonly<Record<string, unknown>> };
}

/** Leaves claims alone, which request storage. */
function hasRequests(value: object): value is Requesting {
  const { resources } = value as Partial<Requesting>;
  return resources?.requests !== undefined && "cpu" in resources.requests;
}

const small = ({ resources }: Requesting) => ({
  resources: { ...resources, requests: { ...resources.requests, cpu: CPU } },
});
