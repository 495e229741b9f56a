import { escapeControls } from "../common/escape-controls";
import { EXCEPTION_RULES, exceptionsOf } from "./exceptions";
import { type KubeObject, label } from "./object";
import { Objects, type PolicyOptions } from "./objects";
import type { Rule } from "./rule";
import { API_RULES } from "./rules/api";
import { BACKEND_RULES } from "./rules/backends";
import { BUDGET_RULES } from "./rules/budgets";
import { CLAIM_RULES } from "./rules/claims";
import { HOST_RULES } from "./rules/host";
import { IDENTITY_RULES } from "./rules/identity";
import { IMAGE_RULES } from "./rules/images";
import { JOB_RULES } from "./rules/jobs";
import { LITERAL_RULES } from "./rules/literals";
import { NAME_RULES } from "./rules/names";
import { NETWORK_RULES } from "./rules/network";
import { PRIVILEGE_RULES } from "./rules/privileges";
import { PROBE_RULES } from "./rules/probes";
import { REFERENCE_RULES } from "./rules/references";
import { RESOURCE_RULES } from "./rules/resources";
import { SCALE_RULES } from "./rules/scale";
import { SELECTOR_RULES } from "./rules/selectors";
import { SERVICE_RULES } from "./rules/services";
import { VARIABLE_RULES } from "./rules/variables";
import { VOLUME_RULES } from "./rules/volumes";
import { WORKLOAD_RULES } from "./rules/workloads";

export type { Connection, OutsidePods } from "./connections";
export { type KubeObject, kubeObject, labelOf } from "./object";
export type { PolicyOptions } from "./objects";

/** Every rule over objects, by family. */
const RULES: readonly Rule[] = [
  ...HOST_RULES,
  ...PRIVILEGE_RULES,
  ...IDENTITY_RULES,
  ...RESOURCE_RULES,
  ...IMAGE_RULES,
  ...PROBE_RULES,
  ...VOLUME_RULES,
  ...CLAIM_RULES,
  ...VARIABLE_RULES,
  ...REFERENCE_RULES,
  ...BACKEND_RULES,
  ...SCALE_RULES,
  ...SELECTOR_RULES,
  ...SERVICE_RULES,
  ...NETWORK_RULES,
  ...BUDGET_RULES,
  ...WORKLOAD_RULES,
  ...JOB_RULES,
  ...LITERAL_RULES,
  ...NAME_RULES,
  ...API_RULES,
];

/** Name, reason and remedy of everything that can be reported, rules about exceptions included. */
export const ALL_RULES: readonly Pick<Rule, "name" | "reason" | "remedy">[] = [...RULES, ...EXCEPTION_RULES];

/** A rule that an object breaks. */
export interface Violation {
  readonly rule: string;
  /** Kind, namespace and name, e.g. `"StatefulSet diabrisk/postgres"`. */
  readonly object: string;
  readonly field: string;
  /** The fault, e.g. `"names no digest"`. */
  readonly problem: string;
  readonly remedy: string;
  /** File and line, or path of the construct, if known. */
  readonly origin?: string;
}

/** Finds all violations of objects that are applied together, in the order of the rules. */
export function evaluate(objects: readonly KubeObject[], options: PolicyOptions = {}): Violation[] {
  const set = new Objects(objects, options);
  const exceptions = exceptionsOf(set);
  const found: Violation[] = [];
  for (const rule of RULES)
    for (const finding of rule.check(set))
      if (!exceptions.excepts(rule.name, finding)) found.push(violation(rule, finding));
  for (const problem of exceptions.problems())
    found.push(violation(EXCEPTION_RULES.find(({ name }) => name === problem.rule) ?? EXCEPTION_RULES[0], problem));
  return found;
}

type Reported = Pick<Rule, "name" | "remedy">;
type Where = { readonly object: KubeObject; readonly field: string; readonly problem: string };

const violation = ({ name, remedy }: Reported, { object, field, problem }: Where): Violation => ({
  rule: name,
  object: label(object),
  field,
  problem,
  remedy,
  ...(object.origin !== undefined && { origin: object.origin }),
});

/** One line: rule, object, field, fault, remedy and origin. */
export const violationText = ({ rule, object, field, problem, remedy, origin }: Violation) =>
  escapeControls(`${rule}: ${object}: ${field} ${problem}. ${remedy}${origin === undefined ? "" : ` (${origin})`}`);

/** Manifests that break rules: all violations at once. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";

  constructor(
    /** Name of the synthesized thing, e.g. `"Stage prod"`. */
    readonly subject: string,
    readonly violations: readonly Violation[],
  ) {
    const count = violations.length === 1 ? "1 violation" : `${violations.length} violations`;
    super(`${subject}: ${count}\n${violations.map((each) => `  - ${violationText(each)}`).join("\n")}`);
  }
}
