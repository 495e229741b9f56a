import { type Asking, type RequiredSecret, requiredSecrets } from "../secrets/required";
import { drillNamespace } from "../stages/drill-namespace";
import type { Stage } from "../stages/stage";
import type { Kubectl } from "./kubectl";

/** A needed Secret's state in the cluster. */
export interface SecretState extends RequiredSecret {
  readonly present: boolean;
  /** Missing keys, and keys without a value. */
  readonly missing: readonly string[];
}

/** Compares a stage's Secrets with the cluster. Reads which keys have a value and keeps no value. */
export async function checkSecrets(
  stage: Asking & Pick<Stage, "namespace">,
  kubectl: Kubectl,
): Promise<readonly SecretState[]> {
  const drill = kubectl.in(drillNamespace(stage, kubectl.namespace));
  return await Promise.all(
    requiredSecrets(stage).map((secret) => stateOf(secret, secret.drill === true ? drill : kubectl)),
  );
}

async function stateOf(required: RequiredSecret, kubectl: Kubectl): Promise<SecretState> {
  const found = (await kubectl.get(`secret/${required.name}`)) as { data?: Record<string, string> } | undefined;
  const missing = required.keys.filter((key) => !found?.data?.[key]);
  return { ...required, present: found !== undefined, missing };
}

/** Renders one line each, e.g. `"missing  postgres-tls  tls.crt, tls.key, ca.crt"`. */
export function describeSecrets(states: readonly SecretState[]): string {
  const width = Math.max(...states.map(({ name }) => name.length));
  return states
    .map(({ name, keys, present, missing, purpose }) => {
      const verdict = !present ? "missing" : missing.length > 0 ? "lacks" : "ok";
      return `${verdict.padEnd(8)} ${name.padEnd(width)}  ${(missing.length > 0 ? missing : keys).join(", ")}  (${purpose})`;
    })
    .join("\n");
}
