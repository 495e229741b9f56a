import type { Construct } from "constructs";
import { KubeServiceAccount } from "../../imports/k8s";
import { labelsOf, type Part } from "./labels";

/** An identity for a pod that never talks to Kubernetes: no token, no permission. Named as the part's `app`. */
export class ServiceAccount extends KubeServiceAccount {
  constructor(scope: Construct, part: Part) {
    super(scope, "service-account", {
      metadata: { name: part.app, labels: labelsOf(part) },
      automountServiceAccountToken: false,
    });
  }
}
