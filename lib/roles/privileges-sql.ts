import { type Client, LOGIN_ROLES, type LoginRole, OWNER_ROLE } from "../contract";
import {
  FUNCTION_EXECUTE,
  OPERATOR_CLIENTS,
  SCHEMA_USAGE,
  TABLE_FUNCTIONS,
  TABLE_PRIVILEGES,
  type TableGrant,
} from "./privileges";

/** Roles whose privileges are set. Those of any other role are left alone. */
const granteesOf = (clients: readonly Client[]) => [
  ...LOGIN_ROLES,
  ...OPERATOR_CLIENTS,
  ...clients.map(({ role }) => role),
];

/** Kind and name of an object, role, privilege, column or null. */
type Wanted = readonly [kind: string, object: string, grantee: string, privilege: string, column: string | null];

function* wantedPrivileges(clients: readonly Client[]): Generator<Wanted> {
  for (const role of granteesOf(clients)) yield ["database", "", role, "connect", null];
  for (const [schema, roles] of Object.entries(SCHEMA_USAGE)) {
    for (const role of roles) yield ["schema", schema, role, "usage", null];
  }
  for (const [signature, roles] of Object.entries(FUNCTION_EXECUTE)) {
    for (const role of roles) yield ["routine", `public.${signature}`, role, "execute", null];
  }
  for (const [schema, tables] of Object.entries(TABLE_PRIVILEGES)) {
    for (const [table, grants] of Object.entries(tables)) {
      for (const [role, grant] of Object.entries(grants)) yield* wantedOfTable(`${schema}.${table}`, role, grant);
    }
  }
  for (const client of clients) yield* wantedOfClient(client);
}

function* wantedOfClient({ role, tables: granted }: Client): Generator<Wanted> {
  yield ["schema", "public", role, "usage", null];
  for (const [table, grant] of Object.entries(granted)) {
    yield* wantedOfTable(`public.${table}`, role, grant);
    for (const signature of TABLE_FUNCTIONS[table] ?? [])
      yield ["routine", `public.${signature}`, role, "execute", null];
  }
}

function* wantedOfTable(table: string, role: string, grant: TableGrant): Generator<Wanted> {
  if (isOfTable(grant)) {
    for (const privilege of grant) yield ["table", table, role, privilege, null];
  } else {
    const { delete: deletes = false, ...byColumn } = grant;
    if (deletes) yield ["table", table, role, "delete", null];
    for (const [privilege, columns] of Object.entries(byColumn))
      for (const column of columns) yield ["table", table, role, privilege, column];
  }
}

const isOfTable = (grant: TableGrant): grant is readonly ("select" | "insert" | "update" | "delete")[] =>
  Array.isArray(grant);

const literal = (text: string | null) => (text === null ? "null" : `'${text.replaceAll("'", "''")}'`);
const list = (texts: readonly string[]) => texts.map(literal).join(", ");

const tables = Object.entries(TABLE_PRIVILEGES).flatMap(([schema, of]) => Object.keys(of).map((t) => `${schema}.${t}`));

/**
 * Reads every table, view and sequence, named in privileges.ts or not, since anything unread would be missing from the
 * backup.
 */
const READS_ALL: LoginRole = "backup";

/**
 * Rows of `statement`, one for each role and object with wrong privileges, revocations first; none if the database was
 * never bootstrapped. Skips missing roles, tables and columns. Leaves other roles, and tables that privileges.ts does
 * not name, alone.
 */
