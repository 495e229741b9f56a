import type { KubeObject } from "../kubectl";
import { changedKeys, isHidden } from "./hidden";
import { inWords } from "./wording";

/** One field that would have another value. */
export interface FieldChange {
  /** Its place, e.g. `spec.template.spec.containers[postgres].image`. */
  readonly path: string;
  /** Its name for a person, e.g. `image of container postgres`. */
  readonly name: string;
  /** The value now; of a text of several lines those that would go. Absent if the field is new, and of a Secret. */
  readonly before?: string;
  /** The value then; of a text of several lines those that would come. Absent if the field would go, and of a Secret. */
  readonly after?: string;
}

type Tree = Readonly<Record<string, unknown>>;

/** Lists the fields in which two answers of the API server differ, apart from what it counts itself. */
export function fieldChanges(before: KubeObject, after: KubeObject): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  walk(decided(before), decided(after), [], (path, from, to) => changes.push(...changeOf(path, from, to)));
  if (!isHidden(after)) return changes;
  const keys = changedKeys(before, after).map((key) => ({ path: `data[${key}]`, name: `key ${key}` }));
  const others = changes.filter(({ path }) => !/^(?:data|stringData)\b/.test(path));
  return [...keys, ...others.map(({ path, name }) => ({ path, name }))];
}

const COUNTED = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** An object's part that people decide. */
function decided({ status, metadata, ...rest }: KubeObject): Tree {
  const own = Object.entries(metadata).filter(([name]) => !COUNTED.includes(name));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== LAST_APPLIED);
  return { ...rest, metadata: { ...Object.fromEntries(own), annotations: Object.fromEntries(annotations) } };
}

type Visit = (path: readonly string[], before: unknown, after: unknown) => void;

function walk(before: unknown, after: unknown, path: readonly string[], visit: Visit): void {
  const [one, other] = [branches(before, after), branches(after, before)];
  // An empty part has no leaves that would tell of it.
  if (!one || !other || one.size + other.size === 0) {
    if (JSON.stringify(before) !== JSON.stringify(after)) visit(path, before, after);
    return;
  }
  for (const key of new Set([...one.keys(), ...other.keys()]))
    walk(one.get(key), other.get(key), [...path, key], visit);
}

/** The parts of a mapping or list, by the step that leads there; undefined of anything else. */
function branches(value: unknown, counterpart: unknown): ReadonlyMap<string, unknown> | undefined {
  // A whole new part is told by its leaves.
  if (value === undefined && isBranch(counterpart)) return new Map();
  if (Array.isArray(value)) return byIdentity(value, Array.isArray(counterpart) ? counterpart : []);
  if (!isBranch(value)) return undefined;
  return new Map(Object.entries(value as Tree).map(([key, part]) => [/[./]/.test(key) ? `[${key}]` : `.${key}`, part]));
}

const isBranch = (value: unknown) => typeof value === "object" && value !== null;

/** Fields by which Kubernetes tells a list's items apart. */
const IDENTITIES = ["name", "mountPath", "secretKey", "type"] as const;

function byIdentity(items: readonly unknown[], others: readonly unknown[]): ReadonlyMap<string, unknown> {
  const identity = IDENTITIES.find((field) => [items, others].every((list) => isDistinct(list, field)));
  return new Map(items.map((item, index) => [`[${identity === undefined ? index : (item as Tree)[identity]}]`, item]));
}

function isDistinct(items: readonly unknown[], field: string): boolean {
  const names = items.map((item) => (isBranch(item) ? (item as Tree)[field] : undefined));
  return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}

function changeOf(steps: readonly string[], before: unknown, after: unknown): readonly FieldChange[] {
  // A new item's own name is in the path already.
  if (steps.at(-2) === `[${before ?? after}]` && IDENTITIES.some((field) => steps.at(-1) === `.${field}`)) return [];
  const path = steps.join("").replace(/^\./, "");
  const [from, to] = differingLines(asText(before), asText(after));
  return [
    { path, name: inWords(path), ...(from !== undefined && { before: from }), ...(to !== undefined && { after: to }) },
  ];
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Reduces two texts of several lines to the lines in which they differ. */
function differingLines(
  before: string | undefined,
  after: string | undefined,
): [string | undefined, string | undefined] {
  if (before === undefined || after === undefined || !(before.includes("\n") && after.includes("\n")))
    return [before, after];
  const [one, other] = [before.split("\n"), after.split("\n")];
  const [gone, come] = [without(one, other), without(other, one)];
  return gone.length + come.length === 0
    ? ["(lines in another order)", "(lines in this order)"]
    : [gone.join("\n"), come.join("\n")];
}

/** The lines that `others` lacks, each as often as it does. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
