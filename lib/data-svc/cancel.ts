import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { PoolClient } from "pg";

/** Stands where other messages have the version of the protocol. */
const CANCEL_REQUEST = 80_877_102;

/** Milliseconds that the server may take to receive the request. */
const TIMEOUT_MS = 1000;

/** Parts of pg's client that its types leave out. */
interface Backend {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Asks the server to cancel the statement that it runs for `client`. The server may follow late and cancel a later statement, so
 * the caller closes the connection. Without this the server goes on with the statement, since it does not notice the end of a
 * connection while it works. Not encrypted, like libpq's until PostgreSQL 17: the key ends statements of this connection only.
 * @throws Error if the server does not receive the request
 */
export async function cancelStatement(client: PoolClient): Promise<void> {
  const { processID, secretKey } = client as PoolClient & Backend;
  // The same server: a name may lead to another one by now.
  const { remoteAddress: host, remotePort: port } = client.connection.stream as Socket;
  if (processID === null || secretKey === null || host === undefined || port === undefined) return;
  const message = Buffer.alloc(16);
  [message.length, CANCEL_REQUEST, processID, secretKey].forEach((value, index) => {
    message.writeInt32BE(value, index * 4);
  });
  const socket = connect(port, host);
  try {
    socket.end(message);
    // The server closes the connection when it has passed the request on.
    await once(socket.resume(), "close", { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } finally {
    socket.destroy();
  }
}
