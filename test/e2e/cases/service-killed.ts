import { strict as assert } from "node:assert";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { registeredUser, someAssessment } from "../assessment";
import { call, startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { describePods, servicePods, settle, standOnThisRelease } from "../deployments";
import { killContainer } from "../node";
import { startTraffic } from "../traffic";

/** Seconds that a request is held up: longer than a stopping data-svc listens, shorter than a statement may take. */
const HELD_SECONDS = 4.2;

/** Seconds until the kubelet has seen that a container is gone and the Service has forgotten it, on a busy machine. */
const NOTICED_SECONDS = 10;

/** What the connections of a killed pod come to; nobody answers wrongly, or not at all. */
const CUT = /^(?:ECONNRESET|ECONNREFUSED|EPIPE)$/;

export const serviceKilled: Case = {
  name: "service-killed",
  title: "A stopped data-svc answers what is in flight; a killed one loses that, and nothing that it had acknowledged",
  async run(e2e) {
    await standOnThisRelease(e2e);
    await stopWithRequestInFlight(e2e);
    await settle(e2e);
    await killUnderLoad(e2e);
    await settle(e2e);
    e2e.evidence((await describePods(e2e)).join("\n"));
  },
};

/** SIGTERM to the process itself, so that no preStop hook gives the request time to end before. */
async function stopWithRequestInFlight(e2e: E2e): Promise<void> {
  const [pod] = await servicePods(e2e);
  assert.ok(pod, "data-svc has no pod");
  const [caller, body] = [await startCaller(e2e), someAssessment(await registeredUser(e2e))];
  const hold = `begin; ${BOUND}; lock table assessments in share mode; ${AWAIT_REQUEST}
    select pg_sleep(${HELD_SECONDS}); commit`;
  const request = () => call(e2e, caller, "/internal/assessments", body, String(pod.status?.podIP));
  const stop = async () => {
    await query(e2e, `${BOUND}; ${AWAIT_REQUEST}`);
    await e2e.type(`kubectl exec ${pod.metadata.name} -- kill -TERM 1`);
  };
  await Promise.all([query(e2e, hold), untilHeld(e2e).then(() => Promise.all([stop(), request()]))]);
  await caller.remove();
  const code = await exitCode(e2e, pod, 0);
  const { stdout } = await e2e.type(`kubectl logs ${pod.metadata.name} --previous --tail=4`);
  assert.match(stdout, /"Stopping".*"status":201.*"Stopped"/s, "the request was not in flight at the end");
  assert.equal(code, 0, `data-svc ended with exit code ${code}`);
}

const BOUND = "set statement_timeout = '60s'";

/** SQL that ends when a request waits for the table. In the server, since the request waits for a few seconds only. */
const AWAIT_REQUEST = `do $$ begin
  while not exists (select from pg_stat_activity where usename = 'data_svc' and wait_event_type = 'Lock') loop
    perform pg_sleep(0.05), pg_stat_clear_snapshot();
  end loop;
end $$;`;

async function untilHeld(e2e: E2e): Promise<void> {
  const held = "select from pg_locks where mode = 'ShareLock' and relation = 'assessments'::regclass and granted";
  await e2e.wait({
    what: "the table to be held",
    seconds: 60,
    async poll() {
      const [[there] = []] = await query(e2e, `select exists (${held})`);
      return { state: there === "t" ? "ready" : "waiting", detail: "not yet" };
    },
  });
}

/** Waits until a pod's container has been started again, and returns the exit code of the one before. */
async function exitCode(e2e: E2e, pod: KubeObject, restarts: number): Promise<number | undefined> {
  let code: number | undefined;
  await e2e.wait({
    what: `${pod.metadata.name} to be started again`,
    seconds: 60,
    async poll() {
      const now = await e2e.kubectl.get(`pod/${pod.metadata.name}`);
      const [container] = (now?.status?.containerStatuses ?? []) as readonly ContainerStatus[];
      code = container?.lastState?.terminated?.exitCode;
      const again = container?.state.running !== undefined && container.restartCount > restarts;
      return { state: again ? "ready" : "waiting", detail: `${container?.restartCount} restarts` };
    },
  });
  return code;
}

interface ContainerStatus {
  readonly restartCount: number;
  readonly state: { readonly running?: object };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number } };
}

async function killUnderLoad(e2e: E2e): Promise<void> {
  const pods = await servicePods(e2e);
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  assert.ok(pod, "data-svc has no pod");
  const [container] = (pod.status?.containerStatuses ?? []) as readonly ContainerStatus[];
  const traffic = await startTraffic(e2e);
  await traffic.untilAnswered(100);
  await killContainer(e2e, pod);
  assert.equal(await exitCode(e2e, pod, container?.restartCount ?? 0), 137);
  await settle(e2e);
  await traffic.untilAnswered(300);
  const reports = await traffic.stop();

  const failures = reports.flatMap(({ failures }) => failures);
  assert.deepEqual(
    failures.filter(({ status }) => !CUT.test(status)),
    [],
  );
  const seconds = failures.map(({ second }) => second);
  const during = seconds.length === 0 ? 0 : Math.max(...seconds) - Math.min(...seconds);
  e2e.evidence(`${failures.length} requests were cut off or refused, within ${during.toFixed(1)} s`);
  assert.ok(during <= NOTICED_SECONDS, "requests failed for longer than the cluster takes to notice");

  const acknowledged = reports.flatMap(({ acknowledgedIds }) => acknowledgedIds);
  assert.equal(await countStored(e2e, acknowledged), acknowledged.length, "an acknowledged assessment is not stored");
  e2e.evidence(`${acknowledged.length} assessments were acknowledged, and all of them are stored`);
}

async function countStored(e2e: E2e, ids: readonly string[]): Promise<number> {
  const [[count] = []] = await query(e2e, `select count(*) from assessments where id in ('${ids.join("','")}')`);
  return Number(count);
}
