import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Size } from "cdk8s";
import { type Container, toJson_Container, toJson_Volume, type Volume } from "../../imports/k8s";
import { scratch, secureContainer } from "../constructs/pod-defaults";
import { scratchVolume } from "../constructs/postgres-backup-pod";
import { rolesVolume } from "../constructs/roles-volume";
import { CREDENTIAL_KEYS, DATABASE, LOGIN_ROLES, PATHS } from "../contract";
import type { KubeObject } from "../deploy/kubectl";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import type { Image, Resources } from "../stages/stage";
import { KEYS_FOLDER } from "./keys";
import { BACKUP_LABEL, RESTORE_APP, restoreName } from "./names";

export interface RestorePodProps {
  /** Id of the backup. */
  readonly backup: string;
  /** The live StatefulSet: the restored database gets the same server. */
  readonly server: KubeObject;
  /** Image of this package's programs. */
  readonly image: Image;
  /** Resources of each of their containers, which run one after the other. */
  readonly resources: Resources;
  /** Where `backup` looks, e.g. `volume:/backups`. */
  readonly target: string;
  /** Region of the bucket. @default none */
  readonly region?: string;
  /** Claim of the volume that holds the backups. @default none: they are in a bucket */
  readonly backups?: string;
  /** Size and class of the volume for the fetched dump. */
  readonly scratch: { readonly size: string; readonly storageClass?: string | undefined };
}

/** Container that waits for the keys. */
export const FETCH = "fetch";

const { name: SERVER_CONTAINER, claim } = POSTGRES_IDENTITY;
/** User of all but the server: the backup pods' own, who may read the backups. The server's socket lets everybody in. */
const UID = 10_001;
const SOCKET_FOLDER = "/var/run/postgresql";
const DUMP = `${PATHS.work}/dump.pgc`;
/** The restored server's socket, which lets its superuser in without a password. */
const CONNECTION = [
  { name: "PGHOST", value: SOCKET_FOLDER },
  { name: "PGUSER", value: DATABASE.superuser },
  { name: "PGDATABASE", value: DATABASE.name },
];

/**
 * The pod that restores by itself and then waits, with the restored server running. It becomes Ready once the restored
 * database is compared. The server is the live one's own container on another volume, so the volume fits the StatefulSet.
 */
export function restorePod(props: RestorePodProps): KubeObject {
  const template = templateOf(props.server);
  const server = serverContainer(template);
  const mounted = new Set(server.volumeMounts.map(({ name }) => name));
  const { serviceAccountName, automountServiceAccountToken, enableServiceLinks, securityContext } = template;
  const name = restoreName(props.backup);
  const load = { ...server, ...loadContainer(server) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: RESTORE_APP, [BACKUP_LABEL]: props.backup } },
    spec: {
      ...{ serviceAccountName, automountServiceAccountToken, enableServiceLinks, securityContext },
      restartPolicy: "Never",
      terminationGracePeriodSeconds: template.terminationGracePeriodSeconds,
      initContainers: [
        ours(fetchContainer(props)),
        server,
        ours(bootstrap(props)),
        load,
        ours(compare(props)),
        ours(verify(props)),
      ],
      containers: [ours(hold(props))],
      volumes: [
        ...template.volumes.filter((volume) => mounted.has(volume.name)),
        { name: claim, persistentVolumeClaim: { claimName: name } },
        ...volumes(props).map(toJson_Volume),
      ],
    },
  };
}

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

const templateOf = ({ spec }: KubeObject) => (spec as { template: { spec: Template } }).template.spec;

/** The live server as a sidecar. It is told the name of the only pod that may serve, because its volume is to become that pod's. */
function serverContainer({ containers }: Template): LiveContainer {
  const live = containers.find(({ name }) => name === SERVER_CONTAINER);
  if (!live) throw new TypeError(`The StatefulSet has no container ${SERVER_CONTAINER}.`);
  const env = (live.env ?? []).filter(({ name }) => name !== "POD_NAME");
  return { ...live, env: [...env, { name: "POD_NAME", value: POSTGRES_POD }], ...{ restartPolicy: "Always" } };
}

