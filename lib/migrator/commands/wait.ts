import { EXIT, SCHEMA_VERSION } from "../../contract";
import { createMigrator } from "../migrator";
import { command } from "./command";
import { CONNECT_FLAG, migratorOptions, SECONDS, WHOLE } from "./flags";

/** For programs that start beside the migration Job. */
export const wait = command({
  name: "wait",
  summary: "Wait until the database is at a version; exit 3 at the deadline.",
  description:
    "Reads golang-migrate's table only, so any role that may select from it can wait. A database ahead is fine,\neven a dirty one: what is half done there is nothing that was waited for. data-svc judges the same.",
  flags: {
    version: { ...WHOLE, least: 0, help: `The version to wait for. [${SCHEMA_VERSION}, this release's]` },
    timeout: { ...SECONDS, help: "When to give up. [60]" },
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate wait", "for the version that this release needs"],
    ["migrate wait --version 5 --timeout 300", "for 5 or above, up to five minutes"],
  ],
  exits: { [EXIT.pending]: "not there at the deadline", [EXIT.refused]: "this role may not read the version" },
  async run(context) {
    const version = context.values.version ?? SCHEMA_VERSION;
    const timeoutSeconds = context.values.timeout;
    const migrator = createMigrator(migratorOptions(context));
    const result = await migrator.wait({ version, ...(timeoutSeconds !== undefined && { timeoutSeconds }) });
    context.output.result([`The database is at version ${result.version}.`], { result: "wait", ...result });
    return EXIT.ok;
  },
});
