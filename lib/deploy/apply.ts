import { byNamespace } from "./by-namespace";
import { type Kubectl, KubectlError, type KubeObject } from "./kubectl";
import { type ManifestFile, reference } from "./manifests";

/** The effect on each object, e.g. `"statefulset/postgres"`. */
export interface Applied extends Readonly<Record<"created" | "changed" | "unchanged", readonly string[]>> {
  /** Each object's generation after applying; a newer one later means that somebody else changed it. */
  readonly generations: Readonly<Record<string, number>>;
}

/**
 * Applies a file like `kubectl apply` and tells what changed. Compares the objects, because kubectl always reports a
 * disruption budget as configured: it sends the selector whole each time.
 */
export async function apply({ path }: Pick<ManifestFile, "path">, kubectl: Kubectl): Promise<Applied> {
  const before = await read(["get", `--filename=${path}`, "--ignore-not-found"], kubectl);
  const after = await settle(() => read(["apply", `--filename=${path}`], kubectl));
  const applied = { created: [] as string[], changed: [] as string[], unchanged: [] as string[] };
  const generations: Record<string, number> = {};
  for (const [name, object] of after) {
    const former = before.get(name);
    applied[former === undefined ? "created" : same(former, object) ? "unchanged" : "changed"].push(name);
    generations[name] = object.metadata.generation ?? 0;
  }
  return { ...applied, generations };
}

/**
 * Lets the API server check files without applying them, so that all that it refuses is named before it changes
 * anything. Their namespace has to be there.
 * @param stand takes the place of an object that the API server could not accept yet. @default the object itself
 * @throws KubectlError
 */
export async function rehearse(
  files: readonly ManifestFile[],
  kubectl: Kubectl,
  stand: (object: KubeObject) => KubeObject = (object) => object,
): Promise<void> {
  const refusals: KubectlError[] = [];
  for (const { there, own } of byNamespace(files, kubectl, ({ objects }) => objects)) {
    await rehearseIn(there, own, stand).catch((error: unknown) => {
      if (!(error instanceof KubectlError)) throw error;
      refusals.push(error);
    });
  }
  const [first] = refusals;
  if (first === undefined) return;
  throw new KubectlError(refusals.map(({ message }) => message).join("\n"), first.reason, first.outcome);
}

async function rehearseIn(
  kubectl: Kubectl,
  files: readonly ManifestFile[],
  stand: (object: KubeObject) => KubeObject,
): Promise<void> {
  const items = files.flatMap(({ objects }) => (objects.some((one) => stand(one) !== one) ? objects.map(stand) : []));
  const names = files.filter(({ objects }) => objects.every((one) => stand(one) === one)).map(({ path }) => path);
  const flags = [...names, ...(items.length > 0 ? ["-"] : [])].map((name) => `--filename=${name}`);
  if (flags.length === 0) return;
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await settle(() => kubectl.run(["apply", ...flags, "--dry-run=server", "--output=name"], { input }));
}

async function read(command: readonly string[], kubectl: Kubectl): Promise<Map<string, KubeObject>> {
  const text = await kubectl.run([...command, "--output=json"]);
  const answer = (text.trim() === "" ? { items: [] } : JSON.parse(text)) as KubeObject | { items: KubeObject[] };
  const objects = "items" in answer ? answer.items : [answer];
  return new Map(objects.map((object) => [reference(object), object]));
}

const same = (one: KubeObject, other: KubeObject) => JSON.stringify(asked(one)) === JSON.stringify(asked(other));

/** kubectl's errors when another deployment changes an object between read and write. */
const COLLISION = /\(AlreadyExists\)|\(Conflict\)|the object has been modified/;
const TRIES = 5;

/** Tries again after a collision with another deployment, and then meets its result. */
async function settle<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !COLLISION.test((error as Error).message)) throw error;
    }
  }
}

/** An object's part that people decide: no status and nothing that the API server counts. */
export function asked({ status, metadata, ...rest }: KubeObject): object {
  const { resourceVersion, managedFields, ...kept } = metadata as KubeObject["metadata"] & Record<string, unknown>;
  return { ...rest, metadata: kept };
}

/** One line, e.g. `"6 objects: 5 unchanged, 1 changed (configmap/app-config)"`. */
export function summarize({ created, changed, unchanged }: Omit<Applied, "generations">): string {
  const count = created.length + changed.length + unchanged.length;
  const parts = [
    created.length > 0 && `${created.length} created`,
    unchanged.length > 0 && `${unchanged.length} unchanged`,
    changed.length > 0 && `${changed.length} changed (${changed.join(", ")})`,
  ];
  return `${count} ${count === 1 ? "object" : "objects"}: ${parts.filter(Boolean).join(", ")}`;
}
