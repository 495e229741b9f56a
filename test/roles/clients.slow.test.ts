import { Client as Session } from "pg";
import type { Client } from "../../lib/contract";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import { TABLE_FUNCTIONS } from "../../lib/roles/privileges";
import { dev } from "../../lib/stages/dev";
import { CLOSED_TABLES, OPEN_TABLES } from "../../lib/stages/open-tables";
import { MIGRATIONS } from "../migrations/support";
import { usePostgres } from "../support/postgres";
import { Cluster, PASSWORDS } from "./support";

const postgres = usePostgres({ settings: { max_connections: "40" } });
const cluster = new Cluster(postgres);
const PASSWORD = "of auth-svc";
const HASH = `sha512('token')`;

/** As the migration Job does it, in its two steps. */
async function deploy(database: string, clients: readonly Client[]): Promise<readonly string[]> {
  const changed = await converge(database, clients);
  const connection = cluster.connection(database, "migrator", PASSWORDS.migrator);
  await createMigrator({ connection, directory: MIGRATIONS, privileges: privilegesSql(clients) }).up();
  return changed;
}

async function converge(database: string, clients: readonly Client[] | undefined): Promise<readonly string[]> {
  const passwords = { ...PASSWORDS, ...Object.fromEntries((clients ?? []).map(({ role }) => [role, PASSWORD])) };
  return (await bootstrap({ connection: cluster.connection(database), passwords, clients, connectTries: 1 })).changed;
}

const as = (role: string, sql: string) =>
  postgres.query<Record<string, unknown>>(postgres.server.url("diabrisk", role, PASSWORD), sql);

beforeAll(async () => {
  await cluster.create("diabrisk");
  await deploy("diabrisk", dev.clients);
});

describe("auth-svc", () => {
  test("finds a person by e-mail whatever its case, or makes one, and touches last_login_at, in one statement", async () => {
    const login = (email: string) =>
      as(
        "auth_svc",
        `insert into users (email) values ('${email}')
         on conflict (email_key(email)) do update set last_login_at = now() returning id, email, role, last_login_at`,
      );
    const [made] = await login("New.Person@example.org");
    expect(made).toMatchObject({ email: "New.Person@example.org", role: "registered", last_login_at: null });
    const [found] = await login("new.person@EXAMPLE.org");
    expect(found).toMatchObject({ id: made?.id, last_login_at: expect.any(Date) });
    expect(
      await as("auth_svc", "select id from users where email_key(email) = email_key('NEW.person@example.org')"),
    ).toEqual([{ id: made?.id }]);
  });

  test("makes a session, finds it by its token, uses it and revokes it", async () => {
    const [session] = await as(
      "auth_svc",
      `insert into auth_sessions (user_id, token_hash, ip_address, user_agent, expires_at)
       select id, ${HASH}, '192.0.2.1', 'browser', now() + interval '1 hour' from users where email = 'admin@diabrisk.local'
       returning id`,
    );
    const found = `select s.id, u.role from auth_sessions s join users u on u.id = s.user_id
      where token_hash = ${HASH} and revoked_at is null and expires_at > now()`;
    expect(await as("auth_svc", found)).toEqual([{ id: session?.id, role: "admin" }]);
    await as("auth_svc", `update auth_sessions set last_activity = now() where id = '${session?.id}'`);
    await as("auth_svc", `update auth_sessions set revoked_at = now() where id = '${session?.id}'`);
    expect(await as("auth_svc", found)).toEqual([]);
  });

  test("waits for the schema", async () => {
    expect(await as("auth_svc", "select dirty from schema_migrations")).toEqual([{ dirty: false }]);
  });

  test.each([
    "select count(*) from assessments",
    "select id from assessments",
    "select 1 from deidentified.assessments",
    "select id from reports",
    "select 1 from audit_logs",
    "select version from model_versions",
    "select document from erasure.documents",
    "select 1 from migrate.history",
    "select pseudonym from users",
    "select * from users",
    "insert into users (email, role) values ('a@example.org', 'admin')",
    "insert into users (email, role) values ('a@example.org', default)",
    "update users set role = 'admin'",
    "update users set email = 'a@example.org'",
    "insert into users (email) values ('admin@diabrisk.local') on conflict (email_key(email)) do update set role = 'admin'",
    "delete from users",
    "truncate users cascade",
    "delete from auth_sessions",
    "update auth_sessions set expires_at = 'tomorrow'",
    "update auth_sessions set user_id = gen_random_uuid()",
    "insert into auth_sessions (user_id, token_hash, expires_at, created_at) values (gen_random_uuid(), '', now(), now())",
    "insert into audit_logs (action, resource_type) values ('a', 'b')",
    "insert into schema_migrations values (8, false)",
    "update schema_migrations set dirty = true",
    "select * from erase_user(gen_random_uuid(), null, 'x', null, null, '{}')",
    "select audit_logs_erase(gen_random_uuid())",
    "select * from audit_logs_expire(now())",
    "select * from person_audit_log(gen_random_uuid())",
    "select 1 from audit.logs_default",
    "select assessment_features_valid('{}')",
    "select lo_create(0)",
    "select pg_advisory_lock(1)",
    "select * from pg_authid",
    "create table mine ()",
    "create temporary table mine ()",
    "create schema mine",
    "create role mine",
    "set role owner",
    "set role data_svc",
    "grant client to readonly",
    "alter role auth_svc connection limit 100",
    "alter role auth_svc superuser",
  ])("is refused: %s", async (statement) => {
    await expect(as("auth_svc", statement)).rejects.toMatchObject({ code: "42501" });
  });

  test("reaches no column but those of its literal, by the server's own account", async () => {
    const rows = await cluster.query<{ table: string; privilege: string; columns: string[] }>(
      "diabrisk",
      `select relname as table, p as privilege, array_agg(attname::text order by attnum) as columns
       from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped,
         unnest(array['select', 'insert', 'update', 'references']) p
       where relkind in ('r', 'p', 'v', 'm') and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
         and has_column_privilege('auth_svc', c.oid, attnum, p) group by 1, 2`,
    );
    // Written down a second time on purpose: what is not meant must not follow from a slip in the literal.
    expect(rows.map(({ table, privilege, columns }) => [privilege, table, ...columns].join(" ")).sort()).toEqual([
      "insert auth_sessions user_id token_hash ip_address user_agent expires_at",
      "insert users email",
      "select auth_sessions id user_id token_hash ip_address user_agent created_at expires_at last_activity revoked_at",
      "select schema_migrations version dirty",
      "select users id email role created_at last_login_at",
      "update auth_sessions last_activity revoked_at",
      "update users last_login_at",
    ]);
  });

  test("has its share of the connections, which data-svc has fewer, and limits on each session", async () => {
    const [limits] = await cluster.query(
      "diabrisk",
      `select (select rolconnlimit from pg_roles where rolname = 'auth_svc') as own,
         (select rolconnlimit from pg_roles where rolname = 'data_svc') as service`,
    );
    expect(limits).toEqual({ own: 2, service: 40 - 10 - 2 });
    expect(await as("auth_svc", "show statement_timeout")).toEqual([{ statement_timeout: "30s" }]);
    expect(await as("auth_svc", "show temp_file_limit")).toEqual([{ temp_file_limit: "8MB" }]);
  });
});

