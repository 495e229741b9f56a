import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { CONTENTS_SQL } from "../backup/contents-sql";
import { digest } from "../common/digest";
import { BACKUP, CREDENTIAL_KEYS, DATABASE, PATHS } from "../contract";
import { secretName } from "../secrets/credentials";
import { labelsOf, type Part } from "./labels";
import { SQL } from "./scripts";
import { shellScript } from "./shell-script";

/** Folder of the script and its SQL in the pod. */
export const DUMP_FOLDER = "/etc/diabrisk/dump";
export const DUMP_FILE = "dump.sh";

export interface DumpProps {
  /** Size of the volume that the dump is made on, for a message. */
  readonly scratch: string;
}

/** The files that a pod dumps with. */
export const dumpFiles = ({ scratch }: DumpProps): Readonly<Record<string, string>> => ({
  [DUMP_FILE]: shellScript("postgres-backup", {
    WORK: PATHS.work,
    TMP: "/tmp",
    SQL: DUMP_FOLDER,
    CREDENTIAL: PATHS.database,
    USER_KEY: CREDENTIAL_KEYS.username,
    LOGIN_KEY: CREDENTIAL_KEYS.password,
    ORIGIN: secretName("backup"),
    SCRATCH: scratch,
    PGHOST: DATABASE.host,
    PGPORT: DATABASE.port,
    PGDATABASE: DATABASE.name,
    PGSSLROOTCERT: PATHS.authority,
    PGSSLMODE: "verify-full",
    ...PATIENCE,
  }),
  "session.sql": SQL["postgres-backup"],
  "contents.sql": CONTENTS_SQL,
});

const PATIENCE = {
  // A changed password reaches the mounted Secret at once, the server within about 90 seconds.
  LOGIN_SECONDS: 180,
  // A migration's statement may take a while; the next backup is never far.
  LOCKED_SECONDS: 600,
  LOCK_MILLISECONDS: 500,
  PAUSE_SECONDS: 3,
  TRIES: 5,
} as const;

/** Name of the ConfigMap, by its content: a running pod keeps the files that it started with. */
export const dumpConfigName = (files: ReturnType<typeof dumpFiles>) =>
  `${BACKUP.name}-${digest(Object.values(files), 10)}`;

export class DumpConfig extends ConfigMap {
  constructor(scope: Construct, part: Part, files: ReturnType<typeof dumpFiles>) {
    const metadata = { name: dumpConfigName(files), labels: labelsOf(part) };
    super(scope, "config", { metadata, immutable: true, data: { ...files } });
  }
}
