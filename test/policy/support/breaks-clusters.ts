import { type Break, type Finished, metadata } from "./break";

const inHa = (rule: string, by: string, change: (set: Finished) => void, says: string): Break => ({
  rule,
  by,
  change,
  says,
  stage: "prod-ha",
});

const databaseRole = (name: string) => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "DatabaseRole",
  metadata: metadata("somebody"),
  spec: { cluster: { name: "postgres" }, name },
});

/** A second cluster with the first one's archive. */
function second(set: Finished): void {
  const cluster = structuredClone(set.get("Cluster"));
  cluster.metadata.name = "second";
  set.add(cluster);
}

/** Breaks of the rules about CloudNativePG's objects. */
export const CLUSTER_BREAKS: readonly Break[] = [
  inHa(
    "cluster-durability",
    "a quorum with preferred durability",
    ({ cluster }) => {
      cluster.postgresql.synchronous.dataDurability = "preferred";
    },
    "is preferred, with failoverQuorum",
  ),
  inHa(
    "cluster-synchronous",
    "synchronous replication of one instance",
    ({ cluster }) => {
      cluster.instances = 1;
      cluster.enablePDB = false;
    },
    "synchronous.number is 1, and there are 0 replicas",
  ),
  inHa(
    "cluster-archive",
    "no plugin",
    ({ cluster }) => {
      delete cluster.plugins;
    },
    "names none that archives",
  ),
  inHa(
    "cluster-archive",
    "a plugin that does not archive",
    ({ cluster }) => {
      cluster.plugins[0].isWALArchiver = false;
    },
    "names none that archives",
  ),
  inHa(
    "cluster-budget",
    "a budget for one instance",
    ({ cluster }) => {
      cluster.instances = 1;
      delete cluster.postgresql.synchronous;
      delete cluster.enablePDB;
    },
    "there is one instance",
  ),
  inHa(
    "cluster-backup-field",
    "the operator's own archiver",
    ({ cluster }) => {
      cluster.backup = { barmanObjectStore: { destinationPath: "s3://a" } };
    },
    "spec.backup.barmanObjectStore is set",
  ),
  inHa("cluster-lineage", "a second cluster in the same archive", second, "as Cluster diabrisk/postgres does"),
  inHa(
    "cluster-lineage",
    "a cluster that archives to where it is restored from",
    ({ cluster }) => {
      cluster.externalClusters = [{ name: "before", plugin: cluster.plugins[0] }];
    },
    "from which it is restored",
  ),
  inHa(
    "cluster-lineage",
    "a name in the ObjectStore",
    (set) => {
      set.get("ObjectStore").spec.configuration.serverName = "postgres";
    },
    "is every cluster's that uses the store",
  ),
  inHa(
    "cluster-schedule",
    "a schedule of five fields",
    (set) => {
      set.get("ScheduledBackup").spec.schedule = "37 1 * * *";
    },
    "has 5 fields",
  ),
  inHa("cluster-reference", "no ObjectStore", (set) => set.remove("ObjectStore"), "barmanObjectName names"),
  inHa(
    "cluster-reference",
    "a backup of another cluster",
    (set) => {
      set.get("ScheduledBackup").spec.cluster.name = "other";
    },
    "names other, which is not there",
  ),
  inHa(
    "cluster-managed-role",
    "initdb's owner among the operator's roles",
    ({ cluster }) => {
      cluster.managed = { roles: [{ name: "diabrisk" }] };
    },
    "is diabrisk, which initdb makes",
  ),
  inHa(
    "cluster-managed-role",
    "a role of bootstrap's among the operator's",
    ({ cluster }) => {
      cluster.managed = { roles: [{ name: "data_svc" }] };
    },
    "is data_svc, which a program of this project makes",
  ),
  inHa(
    "cluster-database-role",
    "a DatabaseRole for a role of bootstrap's",
    (set) => set.add(databaseRole("migrator")),
    "is migrator, which a program of this project makes",
  ),
  inHa(
    "config-reference",
    "a Cluster without its certificate",
    (set) => set.remove("Certificate", "postgres-tls"),
    "names Secret postgres-tls, which is not there",
  ),
  inHa(
    "config-reference",
    "an archive without its credentials",
    (set) => set.remove("ExternalSecret", "archive-store"),
    "names Secret archive-store, which is not there",
  ),
];
