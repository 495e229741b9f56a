import * as path from "node:path";
import { CREDENTIAL_KEYS, LOGIN_ROLES, type LoginRole, PATHS } from "../contract";
import type { Sources } from "../migrator/cli";

/**
 * Reads each login role's password: `MIGRATOR_PASSWORD`, `DATA_SVC_PASSWORD` … or their `_FILE` forms, else the file
 * `password` in the role's folder under ROLES_DIR. A role without one is absent.
 */
export function readPasswords(sources: Sources): Partial<Record<LoginRole, string>> {
  const roles = sources.environment.ROLES_DIR || PATHS.roles;
  const passwords: Partial<Record<LoginRole, string>> = {};
  for (const role of LOGIN_ROLES) {
    const file = path.join(roles, role, CREDENTIAL_KEYS.password);
    const password = sources.read(`${role.toUpperCase()}_PASSWORD`) ?? sources.readOptionalFile(file, "ROLES_DIR");
    if (password !== undefined) passwords[role] = password;
  }
  return passwords;
}
