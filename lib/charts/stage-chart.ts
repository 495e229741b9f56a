import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Migrations } from "../common/contents";
import type { Credentials } from "../secrets/credentials";
import { STAGE_LABEL, type Stage } from "../stages/stage";

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

/** The public keys for which backups are encrypted: people's, and last the drill's. */
export function recipientsOf({ stage, credentials }: Release): readonly string[] {
  const { name, backup } = stage;
  if (backup.recipients.kind === "keys") return [...backup.recipients.people, backup.recipients.drill];
  if (!credentials) throw new TypeError(`Stage ${name} makes its keys up, but none were given.`);
  return [credentials.backup.people.recipient, credentials.backup.drill.recipient];
}

/**
 * Label of every object. Its value is the namespace, so it tells installations in one cluster apart: the recommended
 * labels are the same in all. `kubectl apply --prune` needs it.
 */
const INSTALLATION_LABEL = "diabrisk.io/installation";

/** Labels of every object of an installation. No selector uses them. */
export const installationLabels = ({ stage, namespace = stage.namespace }: Release) => ({
  [STAGE_LABEL]: stage.name,
  [INSTALLATION_LABEL]: namespace,
});

/** Objects with one lifecycle, written to one file. The package names objects; their place in the tree does not. */
export abstract class StageChart extends Chart {
  /** @param namespace of the objects. @default the stage's */
  constructor(
    scope: Construct,
    id: string,
    release: Release,
    namespace = release.namespace ?? release.stage.namespace,
  ) {
    super(scope, id, { namespace, labels: installationLabels(release), disableResourceNameHashes: true });
  }
}
