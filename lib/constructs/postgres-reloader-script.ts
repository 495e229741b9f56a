import { CREDENTIAL_KEYS, DATABASE, PATHS, TLS_KEYS } from "../contract";
import { shellScript } from "./shell-script";

/** Touched at every look. */
export const HEARTBEAT = "/tmp/alive";

/** `scripts/postgres-reloader.sh` with the paths of the pod's mounts. */
export const RELOADER = shellScript("postgres-reloader", {
  HEARTBEAT,
  // The folder of the server's socket, where the superuser needs no password.
  PGHOST: "/var/run/postgresql",
  PGPORT: DATABASE.port,
  PGUSER: DATABASE.superuser,
  ROLES: PATHS.roles,
  // Holds the password in the folder of each role. Scanners take a variable with PASSWORD in its name for one.
  LOGIN_FILE: CREDENTIAL_KEYS.password,
  // A name that is in the server's certificate.
  SERVER_NAME: DATABASE.host,
  CERTIFICATE: `${PATHS.tls}/${TLS_KEYS.certificate}`,
  KEY: `${PATHS.tls}/${TLS_KEYS.key}`,
  AUTHORITY: PATHS.authority,
});