test("a client's privileges do not depend on what comes first, and running again changes nothing", async () => {
  expect(await converge("diabrisk", dev.clients)).toEqual([]);
  await cluster.create("migrated");
  await cluster.up("migrated");
  await converge("migrated", dev.clients);
  const acl = `select relname, relacl::text, array(select attname || attacl::text from pg_attribute
      where attrelid = c.oid and attacl::text like '%auth_svc%' order by attname) as columns
    from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
  expect(await cluster.query("migrated", acl)).toEqual(await cluster.query("diabrisk", acl));
});

const REPORTER: Client = {
  app: "reporter",
  role: "user",
  connections: 4,
  tables: { model_versions: { select: ["version"] } },
};

test("who does not say which clients there are leaves them alone, and data-svc's connections, too", async () => {
  expect(await converge("diabrisk", undefined)).toEqual([]);
  expect(await as("auth_svc", "select 1 as n")).toEqual([{ n: 1 }]);
});

test("another client joins, though its role is a word of SQL, and what it is given or loses follows", async () => {
  expect(await converge("diabrisk", [...dev.clients, REPORTER])).toEqual(
    expect.arrayContaining(["role user: created", "role user: member of client, inherit false"]),
  );
  expect(await as("user", "select version from model_versions")).toHaveLength(1);
  const other = { ...REPORTER, connections: 2, tables: { users: { select: ["id"], delete: true } } };
  await converge("diabrisk", [...dev.clients, other]);
  await expect(as("user", "select version from model_versions")).rejects.toMatchObject({ code: "42501" });
  await expect(as("user", "select email from users")).rejects.toMatchObject({ code: "42501" });
  expect(await as("user", "delete from users where id is null")).toEqual([]);
});

test("who drifted is brought back", async () => {
  await cluster.query(
    "diabrisk",
    `grant select on assessments to auth_svc; grant update (role) on users to auth_svc; grant owner to auth_svc;
     alter role auth_svc createrole connection limit -1`,
  );
  expect(await converge("diabrisk", [...dev.clients])).toEqual(
    expect.arrayContaining([
      "revoke select on table public.assessments from auth_svc",
      "revoke update (role) on table public.users from auth_svc",
      "role auth_svc: no longer member of owner",
    ]),
  );
});

describe("a client that left", () => {
  let session: Session;
  const ended: Error[] = [];
  beforeAll(async () => {
    await converge("diabrisk", [...dev.clients, REPORTER]);
    session = new Session(postgres.server.url("diabrisk", "user", PASSWORD));
    // It gets two: the server's last words, and then the end of the connection.
    session.on("error", (error) => ended.push(error));
    await session.connect();
    await cluster.query("diabrisk", `create table given (); alter table given owner to "user"`);
  });

  test("loses login, privileges, sessions and role; what somebody gave it stays", async () => {
    const changed = await converge("diabrisk", dev.clients);
    expect(changed).toEqual(expect.arrayContaining(["role user: dropped"]));
    expect(ended[0]).toMatchObject({ code: "57P01" });
    await expect(as("user", "select 1")).rejects.toMatchObject({ code: "28P01" });
    const owner = "select tableowner as owner from pg_tables where tablename = 'given'";
    expect(await cluster.query("diabrisk", owner)).toEqual([{ owner: "owner" }]);
    expect(await converge("diabrisk", dev.clients)).toEqual([]);
    await cluster.query("diabrisk", "drop table given");
  });

  test("stays without login and privileges while another database refers to it, and nothing repeats itself", async () => {
    await cluster.create("elsewhere");
    await converge("diabrisk", [...dev.clients, REPORTER]);
    await cluster.query("elsewhere", `create table kept (); grant select on kept to "user"`);
    const changed = await converge("diabrisk", dev.clients);
    expect(changed).toContain("role user: no client any more, so it lost its login and privileges");
    expect(changed).not.toContain("role user: dropped");
    await expect(as("user", "select 1")).rejects.toMatchObject({ code: "28P01" });
    expect(await converge("diabrisk", dev.clients)).toEqual([]);
    await cluster.query("elsewhere", "drop table kept");
    expect(await converge("diabrisk", dev.clients)).toEqual(["role user: dropped"]);
  });

  test("comes back with its literal", async () => {
    await converge("diabrisk", [...dev.clients, REPORTER]);
    expect(await as("user", "select version from model_versions")).toHaveLength(1);
    await converge("diabrisk", dev.clients);
  });
});

test("the last one leaves, too: the role goes with the last database that knows it", async () => {
  expect(await converge("migrated", [])).not.toContain("role auth_svc: dropped");
  expect(await converge("diabrisk", [])).toContain("role auth_svc: dropped");
  await converge("diabrisk", dev.clients);
  expect(await as("auth_svc", "select 1 as n")).toEqual([{ n: 1 }]);
});

test("the stages know every table, and every column of an open one", async () => {
  const rows = await cluster.query<{ table: string; columns: string[] }>(
    "diabrisk",
    `select relname as table, array_agg(attname::text order by attnum) as columns
     from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition group by 1`,
  );
  const tables = Object.fromEntries(rows.map(({ table, columns }) => [table, columns]));
  expect([...Object.keys(OPEN_TABLES), ...Object.keys(CLOSED_TABLES)].sort()).toEqual(Object.keys(tables).sort());
  for (const [table, columns] of Object.entries(OPEN_TABLES)) expect([table, tables[table]]).toEqual([table, columns]);
});

test("the functions that a table's defaults, checks and indexes call are those of its clients", async () => {
  const rows = await cluster.query<{ table: string; functions: string[] }>(
    "diabrisk",
    `select coalesce(n.conrelid, i.indrelid, d.adrelid)::regclass::text as table,
       array_agg(distinct p.refobjid::regprocedure::text) as functions
     from pg_depend p
     left join pg_constraint n on p.classid = 'pg_constraint'::regclass and n.oid = p.objid
     left join pg_index i on p.classid = 'pg_class'::regclass and i.indexrelid = p.objid
     left join pg_attrdef d on p.classid = 'pg_attrdef'::regclass and d.oid = p.objid
     where p.refclassid = 'pg_proc'::regclass
       and coalesce(n.conrelid, i.indrelid, d.adrelid) in (select oid from pg_class where relnamespace = 'public'::regnamespace)
     group by 1`,
  );
  const found = Object.fromEntries(rows.map(({ table, functions }) => [table, functions]));
  for (const table of Object.keys(OPEN_TABLES)) expect([table, TABLE_FUNCTIONS[table]]).toEqual([table, found[table]]);
});
