import { Construct } from "constructs";
import {
  Cluster,
  type ClusterSpec,
  type ClusterSpecBootstrapInitdb,
  ClusterSpecEphemeralVolumesSizeLimitShm,
  ClusterSpecPostgresqlSynchronousDataDurability,
  ClusterSpecPostgresqlSynchronousMethod,
  ClusterSpecPrimaryUpdateMethod,
  ClusterSpecPrimaryUpdateStrategy,
  ClusterSpecResourcesLimits,
  ClusterSpecResourcesRequests,
} from "../../imports/postgresql.cnpg.io";
import { ARCHIVE, DATABASE, TLS_SECRET } from "../contract";
import { CLUSTER_IDENTITY } from "../postgres/identity";
import { type DatabaseUser, secretName } from "../secrets/credentials";
import { canonicalQuantity, parseMebibytes } from "../stages/quantity";
import type { Amounts, ClusterStage, DatabaseStage, Resources, SynchronousStage } from "../stages/stage";
import { remarked } from "../synth/yaml";
import { labelsOf, PARTS, selectorOf } from "./labels";
import { PodService } from "./pod-service";
import { PLUGIN } from "./postgres-archive";
import { CLUSTER_METRICS } from "./postgres-cluster-metrics";
import { clusterParameters } from "./postgres-cluster-parameters";
import { clientRules } from "./postgres-config";

const PART = PARTS.database;
const { name } = CLUSTER_IDENTITY;

/** Label of an instance's pods. The operator moves the role at every failover. */
export const INSTANCE_OF = { "cnpg.io/cluster": name } as const;
const PRIMARY = { ...INSTANCE_OF, "cnpg.io/instanceRole": "primary" } as const;

/** Label that makes the operator follow a changed Secret at once. */
export const FOLLOWED = { "cnpg.io/reload": "true" } as const;

export interface PostgresClusterProps {
  readonly database: DatabaseStage;
  readonly cluster: ClusterStage;
  /** Users that its access rules let in. */
  readonly users: readonly DatabaseUser[];
}

/**
 * Several PostgreSQL servers that CloudNativePG runs. One is the primary, which the Service `postgres` leads to; another
 * takes its place when it is lost, with every acknowledged commit.
 */
export class PostgresCluster extends Construct {
  constructor(scope: Construct, props: PostgresClusterProps) {
    super(scope, name);
    new PodService(this, "service", {
      part: PART,
      ports: [{ name: "postgres", number: DATABASE.port, target: "postgresql" }],
      also: PRIMARY,
    });
    new RemarkedCluster(this, "cluster", { metadata: { name, labels: labelsOf(PART) }, spec: clusterSpec(props) });
  }
}

/** A Cluster with a remark for password scanners on the names of its Secrets. The scanner reads no annotation. */
class RemarkedCluster extends Cluster {
  override toJson(): ReturnType<Cluster["toJson"]> {
    const { spec, ...manifest } = super.toJson();
    return { ...manifest, spec: { ...spec, certificates: remarked(spec.certificates, SCANNER_REMARK) } };
  }
}

/**
 * Seconds that a server which is told to stop waits for its clients to leave by themselves; the operator's default is 180.
 * data-svc keeps its connections, so all of that time would pass, without a primary that takes new ones.
 */
const SMART_SHUTDOWN_SECONDS = 5;

const SCANNER_REMARK = "checkov:skip=CKV_SECRET_6:the name of a Secret";

