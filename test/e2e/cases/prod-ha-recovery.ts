import { strict as assert } from "node:assert";
import { CONTENTS_SQL } from "../../../lib/backup/contents-sql";
import { PLUGIN } from "../../../lib/constructs/postgres-archive";
import { ARCHIVE, DATABASE } from "../../../lib/contract";
import { look } from "../../../lib/deploy/look";
import { find } from "../../../lib/deploy/manifests";
import type { Case, E2e } from "../case";
import { untilHealthy } from "../cluster";
import { query } from "../database";

const MOMENTS = 5;
/** Rows of the marked table, of which each is a commit of its own. */
const ROWS = 600;
const MARKED = "e2e.moments";
const SERVICE = "service/postgres";

export const prodHaRecovery: Case = {
  name: "prod-ha-recovery",
  title: `The archive brings back ${MOMENTS} random moments: every row that was committed before, none after, all tables equal`,
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    await untilBackedUp(e2e);
    const tables = await readTables(e2e, SERVICE);
    await commitOneByOne(e2e);
    const commits = await readCommits(e2e, SERVICE);
    assert.equal(commits.length, ROWS, "not every row was committed");
    await untilArchived(e2e);
    const seconds: number[] = [];
    for (const [number, moment] of randomMoments(commits).entries()) {
      const name = `e2e-moment-${number + 1}`;
      const began = performance.now();
      await recover(e2e, name, moment);
      seconds.push(Math.round((performance.now() - began) / 1000));
      assertMoment(e2e, { moment, commits, found: await readCommits(e2e, `${name}-1`) });
      assert.deepEqual(await readTables(e2e, `${name}-1`), tables, "tables differ that nobody wrote to");
      await e2e.kubectl.run(["delete", "cluster.postgresql.cnpg.io", name]);
    }
    e2e.figure("moments recovered", seconds.length);
    e2e.figure("seconds for a recovery, longest", Math.max(...seconds));
    await query(e2e, "drop schema e2e cascade");
  },
};

/** A row, and when its transaction began by the server's clock: after the commit of the row before it. */
interface Commit {
  readonly id: number;
  readonly began: Date;
}

async function commitOneByOne(e2e: E2e): Promise<void> {
  e2e.cleanUp("schema e2e", () => query(e2e, "drop schema if exists e2e cascade"));
  await query(
    e2e,
    `create schema e2e; create table ${MARKED} (id int, began timestamptz);
     do $$ begin for i in 1..${ROWS} loop
       insert into ${MARKED} values (i, clock_timestamp()); commit; perform pg_sleep(0.1);
     end loop; end $$`,
    { seconds: 300 },
  );
}

async function readCommits(e2e: E2e, server: string): Promise<readonly Commit[]> {
  const sql = `select id, extract(epoch from began) * 1000 from ${MARKED} order by id`;
  const rows = await e2e.kubectl.run([...psqlAt(server), "-c", sql]);
  return rows
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id, began] = line.split("|").map(Number) as [number, number];
      return { id, began: new Date(began) };
    });
}

/** Counts and hashes of every table but the marked one, as a dump's drill compares them. */
async function readTables(e2e: E2e, server: string): Promise<readonly unknown[]> {
  const input = `begin isolation level repeatable read read only; ${CONTENTS_SQL} commit;`;
  const { tables } = JSON.parse(await e2e.kubectl.run([...psqlAt(server), "-f", "-"], { input })) as {
    readonly tables: readonly { readonly name: string }[];
  };
  return tables.filter(({ name }) => name !== MARKED);
}

const psqlAt = (server: string) => [
  ...["exec", "--stdin", server, "--container=postgres", "--"],
  ...["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-AtqX", "-v", "ON_ERROR_STOP=1"],
];

function randomMoments(commits: readonly Commit[]): readonly Date[] {
  const [first = 0, last = 0] = [commits[0]?.began.getTime(), commits.at(-1)?.began.getTime()];
  return Array.from({ length: MOMENTS }, () => new Date(first + Math.random() * (last - first)));
}

/** The row whose transaction was under way at the moment may be there or not. */
function assertMoment(
  e2e: E2e,
  {
    moment,
    commits,
    found,
  }: { readonly moment: Date; readonly commits: readonly Commit[]; readonly found: readonly Commit[] },
): void {
  const begun = commits.filter(({ began }) => began <= moment).length;
  const ids = found.map(({ id }) => id);
  e2e.evidence(`${moment.toISOString()}: ${ids.length} rows, of which ${begun - 1} or ${begun} were committed`);
  assert.deepEqual(
    ids,
    Array.from({ length: ids.length }, (_, index) => index + 1),
    "rows are missing in between",
  );
  assert.ok(ids.length === begun || ids.length === begun - 1, "rows are lost, or are there from after the moment");
}

/** Waits for the first base backup: no earlier moment than its end can be recovered. */
async function untilBackedUp(e2e: E2e): Promise<void> {
  await e2e.wait({
    what: "a base backup",
    seconds: 300,
    async poll() {
      const backups = await e2e.kubectl.list("backups.postgresql.cnpg.io");
      const phases = backups.map(({ status }) => String(status?.phase ?? "pending"));
      return { state: phases.includes("completed") ? "ready" : "waiting", detail: phases.join(", ") || "none yet" };
    },
  });
}

/** Waits until the log of all that was written is in the bucket. */
async function untilArchived(e2e: E2e): Promise<void> {
  const [[wanted = ""] = []] = await query(e2e, "select pg_walfile_name(pg_switch_wal())");
  await e2e.wait({
    what: `${wanted} in the archive`,
    seconds: 180,
    async poll() {
      const [[last = ""] = []] = await query(e2e, "select last_archived_wal from pg_stat_archiver");
      return { state: last >= wanted ? "ready" : "waiting", detail: `${last} is the last one` };
    },
  });
}

/** Starts a server beside the cluster from its archive. */
async function recover(e2e: E2e, name: string, moment: Date): Promise<void> {
  const { spec } = find(e2e.files, "Cluster", "postgres") as unknown as { spec: Record<string, unknown> };
  const { imageName, imagePullPolicy, inheritedMetadata, plugins } = spec;
  const [{ parameters }] = plugins as [{ parameters: Readonly<Record<string, string>> }];
  e2e.cleanUp(`cluster ${name}`, () =>
    e2e.kubectl.run(["delete", "cluster.postgresql.cnpg.io", name, "--ignore-not-found"]),
  );
  await e2e.apply({
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name },
    spec: {
      ...{ imageName, imagePullPolicy, inheritedMetadata, instances: 1, storage: { size: "1Gi" } },
      postgresql: { pg_ident: [`local postgres ${DATABASE.superuser}`] },
      affinity: { enablePodAntiAffinity: false },
      enableSuperuserAccess: false,
      resources: { requests: { cpu: "25m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
      bootstrap: { recovery: { source: ARCHIVE.name, recoveryTarget: { targetTime: moment.toISOString() } } },
      externalClusters: [{ name: ARCHIVE.name, plugin: { name: PLUGIN, parameters } }],
    },
  });
  const what = `cluster.postgresql.cnpg.io/${name}`;
  await e2e.wait({ what, seconds: 600, poll: () => look(what, e2e.kubectl) });
}
