import type { Addition } from "../migrator/cli";

/** DiabRisk's part of `migrate`: its own commands, and the privileges that come with new tables. */
export const roles: Addition = {
  commands: {
    bootstrap: () => (require("./command") as typeof import("./command")).bootstrap,
    "await-rollout": () =>
      (require("./await-rollout-command") as typeof import("./await-rollout-command")).awaitRollout,
  },
  privileges: () => (require("./privileges-sql") as typeof import("./privileges-sql")).privilegesSql(),
};
