import { strict as assert } from "node:assert";
import { DATABASE } from "../../lib/contract";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";
import type { E2e } from "./case";
import { inServer, query, tryInServer } from "./database";
import { restartsOf } from "./pods";

/** The server's container as the kubelet sees it. */
export interface ServerState {
  readonly restartCount: number;
  readonly ready: boolean;
  /** Whether its startup probe has passed. */
  readonly started: boolean;
  readonly lastState?: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
}

/** Reads it. @throws AssertionError where there is no such container */
export async function serverState({ kubectl }: E2e): Promise<ServerState> {
  const pod = await kubectl.get("pod/postgres-0");
  const statuses = (pod?.status?.containerStatuses ?? []) as readonly (ServerState & { readonly name: string })[];
  const state = statuses.find(({ name }) => name === "postgres");
  assert.ok(state, "postgres-0 has no container postgres");
  return state;
}

/** Waits until the server's container has been restarted since its count was `before`. */
export async function untilRestarted(e2e: E2e, before: number): Promise<void> {
  await e2e.wait({
    what: "the server's container to be restarted",
    seconds: 60,
    async poll() {
      const { restartCount, ready } = await serverState(e2e);
      return { state: restartCount > before ? "ready" : "waiting", detail: ready ? "it is ready still" : "it is down" };
    },
  });
}

/** Waits until another pod has the name of `before`. */
export async function untilReplaced(e2e: E2e, before: KubeObject | undefined): Promise<void> {
  await e2e.wait({
    what: "a new pod/postgres-0",
    seconds: 150,
    async poll() {
      const now = await e2e.kubectl.get("pod/postgres-0");
      const replaced = now !== undefined && now.metadata.uid !== before?.metadata.uid;
      return { state: replaced ? "ready" : "waiting", detail: "the old one is still stopping" };
    },
  });
}

/** Waits until database and data-svc are ready. */
export async function untilReady(e2e: E2e): Promise<void> {
  for (const what of ["statefulset/postgres", "deployment/data-svc"]) await untilRolledOut(e2e, what);
}

const ROLL_OUT_SECONDS = 180;

/** Waits until database and data-svc are ready, and says how long that was after `began`. */
export async function timeRecovery(e2e: E2e, began: number): Promise<void> {
  await untilReady(e2e);
  e2e.figure("seconds until everything was ready again", Number(((performance.now() - began) / 1000).toFixed(1)));
}

/** Waits until a workload is ready. By a watch, which costs nothing; a last look says what is wrong where that ends in vain. */
export async function untilRolledOut(e2e: E2e, what: string): Promise<void> {
  const watch = ["rollout", "status", what, `--timeout=${ROLL_OUT_SECONDS}s`];
  await e2e.kubectl.try(watch, { seconds: ROLL_OUT_SECONDS + 30 });
  await e2e.wait({ what, seconds: 20, poll: () => look(what, e2e.kubectl) });
}

/** data-svc's pods with how often they restarted: equal before and after where nothing restarted or replaced them. */
export async function servicePods({ kubectl }: E2e): Promise<string[]> {
  const pods = await kubectl.list("pods", "app=data-svc");
  return pods.map((pod) => `${pod.metadata.name} ${pod.metadata.uid}, restarts ${restartsOf(pod)}`);
}

/** What the server has written since it was started, or the one before it. */
export const serverLog = ({ kubectl }: E2e, ...options: string[]) =>
  kubectl.run(["logs", "postgres-0", "--container=postgres", ...options]);

/** Shows, and has, every one of these assessments in the database, each with its audit row. @throws AssertionError */
export async function assertStored(e2e: E2e, ids: readonly string[]): Promise<void> {
  const missing = await query(
    e2e,
    `select id from unnest('{${ids.join(",")}}'::uuid[]) id where not exists (select from assessments a where a.id = id.id)
       or 1 <> (select count(*) from audit_logs l where l.resource_id = id.id::text)`,
  );
  e2e.figure("acknowledged writes", ids.length);
  e2e.figure("acknowledged writes lost", missing.length);
  assert.deepEqual(missing, [], "acknowledged writes are lost");
}

/** Checks every table and index against each other, and every page against its checksum. @throws AssertionError */
export async function assertIntact(e2e: E2e): Promise<void> {
  const { kubectl } = e2e;
  const began = performance.now();
  const amcheck = ["pg_amcheck", "-U", DATABASE.superuser, "-d", DATABASE.name, "--install-missing"];
  const { code, stdout, stderr } = await tryInServer(e2e, [...amcheck, "--heapallindexed", "--parent-check"], MINUTES);
  e2e.evidence(`pg_amcheck: exit code ${code} ${stdout}${stderr}`);
  assert.equal(code, 0, `pg_amcheck found damage: ${stdout}${stderr}`);
  await query(e2e, "drop extension amcheck");
  const dump = inServer("sh", "-c", `pg_dump -U ${DATABASE.superuser} ${DATABASE.name} | wc -c`);
  const bytes = (await kubectl.run(dump, MINUTES)).trim();
  const [[checksums, failures] = []] = await query(
    e2e,
    "select current_setting('data_checksums'), coalesce(sum(checksum_failures), 0) from pg_stat_database",
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  e2e.evidence(`a dump of ${bytes} bytes; data checksums ${checksums}, ${failures} pages failed; ${seconds} s`);
  assert.deepEqual([checksums, failures], ["on", "0"], "pages are damaged");
}

const MINUTES = { seconds: 300 };

/** Writes about 250 MB of log that a crash has to replay, into a table of `e2e`'s own schema. */
export async function makeRedo(e2e: E2e): Promise<void> {
  await query(
    e2e,
    `create schema if not exists e2e; drop table if exists e2e.redo; checkpoint;
     create table e2e.redo (id uuid primary key default gen_random_uuid(), text text);
     insert into e2e.redo (text) select repeat('x', 300) from generate_series(1, 500000)`,
    MINUTES,
  );
  const [[size] = []] = await query(
    e2e,
    "select pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)) from pg_control_checkpoint()",
  );
  e2e.evidence(`${size} of log are to be replayed if the server crashes now`);
}

/** Removes what `makeRedo` and other cases keep in their own schema. */
export const dropScratch = (e2e: E2e) => query(e2e, "drop schema if exists e2e cascade");

/** Sends a signal to every process of the server's container but its first, as nothing in the container survives. */
export const killAll = (e2e: E2e) => tryInServer(e2e, ["sh", "-c", "kill -9 -1"]);
