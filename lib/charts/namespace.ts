import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { DiabriskNamespace } from "../constructs/diabrisk-namespace";
import { installationLabels, type Release } from "./stage-chart";

/** The namespace with its limits and pod security. Outlives every release. */
export class NamespaceChart extends Chart {
  constructor(scope: Construct, release: Release) {
    const { stage, namespace = stage.namespace } = release;
    // Sets no default namespace, since a Namespace object is in none.
    super(scope, "namespace", { labels: installationLabels(release), disableResourceNameHashes: true });
    new DiabriskNamespace(this, { name: namespace, limits: stage.limits });
  }
}
