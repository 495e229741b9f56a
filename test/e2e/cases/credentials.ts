import { strict as assert } from "node:assert";
import { type Credentials, databaseUsers, randomPassword } from "../../../lib/secrets/credentials";
import { rotatable } from "../../../lib/secrets/required";
import { storeAssessment } from "../assessment";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { change, deployedCredentials, endIdleSessions, running } from "../rotation";
import { assertAllAnswered, startTraffic } from "../traffic";

export const credentials: Case = {
  name: "credentials",
  title:
    "Every password is changed under load: the new ones work, the old ones do not, nobody notices, nothing restarts",
  async run(e2e) {
    const caller = await startCaller(e2e);
    const { id } = await storeAssessment(e2e, caller);
    const [as, before] = [await running(e2e), await deployedCredentials(e2e)];
    const traffic = await startTraffic(e2e);
    const passwords = Object.fromEntries(databaseUsers(e2e.stage).map((user) => [user, randomPassword()]));
    const after: Credentials = { ...before, passwords };
    await changeAll(e2e, before, after);
    // Under load.
    await endIdleSessions(e2e);
    await changeAll(e2e, after, before);

    await assertAllAnswered(traffic, 200);
    const rows = await query(e2e, `select id from assessments where id = '${id}'`);
    assert.equal(rows.length, 1, "the row that was written before is gone");
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
    await caller.remove();
  },
};

async function changeAll(e2e: E2e, before: Credentials, after: Credentials): Promise<void> {
  const changed = rotatable(e2e.stage).filter((what) => what !== "tls");
  await Promise.all(changed.map((what) => change(e2e, what, before, after)));
  e2e.evidence(`${changed.join(", ")}: the new password is accepted over TLS, the old one refused`);
}
