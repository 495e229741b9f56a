import { OWNER_ROLE } from "../contract";
import { OPERATOR_ROLES } from "./privileges";
import type { Session } from "./session";

/** Databases that every server has beside ours. PostgreSQL lets everybody connect to both and fill them. */
const OTHER_DATABASES = ["postgres", "template1"] as const;

/** Functions of PostgreSQL that everybody may call by default, as a pattern of names, and the roles that keep them. */
const FUNCTIONS: readonly { readonly names: string; readonly roles: readonly string[] }[] = [
  // Large objects are tables that everybody may fill, and no backup holds them.
  { names: "^lo(_|read$|write$)", roles: [] },
  // Writes as much into the write-ahead log as its caller likes, in a read-only transaction, too.
  { names: "^pg_logical_emit_message$", roles: [] },
  // A session that holds the migrator's lock keeps it from running.
  { names: "^pg_(try_)?advisory_(xact_)?lock", roles: [OWNER_ROLE, "migrator"] },
];

interface Change {
  readonly statement: string;
  readonly what: string;
}

/** Takes from PUBLIC what PostgreSQL grants to everybody beside our own objects. */
export async function convergeServerPrivileges(session: Session): Promise<void> {
  for (const { statement } of await session.rows<{ statement: string }>(DATABASES, [OTHER_DATABASES, OPERATOR_ROLES]))
    await session.change(statement, statement);
  for (const { names, roles } of FUNCTIONS)
    for (const { statement, what } of await session.rows<Change>(OF_FUNCTIONS, [names, roles]))
      await session.change(statement, what);
}

const DATABASES = `
  select format('revoke all on database %I from public', datname) as statement
  from pg_database
  where datname = any ($1) and exists (
    select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0)
  union all
  select format('grant connect on database postgres to %I', rolname)
  from pg_roles r
  where rolname = any ($2) and not exists (
    select from pg_database, aclexplode(datacl) acl
    where datname = 'postgres' and acl.grantee = r.oid and privilege_type = 'CONNECT')
  order by statement desc`;

/** One statement for each verb and role, with every function. */
const OF_FUNCTIONS = `
  with functions as (
    select proname, format('pg_catalog.%I(%s)', proname, pg_get_function_identity_arguments(oid)) as signature,
      array(select grantee from aclexplode(coalesce(proacl, acldefault('f', proowner)))) as grantees
    from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ $1
  ), changes (change, signature, proname) as (
    select 'revoke execute on function %s from public', signature, proname from functions where 0 = any (grantees)
    union all
    select 'grant execute on function %s to ' || quote_ident(rolname), signature, proname
    from functions join pg_roles r on rolname = any ($2) and r.oid <> all (grantees)
  )
  select format(change, string_agg(signature, ', ')) as statement,
    format(change, string_agg(distinct proname, ', ')) as what
  from changes group by change order by change desc`;
