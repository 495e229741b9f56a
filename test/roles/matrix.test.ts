import { Client } from "pg";
import { LOGIN_ROLES, type LoginRole } from "../../lib/contract";
import { ROWS, SEEDED } from "../migrations/rows";
import { usePostgres } from "../support/postgres";
import { CELLS, ROLES as roles, TABLES as tables, WITHOUT, wholeTable } from "./matrix";
import { Cluster, PASSWORDS } from "./support";

const postgres = usePostgres();
const cluster = new Cluster(postgres);
const sessions = new Map<LoginRole, Client>();

beforeAll(async () => {
  await cluster.create("matrix");
  await cluster.bootstrap("matrix");
  await cluster.up("matrix", "migrator");
  for (const role of LOGIN_ROLES) {
    const client = new Client(cluster.connection("matrix", role, PASSWORDS[role]));
    // Sessions end with the server.
    client.on("error", () => {});
    await client.connect();
    sessions.set(role, client);
  }
});

/** Whether `role` got past the privileges, whatever else the statement met; its effects are undone. */
async function allowed(role: LoginRole, statement: string): Promise<boolean> {
  const client = sessions.get(role);
  if (!client) throw new Error(`no session of ${role}`);
  // That some start read-only is a setting, not a privilege.
  await client.query("begin read write");
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "42501";
  } finally {
    await client.query("rollback");
  }
}

async function lastColumn(table: string): Promise<string> {
  const [row] = await cluster.query<{ name: string }>(
    "matrix",
    `select quote_ident(attname) as name from pg_attribute where attrelid = '${table}'::regclass and not attisdropped
     order by attnum desc limit 1`,
  );
  return row?.name ?? "";
}

describe("the matrix", () => {
  test("has every table and every role", async () => {
    const found = await cluster.query<{ name: string }>(
      "matrix",
      "select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text in ('public', 'deidentified', 'erasure', 'audit', 'migrate')",
    );
    const lasting = found.map(({ name }) => name).filter((name) => !/^audit\.logs_\d/.test(name));
    expect([...tables].sort()).toEqual(lasting.sort());
    expect([...roles].sort()).toEqual([...LOGIN_ROLES].sort());
  });

  test.each(CELLS)("%s may %s %s", async (role, may, table) => {
    const column = await lastColumn(table);
    let found = "";
    for (const [verb, statement] of wholeTable(may)) if (await allowed(role, statement(table, column))) found += verb;
    expect(found).toBe(may.replace(/[a-z]/g, ""));
  });

  test.each(CELLS)("%s has the privileges %s on %s by the server's own account", async (role, may, table) => {
    const privileges = { S: "select", I: "insert", U: "update", D: "delete", T: "truncate" };
    const user = role === "migrator" ? "owner" : role;
    const [row] = await cluster.query<Record<string, boolean>>(
      "matrix",
      `select ${Object.entries(privileges).map(([verb, name]) => `has_table_privilege('${user}', '${table}', '${name}') as "${verb}"`)}`,
    );
    const has = Object.entries(row ?? {}).flatMap(([verb, is]) => (is ? [verb] : []));
    expect(has.join("")).toBe(may.replace(/[a-z]/g, ""));
  });
});

test("every month of the audit log has the owner and privileges of its default partition, later ones too", async () => {
  await cluster.query("matrix", "set role owner; select audit_logs_make_partitions(20)");
  const rows = await cluster.query(
    "matrix",
    `select distinct pg_get_userbyid(relowner) as owner, relacl::text as privileges
     from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'audit_logs'::regclass`,
  );
  expect(rows).toEqual([
    { owner: "owner", privileges: expect.stringMatching(/^\{owner=\w+\/owner,backup=r\/owner\}$/) },
  ]);
});

test.each(WITHOUT)("%s may %s the columns of %s, except %j", async (role, privilege, table, without) => {
  const rows = await cluster.query<{ name: string }>(
    "matrix",
    `select attname as name from pg_attribute where attrelid = '${table}'::regclass and attnum > 0
       and not has_column_privilege('${role}', attrelid, attnum, '${privilege}') order by attnum`,
  );
  expect(rows.map(({ name }) => name)).toEqual(without);
});

