import { Namespace } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { KubeLimitRange, KubeResourceQuota, Quantity } from "../../imports/k8s";
import type { Amounts, NamespaceStage } from "../stages/stage";
import { stageLabels } from "./labels";
import { leaveOut } from "./leave-out";
import { quantities } from "./pod-defaults";

/**
 * The Kubernetes release whose Pod Security Standards apply. Newer releases refuse more, so each upgrade is a decision.
 */
const POD_SECURITY_VERSION = "v1.34";

const labels = stageLabels("namespace");

/** A namespace that refuses pods below the restricted Pod Security Standard. */
export class DiabriskNamespace extends Namespace {
  constructor(scope: Construct, name: string) {
    super(scope, name, { metadata: { name, labels: { ...labels, ...podSecurity() } } });
    leaveOut(this, "/spec");
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

/** Limits of a namespace: it refuses containers outside of them, and pods beyond them all together. */
export function limitNamespace(scope: Construct, namespace: string, { container, quota }: NamespaceStage): void {
  const metadata = { name: "diabrisk", namespace, labels };
  new KubeLimitRange(scope, "limit-range", { metadata, spec: { limits: [containerLimits(container)] } });
  new KubeResourceQuota(scope, "quota", { metadata, spec: { hard: hard(quota) } });
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
