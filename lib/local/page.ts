import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Status } from "../status/document";
import { type Pictures, statusPage } from "../status/page";

export interface PageOptions {
  /** Loopback port. @default a free one */
  readonly port?: number;
  /** Asked for each request. */
  readonly status: () => Promise<Status>;
  /** Asked for once. */
  readonly pictures: () => Promise<Pictures>;
}

export interface Page {
  readonly url: string;
  /** Resolves when nothing is left, whoever is still connected. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Names of this machine in a browser. A page elsewhere whose name leads here has another one in its requests. */
const OWN_NAMES = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;

/** Serves the page of a status on loopback, to this machine's own names alone. Each request asks anew. */
export async function servePage({ port = 0, status, pictures }: PageOptions): Promise<Page> {
  let drawn: Promise<Pictures> | undefined;
  const contents: Readonly<Record<string, () => Promise<Content>>> = {
    "/": async () => {
      drawn ??= pictures();
      return { type: "text/html", text: statusPage(await status(), await drawn) };
    },
    "/status.json": async () => ({ type: "application/json", text: `${JSON.stringify(await status(), null, 2)}\n` }),
  };
  const server = createServer((request, response) => {
    void answerTo(request, contents).then((answer) => send(request, response, answer));
  });
  server.listen(port, HOST);
  await once(server, "listening");
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Content {
  readonly type: "text/html" | "application/json" | "text/plain";
  readonly text: string;
}

interface Answer extends Content {
  readonly code: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const said = (code: number, text: string): Answer => ({ code, type: "text/plain", text: `${text}\n` });

async function answerTo(
  { method, url = "", headers }: IncomingMessage,
  contents: Readonly<Record<string, () => Promise<Content>>>,
): Promise<Answer> {
  if (!OWN_NAMES.test(headers.host ?? "")) return said(421, `This page is at ${HOST} or localhost.`);
  const [name = ""] = url.split("?");
  const content = Object.hasOwn(contents, name) ? contents[name] : undefined;
  if (!content) return said(404, "There is / and /status.json.");
  if (method !== "GET" && method !== "HEAD")
    return { ...said(405, "It is only to be read."), headers: { allow: "GET, HEAD" } };
  try {
    return { code: 200, ...(await content()) };
  } catch (error) {
    return said(500, `The page could not be made: ${(error as Error).message}`);
  }
}

/** The page is of one moment and for one person. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "frame-ancestors 'none'",
} as const;

function send({ method }: IncomingMessage, response: ServerResponse, { code, type, text, headers = {} }: Answer): void {
  const length = { "content-length": Buffer.byteLength(text), "content-type": `${type}; charset=utf-8` };
  response.writeHead(code, { ...HEADERS, ...headers, ...length });
  response.end(method === "HEAD" ? undefined : text);
}

/**
 * Reads and draws the pictures: of dev, which the local stack stands for, and of the tables. What draws is loaded only now,
 * since most runs have no page.
 */
export async function localPictures(root: string): Promise<Pictures> {
  const { topologyOf } = require("../pictures/topology") as typeof import("../pictures/topology");
  const { topologySvg } = require("../pictures/topology-svg") as typeof import("../pictures/topology-svg");
  const { dev } = require("../stages/dev") as typeof import("../stages/dev");
  const erd = await readFile(path.join(root, "docs", "erd.svg"), "utf8");
  return { stage: dev.name, topology: await topologySvg(topologyOf(dev)), erd };
}
