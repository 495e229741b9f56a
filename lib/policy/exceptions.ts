import type { KubeObject } from "./objects";
import type { Finding } from "./rule";
import { texts } from "./tree";

/** `policy.diabrisk.io/except-<rule>: <reason>` on an object lets it break that rule. */
const PREFIX = "policy.diabrisk.io/except-";
/** A reason has to say something. */
const SHORTEST_REASON = 10;

/** What is said about exceptions themselves; none of it can be excepted. */
export const EXCEPTION_RULES = [
  {
    name: "exception-reason",
    reason: "Nobody can later judge an exception without its reason.",
    remedy: `Write why, in at least ${SHORTEST_REASON} characters.`,
  },
  {
    name: "exception-unused",
    reason: "An exception that excepts nothing hides the next violation.",
    remedy: "Remove the annotation, or correct the rule's name.",
  },
] as const;

export interface ExceptionProblem extends Finding {
  readonly rule: (typeof EXCEPTION_RULES)[number]["name"];
}

export interface Excepted {
  /** Whether a finding of `rule` is excepted by its object. */
  excepts(rule: string, finding: Finding): boolean;
  /** What is wrong with the exceptions, once every finding has been asked about. */
  problems(): readonly ExceptionProblem[];
}

/** The exceptions of all these objects. */
export function exceptionsOf(objects: readonly KubeObject[]): Excepted {
  const exceptions = objects.flatMap((object): Exception[] =>
    texts(object.tree, "metadata", "annotations")
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, reason]) => ({ object, name, rule: name.slice(PREFIX.length), reason: reason.trim(), used: false })),
  );
  return {
    excepts(rule, { object }) {
      const found = exceptions.find((each) => each.object === object && each.rule === rule);
      if (found) found.used = true;
      return found !== undefined && found.reason.length >= SHORTEST_REASON;
    },
    problems: () => exceptions.flatMap(problemOf),
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
