import { once } from "node:events";
import { connect } from "node:tls";

export interface ShownBy {
  /** Port on 127.0.0.1, forwarded to the server. */
  readonly port: number;
  /** Name that the certificate must have. */
  readonly servername: string;
  /** Certificate of the server's issuer, in PEM. */
  readonly authority: string;
}

const TIMEOUT_MS = 5000;

/** Connects as a client that verifies, and returns the serial number of the certificate, or why there is no connection. */
export async function shownCertificate({ port, servername, authority }: ShownBy): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, servername, ca: authority });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return socket.getPeerCertificate().serialNumber;
  } catch (error) {
    return `none (${(error as Error).message})`;
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}
