import { strict as assert } from "node:assert";
import { POSTGRES_IDENTITY } from "../../../lib/postgres/identity";
import { storeAssessment } from "../assessment";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { follow, runbook } from "../runbook";
import { serverLog, untilReady } from "../server";

/** The uid of the official image. */
const OTHER = 70;

export const volumeOwner: Case = {
  name: "volume-owner",
  title:
    "On a volume of another user the server says whose it is, and the runbook's commands give it back with its data",
  async run(e2e) {
    const caller = await startCaller(e2e);
    const { id } = await storeAssessment(e2e, caller);
    const [giveBack = ""] = await runbook(e2e, "A volume of another user");
    const { uid } = POSTGRES_IDENTITY;
    await follow(e2e, giveBack.replace(`${uid}:${uid}`, `${OTHER}:${OTHER}`));
    await refuses(e2e);

    await follow(e2e, giveBack);
    await untilReady(e2e);
    const rows = await query(e2e, `select id from assessments where id = '${id}'`);
    e2e.evidence(`the row that was written before: ${rows.join(" ")}`);
    assert.equal(rows.length, 1, "the row that was written before is gone");
    await caller.remove();
  },
};

async function refuses(e2e: E2e): Promise<void> {
  let log = "";
  await e2e.wait({
    what: "the server to refuse the volume",
    seconds: 60,
    async poll() {
      log = await serverLog(e2e).catch(() => "");
      return { state: log.includes("FATAL") ? "ready" : "waiting", detail: "it has said nothing yet" };
    },
  });
  e2e.evidence(log);
  assert.match(
    log,
    new RegExp(`FATAL: \\S+ belongs to uid ${OTHER}, and this container is uid ${POSTGRES_IDENTITY.uid}`),
  );
}
