import { strict as assert } from "node:assert";
import type { KubeObject } from "../../lib/deploy/kubectl";
import type { E2e } from "./case";
import { claimNamespace } from "./namespaces";

/** Prints the container's first process: a process of its cgroup whose number inside is 1. */
const FIND = `for file in $(grep -ls "$1" /proc/[0-9]*/cgroup); do
  folder=\${file%/cgroup}
  grep -qsE '^NSpid:.*[[:space:]]1$' $folder/status && echo \${folder#/proc/}
done
exit 0`;

/**
 * Kills the first process of a pod's only container with SIGKILL, as the kernel does when memory runs out. From its node: the
 * kernel keeps such a signal from the first process when it comes from inside.
 */
export async function killContainer(e2e: E2e, pod: KubeObject): Promise<void> {
  const [status] = (pod.status?.containerStatuses ?? []) as readonly { containerID: string }[];
  const id = status?.containerID.replace(/^.*:\/\//, "");
  assert.match(id ?? "", /^[0-9a-f]{64}$/, `${pod.metadata.name} has no container that could be killed`);
  const { kubectl, name } = await nodeShell(e2e, String(pod.spec?.nodeName));
  const pid = (await kubectl.run(["exec", name, "--", "sh", "-c", FIND, "find", id ?? ""])).trim();
  assert.match(pid, /^\d+$/, `the processes of container ${id} on its node: "${pid}"`);
  await kubectl.run(["exec", name, "--", "kill", "-9", pid]);
  e2e.evidence(`process 1 of ${pod.metadata.name}, ${pid} on its node, got SIGKILL`);
}

/** A pod that sees every process of its node, in a namespace that admits it. */
async function nodeShell(e2e: E2e, nodeName: string) {
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
