import { createMigrator } from "../../lib/migrator";
import { readProject } from "../../lib/migrator/settings/project";
import { usePostgres } from "../support/postgres";
import { MIGRATIONS } from "./support";

const postgres = usePostgres();

/** As `migrate verify` does it, in a database that has other months than a fresh one. */
async function drift(url: string) {
  const problems: string[] = [];
  const { verify } = await readProject(MIGRATIONS, { rules: new Set(), newest: async () => 7 }, problems);
  expect(problems).toEqual([]);
  const migrator = createMigrator({ connection: { connectionString: url }, directory: MIGRATIONS });
  const found = await migrator.verify({ drift: true, ignore: verify.ignore });
  return found.drift;
}

test("months that come and go are no drift, but a change of the log or its default partition is", async () => {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(
    url,
    `do $$ declare gone text; begin
       insert into audit_logs (action, resource_type, "timestamp") values ('x', 'y', '2001-01-01'), ('x', 'y', '2001-02-01');
       perform audit_logs_make_partitions(15);
       execute format('alter database %I set diabrisk.audit_months = 1', current_database());
       perform audit_logs_expire('2001-02-01');
       select min(inhrelid::regclass::text) into gone from pg_inherits where inhparent = 'audit_logs'::regclass
         and inhrelid::regclass::text > 'audit.logs_2002';
       execute 'drop table ' || gone;
     end $$`,
  );
  expect(await drift(url)).toMatchObject({ checked: true, differences: [], useless: [] });
  await postgres.query(url, "alter table audit.logs_default disable trigger audit_logs_refuse_change");
  expect((await drift(url))?.differences).toEqual([expect.stringContaining("audit_logs_refuse_change")]);
});
