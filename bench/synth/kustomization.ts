import * as fs from "node:fs/promises";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { toYaml } from "../../lib/synth/yaml";
import { isList, isMapping, type Mapping, type Objects, type StageName, type Tree } from "./objects";

interface Operation {
  readonly op: "add" | "remove" | "replace";
  /** JSON pointer. */
  readonly path: string;
  readonly value?: Tree;
}

/**
 * Writes a base with the common parts, as the first stage has them. Writes an overlay for each stage, which patches
 * differences and adds its own objects.
 */
export async function writeOverlays(folder: string, stages: ReadonlyMap<StageName, Objects>): Promise<void> {
  const [first = new Map()] = stages.values();
  const base = new Map([...first].filter(([key]) => [...stages.values()].every((objects) => objects.has(key))));
  await write(path.join(folder, "base"), base, { resources: ["objects.yaml"] });
  for (const [stage, objects] of stages) {
    const own = new Map([...objects].filter(([key]) => !base.has(key)));
    const patches = [...base].flatMap(([key, object]) => patchOf(object, objects.get(key) ?? {}));
    await write(path.join(folder, "overlays", stage), own, { resources: ["../../base", "objects.yaml"], patches });
  }
}

async function write(folder: string, objects: Objects, kustomization: Mapping): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, "objects.yaml"), toYaml([...objects.values()]));
  const header = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  await fs.writeFile(path.join(folder, "kustomization.yaml"), toYaml([{ ...header, ...kustomization }]));
}

function patchOf(from: Mapping, to: Mapping): Mapping[] {
  const operations = difference(from, to, "");
  if (operations.length === 0) return [];
  const { kind = "", metadata } = from;
  const name = isMapping(metadata) ? (metadata.name ?? "") : "";
  return [{ target: { kind, name }, patch: JSON.stringify(operations), options: { allowNameChange: true } }];
}

function difference(from: Tree | undefined, to: Tree | undefined, at: string): Operation[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (from === undefined) return to === undefined ? [] : [{ op: "add", path: at, value: to }];
  if (to === undefined) return [{ op: "remove", path: at }];
  const deeper = isList(from) && isList(to) ? from.length === to.length : isMapping(from) && isMapping(to);
  if (!deeper) return [{ op: "replace", path: at, value: to }];
  const [before, after] = [from, to] as unknown as readonly [Mapping, Mapping];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => difference(before[key], after[key], `${at}/${pointer(key)}`));
}

const pointer = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");
