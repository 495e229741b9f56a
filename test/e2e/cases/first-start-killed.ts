import { strict as assert } from "node:assert";
import { look } from "../../../lib/deploy/look";
import type { Readiness } from "../../../lib/deploy/readiness";
import { POSTGRES_IDENTITY } from "../../../lib/postgres/identity";
import { dev } from "../../../lib/stages/dev";
import type { Stage } from "../../../lib/stages/stage";
import type { Case, E2e } from "../case";
import { tryInServer } from "../database";
import { deployStage } from "../deploy-stage";
import { deployFiles, jobOf, schemaVersion, settle } from "../deployments";
import { alone, LIGHT } from "../light-stage";
import { assertIntact, serverState, untilRestarted } from "../server";

const { dataDirectory, mountPath } = POSTGRES_IDENTITY;

/** What is there of a new volume when the server is killed: initdb's first step, its last one, and a server at work. */
const MOMENTS = ["global/pg_control", "base/5", "postmaster.opts"];

export const firstStartKilled: Case = {
  name: "first-start-killed",
  title:
    "The server killed again and again while it initialises a new volume: it begins anew, and is complete in the end",
  async run(e2e) {
    await deployStage(e2e, alone(slow(LIGHT), { storage: dev.database.storage }));
    await killedAndComplete(e2e);
  },
};

/**
 * Gives the server a tenth of a core, so that initdb takes some 10 s. On a fast node, it is done otherwise before a command
 * is in the container.
 */
function slow({ database, ...stage }: Stage): Stage {
  const { requests, limits } = database.resources;
  return { ...stage, database: { ...database, resources: { requests, limits: { ...limits, cpu: "100m" } } } };
}

async function killedAndComplete(e2e: E2e): Promise<void> {
  const { kubectl } = e2e;
  await killAtEachMoment(e2e);
  await e2e.wait({ what: "the server", seconds: 180, poll: () => look("statefulset/postgres", kubectl) });
  const { stdout: files } = await tryInServer(e2e, ["ls", mountPath]);
  e2e.evidence(`the volume now: ${files.split("\n").join(" ")}`);
  assert.doesNotMatch(files, /unfinished/);
  assert.equal((await serverState(e2e)).restartCount, MOMENTS.length, "the server was restarted for another reason");

  await kubectl.run(["delete", jobOf(e2e.files), "--cascade=foreground"]);
  await deployFiles(e2e, e2e.files);
  await settle(e2e);
  e2e.evidence(`the new database is at version ${await schemaVersion(e2e)}`);
  await assertIntact(e2e);
}

/** On a busy machine the server may be faster than the way into its container; then another volume is tried. */
async function killAtEachMoment(e2e: E2e): Promise<void> {
  for (let left = MOST_TRIES - 1; ; left--) {
    await withNewVolume(e2e);
    try {
      for (const [kills, moment] of MOMENTS.entries()) await killAt(e2e, moment, kills);
      return;
    } catch (error) {
      if (!(error instanceof TooLate) || left === 0) throw error;
      e2e.evidence(`${error.message}; again with another volume`);
    }
  }
}

const MOST_TRIES = 4;

class TooLate extends Error {}

/** As if the claim were deployed for the first time. */
async function withNewVolume({ kubectl }: E2e): Promise<void> {
  await kubectl.run(["scale", "statefulset/postgres", "--replicas=0"]);
  await kubectl.run(["wait", "--for=delete", "pod/postgres-0", "--timeout=150s"]);
  await kubectl.run(["delete", "pvc/data-postgres-0", "--timeout=60s"]);
  await kubectl.run(["scale", "statefulset/postgres", "--replicas=1"]);
}

/** Kills everything in the container at the moment when a file is there, from inside: it is a matter of milliseconds. */
async function killAt(e2e: E2e, file: string, kills: number): Promise<void> {
  // Outlives the container. What `kubectl exec` ends with depends on which process is gone first.
  const killed = `/var/run/postgresql/killed-${kills}`;
  const kill = `[ ! -e ${killed} ] || exit 137
until [ -e ${dataDirectory}.unfinished/${file} ]; do
  [ ! -e ${dataDirectory} ] || exit 3
  sleep 0.02
done
touch ${killed}
kill -9 -1`;
  const poll = async (): Promise<Readiness> => {
    const { code, stderr } = await tryInServer(e2e, ["sh", "-c", kill]);
    if (code === 3) throw new TooLate(`the volume was initialised before ${file} was seen`);
    return { state: code === 137 ? "ready" : "waiting", detail: stderr.trim().split("\n").at(-1) ?? "" };
  };
  await e2e.wait({ what: `${file}, to kill the server then`, seconds: 120, poll }, 200);
  e2e.evidence(`killed when ${file} was there`);
  await untilRestarted(e2e, kills);
}
