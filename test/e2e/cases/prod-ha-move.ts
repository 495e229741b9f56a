import { strict as assert } from "node:assert";
import { Kubectl, type Outcome, type RunOptions } from "../../../lib/deploy/kubectl";
import { StageMove } from "../../../lib/move/stage-move";
import type { Stage } from "../../../lib/stages/stage";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { deployFiles, type Manifests } from "../deployments";
import { fillArchiveKeys, HA_CHANGED, haStage } from "../ha-stage";
import { pauseOf, startLoad, untilServed } from "../load";
import { monitoredIfPossible, requireOperators } from "../operators";
import { fillStore } from "../secret-store";
import { assertStored, servicePods } from "../server";
import { stageFiles } from "../stage-manifests";

const LONGEST_PAUSE_SECONDS = 10;
const PER_SECOND = 10;

/** Lines after which the command is killed: in each phase, in the pause, and once clients are led away. */
const KILLS = [/has the schema/, /follows, after/, /nobody can write to/, /clients are led to/];

export const prodHaMove: Case = {
  name: "prod-ha-move",
  title:
    "Prod's database moves to CloudNativePG under writes, killed four times on the way, and back with the rows that were written since: no acknowledged row is lost, data-svc's pods stay",
  long: true,
  async run(e2e) {
    const [prod, next] = [engineOf(e2e), await nextEngine(e2e)];
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: PER_SECOND });
    await untilServed(load, 20);
    const before = await servicePods(e2e);

    for (const line of KILLS) await killAt(e2e, prod, next, line);
    await moveOf(e2e, prod, next).move();
    await untilServed(load, 50);
    use(e2e, next);
    assert.deepEqual(await servicePods(e2e), before, "data-svc was replaced or restarted");

    await moveOf(e2e, prod, next).goBack();
    await untilServed(load, 20);
    e2e.figure("seconds in which writes waited on the way back", await pauseOf(load));
    use(e2e, prod);
    const { acknowledgedIds } = await load.stop();
    await caller.remove();
    assert.deepEqual(await servicePods(e2e), before, "data-svc was replaced or restarted");
    await assertStored(e2e, acknowledgedIds);
  },
};

export const prodHaMoved: Case = {
  name: "prod-ha-moved",
  title: `Prod's database moves to CloudNativePG with writes paused for at most ${LONGEST_PAUSE_SECONDS} s, the move is ended, and prod-ha is deployed over it`,
  long: true,
  async run(e2e) {
    const prod = engineOf(e2e);
    // As after a way back: the copy goes, and the stage's own objects come again that the operator had taken over.
    await e2e.kubectl.run([
      "delete",
      "cluster.postgresql.cnpg.io",
      "postgres",
      "--ignore-not-found",
      "--cascade=foreground",
    ]);
    await deployFiles(e2e, prod.files);
    const next = await nextEngine(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: PER_SECOND });
    await untilServed(load, 20);

    await moveOf(e2e, prod, next).move();
    await untilServed(load, 20);
    const pause = await pauseOf(load);
    e2e.figure("seconds in which writes waited", pause);
    assert.ok(pause <= LONGEST_PAUSE_SECONDS, `writes waited for ${pause} s`);
    use(e2e, next);
    await moveOf(e2e, prod, next).finish();
    await deployFiles(e2e, next.files);
    await untilServed(load, 20);
    const { acknowledgedIds } = await load.stop();
    await caller.remove();
    await assertStored(e2e, acknowledgedIds);
  },
};

interface Engine {
  readonly stage: Stage;
  readonly files: Manifests;
}

/** The group's stage and manifests of now. */
const engineOf = ({ stage, files }: E2e): Engine => ({ stage, files });

/** Has queries and checks ask this engine's server from now on. */
function use(e2e: E2e, { stage, files }: Engine): void {
  e2e.stage = stage;
  e2e.files = files;
}

/** prod-ha's manifests for the group's namespace, with everything that they need of the cluster. */
async function nextEngine(e2e: E2e): Promise<Engine> {
  const prod = engineOf(e2e);
  const { stage: given, bucket } = await haStage(e2e);
  await requireOperators(e2e, given);
  const stage = await monitoredIfPossible(e2e, given);
  const next = { stage, files: await stageFiles(e2e, stage) };
  e2e.evidence(HA_CHANGED);
  use(e2e, next);
  await fillStore(e2e);
  await fillArchiveKeys(e2e, bucket);
  use(e2e, prod);
  return next;
}

interface Doomed {
  readonly kubectl: Kubectl;
  readonly say: (line: string) => void;
}

function moveOf(e2e: E2e, from: Engine, to: Engine, doomed?: Doomed): StageMove {
  const say = (line: string) => {
    e2e.evidence(line);
    doomed?.say(line);
  };
  return new StageMove({
    kubectl: doomed?.kubectl ?? e2e.kubectl.in(e2e.namespace),
    ...{ from: { name: from.stage.name, files: from.files }, to: { name: to.stage.name, files: to.files } },
    ...{ longestPauseSeconds: LONGEST_PAUSE_SECONDS, say, signal: e2e.signal },
  });
}

class Killed extends Error {}

/** Fails every command once its process would be dead, so that nothing is caught or cleaned up in the cluster. */
class MortalKubectl extends Kubectl {
  dead = false;

  override async try(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    if (this.dead) throw new Killed();
    return await super.try(args, options);
  }
}

/** Runs a move until it says a line, and kills it there. */
async function killAt(e2e: E2e, from: Engine, to: Engine, line: RegExp): Promise<void> {
  const { env, pinned } = e2e.kubectl;
  const kubectl = new MortalKubectl(env, e2e.namespace, pinned);
  const say = (said: string) => {
    kubectl.dead ||= line.test(said);
  };
  await assert.rejects(moveOf(e2e, from, to, { kubectl, say }).move(), Killed, `the move ended before ${line}`);
  e2e.evidence(`(killed at ${line})`);
}
