import type { BucketOptions } from "./options";

/** Days that an expired backup can still be brought back. Then its versions are gone, too. */
const GRACE_DAYS = 30;

/** Locks each version for as long as it is kept. Only a version without a lock can be removed for good. */
export const objectLock = ({ keepDays }: BucketOptions) => ({
  ObjectLockEnabled: "Enabled",
  Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: keepDays } },
});

/** Hides backups at the end of their days, removes them a month later, and frees what dead uploads hold. */
export const lifecycle = ({ prefix, keepDays }: BucketOptions) => {
  const common = { Status: "Enabled", Filter: { Prefix: prefix && `${prefix}/` } };
  return {
    Rules: [
      {
        ID: "backups",
        ...common,
        Expiration: { Days: keepDays },
        NoncurrentVersionExpiration: { NoncurrentDays: GRACE_DAYS },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
      },
      { ID: "delete-markers", ...common, Expiration: { ExpiredObjectDeleteMarker: true } },
    ],
  };
};
