import type { Client } from "pg";
import { LOGIN_ROLES } from "../../lib/contract";
import { bootstrap, privilegesSql } from "../../lib/roles";
import { usePostgres } from "../support/postgres";
import { Cluster, PASSWORDS } from "./support";

const postgres = usePostgres({ settings: { log_statement: "all", max_connections: "40" } });
const cluster = new Cluster(postgres);

const verifiers = async () =>
  cluster.query<{ role: string; verifier: string }>(
    "postgres",
    "select rolname as role, rolpassword as verifier from pg_authid where rolpassword is not null order by rolname",
  );

describe("on a server without its roles", () => {
  test("privilegesSql() does nothing", async () => {
    const database = await cluster.create("bare");
    await cluster.query(database, "create table users (id int)");
    const access = "select relacl, proacl from pg_class, pg_proc where relname = 'users' and proname = 'now' limit 1";
    const before = await cluster.query(database, access);
    await cluster.query(database, privilegesSql());
    expect(await cluster.query(database, access)).toEqual(before);
  });

  test("a role without a password is made, and cannot log in until it has one", async () => {
    const database = await cluster.create("gradual");
    await cluster.bootstrap(database, { passwords: { data_svc: PASSWORDS.data_svc } });
    expect(await cluster.query(database, "select current_user", "data_svc")).toEqual([{ current_user: "data_svc" }]);
    await expect(cluster.query(database, "select 1", "readonly")).rejects.toMatchObject({ code: "28P01" });
    expect(await cluster.bootstrap(database)).toContain("role readonly: may log in");
    expect(await cluster.query(database, "select 1 as n", "readonly")).toEqual([{ n: 1 }]);
  });
});