test("nobody has a column that the matrix leaves out, and of the view only those who read it", async () => {
  const known = CELLS.flatMap(([role, may, table]) => [...may].map((verb) => `${role} ${verb.toUpperCase()} ${table}`));
  const view = ["readonly", "backup"].map((role) => `${role} S deidentified.assessments`);
  const rows = await cluster.query<{ role: string; verb: string; table: string }>(
    "matrix",
    `select r.rolname as role, upper(left(p, 1)) as verb, c.oid::regclass::text as table
     from pg_roles r, pg_class c, unnest(array['select', 'insert', 'update', 'references']) p
     where rolname in ('data_svc', 'readonly', 'backup', 'monitor', 'retention') and relkind in ('r', 'v')
       and relnamespace::regnamespace::text in ('public', 'deidentified', 'erasure', 'migrate')
       and has_any_column_privilege(r.oid, c.oid, p)`,
  );
  const has = rows.map(({ role, verb, table }) => `${role} ${verb} ${table}`);
  expect(has.filter((one) => !known.includes(one)).sort()).toEqual(view.sort());
});

test("readonly cannot tell by any statement whether a token, an address or a document is there", async () => {
  for (const statement of [
    "select 1 from auth_sessions where token_hash = sha512('x')",
    "select s from auth_sessions s",
    "select 1 from users where email like 'a%'",
    "select u from users u",
    "select 1 from users where pseudonym is not null",
    "select 1 from reports where content_url <> ''",
    "select user_id, features from assessments",
  ])
    expect([statement, await allowed("readonly", statement)]).toEqual([statement, false]);
});

test("the de-identified assessments hold what was stored, and nothing that another table has", async () => {
  const [row] = await cluster.query<{ id: string }>(
    "matrix",
    `insert into assessments (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level)
     values ('${SEEDED.user}', '${SEEDED.model}', '${JSON.stringify(ROWS.assessments.features)}', 0.4, 0.39, 'prediabetes', 'medium')
     returning id`,
  );
  try {
    const [seen] = await cluster.query("matrix", "select * from deidentified.assessments", "readonly");
    const { Age: _, BMI: __, Education: ___, Income: ____, ...indicators } = ROWS.assessments.features;
    expect(seen).toEqual({
      ...{ person: expect.any(String), year: new Date().getUTCFullYear(), model_version: "v1.0.0" },
      ...{ age_band: "60-69", bmi: 28, indicators },
      ...{ raw_score: 0.4, calibrated_score: 0.39, risk_level: "prediabetes", confidence_level: "medium" },
    });
    for (const id of [row?.id, SEEDED.user, SEEDED.model]) expect(JSON.stringify(seen)).not.toContain(id);
    const bands = await cluster.query<{ band: string }>(
      "matrix",
      "select distinct age_band as band from deidentified.assessments",
    );
    expect(bands).toEqual([{ band: "60-69" }]);
  } finally {
    await cluster.query("matrix", "delete from assessments");
  }
});

test("data_svc does its work: an assessment with its audit entry", async () => {
  const client = sessions.get("data_svc");
  const insert = async (table: string, row: Readonly<Record<string, unknown>>) => {
    const [columns, values] = [Object.keys(row), Object.values(row)];
    const places = columns.map((_, i) => `$${i + 1}`);
    await client?.query(`insert into ${table} (${columns.join(", ")}) values (${places.join(", ")})`, values);
  };
  await client?.query("begin");
  await insert("assessments", { ...ROWS.assessments });
  await insert("audit_logs", { ...ROWS.audit_logs });
  const left = await client?.query("select count(*)::int as assessments from assessments");
  expect(left?.rows).toEqual([{ assessments: 1 }]);
  await client?.query("rollback");
});

