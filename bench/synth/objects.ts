import { parseAllDocuments } from "yaml";
import { CannotRun } from "../cannot-run";

/** What a stage's manifests hold: how many values each object has, by its kind and name. */
export type Objects = ReadonlyMap<string, number>;

/** Counts the objects in a stream of YAML documents. */
export function objectsIn(yaml: string): Objects {
  const objects = new Map<string, number>();
  for (const document of parseAllDocuments(yaml)) {
    const object: unknown = document.toJS();
    if (object === null) continue;
    const { kind, metadata } = object as { kind: string; metadata: { name: string } };
    // Some names end in a digest of what is in the object, which each tool computes its own way or not at all.
    const name = metadata.name.replace(/-[0-9a-f]{10}$/, "");
    objects.set(`${kind} ${name}`, values(object));
  }
  return objects;
}

/** Scalars, and empty lists and maps, at any depth. */
function values(value: unknown): number {
  if (value === null || typeof value !== "object") return 1;
  return Object.values(value).reduce((sum: number, item) => sum + values(item), 0) || 1;
}

export const total = (objects: Objects) => [...objects.values()].reduce((sum, count) => sum + count, 0);

/** How far apart two tools' objects may be, in values of a stage: a comparison of unequal work says nothing. */
const TOLERANCE = 0.05;

/** @throws CannotRun when two tools do not make the same objects, or far from the same number of values in them */
export function mustBeEquivalent(stage: string, tool: string, objects: Objects, ours: Objects): void {
  const only = (a: Objects, b: Objects) => [...a.keys()].filter((key) => !b.has(key)).join(", ") || "none";
  const far = Math.abs(total(objects) - total(ours)) > TOLERANCE * total(ours);
  const others = [...ours.keys()].some((key) => !objects.has(key)) || objects.size !== ours.size;
  if (!far && !others) return;
  throw new CannotRun(
    `${tool}'s ${stage} is not what synth makes of ${stage}. Only synth: ${only(ours, objects)}. Only ${tool}: ` +
      `${only(objects, ours)}. Values: ${total(ours)} and ${total(objects)}. Bring bench/synth/${tool} up to date.`,
  );
}
