/** The configuration of a bucket of backups, for its administrator. */
export { type BucketOptions, STORE_KINDS, type StoreKind } from "./options";
export { bucketDocuments, bucketScript } from "./script";
