import type { Kubectl, KubeObject } from "./kubectl";

/**
 * Each call shows what a Job's pods have logged since the last one. A Job that reaches its deadline deletes its pod, and the
 * log with it: what was shown by then is all that is left.
 */
export function followJob(job: KubeObject, kubectl: Kubectl, say: (line: string) => void): () => Promise<void> {
  const shown = new Map<string, number>();
  return async () => {
    for (const { metadata } of await kubectl.list("pods", `batch.kubernetes.io/job-name=${job.metadata.name}`)) {
      // Whatever the exit code: while a container waits, those before it have logged already.
      const { stdout } = await kubectl.try(["logs", metadata.name, "--all-containers"]);
      const lines = stdout.split("\n").filter(Boolean);
      for (const line of lines.slice(shown.get(metadata.name))) say(`  ${line}`);
      shown.set(metadata.name, Math.max(lines.length, shown.get(metadata.name) ?? 0));
    }
  };
}
