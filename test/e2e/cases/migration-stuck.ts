import { strict as assert } from "node:assert";
import { SCHEMA_VERSION } from "../../../lib/contract";
import type { Stage } from "../../../lib/stages/stage";
import { holdTable } from "../blockers";
import type { Case } from "../case";
import {
  deployFiles,
  deployInVain,
  describePods,
  history,
  jobOf,
  schemaVersion,
  settle,
  standOnThisRelease,
} from "../deployments";
import { NEXT_VERSION, nextRelease } from "../releases";
import { assertAllAnswered, startTraffic } from "../traffic";

const BLOCKER = "e2e-report";

const impatient = (stage: Stage): Stage => ({ ...stage, migration: { ...stage.migration, deadlineSeconds: 60 } });

export const migrationStuck: Case = {
  name: "migration-stuck",
  title:
    "A migration that waits for somebody's lock fails by its deadline and says whose; data-svc serves all the while",
  async run(e2e) {
    const next = await (await nextRelease(e2e)).manifests(impatient);
    await standOnThisRelease(e2e);
    const pods = await describePods(e2e);
    const traffic = await startTraffic(e2e);
    const blocker = await holdTable(e2e, "assessments", BLOCKER);

    const said = await deployInVain(e2e, next);
    assert.match(said, new RegExp(`pid \\d+ \\(${BLOCKER}, role diabrisk, in a transaction for \\d+`));
    const { stdout: log } = await e2e.type(`kubectl logs ${jobOf(next)} --all-containers --prefix`);
    assert.match(log, new RegExp(BLOCKER), "the Job's log does not name the blocker");
    assert.equal(await schemaVersion(e2e), SCHEMA_VERSION);
    assert.deepEqual(await describePods(e2e), pods, "data-svc's pods are not what they were");

    await blocker.end();
    await deployFiles(e2e, next);
    await settle(e2e);
    assert.equal(await schemaVersion(e2e), NEXT_VERSION);
    e2e.evidence(await history(e2e));
    await assertAllAnswered(traffic, 500);
  },
};
