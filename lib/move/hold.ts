import { lockIds, tryLock } from "../migrator/database/lock";
import type { Server } from "./server";
import { sql } from "./sql";

/** Whether changes of the schema are held. On the new server, that the schema has been imported. */
export async function isHeld(server: Server): Promise<boolean> {
  return (await server.run("select to_json(to_regnamespace('engine_move') is not null)")) === true;
}

/**
 * Holds changes of the schema. Takes the migrator's lock for that moment, so that no migration is under way.
 * @throws if one is
 */
export async function hold(server: Server, database: string): Promise<void> {
  const locked = `do $$ begin
    if not (${tryLock(lockIds(database))}) then
      raise exception 'a migration is running: let it finish, and run this again';
    end if;
  end $$`;
  await server.run(locked, sql("hold.sql"));
}

/** Lets the schema change again. Does nothing where it may. */
export async function release(server: Server): Promise<void> {
  await server.run(
    "begin",
    "drop event trigger if exists engine_move_hold",
    "drop function if exists engine_move.refuse()",
    "drop schema if exists engine_move",
    "commit",
  );
}
