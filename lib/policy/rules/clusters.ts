import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import { Places } from "../places";
import { type Breach, each, type Rule } from "../rule";
import { at, isSet, number, type Tree, text, tree, trees } from "../tree";
import { CLUSTER_ROLE_RULES } from "./cluster-roles";

const clusters = (objects: Objects) => objects.ofKind("Cluster");
const instancesOf = (cluster: KubeObject) => number(cluster.tree, "spec", "instances") ?? 1;
const SYNCHRONOUS = "spec.postgresql.synchronous";

/** Clusters of CloudNativePG keep what they acknowledge, archive, and are what their objects name. */
export const CLUSTER_RULES: readonly Rule[] = [
  each(
    clusters,
    "cluster-durability",
    "With a quorum for failovers, preferred durability has lost acknowledged commits (cloudnative-pg #8790), and a cluster never got ready (#10547).",
    'Set dataDurability: "required", or leave failoverQuorum out.',
    function* (object) {
      const synchronous = tree(object.tree, "spec", "postgresql", "synchronous");
      if (synchronous.failoverQuorum === true && synchronous.dataDurability === "preferred")
        yield { object, field: `${SYNCHRONOUS}.dataDurability`, problem: "is preferred, with failoverQuorum" };
    },
  ),
  each(
    clusters,
    "cluster-synchronous",
    "Every commit waits for a replica that never comes (cloudnative-pg #5964).",
    "Leave synchronous out, or set its number below the number of replicas.",
    function* (object) {
      const wanted = number(object.tree, "spec", "postgresql", "synchronous", "number");
      const replicas = instancesOf(object) - 1;
      if (wanted !== undefined && wanted > replicas)
        yield { object, field: `${SYNCHRONOUS}.number`, problem: `is ${wanted}, and there are ${replicas} replicas` };
    },
  ),
  each(
    clusters,
    "cluster-archive",
    "A cluster without an archiver says that it is healthy while nothing can restore it; adding one later has deadlocked a switchover (cloudnative-pg #10981).",
    "Name a plugin with isWALArchiver: true from the first day.",
    function* (object) {
      if (!trees(object.tree, "spec", "plugins").some(([plugin]) => archives(plugin)))
        yield { object, field: "spec.plugins", problem: "names none that archives" };
    },
  ),
  each(
    clusters,
    "cluster-budget",
    "No node with the only instance can ever be drained.",
    "Set enablePDB: false, or run at least two instances.",
    function* (object) {
      if (instancesOf(object) === 1 && at(object.tree, "spec", "enablePDB") !== false)
        yield { object, field: "spec.enablePDB", problem: "is not false, and there is one instance" };
    },
  ),
  each(
    clusters,
    "cluster-backup-field",
    "The operator's own archiver is gone in CloudNativePG 1.31, and the archive stops with the update.",
    "Use the Barman Cloud plugin with an ObjectStore.",
    function* (object) {
      if (isSet(at(object.tree, "spec", "backup", "barmanObjectStore")))
        yield { object, field: "spec.backup.barmanObjectStore", problem: "is set" };
    },
  ),
  {
    name: "cluster-lineage",
    reason:
      "Two clusters that archive under one name overwrite each other's log, or one never archives (cloudnative-pg #10761, plugin-barman-cloud #350).",
    remedy: "Give each cluster a serverName of its own among the plugin's parameters, and the ObjectStore none.",
    check: lineages,
  },
  each(
    (objects) => objects.ofKind("ScheduledBackup"),
    "cluster-schedule",
    "CloudNativePG reads six fields, of which the first is the second: five mean another time, or are refused.",
    'Write the second first, as in "0 37 1 * * *".',
    function* (object) {
      const schedule = text(object.tree, "spec", "schedule") ?? "";
      const fields = schedule.split(" ").filter(Boolean).length;
      if (!schedule.startsWith("@") && fields !== 6)
        yield { object, field: "spec.schedule", problem: `is "${schedule}", which has ${fields} fields` };
    },
  ),
  {
    name: "cluster-reference",
    reason: "The operator waits for what is not there, and archives and backs up nothing meanwhile.",
    remedy: "Add the Cluster, ObjectStore or Secret, or correct the name.",
    check: references,
  },
  ...CLUSTER_ROLE_RULES,
];

const archives = (plugin: Tree) => plugin.isWALArchiver === true && plugin.enabled !== false;

/** The place to which a plugin archives, or from which it restores: its ObjectStore and the name in it. */
function placeOf(cluster: KubeObject, plugin: unknown): string {
  const store = text(plugin, "parameters", "barmanObjectName") ?? "";
  return `${store}/${text(plugin, "parameters", "serverName") ?? cluster.name}`;
}

function* lineages(objects: Objects): Iterable<Breach> {
  for (const object of objects.ofKind("ObjectStore"))
    if (isSet(at(object.tree, "spec", "configuration", "serverName")))
      yield { object, field: "spec.configuration.serverName", problem: "is every cluster's that uses the store" };
  const owners = new Places<KubeObject>();
  for (const object of clusters(objects)) {
    const sources = trees(object.tree, "spec", "externalClusters").map(([source]) => placeOf(object, source.plugin));
    for (const [plugin, index] of trees(object.tree, "spec", "plugins")) {
      if (!archives(plugin)) continue;
      const place = placeOf(object, plugin);
      const field = `spec.plugins[${index}].parameters.serverName`;
      const other = owners.getExactly(object.namespace, place);
      if (other) yield { object, field, problem: `archives to ${place}, as ${label(other)} does` };
      if (sources.includes(place)) yield { object, field, problem: `archives to ${place}, from which it is restored` };
      owners.set(object.namespace, place, object);
    }
  }
}

function* references(objects: Objects): Iterable<Breach> {
  for (const object of clusters(objects))
    for (const [plugin, index] of trees(object.tree, "spec", "plugins")) {
      const name = text(plugin, "parameters", "barmanObjectName");
      const field = `spec.plugins[${index}].parameters.barmanObjectName`;
      if (name !== undefined && !objects.find("ObjectStore", object.namespace, name))
        yield { object, field, problem: `names ${name}, which is not there` };
    }
  for (const object of objects.ofKind("ScheduledBackup")) {
    const name = text(object.tree, "spec", "cluster", "name") ?? "";
    if (!objects.find("Cluster", object.namespace, name))
      yield { object, field: "spec.cluster.name", problem: `names ${name}, which is not there` };
  }
}
