import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { text, trees } from "../tree";
import { finding } from "./host";

const pods = (objects: Objects) => objects.pods;

/** Volumes and where they are mounted. */
export const VOLUME_RULES: readonly Rule[] = [
  each(
    pods,
    "mount-has-volume",
    "The API server takes the object and refuses every pod of it.",
    "Add the volume, or a claim template of that name.",
    function* (pod) {
      const volumes = new Set(volumeNames(pod));
      for (const container of pod.containers)
        for (const [field, name] of mounts(container.tree))
          if (!volumes.has(name)) yield finding(container, field, `mounts "${name}", which is no volume of the pod`);
    },
  ),
  each(
    pods,
    "volume-is-mounted",
    "A volume that nobody mounts is a forgotten mount: the pod starts, and writes or reads somewhere else.",
    "Mount it, or leave it out.",
    function* (pod) {
      const mounted = new Set(pod.containers.flatMap(({ tree }) => mounts(tree).map(([, name]) => name)));
      for (const name of volumeNames(pod))
        if (!mounted.has(name))
          yield { object: pod.owner, field: volumeField(pod, name), problem: `mounts "${name}" nowhere` };
    },
  ),
  each(
    pods,
    "mount-path-unique",
    "The API server takes the object and refuses every pod of it.",
    "Give each mount of a container a folder of its own.",
    function* (pod) {
      for (const container of pod.containers) {
        const paths = trees(container.tree, "volumeMounts").map(([mount]) => text(mount, "mountPath"));
        for (const [index, path] of paths.entries())
          if (path !== undefined && paths.indexOf(path) < index)
            yield finding(container, `volumeMounts[${index}].mountPath`, `is ${path}, as another's`);
      }
    },
  ),
];

/** Field and volume of each mount. */
function mounts(container: unknown): readonly (readonly [string, string])[] {
  return ["volumeMounts", "volumeDevices"].flatMap((list) =>
    trees(container, list).map(([mount, index]) => [`${list}[${index}].name`, text(mount, "name") ?? ""] as const),
  );
}

/** Claim templates of a StatefulSet are volumes of its pods. */
function volumeNames({ owner, spec }: Pod): readonly string[] {
  const templates = owner.kind === "StatefulSet" ? trees(owner.tree, "spec", "volumeClaimTemplates") : [];
  return [
    ...trees(spec, "volumes").map(([volume]) => text(volume, "name") ?? ""),
    ...templates.map(([claim]) => text(claim, "metadata", "name") ?? ""),
  ];
}

function volumeField({ path, spec }: Pod, name: string): Finding["field"] {
  const index = trees(spec, "volumes").find(([volume]) => volume.name === name)?.[1];
  return index === undefined ? "spec.volumeClaimTemplates" : `${path}spec.volumes[${index}]`;
}
