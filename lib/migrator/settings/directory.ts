import { existsSync } from "node:fs";
import { PATHS } from "../../contract";
import type { Environment } from "./sources";

/** The folder of migrations: the option, else the image's, else ./migrations. */
export function migrationsDirectory(option: string | undefined, environment: Environment): string {
  return option || environment.MIGRATIONS_DIR || (existsSync(PATHS.migrations) ? PATHS.migrations : "migrations");
}
