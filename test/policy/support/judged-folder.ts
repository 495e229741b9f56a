import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Violation } from "../../../lib/policy";
import { policy } from "../../../lib/policy/command";
import { PROJECT } from "../../../lib/stages/policy";
import { keepingTerminal } from "../../support/terminal";

/** What the command printed, and the code that it ended with. */
export function runPolicy(...args: string[]) {
  const { terminal, printed } = keepingTerminal();
  const code = policy(args, terminal, PROJECT);
  return { code, ...printed, lines: printed.out.split("\n").filter(Boolean) };
}

/** The rules about what objects name and select. */
const RELATION_RULES = [
  ...["config-reference", "service-account-reference", "claim-reference", "role-reference", "stateful-service"],
  ...["ingress-service", "webhook-service", "scale-target", "selector-matches", "spread-selects", "monitor-selects"],
  ...["service-selects", "service-port", "network-policy-selects", "disruption-budget-covers", "object-unique"],
  ...["disruption-budget-present", "namespace-set"],
];

/** A folder of manifests for the command to judge, new for each test. */
export function useFolder() {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "policy-"));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));
  const pathOf = (name: string) => path.join(root, name);
  return {
    pathOf,
    /** Writes a file and returns its path. */
    write(name: string, content: string | Buffer): string {
      fs.mkdirSync(path.dirname(pathOf(name)), { recursive: true });
      fs.writeFileSync(pathOf(name), content);
      return pathOf(name);
    },
    /** Makes `name` a link to `target`. */
    link: (name: string, target: string) => fs.symlinkSync(target, pathOf(name)),
    judge: (...options: string[]) => runPolicy(root, ...options),
    /** Judges one file by the rules about relations, and returns rule, object, field and fault of each finding. */
    relations(text: string, ...options: string[]): readonly string[] {
      fs.writeFileSync(pathOf("relations.yaml"), text);
      const { lines } = runPolicy(root, "--json", `--only=${RELATION_RULES.join(",")}`, ...options);
      return lines
        .map((line) => JSON.parse(line) as Violation)
        .map(({ rule, object, field, problem }) => `${rule}: ${object}: ${field} ${problem}`);
    },
  };
}

/** A Service that breaks `service-exposure` and no other rule. */
export const exposedService = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: a}\nspec: {type: ExternalName, externalName: a.example}\n`;
