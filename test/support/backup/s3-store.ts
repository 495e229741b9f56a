import type { Patience } from "../../../lib/backup/s3/client";
import { S3Store, type S3StoreOptions } from "../../../lib/backup/s3/s3-store";
import type { User } from "./s3-server";

export const BUCKET = "backups";
export const PREFIX = "prod";

/** The users of a bucket of backups, as `backup bucket` makes them. */
export const USERS = {
  writer: { secret: "writer-secret", rights: ["put", "list", "abort"] },
  drill: { secret: "drill-secret", rights: ["get", "put", "list"] },
} as const satisfies Record<string, User>;

/** Repeats at once. A busy machine may take a second over a request. */
export const HASTE: Patience = { tries: 4, pause: 4, longestPause: 10, stall: 3_000 };

export type StoreAt = Partial<Pick<S3StoreOptions, "now" | "partBytes" | "patience" | "prefix">> & {
  readonly user?: keyof typeof USERS;
  readonly secret?: string;
  readonly bucket?: string;
};

/** Opens the bucket of a test's server. */
export function storeAt(endpoint: string, options: StoreAt = {}): S3Store {
  const { user = "writer", secret = USERS[user].secret, bucket = BUCKET, prefix = PREFIX } = options;
  const { now = () => new Date(), patience = HASTE, partBytes } = options;
  return new S3Store({
    place: { endpoint: new URL(endpoint), bucket, region: "us-east-1" },
    prefix,
    credentials: async () => ({ accessKeyId: user, secretAccessKey: secret }),
    now,
    patience,
    ...(partBytes !== undefined && { partBytes }),
  });
}
