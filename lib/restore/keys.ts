import type { Kubectl } from "../deploy/kubectl";

/** Files that the restore pod needs and no object of the cluster may hold, by name. */
export type Keys = Readonly<Record<string, string>>;

/** Folder of the keys in the pod, in its memory. */
export const KEYS_FOLDER = "/run/keys";

/** Marks that all keys are there. */
const COMPLETE = "complete";

const KEEP = 'umask 077; cat > "$1.part" && mv "$1.part" "$1"';

/**
 * Streams the keys into a running container's memory. They go through the API server's connection and never into an object,
 * so nobody who reads etcd or the namespace's Secrets finds them.
 */
export async function handOver(keys: Keys, pod: string, container: string, kubectl: Kubectl): Promise<void> {
  for (const [name, input] of [...Object.entries(keys), [COMPLETE, ""] as const]) {
    const command = ["sh", "-c", KEEP, "keep", `${KEYS_FOLDER}/${name}`];
    await kubectl.run(["exec", "--stdin", pod, `--container=${container}`, "--", ...command], { input });
  }
}
