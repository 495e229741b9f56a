import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Migrations } from "../common/contents";
import type { Credentials } from "../secrets/credentials";
import type { Stage } from "../stages/stage";

/** Everything that the manifests of one stage are made from. */
export interface Release {
  readonly stage: Stage;
  /** This release's migrations. The image that runs has to hold the same. */
  readonly migrations: Migrations;
  /**
   * Digest of the image's source, if the image's name stays the same from build to build. The image that runs has to be
   * built from the same. @default not compared
   */
  readonly source?: string;
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
