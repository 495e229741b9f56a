/** The face for programs: `runMigrate`, and the parts that a project's own command is made of. */

export { refusal } from "./base/errors";
export { command } from "./commands/command";
export { CONNECT_FLAG, usageProblems, WRITE_FLAG } from "./commands/flags";
export type { Addition } from "./commands/index";
export { runMigrate, type Surroundings } from "./commands/run";
export { readConnection } from "./settings/connection";
export { migrationsDirectory } from "./settings/directory";
export { type Environment, Sources } from "./settings/sources";
