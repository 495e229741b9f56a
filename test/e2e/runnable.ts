import { parseAllDocuments, stringify } from "yaml";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";

/** CPU that each container asks for. A node of two cores has room for that beside others. */
const CPU = "25m";

/** Images that a cluster is loaded with, in place of those that staging and prod pull. */
const LOADED: Readonly<Record<string, string>> = {
  [prod.database.image.reference]: dev.database.image.reference,
  [prod.service.image.reference]: dev.service.image.reference,
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
  return objects.map((object) => stringify(object)).join("---\n");
}

function adapt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(adapt);
  if (typeof value !== "object" || value === null) return value;
  const adapted = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, adapt(one)]));
  return isContainer(adapted) ? { ...adapted, ...replacement(adapted) } : adapted;
}

interface Container {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly resources?: { readonly requests?: object };
}

const isContainer = (value: object): value is Container => "image" in value && "imagePullPolicy" in value;

function replacement({ image, resources }: Container): Container {
  return {
    image: LOADED[image] ?? image.replace(/@sha256:[0-9a-f]{64}$/, ""),
    imagePullPolicy: "IfNotPresent",
    ...(resources && { resources: { ...resources, requests: { ...resources.requests, cpu: CPU } } }),
  };
}
