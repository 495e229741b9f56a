import type { KubeObject } from "../kubectl";

/** Ends the name of an object that is named by its content. */
const DIGEST = /-[0-9a-f]{10}$/;
const NAMED_BY_CONTENT = /^(?:ConfigMap|Job)$/;

/** The part of a content-named object's name that stays, with its kind; undefined of any other object. */
export function lineOf({ kind, metadata: { name } }: KubeObject): string | undefined {
  return NAMED_BY_CONTENT.test(kind) && DIGEST.test(name) ? `${kind}/${name.replace(DIGEST, "")}` : undefined;
}

/** Finds the newest object among `others` whose place a content-named one takes. */
export function predecessor(object: KubeObject, others: readonly KubeObject[]): KubeObject | undefined {
  const line = lineOf(object);
  if (line === undefined) return undefined;
  const alike = others.filter((other) => lineOf(other) === line && other.metadata.name !== object.metadata.name);
  return alike.toSorted((one, other) => made(one).localeCompare(made(other))).at(-1);
}

const made = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";
