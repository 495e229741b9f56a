import type { TLSSocket } from "node:tls";
import { Client } from "pg";
import { DATABASE } from "../contract";

export interface Entry {
  /** On 127.0.0.1, forwarded to the server. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The certificate, in PEM, of whoever issued the server's. */
  readonly authority: string;
}

/** What became of a login. */
export type Entered = { readonly in: true; readonly serial: string } | { readonly in: false; readonly why: string };

const TIMEOUT_MS = 5000;

/** Logs in as a client with `sslmode=verify-full` does, and out again. */
export async function enter({ port, user, password, authority }: Entry): Promise<Entered> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user,
    password,
    database: DATABASE.name,
    // As if it had been asked for by its own name.
    ssl: { ca: authority, servername: DATABASE.host },
    connectionTimeoutMillis: TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const stream = client.connection.stream as unknown as TLSSocket;
    return { in: true, serial: stream.getPeerCertificate().serialNumber };
  } catch (error) {
    return { in: false, why: (error as Error).message };
  } finally {
    await client.end().catch(() => undefined);
  }
}
