import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { E2e } from "./case";

/** They tell what happened, and go by themselves. */
const EVENTS = /^events(?:\.|$)/;

/**
 * Lists everything of an installation: each object of its namespace, of whatever kind, each object of the cluster with its
 * label, and the volumes that its claims have.
 */
export async function inventory({ kubectl, namespace }: E2e): Promise<readonly string[]> {
  const kinds = async (namespaced: boolean) => {
    const names = await kubectl.run(["api-resources", "--verbs=list", `--namespaced=${namespaced}`, "--output=name"]);
    return names
      .split("\n")
      .filter((name) => name !== "" && !EVENTS.test(name))
      .join(",");
  };
  const list = async (...args: readonly string[]) =>
    (await kubectl.run(["get", ...args, "--output=name", "--ignore-not-found"])).split("\n").filter(Boolean);
  const inside = await list(await kinds(true));
  const labelled = await list(await kinds(false), `--selector=diabrisk.io/installation=${namespace}`);
  const volumes = (await kubectl.list("persistentvolumes"))
    .map(({ spec }) => spec?.claimRef as { namespace: string; name: string } | undefined)
    .filter((claim) => claim?.namespace === namespace)
    .map((claim) => `volume of ${claim?.name}`);
  return [...inside, ...labelled, ...volumes].sort();
}

/** Waits for what is being removed, and then has exactly this left. @throws AssertionError that lists the difference */
export async function assertLeft(e2e: E2e, expected: readonly string[]): Promise<void> {
  const wanted = expected.toSorted();
  let left: readonly string[] = [];
  for (const deadline = Date.now() + SETTLE_MILLISECONDS; Date.now() < deadline; ) {
    left = await inventory(e2e);
    if (isDeepStrictEqual(left, wanted)) break;
  }
  e2e.evidence(`left:\n${left.join("\n")}`);
  assert.deepEqual(left, wanted, "something else is left than is meant to be");
}

/** A stopping server has its grace, and the garbage collector comes after it. */
const SETTLE_MILLISECONDS = 180_000;
