import { readFile } from "node:fs/promises";
import { BackupError } from "../errors";

/** The part of a CloudNativePG Cluster that the drill reads and writes. */
export interface ClusterManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly spec: {
    readonly bootstrap: { readonly recovery: { readonly source: string; readonly [field: string]: unknown } };
    readonly [field: string]: unknown;
  };
}

/** The state of a Cluster, as its operator writes it. */
export interface ClusterState {
  readonly status?: { readonly phase?: string; readonly phaseReason?: string; readonly readyInstances?: number };
}

export interface ApiServer {
  /** E.g. `"https://kubernetes.default.svc"`. Its authority is in NODE_EXTRA_CA_CERTS. */
  readonly url: string;
  /** File of the token. The kubelet replaces it before it expires. */
  readonly tokenFile: string;
  readonly namespace: string;
}

/** Seconds for one answer. */
const SECONDS = 30;

/** The Clusters of a namespace, by the API server's own words. @throws BackupError from every call */
export class Clusters {
  constructor(private readonly server: ApiServer) {}

  /** Undefined if there is none of this name. */
  async get(name: string): Promise<ClusterState | undefined> {
    return (await this.#ask("GET", `/${name}`)) as ClusterState | undefined;
  }

  async create(cluster: ClusterManifest): Promise<void> {
    if ((await this.#ask("POST", "", cluster)) === undefined)
      throw new BackupError(`The API server knows no Clusters. Install CloudNativePG: ${this.server.url}.`);
  }

  /** Begins to delete it. It is gone after its pods and volumes are. Does nothing if it is not there. */
  async remove(name: string): Promise<void> {
    await this.#ask("DELETE", `/${name}`, { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Foreground" });
  }

  /** Undefined if the API server has not what is asked for. */
  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const { url, namespace, tokenFile } = this.server;
    const place = `${url}/apis/postgresql.cnpg.io/v1/namespaces/${namespace}/clusters${path}`;
    const token = (await readFile(tokenFile, "utf8")).trim();
    const response = await fetch(place, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(SECONDS * 1000),
    }).catch((error: Error & { cause?: Error }) => {
      throw new BackupError(
        `${method} ${place} has failed: ${error.cause?.message || error.message}. Compare the stage's network.apiServer with ` +
          "kubectl get endpointslices kubernetes -n default.",
      );
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new BackupError(`${method} ${place} was answered ${response.status}: ${messageOf(text)}`);
    return JSON.parse(text);
  }
}

/** The message of a Status, or all of what is none. */
function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
