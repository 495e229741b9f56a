import type { Client } from "../contract";
import { type Addition, type Environment, Sources, usageProblems } from "../migrator/cli";

/** The clients that CLIENTS names. Loads what reads them only if there are any. @throws MigrateError `usage` */
function clientsOf(environment: Environment): readonly Client[] | undefined {
  if (!environment.CLIENTS && !environment.CLIENTS_FILE) return undefined;
  const { readClients } = require("./clients") as typeof import("./clients");
  const sources = new Sources(environment);
  const clients = readClients(sources);
  usageProblems(sources.problems);
  return clients;
}

/** DiabRisk's part of `migrate`: its own commands, and the privileges that come with new tables. */
export const roles: Addition = {
  commands: {
    bootstrap: () => (require("./command") as typeof import("./command")).bootstrap,
    "await-rollout": () =>
      (require("./await-rollout-command") as typeof import("./await-rollout-command")).awaitRollout,
  },
  privileges: (environment) => {
    const { privilegesSql } = require("./privileges-sql") as typeof import("./privileges-sql");
    return privilegesSql(clientsOf(environment));
  },
};
