import { strict as assert } from "node:assert";
import { storeAssessment } from "../assessment";
import { call, startCaller } from "../callers";
import type { Case } from "../case";
import { query } from "../database";
import { servicePods, timeRecovery, untilReplaced } from "../server";

export const podDeleted: Case = {
  name: "pod-deleted",
  title: "After postgres-0 is deleted the data is there, and data-svc is ready again by itself, without a restart",
  async run(e2e) {
    const caller = await startCaller(e2e);
    const { id } = await storeAssessment(e2e, caller);
    const [before, services] = [await e2e.kubectl.get("pod/postgres-0"), await servicePods(e2e)];

    const began = performance.now();
    await e2e.kubectl.run(["delete", "pod", "postgres-0", "--wait=false"]);
    await untilReplaced(e2e, before);
    await timeRecovery(e2e, began);

    const rows = await query(e2e, `select id, risk_level from assessments where id = '${id}'`);
    e2e.evidence(`the row that was written before: ${rows.join(" ")}`);
    assert.equal(rows.length, 1, "the row that was written before is gone");
    await call(e2e, caller, "/readyz");
    await storeAssessment(e2e, caller);
    e2e.evidence((await servicePods(e2e)).join("\n"));
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    await caller.remove();
  },
};
