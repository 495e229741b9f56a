import { strict as assert } from "node:assert";
import { secretName } from "../../../lib/secrets/credentials";
import type { Case } from "../case";
import { untilReady, untilReplaced } from "../server";

const MISSING = secretName("monitor");

export const unreadSecret: Case = {
  name: "unread-secret",
  title: "The database starts without a Secret that only its reloader reads; that names it, and follows the others",
  async run(e2e) {
    const { kubectl } = e2e;
    const secret = (await kubectl.get(`secret/${MISSING}`)) ?? assert.fail(`there is no ${MISSING}`);
    const { name, labels } = secret.metadata;
    const restore = e2e.cleanUp(`missing Secret ${MISSING}`, async () => {
      if (!(await kubectl.get(`secret/${MISSING}`))) await e2e.apply({ ...secret, metadata: { name, labels } });
    });
    const before = await kubectl.get("pod/postgres-0");
    await kubectl.run(["delete", "secret", MISSING]);
    await kubectl.run(["delete", "pod", "postgres-0", "--wait=false"]);
    await untilReplaced(e2e, before);
    await untilReady(e2e);

    let log = "";
    await e2e.wait({
      what: "the reloader's first look",
      seconds: 30,
      async poll() {
        log = await kubectl.run(["logs", "postgres-0", "--container=reloader"]);
        const done = /^certificate: /m.test(log);
        return { state: done ? "ready" : "waiting", detail: "it has not come to the certificate" };
      },
    });
    e2e.evidence(log);
    assert.match(log, /^monitor: its Secret postgres-monitor is missing, so the server keeps the password it has/m);
    assert.match(log, /^data_svc: password set from its Secret$/m);
    await restore();
  },
};
