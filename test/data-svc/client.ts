import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Socket } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { DATA_SVC, TLS_KEYS } from "../../lib/contract";
import { writeIdentity } from "../../lib/local/identity";

let folder: string;
let tlsFolder: string;
let ca: string;
let agent: Agent;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "data-svc-tls-"));
  tlsFolder = await writeIdentity(folder);
  ca = readFileSync(path.join(tlsFolder, TLS_KEYS.authority), "utf8");
  agent = new Agent({ ca, keepAlive: true });
});
afterAll(() => {
  agent.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** The part of the program's environment by which it has a certificate, for loopback. */
export const ownIdentity = () => ({ TLS_FOLDER: tlsFolder });

/** File with the authority that tests verify the service with. */
export const authorityFile = () => path.join(tlsFolder, TLS_KEYS.authority);

/** Reads the files of that certificate, and others by `readFile`. */
export const withIdentity = (readFile: (file: string) => string) => (file: string) =>
  file.startsWith(`${tlsFolder}/`) ? readFileSync(file, "utf8") : readFile(file);

/** Fetches from the service, and verifies it where it speaks TLS; `fetch` itself takes no authority. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  if (url.startsWith("http:")) return await fetch(url, init);
  const answer = await begin(url, init);
  const bytes = await buffer(answer);
  return response(answer, bytes.length > 0 ? bytes : null);
}

/** The same for an answer that is read as it comes. */
export async function askForStream(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await begin(url, init);
  return response(answer, Readable.toWeb(answer) as ReadableStream<Uint8Array>);
}

function response(
  { statusCode: status = 0, rawHeaders }: IncomingMessage,
  body: Uint8Array | ReadableStream | null,
): Response {
  const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : []));
  return new Response(body, { status, headers: pairs as [string, string][] });
}

function begin(url: string, init: RequestInit): Promise<IncomingMessage> {
  const { method = "GET", headers, body, signal } = init;
  const options = { method, headers: Object.fromEntries(new Headers(headers)), agent, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.once("error", reject);
    sent.end((body as string | undefined) ?? undefined);
  });
}

/**
 * A connection of a client of its own, which verifies the service.
 * @param below default a new one
 */
export function connectTo({ url }: { readonly url: string }, below?: Socket): TLSSocket {
  const { hostname, port } = new URL(url);
  const way = below ? { socket: below } : { host: hostname, port: Number(port) };
  return connect({ ...way, ca, servername: DATA_SVC.name }).on("error", () => undefined);
}
