import type { PodSpec } from "../../imports/k8s";

/**
 * Finds mounts without a volume, and volumes without a mount. The API server refuses the first only when it makes the
 * pod, and never the second.
 */
export function checkMounts(pod: PodSpec, claims: readonly string[] = []): string[] {
  const volumes = new Set([...(pod.volumes ?? []).map((volume) => volume.name), ...claims]);
  const mounts = [...(pod.initContainers ?? []), ...pod.containers].flatMap((container) =>
    (container.volumeMounts ?? []).map((mount) => ({ container: container.name, volume: mount.name })),
  );
  const mounted = new Set(mounts.map((mount) => mount.volume));
  return [
    ...mounts
      .filter(({ volume }) => !volumes.has(volume))
      .map(
        ({ container, volume }) => `container ${container} mounts "${volume}", which is no volume of the pod. Add it.`,
      ),
    ...[...volumes]
      .filter((volume) => !mounted.has(volume))
      .map((volume) => `volume "${volume}" is mounted by no container. Mount it, or leave it out.`),
  ];
}
