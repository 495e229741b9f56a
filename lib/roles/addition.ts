import type { Addition } from "../migrator/cli";

/** DiabRisk's part of `migrate`: the command `bootstrap`, and the privileges that come with new tables. */
export const roles: Addition = {
  commands: { bootstrap: () => (require("./command") as typeof import("./command")).bootstrap },
  privileges: () => (require("./privileges-sql") as typeof import("./privileges-sql")).privilegesSql(),
};
