import type { Kubectl } from "../deploy/kubectl";
import { forward } from "../deploy/port-forward";
import type { Stage } from "../stages/stage";

/** Service of every Prometheus that the operator runs. */
const SERVICE = { name: "service/prometheus-operated", port: 9090 };

export interface OpenPrometheus {
  readonly url: string;
  close(): void;
}

/** Connects a local port with the Prometheus of a stage's cluster. @throws KubectlError */
export async function openPrometheus({ network }: Pick<Stage, "network">, kubectl: Kubectl): Promise<OpenPrometheus> {
  const { port, close } = await forward(kubectl.in(network.monitoringNamespace), SERVICE.name, SERVICE.port);
  return { url: `http://127.0.0.1:${port}`, close };
}
