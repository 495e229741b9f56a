import type { TLSSocket } from "node:tls";
import { Client } from "pg";
import { DATABASE } from "../contract";

export interface Entry {
  /** Port on 127.0.0.1, forwarded to the server. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Certificate of the server's issuer, in PEM. */
  readonly authority: string;
}

/** Outcome of a login. */
export type Entered = { readonly in: true; readonly serial: string } | { readonly in: false; readonly why: string };

const TIMEOUT_MS = 5000;

/** Logs in like a client with `sslmode=verify-full`, and out again. */
export async function enter({ port, user, password, authority }: Entry): Promise<Entered> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user,
    password,
    database: DATABASE.name,
    // As if connected by its own name.
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
