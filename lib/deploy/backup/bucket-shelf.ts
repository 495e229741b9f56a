import { BackupError, list, openTarget, parseTarget, readManifest, verify } from "../../backup";
import type { Shelf } from "./shelf";

export interface BucketOptions {
  /** `s3:` and the bucket's URL. */
  readonly target: string;
  readonly region: string;
  /** Holds the person's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Reads a bucket from this machine, with the person's own credentials. The cluster's cannot read. */
export function bucketShelf({ target, region, environment }: BucketOptions): Shelf {
  if (!environment.AWS_ACCESS_KEY_ID || !environment.AWS_SECRET_ACCESS_KEY) {
    throw new BackupError(
      "The backups are in a bucket, and the cluster's credentials cannot read it. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to your own.",
    );
  }
  const parsed = parseTarget(target);
  if ("problem" in parsed) throw new BackupError(parsed.problem);
  const store = openTarget(parsed, { region, environment });
  return {
    name: store.name,
    list: () => list(store),
    manifest: (id) => readManifest(store, id),
    async verify(id) {
      const { encrypted } = await verify(store, id);
      return `${id} is whole: ${encrypted.bytes} bytes, SHA-256 ${encrypted.sha256}`;
    },
    close: async () => undefined,
  };
}
