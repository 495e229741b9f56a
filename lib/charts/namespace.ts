import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { DiabriskNamespace, limitNamespace } from "../constructs/diabrisk-namespace";
import { drillNamespace } from "../stages/drill-namespace";
import { installationLabels, type Release } from "./stage-chart";

/**
 * The namespace with its limits and pod security, and the drill's if that is another. Both come first, since the API
 * server checks no object whose namespace is not there. Outlives every release.
 */
export class NamespaceChart extends Chart {
  constructor(scope: Construct, release: Release) {
    const { stage, namespace = stage.namespace } = release;
    // Sets no default namespace, since a Namespace object is in none.
    super(scope, "namespace", { labels: installationLabels(release), disableResourceNameHashes: true });
    for (const name of new Set([namespace, drillNamespace(stage, namespace)])) new DiabriskNamespace(this, name);
    limitNamespace(this, namespace, stage.limits);
  }
}
