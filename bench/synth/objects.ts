import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { CannotRun } from "../cannot-run";

export type Tree = null | boolean | number | string | readonly Tree[] | Mapping;
export interface Mapping {
  readonly [key: string]: Tree;
}

export const STAGES = ["dev", "staging", "prod"] as const;
export type StageName = (typeof STAGES)[number];

export const isMapping = (tree: Tree | undefined): tree is Mapping =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree);
export const isList = (tree: Tree | undefined): tree is readonly Tree[] => Array.isArray(tree);

/** Objects by kind and name. A digest at the end of a name is left out, so that the key is the same in every stage. */
export type Objects = ReadonlyMap<string, Mapping>;

/** Reads the objects in a stream of YAML documents. */
export function objectsIn(yaml: string): Objects {
  const objects = new Map<string, Mapping>();
  for (const document of parseAllDocuments(yaml)) {
    const object: Mapping | null = document.toJS();
    if (object === null) continue;
    const { kind, metadata } = object as unknown as { kind: string; metadata: { name: string } };
    objects.set(`${kind} ${metadata.name.replace(/-[0-9a-f]{10}$/, "")}`, object);
  }
  return objects;
}

/** Counts scalars, empty lists and empty mappings at any depth. */
export function leaves(tree: Tree): number {
  if (tree === null || typeof tree !== "object") return 1;
  return Object.values(tree).reduce((sum: number, item) => sum + leaves(item), 0) || 1;
}

export const leavesOf = (objects: Objects) => [...objects.values()].reduce((sum, object) => sum + leaves(object), 0);

/**
 * Requires equal objects, value by value: a comparison of unequal work says nothing.
 * @throws CannotRun if they differ
 */
export function mustBeEqual(stage: StageName, tool: string, theirs: Objects, ours: Objects): void {
  const different = [...new Set([...theirs.keys(), ...ours.keys()])].filter(
    (key) => !isDeepStrictEqual(theirs.get(key), ours.get(key)),
  );
  if (different.length > 0) throw new CannotRun(`${tool} makes other objects of ${stage}: ${different.join(", ")}.`);
}
