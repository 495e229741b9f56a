import { randomBytes } from "node:crypto";
import { escapeLiteral } from "pg";
import { MOVE_ROLE } from "../contract";
import type { Server } from "./server";
import { sql } from "./sql";

/** The replication of every table from one server to the other. */
export interface Link {
  /** Name of its publication, its subscription and its slot. */
  readonly name: string;
  readonly from: Server;
  readonly to: Server;
}

/** How far a link is. */
export interface LinkState {
  readonly published: boolean;
  /** The slot that keeps the sender's log until the receiver has it; null if there is none. */
  readonly slot: {
    readonly active: boolean;
    /** Whether the receiver was away for so long that the sender has thrown log away. */
    readonly lost: boolean;
    readonly lagBytes: number;
  } | null;
  /** Null if there is no subscription. */
  readonly subscription: {
    readonly tables: number;
    /** Those of them that are copied and follow. */
    readonly ready: number;
    /** Errors so far, lost connections included; the receiver's log says which. */
    readonly errors: number;
  } | null;
}

export async function readLink({ name, from, to }: Link): Promise<LinkState> {
  const sent = (await from.run(sql("link.sql").replaceAll(":name", escapeLiteral(name)))) as Pick<
    LinkState,
    "published" | "slot"
  >;
  return { ...sent, subscription: await readSubscription(to, name) };
}

async function readSubscription(server: Server, name: string): Promise<LinkState["subscription"]> {
  const found = await server.run(
    `select json_build_object('tables', count(r.srrelid), 'ready', count(*) filter (where srsubstate = 'r'),
       'errors', coalesce(max(apply_error_count + sync_error_count), 0))
     from pg_subscription s left join pg_subscription_rel r on r.srsubid = s.oid
       left join pg_stat_subscription_stats e on e.subid = s.oid
     where s.subname = ${escapeLiteral(name)} and subdbid = (select oid from pg_database where datname = current_database())
     group by s.oid`,
  );
  return (found ?? null) as LinkState["subscription"];
}

export interface Establish {
  /** Whether the rows of before are copied; otherwise both servers must have the same. */
  readonly copy: boolean;
}

/**
 * Makes publication, role, slot and subscription. Does nothing where they are.
 *
 * The role's password is made up here and nowhere else than in the subscription, which superusers alone can read, and it is
 * worth nothing once the role is dropped. `origin = none` sends what clients wrote, and not what came from the other side,
 * so that both directions can stand at once.
 */
export async function establish(link: Link, { copy }: Establish): Promise<void> {
  const { name, from, to } = link;
  const { published, slot, subscription } = await readLink(link);
  if (!published) await from.run(`create publication ${name} for all tables`);
  if (subscription) return;
  // Left by a run that was killed while the subscription was being made.
  if (slot) await dropSlots(from, name);
  const password = randomBytes(24).toString("hex");
  await from.run(
    `do $$ begin
       if not exists (select from pg_roles where rolname = '${MOVE_ROLE}') then create role ${MOVE_ROLE}; end if;
       execute format('grant connect on database %I to ${MOVE_ROLE}', current_database());
     end $$`,
    `alter role ${MOVE_ROLE} login replication password '${password}'`,
    `grant pg_read_all_data to ${MOVE_ROLE}`,
  );
  const connection = `${from.address} user=${MOVE_ROLE} password=${password}`;
  await to.run(
    `create subscription ${name} connection ${escapeLiteral(connection)} publication ${name}
     with (copy_data = ${copy}, origin = none, synchronous_commit = on)`,
  );
}

/** Ends a link and removes all that it was made of. Either server may be undefined, if it is gone. */
export async function cut({ name, from, to }: Partial<Link> & Pick<Link, "name">): Promise<void> {
  if (to && (await readSubscription(to, name))) {
    // Without its slot, since the sender may be out of reach.
    await to.run(
      `alter subscription ${name} disable`,
      `alter subscription ${name} set (slot_name = none)`,
      `drop subscription ${name}`,
    );
  }
  if (!from) return;
  await dropSlots(from, name);
  await from.run(
    `drop publication if exists ${name}`,
    `do $$ begin
       if exists (select from pg_roles where rolname = '${MOVE_ROLE}') then
         perform pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${MOVE_ROLE}';
         execute format('revoke connect on database %I from ${MOVE_ROLE}', current_database());
         execute 'drop role ${MOVE_ROLE}';
       end if;
     end $$`,
  );
}

/** Drops the link's slot, and those by which single tables are copied. */
async function dropSlots(server: Server, name: string): Promise<void> {
  await server.run(
    `do $$
     declare
       slot record;
     begin
       for slot in select slot_name, active_pid from pg_replication_slots
         where database = current_database() and (slot_name = ${escapeLiteral(name)} or slot_name ~ '^pg_\\d+_sync_')
       loop
         perform pg_terminate_backend(slot.active_pid, 5000) where slot.active_pid is not null;
         perform pg_drop_replication_slot(slot.slot_name);
       end loop;
     end $$`,
  );
}

/** Whether the receiver has confirmed everything up to a place in the sender's log. */
export async function hasReceived({ name, from }: Link, end: string): Promise<boolean> {
  const found = await from.run(
    `select to_json(confirmed_flush_lsn >= ${escapeLiteral(end)}::pg_lsn)
     from pg_replication_slots where slot_name = ${escapeLiteral(name)}`,
  );
  return found === true;
}