describe("data_svc cannot forge the audit log", () => {
  test.each([
    `insert into audit_logs (action, resource_type, "timestamp") values ('a', 'b', '2001-01-01')`,
    `insert into audit_logs (action, resource_type, "timestamp") values ('a', 'b', default)`,
    "insert into audit_logs (id, action, resource_type) overriding system value values (1, 'a', 'b')",
    "insert into audit_logs (id, action, resource_type) overriding user value values (1, 'a', 'b')",
    "insert into audit_logs (action, resource_type) values ('a', 'b') on conflict (id, \"timestamp\") do update set action = 'x'",
    "insert into audit_logs (action, resource_type) values ('a', 'b') returning id",
    `copy audit_logs ("timestamp", action, resource_type) from stdin`,
    "select action from audit_logs",
    "update audit_logs set actor_id = null",
    "update audit_logs set request_metadata = '{}'",
    "delete from audit_logs",
    "truncate audit_logs",
    "select setval('audit_logs_id_seq', 1)",
    "alter table audit_logs disable trigger all",
    "create rule r as on insert to audit_logs do instead nothing",
    "create trigger t before insert on audit_logs for each row execute function set_updated_at()",
  ])("%s", async (statement) => expect(await allowed("data_svc", statement)).toBe(false));

  test("an entry has the server's time and the next id, whatever the session's settings", async () => {
    const client = sessions.get("data_svc");
    await client?.query("set timezone = 'Pacific/Apia'; set datestyle = 'SQL, DMY'");
    await client?.query("set diabrisk.audit_maintenance = 'erase'");
    await client?.query("insert into audit_logs (action, resource_type) values ('forged', 'b')");
    const [entry] = await cluster.query(
      "matrix",
      `select caller, id = (select last_value from audit_logs_id_seq) as next, abs(extract(epoch from now() - "timestamp")) < 60 as now
       from audit_logs where action = 'forged'`,
    );
    expect(entry).toEqual({ caller: "data_svc", next: true, now: true });
    await client?.query("reset all");
  });
});

test("an entry of data_svc has the time of its writing, not the beginning of a transaction that waited", async () => {
  const client = sessions.get("data_svc");
  await client?.query("begin");
  await client?.query("select pg_sleep(0.5)");
  const inserted = await client?.query(
    "insert into audit_logs (action, resource_type) values ('waited', 'b') returning (select now()) as begun",
  );
  await client?.query("commit");
  const [entry] = await cluster.query<{ timestamp: Date }>(
    "matrix",
    `select "timestamp" from audit_logs where action = 'waited'`,
  );
  expect(Number(entry?.timestamp) - Number(inserted?.rows[0].begun)).toBeGreaterThanOrEqual(490);
});

/** What is not about a table's rows, and who may do it. */
const ACTS: readonly (readonly [statement: string, ...LoginRole[]])[] = [
  ["create table public.t ()", "migrator"],
  ["create schema s", "migrator"],
  ["create temporary table t ()", "migrator"],
  ["create function public.f() returns int return 1", "migrator"],
  ["alter table users add column c int", "migrator"],
  ["drop table audit_logs", "migrator"],
  ["alter table audit_logs disable trigger audit_logs_refuse_change", "migrator"],
  ["create index on users (role)", "migrator"],
  ["set role owner", "migrator"],
  ["select audit_logs_erase(gen_random_uuid())", "migrator"],
  ["select audit_logs_make_partitions(0)", "migrator", "retention"],
  ["select audit_logs_expire('2001-01-01')", "migrator", "retention"],
  ["select audit_logs_add_partition('logs_1', '2001-01-01', '2001-02-01', '')", "migrator"],
  ["select audit_logs_in_default()", "migrator", "monitor"],
  ["alter table audit_logs detach partition audit.logs_default", "migrator"],
  ["alter table audit.logs_default disable trigger all", "migrator"],
  ["drop table audit.logs_default", "migrator"],
  ["select uuid_v7()", "migrator", "data_svc"],
  ["select assessment_features_valid('{}')", "migrator", "data_svc"],
  ["select * from erase_user(gen_random_uuid(), null, 'x', null, null, '{}')", "migrator", "data_svc"],
  ["select delete_assessment(gen_random_uuid(), null, 'x', null, null, '{}')", "migrator", "data_svc"],
  ["select delete_report(gen_random_uuid(), null, 'x', null, null, '{}')", "migrator", "data_svc"],
  ["select acknowledge_document(0, null, 'x', null, null, '{}')", "migrator", "data_svc"],
  ["select activate_model('v0.0.0', null, 'x', null, null, '{}')", "migrator", "data_svc"],
  ["select audit_logs_add(null, null, 'x', 'x', 'x', 'x', null, null, '{}')", "migrator"],
  ["select hold_user(gen_random_uuid())", "migrator", "data_svc"],
  ["delete from erasure.documents", "migrator"],
  ["update erasure.documents set deleted_at = now()", "migrator"],
  ["lock table erasure.documents", "migrator"],
  ["update model_versions set is_active = false", "migrator"],
  ["select id from model_versions for update", "migrator"],
  ["select person_audit_log(gen_random_uuid())", "migrator", "data_svc"],
  ["select auth_sessions_purge(now(), 1)", "migrator", "retention"],
  ["select erasure_purge(now(), 1)", "migrator", "retention"],
  ["lock table users in access share mode", "migrator", "backup"],
  ["select calibration_data_valid('{}')", "migrator", "data_svc"],
  ["select calibrated_score('{}', 0)", "migrator", "data_svc"],
  ["select risk_level('{}', 0)", "migrator", "data_svc"],
  ["select email_key('a')", "migrator"],
  ["select * from pg_ls_waldir()", "monitor"],
  ["select nextval('audit_logs_id_seq')", "migrator"],
  ["select setval('audit_logs_id_seq', 1)", "migrator"],
  ["select last_value from audit_logs_id_seq", "migrator", "backup", "monitor"],
  ["select lo_create(0)"],
  ["select lo_creat(-1)"],
  ["select lo_from_bytea(0, 'x')"],
  ["select lo_put(1, 0, 'x')"],
  ["select lo_import('/etc/hostname')"],
  ["select pg_logical_emit_message(false, 'x', repeat('x', 100))"],
  ["select pg_advisory_lock(1)", "migrator"],
  ["select pg_try_advisory_xact_lock_shared(1, 1)", "migrator"],
  ["set temp_file_limit = -1"],
  ["set log_min_messages = debug1"],
  ["select pg_create_physical_replication_slot('s')"],
  ["select pg_switch_wal()"],
  ["select * from pg_authid"],
  ["select pg_read_file('postgresql.conf')"],
  ["copy (select 1) to '/dev/null'"],
  ["create role r"],
  ["select rolpassword from pg_authid"],
  ["select * from pg_hba_file_rules"],
  ["set session authorization diabrisk"],
  ["set role diabrisk"],
  ["set session_replication_role = replica"],
];

