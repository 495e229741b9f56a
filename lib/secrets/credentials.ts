import { randomBytes } from "node:crypto";
import { DATABASE, LOGIN_ROLES, type LoginRole, PATHS } from "../contract";
import type { AgeKeyPair } from "./age-keys";
import type { PartialTls, StageTls } from "./certificates";

/** Users of the database that log in with a password. */
export type DatabaseUser = typeof DATABASE.superuser | LoginRole;

export const DATABASE_USERS: readonly DatabaseUser[] = [DATABASE.superuser, ...LOGIN_ROLES];

/** Values of the Secrets of a stage that makes up its own. */
export interface Credentials {
  readonly passwords: Readonly<Record<DatabaseUser, string>>;
  /** Google's client. Placeholders by default; put real ones into the file to try a login. */
  readonly oauth: { readonly clientId: string; readonly clientSecret: string };
  /** The certificates of the database server and of data-svc, and the authority that issued them. */
  readonly tls: StageTls;
  /** Keys of the backups, if the stage has some made. The people's private key goes into no cluster. */
  readonly backup: BackupKeys;
  /** Credentials of a bucket, if the backups go to one. Placeholders by default; nobody but the bucket's owner makes real ones. */
  readonly stores: { readonly backup: StoreCredential; readonly drill: StoreCredential };
}

export interface BackupKeys {
  readonly people: AgeKeyPair;
  readonly drill: AgeKeyPair;
}

/** A credential of S3. */
export interface StoreCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The Secret of a database user, e.g. `postgres-data-svc`; Kubernetes allows no underscore in a name. */
export const secretName = (user: DatabaseUser) =>
  user === DATABASE.superuser ? "postgres-secret" : `postgres-${user.replaceAll("_", "-")}`;

/** A client's URL inside the namespace, with the mounted authority. */
export const databaseUrl = (user: DatabaseUser, password: string) =>
  `postgres://${user}:${encodeURIComponent(password)}@${DATABASE.host}:${DATABASE.port}/${DATABASE.name}` +
  `?sslmode=verify-full&sslrootcert=${PATHS.authority}`;

/** 192 random bits in letters and digits, which never need quoting. */
export const randomPassword = () => randomBytes(24).toString("hex");

/** Completes `partial` with random values. */
export function completeCredentials(partial: PartialCredentials, tls: StageTls, backup: BackupKeys): Credentials {
  const passwords = DATABASE_USERS.map((user) => [user, partial.passwords?.[user] ?? randomPassword()]);
  return {
    passwords: Object.fromEntries(passwords),
    oauth: {
      clientId: partial.oauth?.clientId ?? "placeholder.apps.googleusercontent.com",
      clientSecret: partial.oauth?.clientSecret ?? "placeholder",
    },
    tls,
    backup,
    stores: { backup: storeCredential(partial.stores?.backup), drill: storeCredential(partial.stores?.drill) },
  };
}

const storeCredential = ({ accessKeyId, secretAccessKey }: Partial<StoreCredential> = {}): StoreCredential => ({
  accessKeyId: accessKeyId ?? "placeholder",
  secretAccessKey: secretAccessKey ?? "placeholder",
});

/** Content of a file that an older release may have written. */
export interface PartialCredentials {
  readonly passwords?: Partial<Credentials["passwords"]>;
  readonly oauth?: Partial<Credentials["oauth"]>;
  readonly tls?: PartialTls;
  readonly backup?: BackupKeys;
  readonly stores?: { readonly [Pod in keyof Credentials["stores"]]?: Partial<StoreCredential> };
}

/** Whether nothing is missing. `staleTls` judges the certificate. */
export function isComplete(partial: PartialCredentials): partial is Credentials {
  return (
    DATABASE_USERS.every((user) => partial.passwords?.[user]) &&
    Boolean(partial.oauth?.clientId && partial.oauth.clientSecret && partial.tls?.service && partial.backup) &&
    [partial.stores?.backup, partial.stores?.drill].every((store) => store?.accessKeyId && store.secretAccessKey)
  );
}
