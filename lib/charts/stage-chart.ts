import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Credentials } from "../secrets/credentials";
import type { Stage } from "../stages/stage";

/** All that the manifests of one stage are made from. */
export interface Release {
  readonly stage: Stage;
  /** Digest of the SQL that this release brings. */
  readonly sqlDigest: string;
  /** Values of the Secrets; only where the stage's are generated. */
  readonly credentials?: Credentials;
  /** Where to put it instead of where it is deployed, for a test beside it. @default the stage's namespace */
  readonly namespace?: string;
}

/** What has one lifecycle, and so one file. Objects are named by the package, never by their place in the tree. */
export abstract class StageChart extends Chart {
  constructor(scope: Construct, id: string, { stage, namespace = stage.namespace }: Release) {
    super(scope, id, { namespace, disableResourceNameHashes: true });
  }
}
