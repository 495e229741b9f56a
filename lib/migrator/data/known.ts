import { check, orphans, type Subject } from "./constraints";
import type { KnownConstraint } from "./lookup";
import type { Question } from "./question";

/** The question of a constraint that is in the catalogue: CHECK or a foreign key. */
export function ofConstraint(
  subject: Subject,
  { type, name, columns, expression, target, targetRelation, referenced, full, partitioned }: KnownConstraint,
): Question[] {
  const own = columns ?? [];
  if (type === "c") return [{ ...check(subject, expression ?? "true", undefined, name), columns: own }];
  if (type !== "f" || !target || !targetRelation) return [];
  const key = {
    columns: own,
    target,
    targetRelation,
    referenced: referenced ?? [],
    full,
    partitioned: partitioned === true,
  };
  return [orphans(subject, key)];
}
