import type { Stage } from "./stage";

/**
 * Namespace of the drill and its Secrets. Where the backups are in a bucket it is one of its own: the drill can read
 * them, and nobody in the stage's namespace shall. A volume is in the stage's namespace, and so is its drill.
 * @param namespace the stage's, where it is deployed to another one
 */
export const drillNamespace = (
  { backup, ...stage }: Pick<Stage, "backup" | "namespace">,
  namespace = stage.namespace,
) => (backup.target.kind === "s3" ? `${namespace}-drill` : namespace);
