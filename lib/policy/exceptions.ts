import type { KubeObject } from "./object";
import type { Objects } from "./objects";
import type { Breach } from "./rule";
import { texts } from "./tree";

const DOMAIN = "policy.diabrisk.io/";
/** `policy.diabrisk.io/except-<rule>: <reason>` on an object lets it break that rule. */
export const EXCEPTION_PREFIX = `${DOMAIN}except-`;
/** Fewest characters of a valid reason. */
const SHORTEST_REASON = 10;

/** Rules about exceptions themselves. They allow no exceptions. */
export const EXCEPTION_RULES = [
  {
    name: "exception-reason",
    reason: "Nobody can later judge an exception without its reason.",
    remedy: `Write why, in at least ${SHORTEST_REASON} characters.`,
  },
  {
    name: "exception-unused",
    reason: "An exception that excepts nothing hides the next violation.",
    remedy: "Remove the annotation, correct its name, or put it on the object itself.",
  },
] as const;

export interface ExceptionProblem extends Breach {
  readonly rule: (typeof EXCEPTION_RULES)[number]["name"];
}

export interface Excepted {
  /** Whether the finding's object makes an exception from `rule`. */
  excepts(rule: string, finding: Breach): boolean;
  /** Problems of the exceptions. Call it after `excepts` was asked about every finding. */
  problems(): readonly ExceptionProblem[];
}

/** The exceptions of one object, by rule. */
type Own = ReadonlyMap<string, Exception>;

/**
 * Collects the exceptions of all these objects.
 * @param isAsked whether `excepts` will be asked about a rule; of others nothing is known
 */
export function exceptionsOf(objects: Objects, isAsked: (rule: string) => boolean): Excepted {
  const exceptions = objects.all.flatMap((object): Exception[] =>
    texts(object.tree, "metadata", "annotations")
      .filter(([name]) => name.startsWith(EXCEPTION_PREFIX))
      .map(([name, reason]) => ({
        object,
        name,
        rule: name.slice(EXCEPTION_PREFIX.length),
        reason: reason.trim(),
        used: false,
      })),
  );
  const byObject = new Map<KubeObject, Own>();
  for (const each of exceptions)
    byObject.set(each.object, new Map([...(byObject.get(each.object) ?? []), [each.rule, each]]));
  return {
    excepts(rule, { object }) {
      const found = byObject.get(object)?.get(rule);
      if (found) found.used = true;
      return found !== undefined && found.reason.length >= SHORTEST_REASON;
    },
    problems: () => [...exceptions.filter(({ rule }) => isAsked(rule)).flatMap(problemOf), ...strays(objects)],
  };
}

interface Exception {
  readonly object: KubeObject;
  readonly name: string;
  readonly rule: string;
  readonly reason: string;
  used: boolean;
}

function problemOf({ object, name, rule, reason, used }: Exception): readonly ExceptionProblem[] {
  const field = `metadata.annotations["${name}"]`;
  if (!used) return [{ rule: "exception-unused", object, field, problem: `excepts nothing of ${rule}` }];
  if (reason.length >= SHORTEST_REASON) return [];
  return [{ rule: "exception-reason", object, field, problem: "gives no reason" }];
}

/**
 * Annotations that look like exceptions but have no effect: misspelt, or on a pod template, where they are not read.
 */
function* strays(objects: Objects): Iterable<ExceptionProblem> {
  const rule = "exception-unused";
  for (const object of objects.all)
    for (const [name] of texts(object.tree, "metadata", "annotations"))
      if (name.startsWith(DOMAIN) && !name.startsWith(EXCEPTION_PREFIX))
        yield { rule, object, field: `metadata.annotations["${name}"]`, problem: "is no exception" };
  for (const { owner: object, path, annotations } of objects.pods)
    for (const name of annotations.keys())
      if (path !== "" && name.startsWith(DOMAIN))
        yield { rule, object, field: `${path}metadata.annotations["${name}"]`, problem: "is not the object's own" };
}
