import { CREDENTIAL_KEYS, DATABASE, PATHS } from "../contract";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import { shellScript } from "./shell-script";

/** Folder that survives a container's restart, but not the pod's end. */
const RUN_FOLDER = "/var/run/postgresql";

/** File that postgresql.conf includes. It is empty unless the volume is nearly full. */
export const NEARLY_FULL_CONFIG = `${RUN_FOLDER}/nearly-full.conf`;

/**
 * `scripts/postgres-supervisor.sh` for a volume of `volume` MiB and a server with its configuration in `configFolder`.
 * It assigns the names of the password's files itself: in the container's `env`, scanners would take them for
 * passwords.
 */
export const supervise = (configFolder: string, volume: number): string =>
  shellScript("postgres-supervisor", {
    CONFIG_FOLDER: configFolder,
    VOLUME: POSTGRES_IDENTITY.mountPath,
    CLAIM: POSTGRES_IDENTITY.claim,
    ONLY_POD: POSTGRES_POD,
    RUN_FOLDER,
    NEARLY_FULL_CONFIG,
    // Free MiB below which new transactions are read-only by default: a fiftieth of the volume, within bounds.
    RESERVE: Math.min(Math.max(Math.floor(volume / 50), 64), 2048),
    POSTGRES_USER_FILE: `${PATHS.database}/${CREDENTIAL_KEYS.username}`,
    POSTGRES_PASSWORD_FILE: `${PATHS.database}/${CREDENTIAL_KEYS.password}`,
    POSTGRES_DB: DATABASE.name,
  });
