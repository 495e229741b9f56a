import { spawn } from "node:child_process";
import { type Kubectl, KubectlError } from "./kubectl";

export interface Forwarding {
  /** Port on 127.0.0.1. */
  readonly port: number;
  close(): void;
}

/**
 * Connects a free local port with a pod's.
 * @param to name of the pod, or of a Service for one of its pods, e.g. `"service/postgres"`
 * @throws KubectlError
 */
export async function forward(kubectl: Kubectl, to: string, port: number): Promise<Forwarding> {
  const target = to.includes("/") ? to : `pod/${to}`;
  const child = spawn("kubectl", [...kubectl.place, "port-forward", target, `:${port}`, "--address=127.0.0.1"], {
    env: kubectl.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  return await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const local = /Forwarding from 127\.0\.0\.1:(?<port>\d+)/.exec(said)?.groups?.port;
      if (local !== undefined) resolve({ port: Number(local), close: () => child.kill() });
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const fail = () => reject(new KubectlError(`No way to ${to}: ${said.trim() || "kubectl ended"}`, "failed"));
    child.once("error", fail);
    child.once("exit", fail);
  });
}
