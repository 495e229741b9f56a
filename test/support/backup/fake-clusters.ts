import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { type ApiServer, type ClusterManifest, Clusters } from "../../../lib/backup/archive-drill";
import { temporaryFolder } from "../temporary-folder";

/** The state of a Cluster as its operator writes it. */
export type Status = { readonly phase?: string; readonly phaseReason?: string; readonly readyInstances?: number };

export const HEALTHY: Status = { phase: "Cluster in healthy state", readyInstances: 1 };

/** The operator's part: begins to make a Cluster, and tells how far it is. */
export interface Operator {
  create(cluster: ClusterManifest): void;
  status(): Status;
  remove(): Promise<void>;
}

/** The part of an API server that has Clusters, in loopback. It holds at most one. */
export class FakeClusters {
  /** Methods and paths, in their order. Of those that repeat the first. */
  readonly asked: string[] = [];
  cluster: ClusterManifest | undefined;
  operator: Operator = { create: () => undefined, status: () => HEALTHY, remove: async () => undefined };
  /** Answers in place of the server. @default undefined, the server answers */
  refusal: ((method: string) => { readonly code: number; readonly message: string } | undefined) | undefined;
  readonly #server: Server;
  readonly #folder = mkdtempSync(path.join(temporaryFolder(), "diabrisk-token-"));

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { code, body } = await this.#answer(request).catch((error) => ({
        code: 500,
        body: { message: String(error) },
      }));
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }

  static async start(): Promise<FakeClusters> {
    const fake = new FakeClusters();
    await once(fake.#server.listen(0, "127.0.0.1"), "listening");
    return fake;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.operator.remove();
  }

  /** Also removes the token, which a closed server is still asked with. */
  async remove(): Promise<void> {
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get server(): ApiServer {
    const tokenFile = path.join(this.#folder, "token");
    writeFileSync(tokenFile, "secret-token\n");
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, tokenFile, namespace: "hospital" };
  }

  get clusters(): Clusters {
    return new Clusters(this.server);
  }

  async #answer(request: IncomingMessage): Promise<{ code: number; body: object }> {
    const { method = "", url = "", headers } = request;
    if (headers.authorization !== "Bearer secret-token") return { code: 401, body: { message: "Unauthorized" } };
    const asked = `${method} ${url.replace("/apis/postgresql.cnpg.io/v1/namespaces/hospital/", "")}`;
    if (this.asked.at(-1) !== asked) this.asked.push(asked);
    const refusal = this.refusal?.(method);
    if (refusal) return { code: refusal.code, body: { message: refusal.message } };
    const body = await text(request);
    if (method === "POST") {
      this.cluster = JSON.parse(body) as ClusterManifest;
      this.operator.create(this.cluster);
      return { code: 201, body: this.cluster };
    }
    if (!this.cluster || !url.endsWith(`/${this.cluster.metadata.name}`))
      return { code: 404, body: { message: "not found" } };
    if (method === "GET") return { code: 200, body: { ...this.cluster, status: this.operator.status() } };
    if (JSON.parse(body).propagationPolicy !== "Foreground")
      return { code: 422, body: { message: "leaves its volumes" } };
    await this.operator.remove();
    this.cluster = undefined;
    return { code: 200, body: {} };
  }
}
