import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { each, type Rule } from "../rule";
import { text, trees } from "../tree";

/** Roles of the database have one master each: an operator resets what its object leaves out. */
export const CLUSTER_ROLE_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind("Cluster"),
    "cluster-managed-role",
    "The operator and whoever else makes the role change it back and forth; of the owner that initdb made it loses the password (cloudnative-pg #6762).",
    "Leave the role out of managed.roles.",
    function* (object, objects) {
      for (const [role, index] of trees(object.tree, "spec", "managed", "roles")) {
        const name = text(role, "name") ?? "";
        const master = masterOf(name, [object], objects);
        if (master)
          yield { object, field: `spec.managed.roles[${index}].name`, problem: `is ${name}, which ${master}` };
      }
    },
  ),
  each(
    (objects) => objects.ofKind("DatabaseRole"),
    "cluster-database-role",
    "The operator adopts the role, and resets every attribute, membership and setting that the object leaves out.",
    "Leave the DatabaseRole out.",
    function* (object, objects) {
      const cluster = text(object.tree, "spec", "cluster", "name") ?? "";
      const found = objects.find("Cluster", object.namespace, cluster);
      const name = text(object.tree, "spec", "name") ?? "";
      const master = masterOf(name, found ? [found] : [], objects);
      if (master) yield { object, field: "spec.name", problem: `is ${name}, which ${master}` };
    },
  ),
];

/** Says who else makes the role; undefined if nobody does. */
function masterOf(name: string, clusters: readonly KubeObject[], { roles }: Objects): string | undefined {
  if (clusters.some((cluster) => text(cluster.tree, "spec", "bootstrap", "initdb", "owner") === name))
    return "initdb makes";
  return roles.includes(name) ? "a program of this project makes" : undefined;
}
