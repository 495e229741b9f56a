import { readFolder } from "../files/folder";
import { type Project, readProject } from "../settings/project";
import { usageProblems } from "./flags";

/** Reads the settings of the project that a folder of migrations belongs to. @throws MigrateError `usage` with all mistakes */
export async function projectOf(directory: string): Promise<Project> {
  const { RULES } = require("../lint/advice") as typeof import("../lint/advice");
  const problems: string[] = [];
  const project = await readProject(directory, { rules: RULES, newest: () => newestOf(directory) }, problems);
  usageProblems(problems);
  return project;
}

/** Any version will do in a broken folder: the command reports that itself. */
async function newestOf(directory: string): Promise<number> {
  const { migrations, problems } = await readFolder(directory);
  return problems.length > 0 ? Number.MAX_SAFE_INTEGER : (migrations.at(-1)?.version ?? 0);
}
