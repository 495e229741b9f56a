import { EXIT } from "../../contract";
import { count } from "../events";
import { createMigrator } from "../migrator";
import type { Command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, Numbers } from "./flags";

/** Read-only. */
export const verify: Command = {
  name: "verify",
  summary: "Compare files, history and schema version; exit 5 for a difference.",
  description:
    "Every applied file's checksum against the recorded one, and the history against public.schema_migrations. Exit 3 if only something is pending.",
  flags: { ...DIRECTORY_FLAG, ...CONNECT_FLAG },
  async run(context) {
    const found = await createMigrator(migratorOptions(context, new Numbers(context.values))).verify();
    const { database, version, compared, pending, problems, warnings } = found;
    const summary = `${database} is at version ${version}: ${count(compared, "applied file")} compared, ${pending} pending, ${problems.length === 0 ? "no difference" : count(problems.length, "problem")}.`;
    const lists = [
      ...warnings.map((warning) => `warning: ${warning}`),
      ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
    ];
    context.output.result([summary, ...lists], { result: "verify", ...found });
    if (problems.length > 0) return EXIT.refused;
    return pending > 0 ? EXIT.pending : EXIT.ok;
  },
};
