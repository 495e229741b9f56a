import { dev } from "../../lib/stages/dev";
import { prodHa } from "../../lib/stages/prod-ha";
import type { ServerFiles } from "./configured-server";
import { all, objectsOf, only } from "./manifests";

/** The configuration that each engine's server runs with, from the stages' own manifests. */
export const ENGINE_FILES: Readonly<
  Record<"statefulset" | "cloudnative-pg", { files: ServerFiles; settings: Readonly<Record<string, string>> }>
> = { statefulset: { files: ownFiles(), settings: {} }, "cloudnative-pg": clusterFiles() };

function ownFiles(): ServerFiles {
  const found = all(objectsOf(dev), "ConfigMap").find(({ data }) => data["postgresql.conf"]);
  if (!found) throw new Error("dev has no postgresql.conf");
  return found.data;
}

/**
 * The operator adds its own access rules around ours, and logs as CSV. Its rules for roles with a certificate of its own are left
 * out but for their names, since there is no such certificate here.
 */
function clusterFiles() {
  const { parameters, pg_hba, pg_ident } = only(objectsOf(prodHa), "Cluster").spec.postgresql;
  const conf = Object.entries(parameters).map(([name, value]) => `${name} = '${value}'`);
  const operators =
    "hostssl postgres,replication streaming_replica all cert\nhostssl all cnpg_pooler_pgbouncer all cert";
  const hba = ["local all all trust", operators, ...pg_hba, "host all all all scram-sha-256"];
  return {
    files: {
      "postgresql.conf": `${conf.join("\n")}\n`,
      "pg_hba.conf": `${hba.join("\n")}\n`,
      "pg_ident.conf": `${(pg_ident ?? []).join("\n")}\n`,
    },
    settings: { log_destination: "csvlog" },
  };
}
