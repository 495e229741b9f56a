import { randomBytes } from "node:crypto";
import { DATABASE, LOGIN_ROLES, type LoginRole } from "../contract";

/** Who connects to the database with a password. */
export type DatabaseUser = typeof DATABASE.superuser | LoginRole;

export const DATABASE_USERS: readonly DatabaseUser[] = [DATABASE.superuser, ...LOGIN_ROLES];

/** Values of the Secrets of a stage that makes up its own. */
export interface Credentials {
  readonly passwords: Readonly<Record<DatabaseUser, string>>;
  /** Google's client. Made up as placeholders; put real ones into the file to try a login. */
  readonly oauth: { readonly clientId: string; readonly clientSecret: string };
}

/** The Secret of a database user, e.g. `postgres-data-svc`; Kubernetes allows no underscore in a name. */
export const secretName = (user: DatabaseUser) =>
  user === DATABASE.superuser ? "postgres-secret" : `postgres-${user.replaceAll("_", "-")}`;

/** What a client connects with, inside the namespace. */
export const databaseUrl = (user: DatabaseUser, password: string) =>
  `postgres://${user}:${encodeURIComponent(password)}@${DATABASE.host}:${DATABASE.port}/${DATABASE.name}`;

/** `partial`, completed with random values: 192 bits, letters and digits only, so that no quoting can go wrong. */
export function completeCredentials(partial: PartialCredentials = {}): Credentials {
  const random = () => randomBytes(24).toString("hex");
  const passwords = DATABASE_USERS.map((user) => [user, partial.passwords?.[user] ?? random()]);
  return {
    passwords: Object.fromEntries(passwords),
    oauth: {
      clientId: partial.oauth?.clientId ?? "placeholder.apps.googleusercontent.com",
      clientSecret: partial.oauth?.clientSecret ?? "placeholder",
    },
  };
}

/** What a file of an older release may hold. */
export interface PartialCredentials {
  readonly passwords?: Partial<Credentials["passwords"]>;
  readonly oauth?: Partial<Credentials["oauth"]>;
}

/** Whether nothing is missing. */
export function isComplete(partial: PartialCredentials): partial is Credentials {
  return (
    DATABASE_USERS.every((user) => partial.passwords?.[user]) &&
    Boolean(partial.oauth?.clientId && partial.oauth.clientSecret)
  );
}
