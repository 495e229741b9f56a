import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What befalls a request. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly code?: string }
  /** The connection is reset before anything is read. */
  | { readonly kind: "reset" }
  /** Half of the body is passed on; then both connections are reset. */
  | { readonly kind: "half" }
  /** One bit of the body is another when it arrives. */
  | { readonly kind: "flipped bit" }
  /** The request takes effect, and its answer is lost. */
  | { readonly kind: "lost answer" }
  /** Half of the answer's body comes, then a reset. */
  | { readonly kind: "half answer" }
  /** Nothing is read or answered. */
  | { readonly kind: "stall" }
  /** The request takes effect, and no answer comes. */
  | { readonly kind: "stalled answer" };

/** Forwards requests to a store, except for those that `fault` picks. */
export class FaultyProxy {
  /** Requests in their order, e.g. `PUT /backups/a`. */
  readonly seen: string[] = [];
  fault: (request: http.IncomingMessage, count: number) => Fault | undefined = () => undefined;
  readonly #agent = new http.Agent({ keepAlive: false });
  readonly #server = http.createServer((request, response) => void this.#handle(request, response));

  constructor(private readonly upstream: string) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.seen.push(`${request.method} ${request.url}`);
    const fault = this.fault(request, this.seen.length);
    const gone = () => void request.socket.resetAndDestroy();
    // A client that gives up is none of the proxy's errors.
    request.on("error", () => {});
    if (fault?.kind === "reset") return gone();
    if (fault?.kind === "stall") return void request.pause();
    const body = await bodyOf(request);
    if (body === undefined) return;
    if (fault?.kind === "status") return answerStatus(response, fault);
    const half = fault?.kind === "half" ? body.length >> 1 : body.length;
    const forwarded = http.request(this.upstream + request.url, {
      method: request.method ?? "GET",
      headers: request.headers,
      agent: this.#agent,
    });
    forwarded.on("error", () => (fault?.kind === "half" ? gone() : response.destroy()));
    forwarded.on("response", async (answer) => {
      const whole = await bodyOf(answer);
      if (fault?.kind === "lost answer") return gone();
      if (fault?.kind === "stalled answer") return;
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault?.kind !== "half answer") return response.end(whole);
      response.write(whole?.subarray(0, whole.length >> 1), () => setTimeout(gone, 20));
    });
    if (fault?.kind === "flipped bit" && body.length > 0) body[half >> 1] = (body[half >> 1] ?? 0) ^ 1;
    if (half === body.length) return void forwarded.end(body);
    forwarded.write(body.subarray(0, half), () => setTimeout(() => forwarded.destroy(new Error("half")), 20));
  }
}

function answerStatus(
  response: http.ServerResponse,
  { status, code = "InternalError" }: { status: number; code?: string },
): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>Made by the test</Message></Error>`);
}

async function bodyOf(message: http.IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
  } catch {
    return undefined; // The sender went away.
  }
  return Buffer.concat(chunks);
}
