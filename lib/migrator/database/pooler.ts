import { type Client, type ClientConfig, DatabaseError } from "pg";
import { connect } from "./connection";

/** node-postgres keeps what the server (or a pooler in its place) called its process, and does not declare it. */
type Announced = Client & { processID: number | null };

/** With the number it stands for, the session is asked about, cancelled and named. */
export function announcedPid(client: Client): number | null {
  return (client as Announced).processID;
}

/** A pool that has no second session for us would let us wait for one. */
const PATIENCE_MS = 5000;
const ROUNDS = 3;

/**
 * A pooler announces a process of its own invention. In session mode it gives a client one backend for as long as it
 * stays, which is all that a lock needs; then the client is known by that backend from here on. In transaction mode the
 * next statement may run anywhere, and the announced number is left as it is. `pid` is the backend that answered last.
 */
export async function recognisePooler(client: Client, connection: ClientConfig, pid: number): Promise<void> {
  if (announcedPid(client) === pid) return;
  if (await keepsSession(client, connection, pid)) (client as Announced).processID = pid;
}

/**
 * Between two of our statements a transaction pooler lends our backend to a second connection of ours, or comes
 * back with another one while the second is busy. In session mode neither ever happens.
 */
async function keepsSession(client: Client, connection: ClientConfig, pid: number): Promise<boolean> {
  const purpose = "migrate pooler check";
  const other = await connect({ connection: { ...connection, query_timeout: PATIENCE_MS }, purpose, tries: () => 1 });
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await other.query("begin");
      if ((await backend(other)) === pid || (await backend(client)) !== pid) return false;
      await other.query("rollback");
    }
    return true;
  } catch (error) {
    // Statement mode refuses BEGIN; a pool without room answers too late.
    if (error instanceof DatabaseError || (error as Error).message === "Query read timeout") return false;
    throw error;
  } finally {
    await other.end();
  }
}

async function backend(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid;
}
