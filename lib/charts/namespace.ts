import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { DiabriskNamespace } from "../constructs/diabrisk-namespace";
import type { Release } from "./stage-chart";

/** The namespace with its limits and pod security. Outlives every release. */
export class NamespaceChart extends Chart {
  constructor(scope: Construct, { stage, namespace = stage.namespace }: Release) {
    // Sets no default namespace, since a Namespace object is in none.
    super(scope, "namespace", { disableResourceNameHashes: true });
    new DiabriskNamespace(this, { name: namespace, stage: stage.name, limits: stage.limits });
  }
}
