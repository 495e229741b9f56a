import { Namespace } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { KubeLimitRange, KubeResourceQuota, Quantity } from "../../imports/k8s";
import type { Amounts, NamespaceStage } from "../stages/stage";
import { stageLabels } from "./labels";
import { leaveOut } from "./leave-out";
import { quantities } from "./pod-defaults";

export interface DiabriskNamespaceProps {
  readonly name: string;
  readonly limits: NamespaceStage;
}

/**
 * The Kubernetes release whose Pod Security Standards apply. Newer releases refuse more, so each upgrade is a decision.
 */
const POD_SECURITY_VERSION = "v1.34";

/** A namespace that refuses pods below the restricted Pod Security Standard, and containers outside its limits. */
export class DiabriskNamespace extends Construct {
  constructor(scope: Construct, { name, limits }: DiabriskNamespaceProps) {
    super(scope, "diabrisk");
    const labels = stageLabels("namespace");
    const namespace = new Namespace(this, "namespace", {
      metadata: { name, labels: { ...labels, ...podSecurity() } },
    });
    leaveOut(namespace, "/spec");
    const metadata = { name: "diabrisk", namespace: name, labels };
    new KubeLimitRange(this, "limit-range", { metadata, spec: { limits: [containerLimits(limits.container)] } });
    new KubeResourceQuota(this, "quota", { metadata, spec: { hard: hard(limits.quota) } });
  }
}

function podSecurity(): Record<string, string> {
  return Object.fromEntries(
    ["enforce", "audit", "warn"].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, "restricted"],
      [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
    ]),
  );
}

/** Amounts for a container that sets none. They are small, so that the omission is noticed. */
const DEFAULTS: { readonly requests: Amounts; readonly limits: Amounts } = {
  requests: { cpu: "50m", memory: "64Mi", ephemeralStorage: "32Mi" },
  limits: { cpu: "250m", memory: "128Mi", ephemeralStorage: "64Mi" },
};

const containerLimits = ({ min, max }: NamespaceStage["container"]) => ({
  type: "Container",
  min: quantities(min),
  max: quantities(max),
  default: quantities(DEFAULTS.limits),
  defaultRequest: quantities(DEFAULTS.requests),
});

function hard({ requests, limits, pods }: NamespaceStage["quota"]): Record<string, Quantity> {
  const prefixed = (prefix: string, amounts: Amounts) =>
    Object.entries(quantities(amounts)).map(([name, quantity]) => [`${prefix}.${name}`, quantity]);
  return {
    ...Object.fromEntries([...prefixed("requests", requests), ...prefixed("limits", limits)]),
    pods: Quantity.fromString(String(pods)),
  };
}
