import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { DATA_SVC } from "../contract";

/** Stands for a cluster's API server: signs tokens of ServiceAccounts with a key of its own, and serves the public one. */
export interface LocalIssuer {
  /** Base of its documents, and its name in the tokens. */
  readonly url: string;
  /** Signs a token for data-svc, valid for a day. @param subject such as `system:serviceaccount:diabrisk:ml-api` */
  token(subject: string): Promise<string>;
  close(): Promise<void>;
}

const KEY_ID = "local";
const HOST = "127.0.0.1";

/** Starts an issuer on a free loopback port. Its key exists in this process alone, so its tokens end with it. */
export async function startIssuer(): Promise<LocalIssuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: "ES256", use: "sig" }];
  const documents: Record<string, () => object> = {
    "/.well-known/openid-configuration": () => ({ issuer: url, jwks_uri: `${url}/openid/v1/jwks` }),
    "/openid/v1/jwks": () => ({ keys }),
  };
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ""];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document?.() ?? {}));
  });
  server.listen(0, HOST);
  await once(server, "listening");
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (subject) => sign(privateKey, url, subject),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const sign = (key: CryptoKey, issuer: string, subject: string) =>
  new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid: KEY_ID })
    .setIssuer(issuer)
    .setAudience(DATA_SVC.name)
    .setSubject(subject)
    .setIssuedAt()
    .setNotBefore("0s")
    .setExpirationTime("1d")
    .sign(key);