test.each(ACTS)("%s", async (statement, ...expected) => {
  const found: LoginRole[] = [];
  for (const role of LOGIN_ROLES) if (await allowed(role, statement)) found.push(role);
  expect(found.sort()).toEqual([...expected].sort());
});

test("who is none of the roles cannot even connect", async () => {
  await cluster.query("postgres", "create role stranger login password 'stranger'");
  await expect(postgres.query(postgres.server.url("matrix", "stranger", "stranger"), "select 1")).rejects.toMatchObject(
    {
      code: "42501",
    },
  );
});

test("owner owns everything and cannot log in", async () => {
  const [owner] = await cluster.query("matrix", "select rolcanlogin as login from pg_roles where rolname = 'owner'");
  expect(owner).toEqual({ login: false });
  const others = await cluster.query(
    "matrix",
    "select tablename from pg_tables where schemaname in ('public', 'erasure', 'migrate') and tableowner <> 'owner'",
  );
  expect(others).toEqual([]);
});

test("the roles' sessions together leave the superuser's free, and cannot fill the volume with temporary files", async () => {
  const rows = await cluster.query(
    "matrix",
    `select rolname as name, rolconnlimit as sessions,
       (select substr(setting, 17) from pg_db_role_setting, unnest(setconfig) setting
        where setrole = r.oid and setting like 'temp_file_limit=%') as temporary
     from pg_roles r where rolcanlogin and not rolsuper and rolname <> 'stranger' order by 1`,
  );
  expect(rows).toEqual([
    { name: "backup", sessions: 4, temporary: null },
    { name: "data_svc", sessions: 90, temporary: "8MB" },
    { name: "migrator", sessions: 10, temporary: null },
    { name: "monitor", sessions: 3, temporary: "8MB" },
    { name: "readonly", sessions: 3, temporary: null },
    { name: "retention", sessions: 2, temporary: "8MB" },
  ]);
});

test("no role but the superuser has a power over the server", async () => {
  const powerful = await cluster.query(
    "matrix",
    `select rolname as name from pg_roles
     where (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls) and rolname !~ '^pg_'`,
  );
  expect(powerful).toEqual([{ name: "diabrisk" }]);
});

test("backup reads every table and every sequence, those of a later migration too", async () => {
  await cluster.query(
    "matrix",
    "create schema more; create table more.later (id int generated always as identity)",
    "migrator",
  );
  const unreadable = await cluster.query(
    "matrix",
    `select oid::regclass::text as name from pg_class
     where relkind in ('r', 'S') and relnamespace::regnamespace::text in ('public', 'erasure', 'migrate', 'more')
       and not (has_schema_privilege('backup', relnamespace, 'usage')
         and case relkind when 'S' then has_sequence_privilege('backup', oid, 'select')
           else has_table_privilege('backup', oid, 'select') end)`,
  );
  expect(unreadable).toEqual([]);
});
