import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Server, type Socket } from "node:net";

export interface ProxyOptions {
  /** Give clients another number for the server's process, as poolers do. */
  readonly renameProcess?: boolean;
}

/** Stands between a client and a server and counts the messages that pass. */
export class CountingProxy {
  /** Types of the messages that clients sent after their startup, in order: Q is a simple query. */
  readonly sent: string[] = [];
  /** Text of each simple query. */
  readonly queries: string[] = [];
  /** How often the server said ReadyForQuery. */
  ready = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly target: number,
    private readonly options: ProxyOptions,
  ) {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(target: number, options: ProxyOptions = {}): Promise<CountingProxy> {
    const proxy = new CountingProxy(target, options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, as a network does that fails. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const server = createConnection(this.target, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
    client.on(
      "data",
      messages(false, (type, body) => this.#countSent(type, body)),
    );
    server.on(
      "data",
      messages(true, (type, body) => this.#countReceived(type, body)),
    );
    client.pipe(server);
    server.pipe(client);
  }

  #countSent(type: string, body: Buffer): void {
    this.sent.push(type);
    if (type === "Q") this.queries.push(body.subarray(0, -1).toString());
  }

  /** `body` is part of what is passed on only while it is in one piece, as a startup's answer is. */
  #countReceived(type: string, body: Buffer): void {
    if (type === "Z") this.ready++;
    if (type === "K" && this.options.renameProcess) body.writeInt32BE(1, 0);
  }
}

/** Splits a stream of the protocol's messages; a client's first one, the startup, has no type. */
function messages(typed: boolean, on: (type: string, body: Buffer) => void): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0);
  let hasType = typed;
  return (chunk) => {
    // Not a copy where there is no rest, so that a listener can change what is passed on.
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (;;) {
      const start = hasType ? 1 : 0;
      if (buffer.length < start + 4) return;
      const length = start + buffer.readInt32BE(start);
      if (buffer.length < length) return;
      if (hasType) on(String.fromCharCode(buffer[0] ?? 0), buffer.subarray(5, length));
      buffer = buffer.subarray(length);
      hasType = true;
    }
  };
}
