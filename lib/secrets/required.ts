import {
  ARCHIVE,
  BACKUP,
  CREDENTIAL_KEYS,
  DATABASE,
  IDENTITY_KEY,
  SERVICE_TLS_SECRET,
  STORE_KEYS,
  TLS_KEYS,
  TLS_SECRET,
} from "../contract";
import type { Stage } from "../stages/stage";
import { type DatabaseUser, databaseUsers, secretName } from "./credentials";

/** Keys of the Secret with Google's client, and properties of it in a store. */
export const OAUTH_KEYS = { clientId: "client-id", clientSecret: "client-secret" } as const;
export const OAUTH_SECRET = "oauth-secret";

/** A Secret that a stage needs. */
export interface RequiredSecret {
  readonly name: string;
  readonly keys: readonly string[];
  /** Its purpose, e.g. `"migrator"`. */
  readonly purpose: string;
  /** Whether it is in the drill's namespace. @default false, in the stage's */
  readonly drill?: boolean;
}

/** Settings that decide which Secrets there are. */
export type Asking = Pick<Stage, "backup" | "engine" | "cluster" | "clients">;

/** Every Secret that the pods of a stage mount, and that other DiabRisk services read. */
export const requiredSecrets = ({ backup, ...stage }: Asking): readonly RequiredSecret[] => [
  ...databaseUsers(stage).map((user) => ({
    name: secretName(user),
    keys: Object.values(CREDENTIAL_KEYS),
    purpose: user,
  })),
  { name: TLS_SECRET, keys: Object.values(TLS_KEYS), purpose: "the server's certificate" },
  { name: SERVICE_TLS_SECRET, keys: Object.values(TLS_KEYS), purpose: "data-svc's certificate" },
  { name: OAUTH_SECRET, keys: Object.values(OAUTH_KEYS), purpose: "Google's client" },
  ...(backup.target.kind === "s3"
    ? [
        { name: BACKUP.storeSecret, keys: Object.values(STORE_KEYS), purpose: "the backups' bucket" },
        { name: BACKUP.drillStoreSecret, keys: Object.values(STORE_KEYS), purpose: "the bucket, to read", drill: true },
      ]
    : []),
  ...(stage.engine === "cloudnative-pg" && stage.cluster?.archive
    ? [
        {
          name: ARCHIVE.storeSecret,
          keys: [...Object.values(STORE_KEYS), ARCHIVE.regionKey],
          purpose: "the archive's bucket",
        },
      ]
    : []),
  { name: BACKUP.drillKeySecret, keys: [IDENTITY_KEY], purpose: "the drill's private key", drill: true },
];

/** The certificates by which they are rotated: their Secrets, and their parts of a stage's. */
export const CERTIFICATES = {
  tls: { secret: TLS_SECRET, part: "server" },
  "data-svc-tls": { secret: SERVICE_TLS_SECRET, part: "service" },
} as const;
export type CertificateName = keyof typeof CERTIFICATES;
export const CERTIFICATE_NAMES = Object.keys(CERTIFICATES) as readonly CertificateName[];

/** Something to rotate: a database user's password (`superuser` or a role's name), or a server's certificate. */
export type Rotatable = string;

export const isCertificate = (what: Rotatable): what is CertificateName => Object.hasOwn(CERTIFICATES, what);

/** The database user of that name. */
export const userOf = (name: Rotatable): DatabaseUser => (name === "superuser" ? DATABASE.superuser : name);

/** The Secret that holds it. */
export const secretOf = (what: Rotatable): string =>
  isCertificate(what) ? CERTIFICATES[what].secret : secretName(userOf(what));

/** Everything that a stage can rotate. */
export const rotatable = (stage: Pick<Stage, "clients">): readonly Rotatable[] => [
  "superuser",
  ...databaseUsers(stage).filter((user) => user !== DATABASE.superuser),
  ...CERTIFICATE_NAMES,
];
