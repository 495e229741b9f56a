import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Rule } from "../rule";
import { type Tree, text, trees } from "../tree";
import { finding } from "./host";

const pods = (objects: Objects) => objects.pods;

/** Sources whose files the kubelet replaces when they change. */
const UPDATED = ["secret", "configMap", "projected", "downwardAPI"];

/** Volumes, their sources and their mounts. */
export const VOLUME_RULES: readonly Rule[] = [
  each(
    pods,
    "mount-has-volume",
    "The API server refuses the object.",
    "Add the volume, or a claim template of that name.",
    function* (pod) {
      const names = new Set(volumes(pod).map(([, name]) => name));
      for (const container of pod.containers)
        for (const [field, name] of mounts(container.tree))
          if (!names.has(name)) yield finding(container, field, `mounts "${name}", which is no volume of the pod`);
    },
  ),
  each(
    pods,
    "volume-is-mounted",
    "A volume that nobody mounts is a forgotten mount: the pod starts, and writes or reads somewhere else.",
    "Mount it, or leave it out.",
    function* (pod) {
      const mounted = new Set(pod.containers.flatMap(({ tree }) => mounts(tree).map(([, name]) => name)));
      for (const [field, name] of volumes(pod))
        if (!mounted.has(name)) yield { object: pod.owner, field, problem: `is "${name}", which no container mounts` };
    },
  ),
  each(
    pods,
    "volume-source",
    "A volume that says nothing of where it comes from is an empty folder, and the API server takes it without a word.",
    "Give it one source, with the name of its Secret or ConfigMap; emptyDir: {} where an empty folder is meant.",
    function* ({ owner, path, spec }) {
      for (const [volume, index] of trees(spec, "volumes"))
        for (const problem of sourceProblems(volume))
          yield { object: owner, field: `${path}spec.volumes[${index}]`, problem };
    },
  ),
  each(
    pods,
    "mount-path-unique",
    "The API server refuses the object.",
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
  each(
    pods,
    "mount-stays-current",
    "A file of a Secret or ConfigMap that is mounted by subPath never changes again: a renewed password or certificate does not arrive.",
    "Mount the folder, and let items choose its files.",
    function* ({ owner, spec, containers }, objects) {
      const updated = trees(spec, "volumes").filter(
        ([volume]) => UPDATED.some((source) => volume[source] !== undefined) && !isFixed(volume, owner, objects),
      );
      const names = new Set(updated.map(([volume]) => volume.name));
      for (const container of containers)
        for (const [mount, index] of trees(container.tree, "volumeMounts"))
          for (const field of ["subPath", "subPathExpr"])
            if (mount[field] !== undefined && names.has(mount.name))
              yield finding(container, `volumeMounts[${index}].${field}`, `is ${mount[field]}`);
    },
  ),
];

/** Whether the volume's content can never change. */
function isFixed({ secret, configMap }: Tree, { namespace }: KubeObject, objects: Objects): boolean {
  const source =
    objects.find("Secret", namespace, text(secret, "secretName") ?? "") ??
    objects.find("ConfigMap", namespace, text(configMap, "name") ?? "");
  return source?.tree.immutable === true;
}

/** Faults in a volume's source: those that the API server refuses, and a missing source, which it would fill in. */
function sourceProblems(volume: Tree): readonly string[] {
  const { name: _, ...sources } = volume;
  const given = Object.keys(sources).filter((source) => sources[source] !== undefined && sources[source] !== null);
  if (given.length === 0) return ["has no source"];
  if (given.length > 1) return [`has several sources: ${given.join(", ")}`];
  if (volume.secret !== undefined && !text(volume, "secret", "secretName")) return ["names no Secret"];
  if (volume.configMap !== undefined && !text(volume, "configMap", "name")) return ["names no ConfigMap"];
  return volume.projected !== undefined ? projectedProblems(volume) : [];
}

function projectedProblems(volume: Tree): readonly string[] {
  const sources = trees(volume, "projected", "sources");
  if (sources.length === 0) return ["projects nothing"];
  return sources.flatMap(([source, index]) => {
    const [kind] = Object.keys(source);
    if (kind === undefined) return [`projects nothing as sources[${index}]`];
    const named = (kind !== "secret" && kind !== "configMap") || Boolean(text(source, kind, "name"));
    return named ? [] : [`names no ${kind === "secret" ? "Secret" : "ConfigMap"} in sources[${index}]`];
  });
}

/** Field and volume of each mount. */
function mounts(container: unknown): readonly (readonly [string, string])[] {
  return ["volumeMounts", "volumeDevices"].flatMap((list) =>
    trees(container, list).map(([mount, index]) => [`${list}[${index}].name`, text(mount, "name") ?? ""] as const),
  );
}

/** Field and name of each volume. Claim templates of a StatefulSet count as volumes of its pods. */
function volumes({ owner, path, spec }: Pod): readonly (readonly [string, string])[] {
  const templates = owner.kind === "StatefulSet" ? trees(owner.tree, "spec", "volumeClaimTemplates") : [];
  return [
    ...trees(spec, "volumes").map(
      ([volume, index]) => [`${path}spec.volumes[${index}]`, text(volume, "name") ?? ""] as const,
    ),
    ...templates.map(
      ([claim, index]) => [`spec.volumeClaimTemplates[${index}]`, text(claim, "metadata", "name") ?? ""] as const,
    ),
  ];
}
