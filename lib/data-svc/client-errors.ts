import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { SERVICE_TLS_SECRET, TLS_KEYS } from "../contract";
import type { Connections } from "./connections";
import type { Logger } from "./logging";
import { PROBLEM_TYPE, Problem } from "./problems";

const NO_HTTP = "The request cannot be parsed, is too long or came too slowly.";
const NO_TLS = `This port speaks TLS alone. Ask with https:// and verify with ${TLS_KEYS.authority} of the Secret ${SERVICE_TLS_SECRET}.`;

/** OpenSSL's code for a client that speaks HTTP without TLS. */
const PLAIN_HTTP = "ERR_SSL_HTTP_REQUEST";

/** Ends connections whose input reaches no route: it is no TLS, or not even HTTP. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { connections, log }: { readonly connections: Connections; readonly log: Logger },
): void {
  const { code = "" } = error;
  if (code === PLAIN_HTTP) {
    const plain = connections.below(socket);
    if (plain) refuse(plain, NO_TLS, code, log);
  } else if (/^ERR_(?:SSL|TLS)_/.test(code)) {
    // A client that cannot verify the certificate tells it by this code.
    log.info({ code }, "A client made no TLS connection");
    socket.destroy();
  } else if (code === "ECONNRESET" || !socket.writable) socket.destroy();
  else refuse(socket, NO_HTTP, code, log);
}

function refuse(socket: Socket, reason: string, code: string, log: Logger): void {
  const problem = new Problem("malformed-http", reason);
  const id = randomUUID();
  log.info({ request_id: id, problem: problem.problem, code }, problem.message);
  const body = JSON.stringify(problem.document(id));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${id}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}
