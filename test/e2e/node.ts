import { strict as assert } from "node:assert";
import type { Kubectl, KubeObject } from "../../lib/deploy/kubectl";
import type { E2e } from "./case";
import { claimNamespace } from "./namespaces";

/** Kills the container's first process: a process of its cgroup whose number inside is 1. Prints its number. */
const KILL = `for file in $(grep -ls "$1" /proc/[0-9]*/cgroup); do
  folder=\${file%/cgroup}
  grep -qsE '^NSpid:.*[[:space:]]1$' $folder/status && kill -9 \${folder#/proc/} && echo \${folder#/proc/}
done
exit 0`;

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

/**
 * Kills the first process of a pod's container with SIGKILL, as the kernel does when memory runs out. From its node: the
 * kernel keeps such a signal from the first process when it comes from inside.
 * @param container default the first one
 */
export async function killContainer(e2e: E2e, pod: KubeObject, container?: string): Promise<void> {
  const shell = await nodeShell(e2e, String(pod.spec?.nodeName));
  assert.match(await tryKill(e2e, shell, pod, container), /^\d+$/, `${pod.metadata.name} had no process to kill`);
}

/** The same where the container may have ended by itself. Returns the number of the process, or nothing. */
export async function tryKill(e2e: E2e, shell: NodeShell, pod: KubeObject, container?: string): Promise<string> {
  const { containerStatuses = [], initContainerStatuses = [] } = (pod.status ?? {}) as {
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
  const statuses = [...containerStatuses, ...initContainerStatuses];
  const status = statuses.find(({ name }) => container === undefined || name === container);
  const id = status?.containerID?.replace(/^.*:\/\//, "");
  assert.match(id ?? "", /^[0-9a-f]{64}$/, `${pod.metadata.name} has no container that could be killed`);
  const { kubectl, name } = shell;
  const pid = (await kubectl.run(["exec", name, "--", "sh", "-c", KILL, "kill", id ?? ""])).trim();
  if (pid)
    e2e.evidence(
      `process 1 of ${[pod.metadata.name, container].filter(Boolean).join("/")}, ${pid} on its node, got SIGKILL`,
    );
  return pid;
}

export interface NodeShell {
  /** In the shell's namespace. */
  readonly kubectl: Kubectl;
  /** Name of its pod. */
  readonly name: string;
}

/** A pod that sees every process of its node, in a namespace that admits it. */
export async function nodeShell(e2e: E2e, nodeName: string): Promise<NodeShell> {
  const namespace = `${e2e.namespace}-node`;
  const kubectl = e2e.kubectl.in(namespace);
  const name = "shell";
  if ((await e2e.kubectl.get(`namespace/${namespace}`)) === undefined) await claimNamespace(namespace, e2e);
  await kubectl.run(["label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged"]);
  // A pod that asks for nothing gets nothing from a busy node.
  const resources = { requests: { cpu: "25m", memory: "32Mi" } };
  const spec = {
    nodeName,
    hostPID: true,
    automountServiceAccountToken: false,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 1,
    containers: [
      { name, image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "3600"], resources },
    ],
  };
  await e2e.apply({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }, kubectl);
  await kubectl.run(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"]);
  return { kubectl, name };
}
