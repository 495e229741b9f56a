import { withSizesOf } from "../claims";
import type { Kubectl, KubeObject } from "../kubectl";
import { ManifestError, reference } from "../manifests";
import { planGrowth } from "../volume-growth";

/** Objects as the API server can judge them, although deploying makes volumes larger. */
export interface Grown {
  readonly problems: readonly string[];
  readonly objects: readonly KubeObject[];
  /** Volumes that grow, by object. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * Gives StatefulSets whose volumes deploying enlarges the claim templates that they have. The API server would refuse the larger ones, and
 * deploying replaces the StatefulSet around its pods.
 */
export async function withGrowth(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Grown> {
  try {
    const growths = await planGrowth([{ path: "", objects }], kubectl);
    const former = new Map(growths.map(({ manifest, replaced }) => [manifest, replaced] as const));
    const notes = growths.flatMap(({ manifest, claims }) =>
      claims.map(({ name, from, to }) => [reference(manifest), `${name} grows from ${from} to ${to}.`] as const),
    );
    return {
      problems: [],
      notes: new Map(notes),
      objects: objects.map((object) => asBefore(object, former.get(object))),
    };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { problems: error.message.split("\n"), objects, notes: new Map() };
  }
}

const asBefore = (object: KubeObject, former: KubeObject | undefined): KubeObject =>
  former === undefined ? object : withSizesOf(object, former);
