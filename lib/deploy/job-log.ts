import type { Kubectl, KubeObject } from "./kubectl";

/**
 * Each call shows what a Job's pods have logged since the last. A Job at its deadline deletes its pod with the log, so
 * only what was shown by then remains.
 */
export const followJob = (job: KubeObject, kubectl: Kubectl, say: (line: string) => void): (() => Promise<void>) =>
  followPods(`batch.kubernetes.io/job-name=${job.metadata.name}`, kubectl, say);

/** Each call shows what the selected pods have logged since the last, without the containers named in `silent`. */
export function followPods(
  selector: string,
  kubectl: Kubectl,
  say: (line: string) => void,
  silent: readonly string[] = [],
): () => Promise<void> {
  const shown = new Map<string, number>();
  return async () => {
    for (const { metadata, spec } of await kubectl.list("pods", selector)) {
      for (const container of containersOf(spec).filter((name) => !silent.includes(name))) {
        // The exit code does not matter: a container that has yet to start has no log.
        const { stdout } = await kubectl.try(["logs", metadata.name, `--container=${container}`]);
        const lines = stdout.split("\n").filter(Boolean);
        const key = `${metadata.name} ${container}`;
        for (const line of lines.slice(shown.get(key))) say(`  ${line}`);
        shown.set(key, Math.max(lines.length, shown.get(key) ?? 0));
      }
    }
  };
}

/** Names in the order in which they run. */
function containersOf(spec: KubeObject["spec"]): readonly string[] {
  const containers = [spec?.initContainers, spec?.containers].flat() as readonly ({ name: string } | undefined)[];
  return containers.flatMap((container) => container?.name ?? []);
}
