import { PATHS } from "../../contract";
import { waiting } from "../../stages/resources";
import type { Stage } from "../../stages/stage";
import type { Kubectl } from "../kubectl";
import type { WaitContext } from "../waiting";
import { bucketShelf } from "./bucket-shelf";
import type { Shelf } from "./shelf";
import { volumeShelf } from "./volume-shelf";

export interface ShelfOptions extends WaitContext {
  readonly kubectl: Kubectl;
  readonly environment: NodeJS.ProcessEnv;
  /** URL of the bucket's server as this machine reaches it. @default the stage's */
  readonly endpoint?: string;
}

/** Opens a stage's backups: a bucket from this machine, a volume through a pod. */
export async function openShelf(stage: Stage, options: ShelfOptions): Promise<Shelf> {
  const { backup, service } = stage;
  const { target } = backup;
  if (target.kind === "volume")
    return await volumeShelf({ ...options, image: service.image, resources: waiting(backup.resources) });
  const { environment, endpoint = target.endpoint } = options;
  return bucketShelf({ target: targetOf({ ...target, endpoint }), region: target.region, environment });
}

/** The target as `backup --target` takes it. */
export const targetOf = (target: Stage["backup"]["target"]): string =>
  target.kind === "volume"
    ? `volume:${PATHS.backups}`
    : `s3:${target.endpoint.replace(/\/$/, "")}/${[target.bucket, target.prefix].filter(Boolean).join("/")}`;
