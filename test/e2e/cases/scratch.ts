import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "../case";
import { query, tryInServer } from "../database";
import { serverState } from "../server";

/** Seconds between two looks of the kubelet for pods to evict, and one more. */
const KUBELET_LOOKS = 12;
/** MB of warnings; more than what the pod requests. */
const FLOOD = 300;

export const scratch: Case = {
  name: "scratch",
  title: `Neither a full scratch folder nor ${FLOOD} MB of log evicts the database: who fills the folder is told, nobody else notices`,
  async run(e2e) {
    const before = await serverState(e2e);
    const { metadata } = (await e2e.kubectl.get("pod/postgres-0")) ?? assert.fail("there is no postgres-0");
    for (const folder of ["/tmp", "/var/run/postgresql"]) {
      const { code, stderr } = await tryInServer(e2e, ["dd", "if=/dev/zero", `of=${folder}/big`, "bs=1M", "count=64"]);
      e2e.evidence(`64 MiB into ${folder}: exit code ${code}, ${stderr.trim()}`);
      assert.notEqual(code, 0);
      assert.match(stderr, /No space left on device/);
    }
    const warn = `raise warning '%', repeat('x', 100000)`;
    const began = performance.now();
    await query(
      e2e,
      `set client_min_messages = error; do $$ begin for i in 1..${FLOOD * 10} loop ${warn}; end loop; end $$`,
    );
    e2e.evidence(`${FLOOD} MB of log in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await sleep(KUBELET_LOOKS * 1000, undefined, { signal: e2e.signal });

    const pod = await e2e.kubectl.get("pod/postgres-0");
    assert.deepEqual([pod?.metadata.uid, pod?.status?.phase], [metadata.uid, "Running"], "the pod was evicted");
    assert.equal((await serverState(e2e)).restartCount, before.restartCount, "the server was restarted");
    await tryInServer(e2e, ["rm", "/tmp/big", "/var/run/postgresql/big"]);
    assert.deepEqual(await query(e2e, "select 1"), [["1"]]);
  },
};
