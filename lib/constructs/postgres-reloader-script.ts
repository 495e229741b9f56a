import { CREDENTIAL_KEYS, DATABASE, PATHS, TLS_KEYS } from "../contract";
import { type DatabaseUser, secretName } from "../secrets/credentials";
import { shellScript } from "./shell-script";

/** File that the script touches at every look. */
export const HEARTBEAT = "/tmp/alive";

/** File that the script touches whenever the server has let it in. */
export const REACHED = "/tmp/reached";

const common = (users: readonly DatabaseUser[]) => ({
  ROLES: PATHS.roles,
  // Each role that has a Secret, with the Secret's name. Other roles are a person's, and left alone.
  SECRETS: ` ${users.map((user) => `${user}:${secretName(user)}`).join(" ")} `,
  // File with the password, in the folder of each role. Its name avoids PASSWORD, since scanners take such a variable
  // for a password.
  LOGIN_FILE: CREDENTIAL_KEYS.password,
});

/** The reloader beside the server, with the paths of the pod's mounts. It sets the passwords of these users. */
export const reloaderScript = (users: readonly DatabaseUser[]): string =>
  shellScript(["reloader-socket", "reloader-roles", "reloader-certificate"], {
    HEARTBEAT,
    // Folder of the server's socket. The superuser needs no password there.
    PGHOST: "/var/run/postgresql",
    PGPORT: DATABASE.port,
    PGUSER: DATABASE.superuser,
    ...common(users),
    // A host name in the server's certificate.
    SERVER_NAME: DATABASE.host,
    CERTIFICATE: `${PATHS.tls}/${TLS_KEYS.certificate}`,
    KEY: `${PATHS.tls}/${TLS_KEYS.key}`,
    AUTHORITY: PATHS.authority,
  });

/** The reloader of a server that it reaches over the network. The operator sets the superuser's password. */
export const networkReloaderScript = (users: readonly DatabaseUser[]): string =>
  shellScript(["reloader-roles", "reloader-network"], {
    HEARTBEAT,
    REACHED,
    PGHOST: DATABASE.host,
    PGPORT: DATABASE.port,
    PGUSER: DATABASE.superuser,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: PATHS.authority,
    ...common(users.filter((user) => user !== DATABASE.superuser)),
  });
