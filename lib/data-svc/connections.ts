import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Milliseconds that a connection may still take to send a request once the service stops. */
const GRACE_MS = 1000;

interface Connection {
  readonly socket: Socket;
  request: IncomingMessage | undefined;
}

/**
 * The open connections of a server, from their first byte on. TLS wraps each in another socket, which is the one that requests
 * and errors name; both have the client's address.
 */
export class Connections {
  readonly #open = new Map<string, Connection>();

  /** The connection below a socket of TLS, while it is open. */
  below(socket: Socket): Socket | undefined {
    return this.#open.get(addressOf(socket))?.socket;
  }

  /**
   * Closes connections without a complete request, so that `close()` can finish. Browsers open such connections ahead, and
   * Node stops checking its timeouts when it begins to close.
   */
  watch(app: FastifyInstance): void {
    app.server.on("connection", (socket: Socket) => {
      const address = addressOf(socket);
      const connection = { socket, request: undefined };
      this.#open.set(address, connection);
      socket.once("close", () => {
        if (this.#open.get(address) === connection) this.#open.delete(address);
      });
    });
    app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.#open.get(addressOf(request.socket));
      if (!connection) return;
      connection.request = request;
      response.once("close", () => {
        connection.request = undefined;
      });
    });
    app.addHook("preClose", async () => {
      const timer = setInterval(() => this.#cutSilent(), GRACE_MS);
      app.server.once("close", () => clearInterval(timer));
    });
  }

  #cutSilent(): void {
    for (const { socket, request } of this.#open.values()) if (!request?.complete) socket.destroy();
  }
}

const addressOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
