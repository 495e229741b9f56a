import { escapeIdentifier } from "pg";
import { CLIENT_ROLE, type Client, OWNER_ROLE } from "../contract";
import type { Session } from "./session";

/**
 * Takes login and privileges from every client that is no longer wanted, ends its sessions and drops its role. Objects that
 * somebody gave it stay, as `owner`'s. A role that another database refers to stays, too, and can do nothing there.
 */
export async function removeFormerClients(session: Session, clients: readonly Client[]): Promise<void> {
  const former = await session.rows<{ name: string }>(
    `select rolname as name from pg_auth_members m join pg_roles r on r.oid = m.member
     where m.roleid = to_regrole($1) and rolname <> all ($2) order by 1`,
    [CLIENT_ROLE, clients.map(({ role }) => role)],
  );
  for (const { name } of former) await removeFormerClient(session, name);
}

async function removeFormerClient(session: Session, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  await session.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [name]);
  const taken = `alter role ${role} nologin password null; reassign owned by ${role} to ${OWNER_ROLE}; drop owned by ${role}`;
  if (!(await isBare(session, name))) {
    await session.change(taken, `role ${name}: no client any more, so it lost its login and privileges`);
  }
  const elsewhere = await session.rows<{ database: string }>(
    `select distinct coalesce(datname, 'the server itself') as database
     from pg_shdepend d left join pg_database b on b.oid = d.dbid
     where refclassid = 'pg_authid'::regclass and refobjid = to_regrole($1)`,
    [name],
  );
  if (elsewhere.length === 0) await session.change(`drop role ${role}`, `role ${name}: dropped`);
}

/** Whether it has lost everything here already, and stays for another database's sake. */
async function isBare(session: Session, name: string): Promise<boolean> {
  const [row] = await session.rows<{ bare: boolean }>(
    `select not rolcanlogin and not exists (
       select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = r.oid
         and dbid in (0, (select oid from pg_database where datname = current_database()))) as bare
     from pg_roles r where rolname = $1`,
    [name],
  );
  return row?.bare ?? false;
}
