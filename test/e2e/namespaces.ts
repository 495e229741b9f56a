import type { KubeObject } from "../../lib/deploy/kubectl";
import type { Readiness } from "../../lib/deploy/readiness";
import { waitFor } from "../../lib/deploy/waiting";
import type { E2e } from "./case";

/** On a namespace that e2e made, so that what a run kept, or left when it was killed, is not taken for somebody's work. */
const MARK = "diabrisk-e2e";

/**
 * Makes a namespace, to be removed at the end with all that is in it. What an earlier run left is removed first, since it may
 * have other credentials and an older image. A namespace that somebody else made is used, and left.
 */
export async function claimNamespace(name: string, e2e: E2e): Promise<void> {
  const present = await e2e.kubectl.get(`namespace/${name}`);
  if (present && !isOurs(present)) {
    e2e.say(`namespace ${name} was there before, so it is used and left; --namespace NAME uses one of its own`);
    return;
  }
  if (present) {
    await beginRemoval(name, e2e);
    await namespaceGone(name, e2e);
  }
  await e2e.kubectl.run(["create", "namespace", name, "--save-config"]);
  await e2e.kubectl.run(["label", "namespace", name, `${MARK}=true`]);
  removeAtEnd(name, e2e);
}

/** Has a namespace removed at the end with all that is in it, whoever makes it. */
export function removeAtEnd(name: string, e2e: E2e): void {
  e2e.cleanUp(
    `namespace ${name}`,
    () => beginRemoval(name, e2e),
    () => namespaceGone(name, e2e),
  );
}

const namespaceGone = (name: string, e2e: E2e) => waitUntilGone(`namespace/${name}`, () => remainsOf(name, e2e), e2e);

const isOurs = ({ metadata, status }: KubeObject) =>
  metadata.labels?.[MARK] === "true" || status?.phase === "Terminating";

const beginRemoval = (name: string, { kubectl }: E2e) =>
  kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--wait=false"]);

/** A namespace, and every volume that it claimed, where they are still there. */
async function remainsOf(name: string, { kubectl }: E2e): Promise<readonly string[]> {
  const left = await kubectl.get(`namespace/${name}`);
  // Kubernetes looks at it again when it changes, or after half the grace of its pods, which is a quarter of an hour for CloudNativePG's.
  if (left) await kubectl.try(["annotate", "namespace", name, `${MARK}-looked=${Date.now()}`, "--overwrite"]);
  const volumes = (await kubectl.list("persistentvolumes")).filter(({ spec }) => claimNamespaceOf(spec) === name);
  return [...(left ? ["the namespace"] : []), ...volumes.map(({ metadata }) => `volume ${metadata.name}`)];
}

/** Waits until nothing is left of what is being removed, four minutes at most. */
export async function waitUntilGone(what: string, remains: () => Promise<readonly string[]>, e2e: E2e): Promise<void> {
  const poll = async (): Promise<Readiness> => {
    const left = await remains();
    return { state: left.length === 0 ? "ready" : "waiting", detail: `${left.join(", ")} still there` };
  };
  // A signal does not end it, since what was made has to go.
  await waitFor({ what: `${what} to be gone`, seconds: 240, poll }, { say: (line) => e2e.say(line) });
}

const claimNamespaceOf = (spec: Readonly<Record<string, unknown>> | undefined) =>
  (spec?.claimRef as { namespace?: string } | undefined)?.namespace;
