/**
 * Backups: encrypted dumps of PostgreSQL in a volume or a bucket, each with a manifest that is written last. Knows
 * nothing of stages or of Kubernetes.
 */
export { readIdentities, recipientProblems } from "./age";
export { type BucketOptions, bucketDocuments, bucketScript, STORE_KINDS, type StoreKind } from "./bucket";
export { compare } from "./compare";
export { BackupError, DamageError, MissingError } from "./errors";
export { type FetchOptions, fetchBackup } from "./fetch";
export { type IdParts, idOf, parseId } from "./id";
export { drillKey, dumpKey, manifestKey } from "./keys";
export { type Listed, list } from "./list";
export { type Contents, type Manifest, parseContents, parseManifest } from "./manifest";
export { type ShipOptions, ship } from "./ship";
export { type Backup, backupsOf, findBackup, readManifest } from "./store/backups";
export { type OpenOptions, openTarget } from "./store/open";
export { type Body, readText, type Store, type StoredObject, textBody } from "./store/store";
export { parseTarget, TARGET_FORMS, type Target } from "./target";
export { verify } from "./verify";
