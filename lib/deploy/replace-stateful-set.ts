import type { Kubectl, KubeObject } from "./kubectl";
import { reference } from "./manifests";
import { podsOf } from "./pods";
import { type WaitContext, waitFor } from "./waiting";

export interface ReplaceOptions extends WaitContext {
  readonly kubectl: Kubectl;
}

const ADOPTION_SECONDS = 120;

/**
 * Deletes a StatefulSet without its pods, and creates it again with what `change` makes of it. The new one takes the pods
 * over: their labels match, and with the same pod template none is restarted. If a run is killed in between, the next
 * deployment finds no StatefulSet and creates it.
 * @throws KubectlError, WaitError
 */
export async function replaceStatefulSet(
  before: KubeObject,
  change: (living: KubeObject) => KubeObject,
  options: ReplaceOptions,
): Promise<void> {
  const { kubectl, say } = options;
  const name = reference(before);
  // Read again, because somebody may have changed it during a long wait.
  const living = await kubectl.get(name);
  if (living) {
    const pods = await podsOf(living, kubectl);
    say(`${name} is being replaced by one with larger claim templates; its pods go on`, {
      type: "growing",
      object: name,
    });
    await kubectl.run(["delete", name, "--cascade=orphan", "--ignore-not-found", "--timeout=90s"]);
    await create(change(living), kubectl);
    await untilAdopted(name, pods, options);
  }
}

/** Another deployment may have created it in between, which is as good. */
async function create({ apiVersion, kind, spec, metadata }: KubeObject, kubectl: Kubectl): Promise<void> {
  const { name, namespace, labels, annotations } = metadata;
  const input = JSON.stringify({ apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec });
  await kubectl.run(["create", "--filename=-"], { input }).catch((error: Error) => {
    if (!/\(AlreadyExists\)/.test(error.message)) throw error;
  });
}

async function untilAdopted(what: string, before: readonly KubeObject[], options: ReplaceOptions): Promise<void> {
  const { kubectl, say } = options;
  const adopted = async () => {
    const living = await kubectl.get(what);
    const pods = living ? await podsOf(living, kubectl) : [];
    return pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === living?.metadata.uid));
  };
  let pods: readonly KubeObject[] = [];
  const poll = async () => {
    pods = await adopted();
    const names = pods.map(({ metadata }) => metadata.name);
    const left = before.map(({ metadata }) => metadata.name).filter((name) => !names.includes(name));
    return {
      state: left.length === 0 ? ("ready" as const) : ("waiting" as const),
      detail: `${left} not taken over yet`,
    };
  };
  const seconds = await waitFor({ what, seconds: ADOPTION_SECONDS, poll }, options);
  const kept = before.filter((pod) => pods.some(({ metadata }) => metadata.uid === pod.metadata.uid));
  const names = kept.map(({ metadata }) => `pod/${metadata.name}`).join(", ");
  const told = names === "" ? "none of its pods was there" : `${names} goes on without a restart`;
  say(`${what} is replaced: ${told}`, { type: "replaced", object: what, seconds });
}
