import { escapeIdentifier, escapeLiteral } from "pg";
import { CLIENT_ROLE, type Client, OWNER_ROLE } from "../contract";
import { clientRole } from "./clients";
import type { Passwords } from "./passwords";
import { EVERY_ROLE, ROLES, type RoleDefinition } from "./roles";
import { matchesVerifier, scramVerifier } from "./scram";
import type { Session } from "./session";

interface Role {
  readonly oid: string;
  readonly attributes: string;
  readonly login: boolean;
  readonly verifier: string | null;
  readonly comment: string | null;
}

const SAFE_ATTRIBUTES = "nosuperuser nocreatedb nocreaterole inherit noreplication nobypassrls";

/**
 * Brings every role to the state of roles.ts, and the clients' to theirs. A login role without a password here keeps its own, or
 * cannot log in yet.
 * @param clients undefined if nobody says which there are: then they stay as they are
 */
export async function convergeRoles(
  session: Session,
  passwords: Passwords,
  clients: readonly Client[] | undefined,
): Promise<void> {
  const connections = await maxConnections(session);
  const ofClients = clients?.reduce((sum, client) => sum + client.connections, 0) ?? (await clientConnections(session));
  const ofClient = (clients ?? []).map((client) => [client.role, clientRole(client)] as const);
  const definitions = [...Object.entries(ROLES), ...ofClient];
  await convergeEveryRole(session);
  for (const [name, definition] of definitions) {
    await convergeAttributes(session, name, definition.connectionLimit(connections, ofClients));
    await convergeLogin(session, name, passwords[name]);
    await convergeComment(session, name, definition.comment);
    await convergeSettings(session, name, definition);
  }
  // After all of them exist.
  for (const [name, definition] of definitions) await convergeMemberships(session, name, definition);
}

/** Sessions of the clients that the server has. */
async function clientConnections(session: Session): Promise<number> {
  const [row] = await session.rows<{ connections: number }>(
    `select coalesce(sum(rolconnlimit), 0)::int as connections
     from pg_auth_members m join pg_roles r on r.oid = m.member where m.roleid = to_regrole($1)`,
    [CLIENT_ROLE],
  );
  return row?.connections ?? 0;
}

async function maxConnections(session: Session): Promise<number> {
  const [row] = await session.rows<{ connections: number }>(
    "select current_setting('max_connections')::int as connections",
  );
  return row?.connections ?? 0;
}

async function findRole(session: Session, name: string): Promise<Role | undefined> {
  const [role] = await session.rows<Role>(
    `select oid, rolcanlogin as login, rolpassword as verifier, shobj_description(oid, 'pg_authid') as comment,
       concat_ws(' ', case when rolsuper then 'superuser' else 'nosuperuser' end,
         case when rolcreatedb then 'createdb' else 'nocreatedb' end,
         case when rolcreaterole then 'createrole' else 'nocreaterole' end,
         case when rolinherit then 'inherit' else 'noinherit' end,
         case when rolreplication then 'replication' else 'noreplication' end,
         case when rolbypassrls then 'bypassrls' else 'nobypassrls' end,
         'connection limit', rolconnlimit) as attributes
     from pg_authid where rolname = $1`,
    [name],
  );
  return role;
}

async function convergeAttributes(session: Session, name: string, connectionLimit: number): Promise<void> {
  const wanted = `${SAFE_ATTRIBUTES} connection limit ${connectionLimit}`;
  const role = await findRole(session, name);
  const identifier = escapeIdentifier(name);
  if (!role) {
    await session.change(`create role ${identifier} nologin ${wanted}`, `role ${name}: created`);
  } else if (role.attributes !== wanted) {
    await session.change(`alter role ${identifier} ${wanted}`, `role ${name}: was ${role.attributes}, now ${wanted}`);
  }
}

