import { readCredentials } from "../s3/credentials";
import { S3Store } from "../s3/s3-store";
import type { Target } from "../target";
import { VolumeStore } from "../volume/volume-store";
import type { Store } from "./store";

export interface OpenOptions {
  /** Region of the bucket. @default "us-east-1" */
  readonly region?: string | undefined;
  /** Names the keys, or the folder that holds them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default this machine's clock */
  readonly now?: () => Date;
}

/** Opens a target. Nothing is read or sent before the first call. */
export function openTarget(
  target: Target,
  { region = "us-east-1", environment, now = () => new Date() }: OpenOptions,
): Store {
  if (target.kind === "volume") return new VolumeStore(target.folder);
  const { endpoint, bucket, prefix } = target;
  return new S3Store({
    place: { endpoint, bucket, region },
    prefix,
    credentials: () => readCredentials(environment),
    now,
  });
}
