import { escapeControls } from "../common/escape-controls";
import { type BrokenDocument, DOCUMENT_RULE } from "./document";
import { EXCEPTION_RULES, exceptionsOf } from "./exceptions";
import { type KubeObject, label } from "./object";
import { Objects, type PolicyOptions } from "./objects";
import type { Rule } from "./rule";
import { API_RULES } from "./rules/api";
import { BACKEND_RULES } from "./rules/backends";
import { BUDGET_RULES } from "./rules/budgets";
import { CLAIM_RULES } from "./rules/claims";
import { CLUSTER_RULES } from "./rules/clusters";
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
  ...CLUSTER_RULES,
  ...LITERAL_RULES,
  ...NAME_RULES,
  ...API_RULES,
];

/** Name, reason and remedy of everything that can be reported, rules about exceptions and files included. */
export const ALL_RULES: readonly Pick<Rule, "name" | "reason" | "remedy">[] = [
  ...RULES,
  ...EXCEPTION_RULES,
  DOCUMENT_RULE,
];

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
  const asked = askedRules(options);
  const exceptions = exceptionsOf(set, (name) => asked.has(name) || !NAMES.has(name));
  const found: Violation[] = [];
  for (const rule of RULES.filter(({ name }) => asked.has(name)))
    for (const finding of rule.check(set))
      if (!exceptions.excepts(rule.name, finding)) found.push(violation(rule, finding));
  for (const rule of EXCEPTION_RULES.filter(({ name }) => asked.has(name)))
    found.push(
      ...exceptions
        .problems()
        .filter((problem) => problem.rule === rule.name)
        .map((problem) => violation(rule, problem)),
    );
  return found;
}

/** Violations of the rule about documents. Nothing can except a document from it. */
export const documentViolations = (broken: readonly BrokenDocument[], options: PolicyOptions = {}): Violation[] =>
  askedRules(options).has(DOCUMENT_RULE.name)
    ? broken.map(({ file, line, problem }) => ({
        rule: DOCUMENT_RULE.name,
        object: "document",
        field: `line ${line}`,
        problem,
        remedy: DOCUMENT_RULE.remedy,
        origin: `${file}:${line}`,
      }))
    : [];

const NAMES: ReadonlySet<string> = new Set(ALL_RULES.map(({ name }) => name));

/** The names of the rules to judge by. */
export function askedRules({ only = [], skip = [] }: PolicyOptions): ReadonlySet<string> {
  const wanted = only.length > 0 ? only : [...NAMES];
  return new Set(wanted.filter((name) => !skip.includes(name)));
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