describe("bootstrap", () => {
  let database: string;
  beforeAll(async () => {
    database = await cluster.create("diabrisk");
    await cluster.bootstrap(database);
    await cluster.up(database, "migrator");
  });

  test("changes nothing when it runs again", async () => {
    const before = await verifiers();
    expect(await cluster.bootstrap(database)).toEqual([]);
    expect(await verifiers()).toEqual(before);
  });

  test("leaves alone what it is given no password for", async () => {
    const before = await verifiers();
    expect(await cluster.bootstrap(database, { passwords: {} })).toEqual([]);
    expect(await verifiers()).toEqual(before);
  });

  test("sets a password that has changed, and no other", async () => {
    const before = await verifiers();
    const passwords = { ...PASSWORDS, readonly: "new" };
    expect(await cluster.bootstrap(database, { passwords })).toEqual(["role readonly: password set"]);
    const after = await verifiers();
    expect(after.filter(({ verifier }, i) => verifier !== before[i]?.verifier).map(({ role }) => role)).toEqual([
      "readonly",
    ]);
    await expect(cluster.query(database, "select 1", "readonly")).rejects.toMatchObject({ code: "28P01" });
    expect(await cluster.query(database, "select 1 as n", "readonly", "new")).toEqual([{ n: 1 }]);
    expect(await cluster.bootstrap(database)).toEqual(["role readonly: password set"]);
  });

  test("puts neither a password nor what it is checked by into the server's log", async () => {
    await cluster.bootstrap(database, { passwords: { monitor: "a-new-password" } });
    await cluster.bootstrap(database);
    const log = postgres.server.log.join("\n");
    expect(log).toContain("lock table pg_authid");
    expect(log).not.toMatch(/a-new-password|SCRAM-SHA-256\$/);
  });

  test("lets CloudNativePG's exporter in, and no other role that somebody makes", async () => {
    await cluster.query(database, "create role cnpg_metrics_exporter; create role stranger");
    expect(await cluster.bootstrap(database)).toEqual([
      "grant connect on database diabrisk to cnpg_metrics_exporter",
      "grant connect on database postgres to cnpg_metrics_exporter",
    ]);
    const may = `select rolname, has_database_privilege(oid, current_database(), 'connect') as connect,
      has_schema_privilege(oid, 'public', 'usage') as look_up
      from pg_roles where rolname in ('cnpg_metrics_exporter', 'stranger') order by 1`;
    expect(await cluster.query(database, may)).toEqual([
      { rolname: "cnpg_metrics_exporter", connect: true, look_up: false },
      { rolname: "stranger", connect: false, look_up: false },
    ]);
    expect(await cluster.bootstrap(database)).toEqual([]);
    await cluster.query(database, "drop owned by cnpg_metrics_exporter; drop role cnpg_metrics_exporter, stranger");
  });

  test("takes back what has drifted", async () => {
    const drift = `
      grant update on audit_logs to data_svc; grant select (token_hash) on auth_sessions to readonly;
      grant all on users to public; grant owner to data_svc; revoke owner from migrator;
      revoke select on users from data_svc; grant create on schema public to readonly;
      grant execute on function audit_logs_expire(timestamptz) to data_svc; grant temp on database diabrisk to public;
      alter role data_svc superuser createdb connection limit -1; alter role data_svc reset lock_timeout;
      grant execute on function lo_create(oid), pg_advisory_lock(bigint) to public; grant connect on database postgres to public;
      alter role all reset log_min_messages;
      alter role owner login; alter table reports owner to diabrisk; alter schema public owner to diabrisk`;
    const state = async () => [await cluster.query(database, ACLS), await cluster.query(database, ROLES)];
    const before = await state();
    await cluster.query(database, drift);
    expect(await state()).not.toEqual(before);
    const changed = await cluster.bootstrap(database);
    expect(changed.length).toBeGreaterThan(10);
    for (const change of [
      "revoke execute on function lo_create from public",
      "revoke execute on function pg_advisory_lock from public",
      "revoke all on database postgres from public",
      "role all: set log_min_messages = 'log'",
    ])
      expect(changed).toContain(change);
    expect(await state()).toEqual(before);
    expect(await cluster.bootstrap(database)).toEqual([]);
  });

  test("waits for a session that is changing a role", async () => {
    await postgres.connected(postgres.server.url(), async (client) => {
      await client.query("begin; alter role readonly connection limit 7");
      const running = cluster.bootstrap(database);
      await waitForLock(client);
      await client.query("commit");
      expect(await running).toEqual([expect.stringMatching(/^role readonly: was .* limit 7, now .* limit 3$/)]);
    });
  });

  test("gives every role its limits", async () => {
    const limits = await cluster.query(
      database,
      `select rolname as role, rolconnlimit as limit from pg_roles where rolname in ('${LOGIN_ROLES.join("','")}') order by 1`,
    );
    expect(limits).toEqual([
      { role: "backup", limit: 4 },
      // Of 40: the rest is for superusers and the other roles.
      { role: "data_svc", limit: 30 },
      { role: "migrator", limit: 10 },
      { role: "monitor", limit: 3 },
      { role: "readonly", limit: 3 },
      { role: "retention", limit: 2 },
    ]);
    const settings = `select current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('transaction_read_only') as readonly`;
    expect(await cluster.query(database, settings, "data_svc")).toEqual([
      { statement: "30s", idle: "30s", readonly: "off" },
    ]);
    expect(await cluster.query(database, settings, "readonly")).toEqual([
      { statement: "5min", idle: "1min", readonly: "on" },
    ]);
    expect(await cluster.query(database, settings, "migrator")).toEqual([
      { statement: "0", idle: "0", readonly: "off" },
    ]);
  });

  test("makes migrator the owner, who sees whom it waits for", async () => {
    const [who] = await cluster.query(database, "select session_user, current_user", "migrator");
    expect(who).toEqual({ session_user: "migrator", current_user: "owner" });
    await postgres.connected(postgres.server.url(database), async (other) => {
      await other.query("select 'somebody else'");
      const seen = "select count(*)::int as n from pg_stat_activity where query = $$select 'somebody else'$$";
      expect(await cluster.query(database, seen, "migrator")).toEqual([{ n: 1 }]);
      expect(await cluster.query(database, seen, "data_svc")).toEqual([{ n: 0 }]);
    });
  });
});

