import { ServiceAccount } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { labelsOf, type Part } from "./labels";

/**
 * An identity for a pod that never talks to Kubernetes: no token, no permission. It is named after the part's `app`.
 */
export class PodIdentity extends ServiceAccount {
  constructor(scope: Construct, part: Part) {
    super(scope, "service-account", {
      metadata: { name: part.app, labels: labelsOf(part) },
      automountToken: false,
    });
  }
}
