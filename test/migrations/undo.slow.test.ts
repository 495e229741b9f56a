import { NEWEST_MIGRATION } from "../../lib/contract";
import { createMigrator } from "../../lib/migrator";
import { usePostgres } from "../support/postgres";
import { MIGRATIONS } from "./support";

const postgres = usePostgres();

test("every down file undoes its up file, as `migrate test` sees it", async () => {
  const connection = { connectionString: postgres.server.url() };
  const result = await createMigrator({ connection, directory: MIGRATIONS }).test();
  expect(result.migrations.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(result).toMatchObject({ whole: { problems: [] }, passed: true });
  expect(result.migrations).toHaveLength(NEWEST_MIGRATION);
});