/** The specification that the operator gets. */
export function clusterSpec({ database, cluster, users }: PostgresClusterProps): ClusterSpec {
  return {
    instances: cluster.instances,
    imageName: cluster.image.reference,
    imagePullPolicy: cluster.image.pullPolicy,
    // Policies and Services select this label, and the pods of initdb and of new replicas have it, too.
    inheritedMetadata: {
      labels: selectorOf(PART),
      annotations: { "kubectl.kubernetes.io/default-container": "postgres" },
    },
    bootstrap: { initdb: initdb() },
    postgresql: {
      parameters: clusterParameters(database, cluster.walStorage),
      // The operator's own roles have rules before these. Its last line would take everybody, also without TLS.
      pgHba: ["hostnossl all all all reject", ...clientRules(users), "host all all all reject"],
      // Lets a person's `kubectl exec` be the superuser, as in a stage with a StatefulSet.
      pgIdent: [`local postgres ${DATABASE.superuser}`],
      ...(cluster.synchronous && { synchronous: synchronous(cluster.synchronous) }),
    },
    certificates: { serverTlsSecret: TLS_SECRET, serverCaSecret: TLS_SECRET },
    enableSuperuserAccess: false,
    monitoring: { customQueriesConfigMap: [CLUSTER_METRICS] },
    resources: resources(database.resources),
    ephemeralVolumesSizeLimit: { shm: sharedMemory(database) },
    storage: volume(database.storage, database.storageClass),
    walStorage: volume(cluster.walStorage, database.storageClass),
    ...(cluster.archive && { plugins: [archiver(cluster.archive.lineage)] }),
    enablePdb: cluster.disruptionBudgets,
    primaryUpdateStrategy: ClusterSpecPrimaryUpdateStrategy.UNSUPERVISED,
    primaryUpdateMethod: ClusterSpecPrimaryUpdateMethod.SWITCHOVER,
    smartShutdownTimeout: SMART_SHUTDOWN_SECONDS,
    ...spread(cluster),
  };
}

/** The same superuser and database as the StatefulSet's image makes, with the same locale and checksums. */
const initdb = (): ClusterSpecBootstrapInitdb => ({
  database: DATABASE.name,
  owner: DATABASE.superuser,
  secret: { name: secretName(DATABASE.superuser) },
  dataChecksums: true,
  encoding: "UTF8",
  // Sorts alike in every libc, so that data can move between the engines.
  localeCollate: "C",
  localeCType: "C",
  // `migrate bootstrap` makes roles, hands over what others own and locks pg_authid, which only a superuser may.
  // The second is bootstrap's, too: an import of data comes before it.
  postInitSql: [`alter role ${DATABASE.superuser} superuser`, "alter role all set log_min_messages = 'log'"],
});

const synchronous = ({ number, dataDurability, failoverQuorum }: SynchronousStage) => ({
  method: ClusterSpecPostgresqlSynchronousMethod.ANY,
  number,
  dataDurability:
    dataDurability === "required"
      ? ClusterSpecPostgresqlSynchronousDataDurability.REQUIRED
      : ClusterSpecPostgresqlSynchronousDataDurability.PREFERRED,
  failoverQuorum,
});

function resources({ requests, limits }: Resources) {
  const each = <Quantity>(amounts: Amounts, from: (text: string) => Quantity) => ({
    cpu: from(canonicalQuantity(amounts.cpu)),
    memory: from(canonicalQuantity(amounts.memory)),
    "ephemeral-storage": from(canonicalQuantity(amounts.ephemeralStorage)),
  });
  return {
    requests: each(requests, ClusterSpecResourcesRequests.fromString),
    limits: each(limits, ClusterSpecResourcesLimits.fromString),
  };
}

/** A quarter of the memory, as the StatefulSet's server has. */
function sharedMemory({ resources: { limits } }: DatabaseStage): ClusterSpecEphemeralVolumesSizeLimitShm {
  const quarter = Math.floor((parseMebibytes(limits.memory) ?? 0) / 4);
  return ClusterSpecEphemeralVolumesSizeLimitShm.fromString(canonicalQuantity(`${quarter}Mi`));
}

const volume = (size: string, storageClass: string | undefined) => ({ size, ...(storageClass && { storageClass }) });

/** The history's name is the plugin's parameter: in the ObjectStore it would be every cluster's that uses it. */
const archiver = (lineage: string) => ({
  name: PLUGIN,
  // Spells out the default: `kubectl apply` compares lists as a whole.
  enabled: true,
  isWalArchiver: true,
  parameters: { barmanObjectName: ARCHIVE.name, serverName: lineage },
});

/** One instance on a node, and evenly over zones if there are several. */
function spread({ instances, nodeEach }: ClusterStage): Pick<ClusterSpec, "affinity" | "topologySpreadConstraints"> {
  if (!nodeEach || instances === 1) return { affinity: { enablePodAntiAffinity: false } };
  return {
    affinity: {
      enablePodAntiAffinity: true,
      podAntiAffinityType: "required",
      topologyKey: "kubernetes.io/hostname",
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: INSTANCE_OF },
      },
    ],
  };
}
