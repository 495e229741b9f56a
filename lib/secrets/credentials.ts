import { randomBytes } from "node:crypto";
import { DATABASE, LOGIN_ROLES, PATHS } from "../contract";
import type { Stage } from "../stages/stage";
import type { AgeKeyPair } from "./age-keys";
import type { PartialTls, StageTls } from "./certificates";

/** A user of the database that logs in with a password: the superuser, a role that every stage has, or a client's. */
export type DatabaseUser = string;

/** Every user of a stage's database. */
export const databaseUsers = ({ clients }: Pick<Stage, "clients">): readonly DatabaseUser[] => [
  DATABASE.superuser,
  ...LOGIN_ROLES,
  ...clients.map(({ role }) => role),
];

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

/** The password of a user. @throws TypeError if the credentials were not made for its stage */
export function passwordOf({ passwords }: Pick<Credentials, "passwords">, user: DatabaseUser): string {
  const password = passwords[user];
  if (password === undefined) throw new TypeError(`These credentials have no password of ${user}.`);
  return password;
}

/** 192 random bits in letters and digits, which never need quoting. */
export const randomPassword = () => randomBytes(24).toString("hex");

/** Completes `partial` with random values, and leaves passwords of other users out. */
export function completeCredentials(
  partial: PartialCredentials,
  users: readonly DatabaseUser[],
  tls: StageTls,
  backup: BackupKeys,
): Credentials {
  const passwords = users.map((user) => [user, partial.passwords?.[user] ?? randomPassword()]);
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
  readonly passwords?: Credentials["passwords"];
  readonly oauth?: Partial<Credentials["oauth"]>;
  readonly tls?: PartialTls;
  readonly backup?: BackupKeys;
  readonly stores?: { readonly [Pod in keyof Credentials["stores"]]?: Partial<StoreCredential> };
}

/** Whether nothing is missing and no former user is left. `staleTls` judges the certificate. */
export function isComplete(partial: PartialCredentials, users: readonly DatabaseUser[]): partial is Credentials {
  return (
    users.every((user) => partial.passwords?.[user]) &&
    Object.keys(partial.passwords ?? {}).every((user) => users.includes(user)) &&
    Boolean(partial.oauth?.clientId && partial.oauth.clientSecret && partial.tls?.service && partial.backup) &&
    [partial.stores?.backup, partial.stores?.drill].every((store) => store?.accessKeyId && store.secretAccessKey)
  );
}
