import { strict as assert } from "node:assert";
import { ARCHIVE_DRILL } from "../../../lib/contract";
import type { Case, E2e } from "../case";
import { untilHealthy } from "../cluster";
import { logOf, startNow } from "../cron-jobs";
import { query } from "../database";

const CLUSTER = `cluster.postgresql.cnpg.io/${ARCHIVE_DRILL.cluster}`;
const SECONDS = 900;

/** The last line of the drill's log. */
interface Report {
  readonly result: string;
  readonly lsn: string;
  readonly rows: number;
  readonly steps: readonly { readonly name: string; readonly result: string; readonly seconds?: number }[];
  readonly differences: readonly string[];
}

export const prodHaDrill: Case = {
  name: "prod-ha-drill",
  title:
    "While others write, the drill recovers the archive, finds all of it equal to a replica, and removes it; a drill that is deleted leaves nothing, either",
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const writing = write(e2e);
    const ended = await startNow(e2e, ARCHIVE_DRILL.name, "archive-drill", e2e.namespace, SECONDS);
    const log = await logOf(e2e, "archive-drill", "drill");
    const report = JSON.parse(log.trim().split("\n").at(-1) ?? "") as Report;
    assert.deepEqual([report.result, report.differences], ["passed", []]);
    assert.ok(ended.succeeded, "its Job failed");
    assert.deepEqual(
      report.steps.filter(({ result }) => result !== "passed"),
      [],
    );
    assert.ok((await writing) > 0, "nobody wrote meanwhile");
    e2e.figure("seconds for a drill of the archive", Math.round(ended.seconds));
    e2e.figure("seconds of it for the recovery", report.steps.find(({ name }) => name === "recover")?.seconds ?? 0);
    await assertNothingLeft(e2e);
    await untilHealthy(e2e);
    await deleteUnderWay(e2e);
    await query(e2e, "drop schema drilled cascade");
  },
};

/** Commits ten times a second for two minutes. Returns the number of rows that are there then. */
async function write(e2e: E2e): Promise<number> {
  e2e.cleanUp("schema drilled", () => query(e2e, "drop schema if exists drilled cascade"));
  await query(
    e2e,
    `create schema drilled; create table drilled.rows (id bigserial, at timestamptz);
     do $$ begin for i in 1..1200 loop
       insert into drilled.rows (at) values (clock_timestamp()); commit; perform pg_sleep(0.1);
     end loop; end $$`,
    { seconds: 300 },
  );
  const [[rows = "0"] = []] = await query(e2e, "select count(*) from drilled.rows");
  return Number(rows);
}

/** Deletes a drill's Job while it recovers, as its deadline would: nobody is left to remove the Cluster but Kubernetes. */
async function deleteUnderWay(e2e: E2e): Promise<void> {
  const name = "archive-drill-deleted";
  e2e.cleanUp(`job ${name}`, () => e2e.kubectl.run(["delete", "job", name, "--ignore-not-found"]));
  await e2e.type(`kubectl --namespace ${e2e.namespace} create job ${name} --from=cronjob/${ARCHIVE_DRILL.name}`);
  await e2e.wait({
    what: CLUSTER,
    seconds: 300,
    async poll() {
      return { state: (await e2e.kubectl.get(CLUSTER)) ? "ready" : "waiting", detail: "it is not there yet" };
    },
  });
  await e2e.kubectl.run(["delete", "job", name]);
  await assertNothingLeft(e2e);
}

/** Neither the Cluster nor its pods and volumes. */
async function assertNothingLeft(e2e: E2e): Promise<void> {
  await e2e.wait({
    what: `the removal of ${ARCHIVE_DRILL.cluster}`,
    seconds: 300,
    async poll() {
      const label = `cnpg.io/cluster=${ARCHIVE_DRILL.cluster}`;
      const kinds = ["pods", "persistentvolumeclaims"];
      const left = (await Promise.all(kinds.map((kind) => e2e.kubectl.list(kind, label)))).flat();
      const names = left.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      const cluster = (await e2e.kubectl.get(CLUSTER)) ? [CLUSTER] : [];
      const all = [...cluster, ...names];
      return { state: all.length === 0 ? "ready" : "waiting", detail: all.join(", ") || "nothing is left" };
    },
  });
}
