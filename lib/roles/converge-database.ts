import { escapeIdentifier } from "pg";
import { type Client, OWNER_ROLE } from "../contract";
import { SCHEMA_USAGE } from "./privileges";
import { privilegeChanges } from "./privileges-sql";
import { convergeServerPrivileges } from "./server-privileges";
import type { Session } from "./session";

/**
 * Gives the database and everything in it to `owner`, and sets every privilege of privileges.ts and of the clients. The roles
 * must exist.
 */
export async function convergeDatabase(
  session: Session,
  testUsers: boolean,
  clients: readonly Client[] = [],
): Promise<void> {
  await convergeDatabaseOwner(session);
  await convergePublicSchema(session);
  await adoptObjects(session);
  await convergeDefaultPrivileges(session);
  // Last, because the owner of an object grants its privileges.
  await convergePrivileges(session, clients);
  await convergeServerPrivileges(session);
  await convergeTestUsers(session, testUsers);
}

async function convergeDatabaseOwner(session: Session): Promise<void> {
  const [database] = await session.rows<{ name: string; owner: string }>(
    "select datname as name, pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()",
  );
  if (!database || database.owner === OWNER_ROLE) return;
  const sql = `alter database ${escapeIdentifier(database.name)} owner to ${OWNER_ROLE}`;
  await session.change(sql, `database ${database.name}: owned by ${OWNER_ROLE}, was ${database.owner}`);
}

/** pg_database_owner stands for the database's owner: PostgreSQL's own way to let only the owner create. */
async function convergePublicSchema(session: Session): Promise<void> {
  const [schema] = await session.rows<{ owner: string }>(
    "select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = 'public'",
  );
  if (!schema) await session.change("create schema public authorization pg_database_owner", "schema public: created");
  else if (schema.owner !== "pg_database_owner") {
    const sql = "alter schema public owner to pg_database_owner";
    await session.change(sql, `schema public: owned by pg_database_owner, was ${schema.owner}`);
  }
}

/**
 * Takes over objects that another tool or the superuser made. REASSIGN OWNED would refuse objects of the first
 * superuser. Leaves out extensions' objects, and those that follow another object's owner. A column of a partition's key is
 * internal to its table, and no such object.
 */
async function adoptObjects(session: Session): Promise<void> {
  const objects = await session.rows<{ type: string; identity: string; owner: string }>(
    `with found (classid, objid, owner) as (
       select 'pg_namespace'::regclass, oid, nspowner from pg_namespace where nspname = any ($1) and nspname <> 'public'
       union all
       select 'pg_class'::regclass, oid, relowner from pg_class
       where relnamespace = any ($1::regnamespace[]) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       union all
       select 'pg_proc'::regclass, oid, proowner from pg_proc where pronamespace = any ($1::regnamespace[])
       union all
       select 'pg_type'::regclass, t.oid, typowner from pg_type t left join pg_class c on c.oid = typrelid
       where typnamespace = any ($1::regnamespace[]) and (typtype in ('d', 'e', 'r') or c.relkind = 'c')
       union all
       select 'pg_statistic_ext'::regclass, oid, stxowner from pg_statistic_ext
       where stxnamespace = any ($1::regnamespace[])
     )
     select case o.type when 'statistics object' then 'statistics' else o.type end as type, o.identity,
       pg_get_userbyid(owner) as owner
     from found f, pg_identify_object(f.classid, f.objid, 0) o
     where pg_get_userbyid(owner) <> $2
       and not exists (select from pg_depend d where d.classid = f.classid and d.objid = f.objid and d.objsubid = 0
         and (d.deptype in ('e', 'i') or f.classid = 'pg_class'::regclass and d.deptype = 'a' and d.refobjsubid > 0
           and exists (select from pg_class where oid = f.objid and relkind = 'S')))
     order by f.classid = 'pg_namespace'::regclass desc, o.type, o.identity`,
    [await existingSchemas(session), OWNER_ROLE],
  );
  for (const { type, identity, owner } of objects) {
    const what = `${type} ${identity}: owned by ${OWNER_ROLE}, was ${owner}`;
    await session.change(`alter ${type} ${identity} owner to ${OWNER_ROLE}`, what);
  }
}

async function existingSchemas(session: Session): Promise<string[]> {
  const schemas = await session.rows<{ name: string }>(
    "select nspname as name from pg_namespace where nspname = any ($1)",
    [Object.keys(SCHEMA_USAGE)],
  );
  return schemas.map(({ name }) => name);
}

interface DefaultPrivilege {
  /** pg_default_acl.defaclobjtype */
  readonly type: "r" | "S" | "n" | "f";
  /** A role, or `public`. */
  readonly grantee: string;
  readonly privilege: string;
  readonly wanted: boolean;
  readonly sql: string;
}

/** Privileges on new objects of `owner`. data_svc and readonly get none by default. */
const DEFAULT_PRIVILEGES: readonly DefaultPrivilege[] = [
  // Otherwise pg_dump would fail on a new table.
  { type: "r", grantee: "backup", privilege: "SELECT", wanted: true, sql: "grant select on tables to backup" },
  { type: "S", grantee: "backup", privilege: "SELECT", wanted: true, sql: "grant select on sequences to backup" },
  { type: "n", grantee: "backup", privilege: "USAGE", wanted: true, sql: "grant usage on schemas to backup" },
  // PostgreSQL's default lets everybody call a new function, SECURITY DEFINER or not.
  { type: "f", grantee: "public", privilege: "EXECUTE", wanted: false, sql: "revoke execute on functions from public" },
];

async function convergeDefaultPrivileges(session: Session): Promise<void> {
  for (const { type, grantee, privilege, wanted, sql } of DEFAULT_PRIVILEGES) {
    const [row] = await session.rows<{ granted: boolean }>(
      `select exists (
         select from aclexplode(coalesce(
           (select defaclacl from pg_default_acl
            where defaclrole = $1::regrole and defaclnamespace = 0 and defaclobjtype = $2),
           case $2 when 'f' then acldefault('f', $1::regrole) end)) acl
         where acl.privilege_type = $4
           and case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end = $3) as granted`,
      [OWNER_ROLE, type, grantee, privilege],
    );
    if (row?.granted === wanted) continue;
    await session.change(`alter default privileges for role ${OWNER_ROLE} ${sql}`, `what ${OWNER_ROLE} makes: ${sql}`);
  }
}

async function convergePrivileges(session: Session, clients: readonly Client[]): Promise<void> {
  for (const { statement } of await session.rows<{ statement: string }>(privilegeChanges(clients))) {
    await session.change(statement, statement);
  }
}

/** Read by migration 000007. */
async function convergeTestUsers(session: Session, testUsers: boolean): Promise<void> {
  const [row] = await session.rows<{ database: string; off: boolean }>(
    `select current_database() as database, exists (
       select from pg_db_role_setting, unnest(setconfig) setting
       where setrole = 0 and setting ilike 'diabrisk.test\\_users=off'
         and setdatabase = (select oid from pg_database where datname = current_database())) as off`,
  );
  if (!row || row.off === !testUsers) return;
  const database = `database ${escapeIdentifier(row.database)}`;
  if (testUsers) await session.change(`alter ${database} reset diabrisk.test_users`, "seeds: with the test users");
  else await session.change(`alter ${database} set diabrisk.test_users = 'off'`, "seeds: without the test users");
}