async function convergeLogin(session: Session, name: string, password: string | undefined): Promise<void> {
  const role = await findRole(session, name);
  const identifier = escapeIdentifier(name);
  if (name === OWNER_ROLE || name === CLIENT_ROLE) {
    if (role?.login) await session.change(`alter role ${identifier} nologin`, `role ${name}: may no longer log in`);
    return;
  }
  if (password === undefined) return;
  if (!(await matchesVerifier(password, role?.verifier ?? null))) {
    const verifier = await scramVerifier(password, await scramIterations(session));
    await session.change(`alter role ${identifier} password ${escapeLiteral(verifier)}`, `role ${name}: password set`);
  }
  if (!role?.login) await session.change(`alter role ${identifier} login`, `role ${name}: may log in`);
}

async function scramIterations(session: Session): Promise<number> {
  const [row] = await session.rows<{ iterations: number }>(
    "select current_setting('scram_iterations')::int as iterations",
  );
  return row?.iterations ?? 4096;
}

async function convergeComment(session: Session, name: string, comment: string): Promise<void> {
  const role = await findRole(session, name);
  if (role?.comment === comment) return;
  const sql = `comment on role ${escapeIdentifier(name)} is ${escapeLiteral(comment)}`;
  await session.change(sql, `role ${name}: described`);
}

async function convergeSettings(session: Session, name: string, definition: RoleDefinition): Promise<void> {
  const [row] = await session.rows<{ everywhere: string[]; here: string[]; database: string }>(
    `select current_database() as database,
       array(select unnest(setconfig) from pg_db_role_setting
         where setrole = r.oid and setdatabase = 0) as everywhere,
       array(select unnest(setconfig) from pg_db_role_setting
         where setrole = r.oid and setdatabase = (select oid from pg_database where datname = current_database())) as here
     from pg_roles r where rolname = $1`,
    [name],
  );
  if (!row) return;
  const database = ` in database ${escapeIdentifier(row.database)}`;
  await convergeScope(session, { role: name }, definition.settings, row.everywhere);
  await convergeScope(session, { role: name, database }, definition.databaseSettings ?? {}, row.here);
}

async function convergeEveryRole(session: Session): Promise<void> {
  const rows = await session.rows<{ setting: string }>(
    "select unnest(setconfig) as setting from pg_db_role_setting where setrole = 0 and setdatabase = 0",
  );
  await convergeScope(
    session,
    { role: undefined },
    EVERY_ROLE,
    rows.map(({ setting }) => setting),
  );
}

/** Sessions that a setting is for: those of one role or of all, in one database or in every one. */
interface Scope {
  readonly role: string | undefined;
  readonly database?: string;
}

async function convergeScope(
  session: Session,
  { role, database = "" }: Scope,
  settings: Readonly<Record<string, string>>,
  current: readonly string[],
): Promise<void> {
  for (const [setting, value] of Object.entries(settings)) {
    if (current.includes(`${setting}=${value}`)) continue;
    const assignment = `set ${setting} = ${escapeLiteral(value)}`;
    const target = role === undefined ? "all" : escapeIdentifier(role);
    await session.change(
      `alter role ${target}${database} ${assignment}`,
      `role ${role ?? "all"}${database}: ${assignment}`,
    );
  }
}

async function convergeMemberships(session: Session, name: string, { memberOf }: RoleDefinition): Promise<void> {
  const current = await session.rows<{ group: string; inherit: boolean; set: boolean; admin: boolean }>(
    `select g.rolname as group, m.inherit_option as inherit, m.set_option as set, m.admin_option as admin
     from pg_auth_members m join pg_roles g on g.oid = m.roleid
     where m.member = (select oid from pg_roles where rolname = $1)`,
    [name],
  );
  const identifier = escapeIdentifier(name);
  for (const { group } of current.filter((membership) => !(membership.group in memberOf))) {
    const sql = `revoke ${escapeIdentifier(group)} from ${identifier} cascade`;
    await session.change(sql, `role ${name}: no longer member of ${group}`);
  }
  for (const [group, { inherit }] of Object.entries(memberOf)) {
    if (current.some((is) => is.group === group && is.inherit === inherit && is.set && !is.admin)) continue;
    const sql = `grant ${escapeIdentifier(group)} to ${identifier} with inherit ${inherit}, set true, admin false`;
    await session.change(sql, `role ${name}: member of ${group}, inherit ${inherit}`);
  }
}
