import { DATABASE } from "../contract";

/**
 * Facts that a data volume was made with. Kubernetes or PostgreSQL refuses to change them in place, or starts with an
 * empty volume. lib/stages/released.ts records the deployed values, and `check` compares.
 */
export const POSTGRES_IDENTITY = {
  /** StatefulSet, and so the pod `postgres-0`. */
  name: DATABASE.host,
  /** Value of the `app` label that the StatefulSet selects. */
  app: DATABASE.host,
  /** Headless Service that names the pod. */
  serviceName: `${DATABASE.host}-headless`,
  /** Claim template, and so the claim `data-postgres-0`. */
  claim: "data",
  /** User, group and fsGroup of the server, and so the owner of its files. */
  uid: 10_070,
  mountPath: "/var/lib/postgresql/data",
  /** A subfolder, since a new volume's root may hold a `lost+found` that initdb refuses. */
  dataDirectory: "/var/lib/postgresql/data/pgdata",
  /** Major version of the server; the next one needs pg_upgrade or a dump. */
  major: 16,
  /** C library of the image: musl and glibc sort text differently, so a change corrupts indexes. */
  libc: "musl",
} as const;

/**
 * The same facts of a cluster that CloudNativePG runs. The operator chose all but the name.
 */
export const CLUSTER_IDENTITY = {
  ...POSTGRES_IDENTITY,
  /** The operator's Service for the primary. Ours is `postgres`, with either engine. */
  serviceName: `${DATABASE.host}-rw`,
  /** Claims `postgres-1`, `postgres-1-wal` and so on. */
  claim: DATABASE.host,
  uid: 26,
  libc: "glibc",
} as const;

/** The only pod that may serve: another one of the StatefulSet would have a volume, and so a database, of its own. */
export const POSTGRES_POD = `${POSTGRES_IDENTITY.name}-0`;

/** Every name by which its Services reach the server; its certificate has them all. */
export function serverNames(namespace: string): string[] {
  const { name, serviceName } = POSTGRES_IDENTITY;
  return inNamespace(namespace, [name, serviceName, `${POSTGRES_POD}.${serviceName}`]);
}

/** The same of a cluster: replicas reach the primary by the operator's own Services. */
export function clusterNames(namespace: string): string[] {
  const { name } = CLUSTER_IDENTITY;
  return inNamespace(namespace, [name, ...["rw", "ro", "r"].map((role) => `${name}-${role}`)]);
}

/** Names of Services as pods of this and of other namespaces use them. */
export const inNamespace = (namespace: string, names: readonly string[]) =>
  names.flatMap((short) =>
    ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`].map((domain) => `${short}${domain}`),
  );

/** Port at which CloudNativePG's operator and the other instances ask an instance for its state. */
export const INSTANCE_STATUS_PORT = 8000;
