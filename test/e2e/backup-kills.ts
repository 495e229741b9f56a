import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Shelf } from "../../lib/deploy/backup/shelf";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { failedTries, type Phase, runEnded, runningIn, startRun } from "./backup-runs";
import { verifyAll } from "./backup-store";
import type { E2e } from "./case";
import { type NodeShell, nodeShell, tryKill } from "./node";

export interface Kills {
  readonly shelf: Shelf;
  /** How long each phase takes if nothing disturbs it. */
  readonly seconds: Readonly<Record<Phase, number>>;
  /** Returns numbers from 0 to 1. */
  readonly next: () => number;
}

type Strike = (e2e: E2e, shell: NodeShell, pod: KubeObject, phase: Phase) => Promise<unknown>;

/** A person's way to end a pod, and the kernel's. */
const STRIKES: Readonly<Record<string, Strike>> = {
  deleted: ({ kubectl }, _shell, { metadata: { name } }) =>
    kubectl.run(["delete", "pod", name, "--grace-period=0", "--force", "--wait=false", "--ignore-not-found"]),
  killed: tryKill,
};

/** Each Job has a try for each kill, and one more. */
const PHASES: readonly Phase[] = ["dump", "ship"];

/** A kill that comes after its phase ends nothing: so often another run is killed instead. */
const MOST_RUNS = 6;

/** Kills runs at random moments of both phases, and has every backup whole after each kill and at the end. */
export async function killRuns(e2e: E2e, kills: Kills): Promise<void> {
  const server = await e2e.kubectl.get("pod/postgres-0");
  // Made before, since a kill that takes seconds comes too late.
  const shell = await nodeShell(e2e, String(server?.spec?.nodeName));
  const began = performance.now();
  const failed = await Promise.all(
    Object.entries(STRIKES).map(async ([name, strike]) => {
      let count = 0;
      for (let run = 0; count === 0 && run < MOST_RUNS; run++)
        count += await killRun(e2e, `backup-${name}`, (pod, phase) => strike(e2e, shell, pod, phase), kills);
      return count;
    }),
  );
  e2e.figure("seconds until all killed Jobs had stored a backup", Math.round((performance.now() - began) / 1000));
  e2e.figure(
    "tries that a kill ended",
    failed.reduce((sum, count) => sum + count, 0),
  );
  assert.ok(
    failed.every((count) => count > 0),
    `kills that ended a try: ${failed.join(" and ")}, so nothing was shown`,
  );
  await verifyAll(e2e, kills.shelf);
}

/** Returns how many tries the kills ended. */
async function killRun(
  e2e: E2e,
  name: string,
  strike: (pod: KubeObject, phase: Phase) => Promise<unknown>,
  { shelf, seconds, next }: Kills,
): Promise<number> {
  await startRun(e2e, name);
  for (const phase of PHASES) {
    const moment = next() * Math.max(1, seconds[phase]);
    const pod = await runningIn(e2e, name, phase);
    if (!pod) continue;
    await sleep(moment * 1000, undefined, { signal: e2e.signal });
    await strike(pod, phase);
    e2e.evidence(`${name}: ${pod.metadata.name} ${moment.toFixed(2)} s after ${phase} was seen`);
    await verifyAll(e2e, shelf);
  }
  assert.ok(await runEnded(e2e, name), `job/${name} did not store a backup in the end`);
  return await failedTries(e2e, name);
}
