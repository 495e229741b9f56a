/** Kinds of stores that differ in what they know. */
export const STORE_KINDS = ["aws", "minio", "versity"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** Describes a bucket of backups. */
export interface BucketOptions {
  readonly kind: StoreKind;
  readonly endpoint: URL;
  readonly region: string;
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Days that every backup is kept and locked. */
  readonly keepDays: number;
  /** The user whose keys the backup's Job has. */
  readonly writer: string;
  /** The user whose keys the drill has. */
  readonly drill: string;
  /** The account of both users, twelve digits. AWS only. */
  readonly account?: string | undefined;
}

export const bucketArn = ({ bucket }: BucketOptions) => `arn:aws:s3:::${bucket}`;
export const objectsArn = ({ bucket, prefix }: BucketOptions, below = "*") =>
  `arn:aws:s3:::${[bucket, prefix, below].filter(Boolean).join("/")}`;
