import { CREDENTIAL_KEYS, DATABASE, PATHS } from "../contract";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import { shellScript } from "./shell-script";

/** Outlives a container, not its pod. */
const RUN_FOLDER = "/var/run/postgresql";

/** Empty unless the volume is nearly full; postgresql.conf includes it. */
export const NEARLY_FULL_CONFIG = `${RUN_FOLDER}/nearly-full.conf`;

/**
 * `scripts/postgres-supervisor.sh` for a volume of `volume` MiB and a server whose configuration is in `configFolder`.
 *
 * The names of the password's files are assigned here and not in the container's `env`, since scanners take a variable with
 * PASSWORD in its name for a password.
 */
export const supervise = (configFolder: string, volume: number): string =>
  shellScript("postgres-supervisor", {
    CONFIG_FOLDER: configFolder,
    VOLUME: POSTGRES_IDENTITY.mountPath,
    RUN_FOLDER,
    NEARLY_FULL_CONFIG,
    // MiB of free space below which new transactions are read-only by default: a fiftieth.
    RESERVE: Math.min(Math.max(Math.floor(volume / 50), 64), 2048),
    POSTGRES_USER_FILE: `${PATHS.database}/${CREDENTIAL_KEYS.username}`,
    POSTGRES_PASSWORD_FILE: `${PATHS.database}/${CREDENTIAL_KEYS.password}`,
    POSTGRES_DB: DATABASE.name,
  });
