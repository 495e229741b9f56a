import { parseArgs } from "node:util";
import { ALL_RULES, evaluate, type Violation, violationText } from "./index";
import { ReadError, readObjects } from "./read";

const USAGE = `Usage: npm run -s policy -- DIR [--dev] [--json]
       npm run -s policy -- --list [--json]

Holds every Kubernetes object in the YAML files under DIR against the rules of docs/policy.md.

  --dev    judge all of it as a developer's: tags without digests and Secrets with values may be.
           Otherwise that holds in namespaces whose Namespace is labelled diabrisk.io/stage: dev
  --json   one JSON object a line instead of text
  --list   the rules, each with its reason and what to do
  --help   this

An object may break a rule if it says why: policy.diabrisk.io/except-<rule>: "<reason>".
Exit codes: 0 nothing found, 1 violations, 2 nothing could be judged: bad arguments, no such folder, no object, broken YAML.
`;

/** What the command touches. */
export interface PolicyIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** `policy`: judges a folder. Returns its exit code. */
export function policy(args: readonly string[], { out, err }: PolicyIo): 0 | 1 | 2 {
  const parsed = parse(args);
  if (typeof parsed === "string") {
    err(`${parsed}\n\n${USAGE}`);
    return 2;
  }
  const { help, list, json, dev, directory } = parsed;
  if (help) out(USAGE);
  else if (list) out(ALL_RULES.map(json ? ruleJson : ruleText).join(""));
  if (help || list || directory === undefined) return 0;
  try {
    const violations = evaluate(readObjects(directory), { dev });
    out(violations.map(json ? violationJson : (each) => `${violationText(each)}\n`).join(""));
    return violations.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    err(`${error.message}\n`);
    return 2;
  }
}

const violationJson = (violation: Violation) => `${JSON.stringify(violation)}\n`;
const ruleText = ({ name, reason, remedy }: (typeof ALL_RULES)[number]) => `${name}: ${reason} ${remedy}\n`;
const ruleJson = ({ name, reason, remedy }: (typeof ALL_RULES)[number]) =>
  `${JSON.stringify({ name, reason, remedy })}\n`;

function parse(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { ...flag, short: "h" }, list: flag, json: flag, dev: flag },
    });
    if (positionals.length > 1) return `One folder at a time, not ${positionals.join(", ")}.`;
    if (positionals.length === 0 && !values.help && !values.list) return "Which folder?";
    return { ...values, directory: positionals[0] };
  } catch (error) {
    return (error as Error).message;
  }
}
