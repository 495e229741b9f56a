import * as path from "node:path";
import { type Client, CREDENTIAL_KEYS, LOGIN_ROLES, PATHS } from "../contract";
import type { Sources } from "../migrator/cli";

/**
 * Reads the password of each login role and client: `MIGRATOR_PASSWORD`, `DATA_SVC_PASSWORD` … or their `_FILE` forms, else the file
 * `password` in the role's folder under ROLES_DIR. A role without one is absent.
 */
export function readPasswords(sources: Sources, clients: readonly Client[] = []): Record<string, string> {
  const roles = sources.environment.ROLES_DIR || PATHS.roles;
  const passwords: Record<string, string> = {};
  for (const role of [...LOGIN_ROLES, ...clients.map((client) => client.role)]) {
    const file = path.join(roles, role, CREDENTIAL_KEYS.password);
    const password = sources.read(`${role.toUpperCase()}_PASSWORD`) ?? sources.readOptionalFile(file, "ROLES_DIR");
    if (password !== undefined) passwords[role] = password;
  }
  return passwords;
}