test("with testUsers false, the seeds bring the model alone; bootstrap can take it back", async () => {
  const database = await cluster.create("production");
  await cluster.bootstrap(database, { testUsers: false });
  await cluster.up(database, "migrator");
  expect(await cluster.query(database, "select email from users")).toEqual([]);
  expect(await cluster.query(database, "select version from model_versions where is_active")).toEqual([
    { version: "v1.0.0" },
  ]);
  expect(await cluster.bootstrap(database, { testUsers: false })).toEqual([]);
  expect(await cluster.bootstrap(database)).toEqual(["seeds: with the test users"]);
});

test("many at once, on one database and on several, all succeed", async () => {
  const databases = [await cluster.create("first"), await cluster.create("second"), await cluster.create("third")];
  await cluster.query("postgres", "alter role monitor rename to former_monitor");
  const runs = Array.from({ length: 9 }, (_, i) => cluster.bootstrap(databases[i % 3] ?? ""));
  const created = (await Promise.all(runs)).flat().filter((what) => what === "role monitor: created");
  expect(created).toHaveLength(1);
  for (const database of databases) expect(await cluster.bootstrap(database)).toEqual([]);
});

describe("wrong settings", () => {
  const attempt = (connection: object, passwords = PASSWORDS) =>
    bootstrap({ connection: { ...cluster.connection("postgres"), ...connection }, passwords, connectTries: 1 });

  test.each([
    ["no such database", { database: "nowhere" }, 2, /nowhere.*does not exist.*Create it/s],
    ["a wrong password", { password: "wrong" }, 2, /password/],
    ["no server", { port: 1 }, 7, /not reachable.*Check that it runs/s],
  ])("%s", async (_, connection, exitCode, message) => {
    await expect(attempt(connection)).rejects.toMatchObject({ exitCode, message: expect.stringMatching(message) });
  });

  test("no superuser", async () => {
    await cluster.bootstrap("first");
    const connection = { ...cluster.connection("first", "migrator", PASSWORDS.migrator) };
    await expect(attempt(connection)).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/first.*cannot be bootstrapped.*not a superuser/s),
    });
  });

  test("passwords are checked before anything is connected to", async () => {
    await expect(attempt({ port: 1 }, { ...PASSWORDS, backup: "" })).rejects.toMatchObject({ exitCode: 2 });
  });
});

/** Until another session waits for a lock. */
async function waitForLock(client: Client): Promise<void> {
  const waiting = "select from pg_locks where not granted";
  while ((await client.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

const ACLS = `
  select c.oid::regclass::text as name, pg_get_userbyid(relowner) as owner, array(select unnest(relacl)::text order by 1) as acl,
    array(select attname || ' ' || acl::text from pg_attribute, unnest(attacl) acl where attrelid = c.oid order by 1) as columns
  from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r'
  union all
  select proname, pg_get_userbyid(proowner), array(select unnest(proacl)::text order by 1), null
  from pg_proc where pronamespace = 'public'::regnamespace
  union all
  select nspname, pg_get_userbyid(nspowner), array(select unnest(nspacl)::text order by 1), null
  from pg_namespace where nspname in ('public', 'migrate')
  union all
  select datname, pg_get_userbyid(datdba), array(select unnest(datacl)::text order by 1), null
  from pg_database where datname = current_database()
  order by 1`;

const ROLES = `
  select rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolconnlimit, rolreplication, rolbypassrls,
    array(select unnest(setconfig) from pg_db_role_setting where setrole = r.oid order by 1) as settings,
    array(select roleid::regrole::text || inherit_option || set_option from pg_auth_members where member = r.oid order by 1)
      as member_of
  from pg_roles r where rolname !~ '^pg_' order by 1`;