export const privilegeChanges = (clients: readonly Client[] = []): string => `
with wanted (kind, object, grantee, privilege, attribute) as (values
  ${[...wantedPrivileges(clients)].map((row) => `(${row.map(literal).join(", ")})`).join(",\n  ")}
), resolved (kind, oid, grantee, privilege, attribute) as materialized (
  select kind, case kind
      when 'database' then (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      when 'schema' then pg_catalog.to_regnamespace(object)::oid
      when 'routine' then pg_catalog.to_regprocedure(object)::oid
      else pg_catalog.to_regclass(object)::oid end,
    grantee, privilege, attribute
  from wanted
), grantees (oid, name) as (
  select 0::oid, 'public' union all
  select oid, rolname::text from pg_catalog.pg_roles where rolname in (${list(granteesOf(clients))})
), listed (oid) as (
  select pg_catalog.to_regclass(name)::oid from pg_catalog.unnest(array[${list(tables)}]) name
), objects (kind, oid, name, acl) as (
  select 'database', oid, pg_catalog.quote_ident(datname), coalesce(datacl, pg_catalog.acldefault('d', datdba))
  from pg_catalog.pg_database where datname = pg_catalog.current_database()
  union all
  select 'schema', oid, pg_catalog.quote_ident(nspname), coalesce(nspacl, pg_catalog.acldefault('n', nspowner))
  from pg_catalog.pg_namespace where nspname in (${list(Object.keys(SCHEMA_USAGE))})
  union all
  select 'routine', p.oid, p.oid::pg_catalog.regprocedure::text, coalesce(proacl, pg_catalog.acldefault('f', proowner))
  from pg_catalog.pg_proc p
  where pronamespace = 'public'::pg_catalog.regnamespace
    and pg_catalog.pg_get_userbyid(proowner) = '${OWNER_ROLE}'
  union all
  select 'table', oid, oid::pg_catalog.regclass::text, relacl
  from pg_catalog.pg_class
  where oid in (select oid from listed) or relkind in ('r', 'p', 'v', 'm', 'S')
    and relnamespace in (select oid from pg_catalog.pg_namespace where nspname in (${list(Object.keys(SCHEMA_USAGE))}))
    and pg_catalog.pg_get_userbyid(relowner) = '${OWNER_ROLE}'
), should (kind, name, grantee, privilege, attribute) as (
  select o.kind, o.name, w.grantee, w.privilege, pg_catalog.quote_ident(a.attname)
  from resolved w
  join grantees g on g.name = w.grantee
  join objects o on o.kind = w.kind and o.oid = w.oid
  left join pg_catalog.pg_attribute a
    on o.kind = 'table' and a.attrelid = o.oid and a.attname = w.attribute and not a.attisdropped
  where w.attribute is null or a.attname is not null
  union all
  select o.kind, o.name, g.name, 'select', null
  from objects o join grantees g on g.name = '${READS_ALL}' where o.kind = 'table'
), does (kind, name, grantee, privilege, attribute) as (
  select o.kind, o.name, g.name, pg_catalog.lower(acl.privilege_type), null
  from objects o, pg_catalog.aclexplode(o.acl) acl join grantees g on g.oid = acl.grantee
  where o.kind <> 'table' or g.name = '${READS_ALL}' or o.oid in (select oid from listed)
  union all
  select o.kind, o.name, g.name, pg_catalog.lower(acl.privilege_type), pg_catalog.quote_ident(a.attname)
  from objects o
  join pg_catalog.pg_attribute a on o.kind = 'table' and a.attrelid = o.oid and not a.attisdropped
    and o.oid in (select oid from listed),
  pg_catalog.aclexplode(a.attacl) acl join grantees g on g.oid = acl.grantee
), changes (verb, kind, name, grantee, privilege, attribute) as (
  (select 'revoke', * from does except select 'revoke', * from should)
  union all
  (select 'grant', * from should except select 'grant', * from does)
)
select pg_catalog.format('%s %s on %s %s %s %s', verb,
  pg_catalog.string_agg(privilege || coalesce(' (' || attribute || ')', ''), ', ' order by privilege, attribute),
  kind, name, case verb when 'grant' then 'to' else 'from' end,
  pg_catalog.quote_ident(grantee)) as statement
from changes
where exists (select from pg_catalog.pg_database
  where datname = pg_catalog.current_database() and pg_catalog.pg_get_userbyid(datdba) = '${OWNER_ROLE}')
group by verb, kind, name, grantee
order by verb desc, kind, name, grantee`;

/**
 * SQL that sets the privileges of every role on this package's tables, schemas, functions and database, as
 * privileges.ts and the clients say. Runs in or outside of a transaction, as the superuser or `owner`. Changes only differences, and
 * nothing in a database that was never bootstrapped.
 */
export function privilegesSql(clients: readonly Client[] = []): string {
  return `do $privileges$
declare
  change record;
begin
  -- Asked apart, for less than planning the query costs.
  if not exists (select from pg_catalog.pg_database
    where datname = pg_catalog.current_database() and pg_catalog.pg_get_userbyid(datdba) = '${OWNER_ROLE}') then
    return;
  end if;
  for change in ${privilegeChanges(clients)}
  loop
    execute change.statement;
  end loop;
end
$privileges$;
`;
}
