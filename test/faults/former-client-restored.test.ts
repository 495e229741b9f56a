import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { DrillChart } from "../../lib/charts/drill";
import type { Client } from "../../lib/contract";
import { findClientTools } from "../../lib/local/client-tools";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import { dev } from "../../lib/stages/dev";
import { MIGRATIONS } from "../migrations/support";
import { chartOf, type Manifest, only } from "../support/manifests";
import { usePostgres } from "../support/postgres";
import { temporaryFolder } from "../support/temporary-folder";
import { lacksDump } from "./support/dump-pod";
import { describeUnless } from "./support/programs";

describeUnless(lacksDump(), "a dump from before a client left", () => {
  const postgres = usePostgres();
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(temporaryFolder(), "former-client-"));
  });

  const deploy = async (url: string, clients: readonly Client[]) => {
    const connection = { connectionString: url };
    await bootstrap({ connection, passwords: {}, clients });
    await createMigrator({ connection, directory: MIGRATIONS, privileges: privilegesSql(clients) }).up();
  };

  async function tool(name: string, args: readonly string[]): Promise<void> {
    const { host, port, superuser, password } = postgres.server;
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: superuser, PGPASSWORD: password };
    await promisify(execFile)(path.join(findClientTools(process.env) ?? "", name), args, { env });
  }

  test("is restored by the drill's own command where the client's role is no more, and bootstrap sets the privileges", async () => {
    const dump = path.join(folder, "dump.pgc");
    const live = await postgres.createDatabase("live");
    await deploy(live, dev.clients);
    await tool("pg_dump", ["-Fc", "--file", dump, "live"]);
    await deploy(live, []);
    expect(await postgres.query(live, "select from pg_roles where rolname = 'auth_svc'")).toEqual([]);

    const restored = await postgres.createDatabase("restored");
    await bootstrap({ connection: { connectionString: restored }, passwords: {} });
    const { initContainers } = only(chartOf(DrillChart, dev), "CronJob").spec.jobTemplate.spec.template.spec;
    const { command } = initContainers.find(({ name }: Manifest) => name === "restore");
    const flags: string[] = command.slice(command.indexOf("pg_restore") + 1, command.indexOf("--dbname"));
    const withThem = flags.filter((flag) => flag !== "--no-privileges");
    await expect(tool("pg_restore", [...withThem, "--dbname", "restored", dump])).rejects.toMatchObject({
      stderr: expect.stringContaining('role "auth_svc" does not exist'),
    });
    const again = await postgres.createDatabase("again");
    await bootstrap({ connection: { connectionString: again }, passwords: {} });
    await tool("pg_restore", [...flags, "--dbname", "again", dump]);
    const acl = `select c.oid::regclass::text as name, relacl::text, array(select attname || attacl::text from pg_attribute
        where attrelid = c.oid and attacl is not null order by attname) as columns
      from pg_class c where relnamespace::regnamespace::text in ('public', 'erasure', 'deidentified', 'migrate') and relkind in ('r', 'v', 'S')
      order by 1`;
    await bootstrap({ connection: { connectionString: again }, passwords: {}, clients: [] });
    expect(await postgres.query(again, acl)).toEqual(await postgres.query(live, acl));
  });
});
