import { strict as assert } from "node:assert";
import { storeAssessment } from "../assessment";
import { call, startCaller } from "../callers";
import type { Case } from "../case";
import {
  deployFiles,
  describePods,
  jobOf,
  manifestsOf,
  schemaVersion,
  servicePods,
  settle,
  standOnThisRelease,
} from "../deployments";
import { NEXT_VERSION, nextRelease } from "../releases";
import { assertAllAnswered, startTraffic } from "../traffic";

const AHEAD = /ahead of this release/;

interface Ready {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly message: string }>>;
}

export const rollback: Case = {
  name: "rollback",
  title: "The release before is deployed onto a database that is ahead of it: its Job and data-svc warn, and it serves",
  async run(e2e) {
    await standOnThisRelease(e2e);
    await deployFiles(e2e, await manifestsOf(nextRelease(e2e)));
    await settle(e2e);
    assert.equal(await schemaVersion(e2e), NEXT_VERSION);
    // As after a week, when the Job that ran before is gone: it has to run, and to succeed, on what it finds.
    await e2e.kubectl.run(["delete", jobOf(e2e.files), "--cascade=foreground"]);
    const traffic = await startTraffic(e2e);

    await deployFiles(e2e, e2e.files);
    await settle(e2e);
    const { stdout: log } = await e2e.type(`kubectl logs ${jobOf(e2e.files)} --all-containers --prefix`);
    assert.match(log, AHEAD, "the Job does not warn that the database is ahead");
    assert.equal(await schemaVersion(e2e), NEXT_VERSION, "the Job undid something");
    e2e.evidence((await describePods(e2e)).join("\n"));
    for (const { metadata } of await servicePods(e2e)) {
      const { stdout } = await e2e.kubectl.try(["logs", metadata.name]);
      const warning = stdout.split("\n").find((line) => AHEAD.test(line));
      e2e.evidence(`${metadata.name}: ${warning}`);
      assert.match(warning ?? "", /"level":"warn"/, `${metadata.name} does not warn`);
    }
    await assertAllAnswered(traffic, 500);

    const caller = await startCaller(e2e);
    const { ready, checks } = await call<Ready>(e2e, caller, "/readyz");
    assert.deepEqual([ready, checks.schema?.status], [true, "warning"]);
    await storeAssessment(e2e, caller);
    await caller.remove();
  },
};
