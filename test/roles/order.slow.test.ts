import { SCHEMA_VERSION } from "../../lib/contract";
import { runFiles } from "../migrations/support";
import { usePostgres } from "../support/postgres";
import { Cluster } from "./support";

const postgres = usePostgres();
const cluster = new Cluster(postgres);

/** Owner and privileges of everything that is not the server's own, defaults spelled out. */
const ACCESS = `
  select 'relation ' || c.oid::regclass as object, pg_get_userbyid(relowner) as owner,
    array(select unnest(relacl)::text order by 1)
      || array(select attname || ' ' || unnest(attacl)::text from pg_attribute where attrelid = c.oid order by 1) as acl
  from pg_class c where relnamespace = any (array['public', 'migrate', 'audit']::regnamespace[]) and relkind in ('r', 'p', 'S')
  union all
  select 'function ' || oid::regprocedure, pg_get_userbyid(proowner), array(select unnest(proacl)::text order by 1)
  from pg_proc where pronamespace in ('public'::regnamespace, 'migrate'::regnamespace)
  union all
  select 'schema ' || nspname, pg_get_userbyid(nspowner), array(select unnest(nspacl)::text order by 1)
  from pg_namespace where nspname in ('public', 'migrate', 'audit')
  union all
  select 'database', pg_get_userbyid(datdba), array(select unnest(datacl)::text order by 1)
  from pg_database where datname = current_database()
  union all
  select 'default for ' || defaclobjtype::text, pg_get_userbyid(defaclrole), array(select unnest(defaclacl)::text order by 1)
  from pg_default_acl
  order by 1`;

test("whatever comes first, everybody ends up with the same privileges", async () => {
  const bootstrapped = await cluster.create("bootstrapped");
  await cluster.bootstrap(bootstrapped);
  await cluster.up(bootstrapped, "migrator");

  const migrated = await cluster.create("migrated");
  await cluster.up(migrated);
  await cluster.bootstrap(migrated);

  const adopted = await cluster.create("adopted");
  await postgres.connected(postgres.server.url(adopted), async (client) => {
    await runFiles(client, "up");
    await client.query(`create table schema_migrations (version bigint not null primary key, dirty boolean not null);
      insert into schema_migrations values (${SCHEMA_VERSION}, false)`);
  });
  await cluster.bootstrap(adopted);
  await cluster.up(adopted, "migrator");

  const access = await cluster.query<{ object: string; owner: string }>(bootstrapped, ACCESS);
  expect(access.length).toBeGreaterThan(15);
  expect([...new Set(access.map(({ owner }) => owner))].sort()).toEqual(["owner", "pg_database_owner"]);
  expect(await cluster.query(migrated, ACCESS)).toEqual(access);
  expect(await cluster.query(adopted, ACCESS)).toEqual(access);
});

test("up brings the privileges of the tables that it makes, without another bootstrap", async () => {
  const database = await cluster.create("together");
  await cluster.bootstrap(database);
  await cluster.up(database, "migrator");
  expect(await cluster.query(database, "select count(*)::int as n from users", "data_svc")).toEqual([{ n: 2 }]);
  expect(await cluster.query(database, "select version::int as n from schema_migrations", "data_svc")).toEqual([
    { n: SCHEMA_VERSION },
  ]);
});

test("every table that a migration makes has its line in the matrix, or nobody but owner and backup gets at it", async () => {
  const database = await cluster.create("later");
  await cluster.bootstrap(database);
  await cluster.up(database, "migrator");
  await cluster.query(database, "create table later (); create function later() returns int return 1", "migrator");
  for (const role of ["data_svc", "readonly", "monitor"] as const) {
    await expect(cluster.query(database, "select * from later", role)).rejects.toMatchObject({ code: "42501" });
    await expect(cluster.query(database, "select later()", role)).rejects.toMatchObject({ code: "42501" });
  }
  expect(await cluster.query(database, "select * from later", "backup")).toEqual([]);
});

test("everything in public is adopted, whatever it is, but for what an extension brought", async () => {
  const database = await cluster.create("filled");
  await cluster.query(
    database,
    `create extension citext;
     create table "Odd Table" (id serial, at int generated always as identity, tags text[]);
     create view "a view" as select 1; create materialized view "heap" as select 1 as n; create sequence free;
     create type mood as enum ('fine'); create domain positive as int check (value > 0); create type pair as (a int, b int);
     create function f(int, text default 'x') returns int language sql return 1;
     create procedure p() language sql begin atomic select 1; end;
     create aggregate last_of(int) (sfunc = int4larger, stype = int);
     create statistics stats on id, at from "Odd Table"`,
  );
  await cluster.bootstrap(database);
  const [left] = await cluster.query<{ names: string[] }>(
    database,
    `select array(
       select relname::text from pg_class where relnamespace = 'public'::regnamespace and pg_get_userbyid(relowner) <> 'owner'
       union all
       select typname from pg_type t where typnamespace = 'public'::regnamespace and pg_get_userbyid(typowner) <> 'owner'
         and not exists (select from pg_depend where objid = t.oid and deptype in ('e', 'i'))
         and not exists (select from pg_type e join pg_depend d on d.objid = e.oid and d.deptype = 'e'
           where e.typarray = t.oid or e.oid = t.oid)
       union all
       select proname from pg_proc f where pronamespace = 'public'::regnamespace and pg_get_userbyid(proowner) <> 'owner'
         and not exists (select from pg_depend where objid = f.oid and deptype = 'e')
       union all
       select stxname from pg_statistic_ext where pg_get_userbyid(stxowner) <> 'owner') as names`,
  );
  expect(left?.names).toEqual([]);
  expect(
    await cluster.query(database, "select extowner::regrole::text as owner from pg_extension where extname = 'citext'"),
  ).toEqual([{ owner: "diabrisk" }]);
  expect(await cluster.bootstrap(database)).toEqual([]);
});
