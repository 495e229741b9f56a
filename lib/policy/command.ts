import { commandLine, parseCommandLine, suggestion, UsageError } from "../common/command-line";
import { misuseText, usageText } from "../common/command-line/help";
import { type Terminal, USAGE_EXIT } from "../common/command-line/program";
import type { Connection } from "./connections";
import { EXCEPTION_PREFIX } from "./exceptions";
import {
  ALL_RULES,
  askedRules,
  documentViolations,
  evaluate,
  type KubeObject,
  type PolicyOptions,
  type Violation,
  violationText,
} from "./index";
import { ReadError, readObjects } from "./read";

/** The facts about a project that the policy needs. */
export interface Project extends Pick<PolicyOptions, "developmentLabel" | "roles"> {
  /** The connections that must be possible between the objects of a folder. @default none */
  readonly connectionsFor?: (objects: readonly KubeObject[]) => readonly Connection[];
}

const policyCommandLine = ({ developmentLabel }: Project) =>
  commandLine({
    name: "policy",
    start: "npm run -s policy --",
    description: "Holds every Kubernetes object in the YAML files under DIR against the rules of docs/policy.md.",
    options: {
      dev: {
        type: "boolean",
        help:
          "Judge all of it as a developer's: tags without digests and Secrets with values may be." +
          (developmentLabel
            ? `\nOtherwise that holds in namespaces whose Namespace is labelled ${developmentLabel.join(": ")}.`
            : ""),
      },
      namespace: {
        type: "string",
        short: "n",
        placeholder: "NAME",
        help: "Namespace of the objects that name none.\nBy default it is one for all, and may be any that others name.",
      },
      only: {
        type: "string",
        placeholder: "RULE",
        multiple: true,
        help: "Judge by these rules alone. RULE,RULE is two.",
      },
      skip: { type: "string", placeholder: "RULE", multiple: true, help: "Leave these rules out. RULE,RULE is two." },
      json: { type: "boolean", help: "Print one JSON object a line instead of text." },
      list: { type: "boolean", help: "Print the rules, each with its reason and what to do." },
    },
    operands: [{ name: "DIR", noun: "folder", help: "The folder, unless --list is given.", optional: true }],
    notes: `An object may break a rule if it says why: ${EXCEPTION_PREFIX}<rule>: "<reason>".
A broken document is a violation of its own, and the others are judged.
Exit codes: 0 nothing found, 1 violations, 2 nothing could be judged: bad arguments, no such folder, no object.`,
  });

/** `policy`: judges a folder. Returns its exit code. */
export function policy(args: readonly string[], { out, err }: Terminal, project: Project = {}): 0 | 1 | 2 {
  const declared = policyCommandLine(project);
  try {
    const given = parseCommandLine(declared, args, ({ DIR, list, only, skip }) => [
      ...(DIR || list ? [] : ["Which folder?"]),
      ...unknownRules("--only", only),
      ...unknownRules("--skip", skip),
      ...(askedRules(chosen(only, skip)).size === 0 ? ["--only and --skip leave no rule."] : []),
    ]);
    if (!given) out(usageText(declared));
    else if (given.list)
      out(
        listed(given)
          .map(given.json ? ruleJson : ruleText)
          .join(""),
      );
    else return judge(given, out, project);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) err(misuseText(error, declared));
    else if (error instanceof ReadError) err(`${error.message}\n`);
    else throw error;
    return USAGE_EXIT;
  }
}

function listed({ only, skip }: Pick<Judged, "only" | "skip">) {
  const asked = askedRules(chosen(only, skip));
  return ALL_RULES.filter(({ name }) => asked.has(name));
}

interface Judged {
  readonly DIR: string | undefined;
  readonly dev: boolean;
  readonly json: boolean;
  readonly namespace: string | undefined;
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

const NAMES = ALL_RULES.map(({ name }) => name);
const namesIn = (lists: readonly string[] = []) => lists.flatMap((list) => list.split(",")).filter(Boolean);

const chosen = (only: readonly string[] | undefined, skip: readonly string[] | undefined) => ({
  only: namesIn(only),
  skip: namesIn(skip),
});

const unknownRules = (option: string, lists: readonly string[] | undefined) =>
  namesIn(lists)
    .filter((name) => !NAMES.includes(name))
    .map(
      (name) =>
        `${option} names ${name}, which is no rule.${suggestion(name, NAMES)} The rules are ${NAMES.join(", ")}.`,
    );

function judge(
  { DIR = "", dev, json, namespace, ...lists }: Judged,
  out: Terminal["out"],
  { developmentLabel, roles, connectionsFor = () => [] }: Project,
): 0 | 1 {
  const { objects, broken } = readObjects(DIR);
  const rules = chosen(lists.only, lists.skip);
  const options = { dev, developmentLabel, roles, connections: connectionsFor(objects), namespace, ...rules };
  const violations = [...documentViolations(broken, options), ...evaluate(objects, options)];
  out(violations.map(json ? violationJson : (each) => `${violationText(each)}\n`).join(""));
  return violations.length > 0 ? 1 : 0;
}

const violationJson = (violation: Violation) => `${JSON.stringify(violation)}\n`;
const ruleText = ({ name, reason, remedy }: (typeof ALL_RULES)[number]) => `${name}: ${reason} ${remedy}\n`;
const ruleJson = ({ name, reason, remedy }: (typeof ALL_RULES)[number]) =>
  `${JSON.stringify({ name, reason, remedy })}\n`;
