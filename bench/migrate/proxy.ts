import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Timetable } from "./timetable";

export interface DelayProxy {
  readonly port: number;
  /** Counts connections and round trips since the last call. */
  count(): { readonly connections: number; readonly roundTrips: number };
  close(): Promise<void>;
}

/** PostgreSQL's Terminate message. A client that sends it waits for no answer. */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

/**
 * Starts a TCP proxy on loopback before `upstream` (a port). Delays each chunk by half of `milliseconds`, in both
 * directions and in order. Counts a round trip whenever a client sends after it has received. Messages sent without
 * waiting for an answer count once. Setting up a TCP connection is not delayed.
 */
export async function startProxy(upstream: number, milliseconds: number): Promise<DelayProxy> {
  const timetable = new Timetable();
  const sockets = new Set<Socket>();
  let counted = { connections: 0, roundTrips: 0 };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const database = connect({ port: upstream, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    counted.connections++;
    let answered = true;
    client.on("data", (chunk: Buffer) => {
      if (answered && !chunk.equals(TERMINATE)) counted.roundTrips++;
      answered = false;
    });
    const delay = milliseconds / 2;
    forward(client, database, delay, timetable);
    forward(database, client, delay, timetable, () => {
      answered = true;
    });
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy listens on no port.");
  return {
    port: address.port,
    count() {
      const result = counted;
      counted = { connections: 0, roundTrips: 0 };
      return result;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Passes on the data from `from`, and its end, each `delay` milliseconds later. */
function forward(from: Socket, to: Socket, delay: number, timetable: Timetable, delivered?: () => void): void {
  from.on("data", (chunk: Buffer) =>
    timetable.after(delay, () => {
      delivered?.();
      if (to.writable) to.write(chunk);
    }),
  );
  from.on("end", () => timetable.after(delay, () => to.end()));
  // Tells the other side when a client is killed or the server stops.
  from.on("error", () => to.destroy());
}