/** Loads the dump with the server's own pg_restore. Keeps the container's resources and its protections. */
const loadContainer = ({ volumeMounts, securityContext }: LiveContainer) => ({
  name: "load",
  securityContext: { ...securityContext, runAsUser: UID, runAsGroup: UID },
  command: ["/bin/sh", "-c", shellText("load.sh", { DUMP })],
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

/** A script of this folder, after assignments of its variables. */
function shellText(file: string, variables: Readonly<Record<string, string>>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  return assignments.join("") + readFileSync(path.join(__dirname, file), "utf8");
}

const ours = (container: Container) => toJson_Container(container);

/** The part that the containers of this package share. */
const common = ({ image, resources }: RestorePodProps) => ({ image, resources, uid: UID });

function fetchContainer(props: RestorePodProps): Container {
  const variables = { KEYS: KEYS_FOLDER, ID: props.backup, TARGET: props.target, WORK: PATHS.work };
  return secureContainer({
    ...common(props),
    name: FETCH,
    command: ["/bin/sh", "-c", shellText("fetch.sh", variables)],
    env: [
      { name: "STORE_DIR", value: KEYS_FOLDER },
      ...(props.region === undefined ? [] : [{ name: "AWS_REGION", value: props.region }]),
    ],
    volumeMounts: [
      { name: "work", mountPath: PATHS.work },
      { name: "keys", mountPath: KEYS_FOLDER },
      ...(props.backups === undefined ? [] : [{ name: "backups", mountPath: PATHS.backups, readOnly: true }]),
    ],
  });
}

/** Makes the roles that own the dump's objects, with the passwords of the Secrets. Its log only matters if it fails. */
const bootstrap = (props: RestorePodProps) =>
  client(
    props,
    "bootstrap",
    ["/bin/sh", "-c", "migrate bootstrap > /tmp/bootstrap.log 2>&1 || { cat /tmp/bootstrap.log; exit 1; }"],
    [{ name: "roles", mountPath: PATHS.roles, readOnly: true }],
  );

const compare = (props: RestorePodProps) =>
  client(props, "compare", ["backup", "compare", "--manifest", `${PATHS.work}/manifest.json`]);

/** Tells whether the schema is that of its migrations. A drifted database is restored all the same, as it was. */
const verify = (props: RestorePodProps) =>
  client(props, "verify", [
    ...["/bin/sh", "-c"],
    "migrate verify || echo 'warning: the schema is not exactly that of its migrations; it is restored as it was'",
  ]);

const hold = (props: RestorePodProps) =>
  client(props, "hold", ["/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"]);

/** A program that connects to the restored server as the superuser, over its socket. */
function client(
  props: RestorePodProps,
  name: string,
  command: string[],
  mounts: NonNullable<Container["volumeMounts"]> = [],
): Container {
  return secureContainer({
    ...common(props),
    name,
    command,
    env: [...CONNECTION],
    volumeMounts: [
      { name: "run", mountPath: SOCKET_FOLDER, readOnly: true },
      { name: "work", mountPath: PATHS.work, readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
      ...mounts,
    ],
  });
}

function volumes({ backups, scratch: { size, storageClass } }: RestorePodProps): Volume[] {
  return [
    scratchVolume("work", size, storageClass),
    scratch("keys", Size.mebibytes(1)),
    rolesVolume(LOGIN_ROLES, [CREDENTIAL_KEYS.password]),
    ...(backups === undefined
      ? []
      : [{ name: "backups", persistentVolumeClaim: { claimName: backups, readOnly: true } }]),
  ];
}

/**
 * Claim of the restored database's volume, of the live one's size and class.
 * @param live the live claim, which may have been grown since. @default none: the size of the StatefulSet's template
 */
export function restoreClaim(backup: string, server: KubeObject, live?: KubeObject): KubeObject {
  const templates = (server.spec as { volumeClaimTemplates: readonly { metadata: { name: string }; spec: object }[] })
    .volumeClaimTemplates;
  const template = templates.find(({ metadata }) => metadata.name === claim);
  if (!template) throw new TypeError(`The StatefulSet has no claim template ${claim}.`);
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: restoreName(backup), labels: { app: RESTORE_APP, [BACKUP_LABEL]: backup } },
    spec: { ...template.spec, ...(live?.spec?.resources !== undefined && { resources: live.spec.resources }) },
  };
}
