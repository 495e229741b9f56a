import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Credentials } from "../secrets/credentials";
import type { Stage } from "../stages/stage";

/** Everything that the manifests of one stage are made from. */
export interface Release {
  readonly stage: Stage;
  /** Digest of this release's SQL. */
  readonly sqlDigest: string;
  /** Values of the Secrets, if the stage generates them. */
  readonly credentials?: Credentials;
  /** Another namespace to deploy to, for a test beside the real one. @default the stage's namespace */
  readonly namespace?: string;
}

/** Objects with one lifecycle, written to one file. The package names objects; their place in the tree does not. */
export abstract class StageChart extends Chart {
  constructor(scope: Construct, id: string, { stage, namespace = stage.namespace }: Release) {
    super(scope, id, { namespace, disableResourceNameHashes: true });
  }
}
