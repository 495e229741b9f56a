import { DATABASE, PATHS } from "../contract";
import type { KubeObject } from "../deploy/kubectl";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import { script } from "./script";

/** User of all but the server: the backup pods' own, who may read the backups. The server's socket lets everybody in. */
export const UID = 10_001;
export const SOCKET_FOLDER = "/var/run/postgresql";
const DUMP = `${PATHS.work}/dump.pgc`;
/** The restored server's socket, which lets its superuser in without a password. */
export const CONNECTION = [
  { name: "PGHOST", value: SOCKET_FOLDER },
  { name: "PGUSER", value: DATABASE.superuser },
  { name: "PGDATABASE", value: DATABASE.name },
];

interface Template {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly securityContext?: object;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly LiveContainer[];
  readonly volumes: readonly { readonly name: string }[];
}

interface LiveContainer {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string }[];
  readonly securityContext?: object;
}

export const templateOf = ({ spec }: KubeObject) => (spec as { template: { spec: Template } }).template.spec;

/** The live server as a sidecar. It is told the name of the only pod that may serve, because its volume is to become that pod's. */
export function serverContainer({ containers }: Template): LiveContainer {
  const live = containers.find(({ name }) => name === POSTGRES_IDENTITY.name);
  if (!live) throw new TypeError(`The StatefulSet has no container ${POSTGRES_IDENTITY.name}.`);
  const env = (live.env ?? []).filter(({ name }) => name !== "POD_NAME");
  return { ...live, env: [...env, { name: "POD_NAME", value: POSTGRES_POD }], ...{ restartPolicy: "Always" } };
}

/** Loads the dump with the server's own pg_restore. Keeps the container's resources and its protections. */
export const loadContainer = ({ volumeMounts, securityContext }: LiveContainer) => ({
  name: "load",
  securityContext: { ...securityContext, runAsUser: UID, runAsGroup: UID },
  command: ["/bin/sh", "-c", script("load.sh", { DUMP })],
  env: [
    ...CONNECTION,
    // The volume is nobody's yet: a crash begins anew, so no commit has to reach the disk before the next.
    { name: "PGOPTIONS", value: "-c synchronous_commit=off" },
  ],
  volumeMounts: [
    ...volumeMounts.filter(({ name }) => name === "run" || name === "tmp"),
    { name: "work", mountPath: PATHS.work },
  ],
  ...{ ports: undefined, startupProbe: undefined, readinessProbe: undefined, livenessProbe: undefined },
  restartPolicy: undefined,
});
