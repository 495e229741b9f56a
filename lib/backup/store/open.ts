import { BackupError } from "../errors";
import type { Target } from "../target";
import { VolumeStore } from "../volume/volume-store";
import type { Store } from "./store";

export interface OpenOptions {
  /** Region of the bucket. @default "us-east-1" */
  readonly region?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Opens a target. Nothing is read or sent before the first call. */
export function openTarget(target: Target, _options: OpenOptions): Store {
  if (target.kind === "volume") return new VolumeStore(target.folder);
  throw new BackupError("S3 is not there yet.");
}
