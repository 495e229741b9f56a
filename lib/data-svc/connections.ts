import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Milliseconds that a connection may still take to send a request once the service stops. */
const GRACE_MS = 1000;

/**
 * Closes sockets without a complete request, so that `close()` can finish. Browsers open such connections ahead, and
 * Node stops checking its timeouts when it begins to close.
 */
export function cutSilentConnections(app: FastifyInstance): void {
  const requests = new Map<Socket, IncomingMessage | undefined>();
  app.server.on("connection", (socket: Socket) => {
    requests.set(socket, undefined);
    socket.once("close", () => requests.delete(socket));
  });
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    requests.set(request.socket, request);
    response.once("close", () => {
      if (requests.has(request.socket)) requests.set(request.socket, undefined);
    });
  });
  app.addHook("preClose", async () => {
    const cut = () => {
      for (const [socket, request] of requests) if (!request?.complete) socket.destroy();
    };
    const timer = setInterval(cut, GRACE_MS);
    app.server.once("close", () => clearInterval(timer));
  });
}
