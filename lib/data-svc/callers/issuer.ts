import { readFileSync } from "node:fs";
import { get as getHttp } from "node:http";
import { get as getHttps, type RequestOptions } from "node:https";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { JSONWebKeySet } from "jose";
import { PATHS, TLS_KEYS } from "../../contract";
import type { Presentable } from "../logging";

/** Milliseconds for one document. */
const TIMEOUT_MS = 2000;
/** Bytes of one document; a key has less than a thousand. */
const MOST_BYTES = 256 * 1024;

/** The issuer's name for itself, and the public keys of its tokens. */
export interface IssuerState {
  readonly issuer: string;
  readonly keys: JSONWebKeySet;
}

/** The issuer's documents could not be read. */
export class IssuerError extends Error implements Presentable {
  override readonly name = "IssuerError";
  readonly presentable = true;
}

const Discovery = Type.Object({ issuer: Type.String({ minLength: 1 }) });
const Keys = Type.Object({ keys: Type.Array(Type.Object({ kty: Type.String() }), { minItems: 1 }) });

/**
 * Reads what a Kubernetes API server tells of its tokens: its name and its keys, which it serves to every ServiceAccount. Keys
 * come from that server alone, never from the address in its first document, which is often out of a pod's reach.
 * @param url base of the API server, or of what stands for it on loopback
 * @throws IssuerError
 */
export async function readIssuer(url: string): Promise<IssuerState> {
  const [discovery, keys] = await Promise.all(
    ["/.well-known/openid-configuration", "/openid/v1/jwks"].map((path) => readDocument(new URL(path, url))),
  );
  if (!Value.Check(Discovery, discovery))
    throw new IssuerError(`${url} names no issuer. Set ISSUER_URL to an API server.`);
  if (!Value.Check(Keys, keys)) throw new IssuerError(`${url} has no keys. Set ISSUER_URL to an API server.`);
  return { issuer: discovery.issuer, keys };
}

async function readDocument(url: URL): Promise<unknown> {
  try {
    return JSON.parse(await ask(url));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new IssuerError(
      `The keys of the callers' tokens cannot be read from ${url.href}: ${code ?? message}. Compare the stage's ` +
        "network.apiServer with `kubectl get endpointslices kubernetes -n default`.",
      { cause: error },
    );
  }
}

function ask(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? getHttps : getHttp)(url, optionsFor(url), (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) request.destroy(new Error(`its answer has more than ${MOST_BYTES} bytes`));
        else chunks.push(chunk);
      });
      answer.once("error", reject);
      answer.once("end", () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`it answers ${answer.statusCode}`));
      });
    });
    request.once("error", reject);
  });
}

/** The pod's own token and authority, read anew each time, since the kubelet replaces the token. None of both on loopback. */
function optionsFor({ protocol }: URL): RequestOptions {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  if (protocol === "http:") return { signal, agent: false };
  const token = readFileSync(`${PATHS.api}/token`, "utf8").trim();
  const headers = { authorization: `Bearer ${token}` };
  return { signal, agent: false, headers, ca: readFileSync(`${PATHS.api}/${TLS_KEYS.authority}`) };
}
