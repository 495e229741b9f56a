import { type Client, type ClientConfig, DatabaseError } from "pg";
import { connect } from "./connection";

/** node-postgres keeps the process id that the server or a pooler announced, undeclared. */
type Announced = Client & { processID: number | null };

/** The announced process id, by which the session can be asked about, cancelled and named. */
export function announcedPid(client: Client): number | null {
  return (client as Announced).processID;
}

/** Limit for a pool that has no second session for us. */
const PATIENCE_MS = 5000;
const ROUNDS = 3;

/**
 * Finds out a pooler's mode, since a pooler announces a process id of its own invention. In session mode a client keeps
 * one backend, and is known by that from here on; `pid` is the backend that answered. In transaction mode the next
 * statement may run anywhere, and the announced id stays.
 */
export async function recognisePooler(client: Client, connection: ClientConfig, pid: number): Promise<void> {
  if (announcedPid(client) === pid) return;
  if (await keepsSession(client, connection, pid)) (client as Announced).processID = pid;
}

/**
 * Tests with a second connection. A transaction pooler lends our backend to it, or gives us another one meanwhile; a
 * session pooler never does.
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
    // Statement mode refuses BEGIN; a full pool answers too late.
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
