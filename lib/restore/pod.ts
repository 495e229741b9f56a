import { Size } from "cdk8s";
import { type Container, toJson_Container, toJson_Volume, type Volume } from "../../imports/k8s";
import { clientsVariable } from "../constructs/clients-variable";
import { type Keeps, keepsFlags } from "../constructs/keeps-flags";
import { scratch, secureContainer } from "../constructs/pod-defaults";
import { scratchVolume } from "../constructs/postgres-backup-pod";
import { rolesVolume } from "../constructs/roles-volume";
import { type Client, CREDENTIAL_KEYS, LOGIN_ROLES, PATHS } from "../contract";
import type { KubeObject } from "../deploy/kubectl";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import type { Image, Resources } from "../stages/stage";
import { KEYS_FOLDER } from "./keys";
import { BACKUP_LABEL, RESTORE_APP, restoreName } from "./names";
import { script } from "./script";
import { CONNECTION, loadContainer, SOCKET_FOLDER, serverContainer, templateOf, UID } from "./server-container";

export interface RestorePodProps {
  /** Id of the backup. */
  readonly backup: string;
  /** The live StatefulSet: the restored database gets the same server. */
  readonly server: KubeObject;
  /** Image of this package's programs. */
  readonly image: Image;
  /** Resources of each of their containers, which run one after the other. */
  readonly resources: Resources;
  /** Services that run their own SQL, whose roles the restored server gets, too. */
  readonly clients: readonly Client[];
  /** How long the restored database keeps what the retention deletes, as the stage has it. */
  readonly keeps: Keeps;
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
        ours(bootstrap(props, "bootstrap")),
        load,
        ours(bootstrap(props, "privileges")),
        ours(compare(props)),
        ours(verify(props)),
      ],
      containers: [ours(hold(props))],
      volumes: [
        ...template.volumes.filter((volume) => mounted.has(volume.name)),
        { name: POSTGRES_IDENTITY.claim, persistentVolumeClaim: { claimName: name } },
        ...volumes(props).map(toJson_Volume),
      ],
    },
  };
}

const ours = (container: Container) => toJson_Container(container);

/** The part that the containers of this package share. */
const common = ({ image, resources }: RestorePodProps) => ({ image, resources, uid: UID });

function fetchContainer(props: RestorePodProps): Container {
  const variables = { KEYS: KEYS_FOLDER, ID: props.backup, TARGET: props.target, WORK: PATHS.work };
  return secureContainer({
    ...common(props),
    name: FETCH,
    command: ["/bin/sh", "-c", script("fetch.sh", variables)],
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

/**
 * Makes the roles that own the dump's objects, with the passwords of the Secrets. Once these are there, it gives the roles their
 * privileges. Its log only matters if it fails.
 */
function bootstrap(props: RestorePodProps, name: "bootstrap" | "privileges"): Container {
  const migrate = ["migrate", "bootstrap", ...keepsFlags(props.keeps)].join(" ");
  const command = `${migrate} > /tmp/bootstrap.log 2>&1 || { cat /tmp/bootstrap.log; exit 1; }`;
  const roles = { name: "roles", mountPath: PATHS.roles, readOnly: true };
  const { env = [], ...container } = client(props, name, ["/bin/sh", "-c", command], [roles]);
  return { ...container, env: [...env, clientsVariable(props.clients)] };
}

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

function volumes({ backups, clients, scratch: { size, storageClass } }: RestorePodProps): Volume[] {
  return [
    scratchVolume("work", size, storageClass),
    scratch("keys", Size.mebibytes(1)),
    rolesVolume([...LOGIN_ROLES, ...clients.map(({ role }) => role)], [CREDENTIAL_KEYS.password]),
    ...(backups === undefined
      ? []
      : [{ name: "backups", persistentVolumeClaim: { claimName: backups, readOnly: true } }]),
  ];
}
