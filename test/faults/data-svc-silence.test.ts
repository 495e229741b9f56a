import {
  assessment,
  call,
  closeServices,
  eventually,
  metricsOf,
  type RunningService,
  startReady,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { type LossyWay, lossyWay } from "./support/lossy-way";

const postgres = usePostgres();
const ways: LossyWay[] = [];
afterEach(async () => {
  await closeServices();
  for (const way of ways.splice(0)) way.close();
});

async function startOverWay(environment: Record<string, string>) {
  const way = await lossyWay(postgres.server.port);
  ways.push(way);
  const service = await startReady(way.to(await postgres.createMigratedDatabase()), environment);
  return { way, service };
}

const ready = async (service: RunningService) => (await call(service, "GET /readyz")).status === 200;
const post = (service: RunningService) => call(service, "POST /internal/assessments", assessment());

/** Asks /readyz again and again for so many milliseconds. */
async function watch(service: RunningService, milliseconds: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    answers.push(await ready(service));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return answers;
}

/** Requests one after another in several places, until the returned function is called. */
function keepBusy(service: RunningService, places: number): () => Promise<unknown> {
  let over = false;
  const work = async () => {
    while (!over) await post(service);
  };
  const workers = Array.from({ length: places }, work);
  return () => {
    over = true;
    return Promise.all(workers);
  };
}

const turns = (service: RunningService) =>
  service.messages().flatMap((message) => /^Readiness is now (true|false)/.exec(message)?.[1] ?? []);

test("while nothing comes through and requests hold the pool, it is never ready, and again once all comes through", async () => {
  const { way, service } = await startOverWay({
    ...{ POOL_MAX: "2", POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "3000" },
  });
  expect(await ready(service)).toBe(true);
  const stop = keepBusy(service, 4);
  await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
  way.passes = () => false;
  await eventually(async () => !(await ready(service)), 4000);
  expect(await watch(service, 8000)).not.toContain(true);
  await stop();
  way.passes = () => true;
  await eventually(() => ready(service));
  expect(turns(service)).toEqual(["true", "false", "true"]);
  expect((await post(service)).status).toBe(201);
});

test("single answers on a way that loses the rest make it ready no more", async () => {
  const { way, service } = await startOverWay({ POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "300" });
  expect(await ready(service)).toBe(true);
  // Each new connection greets and answers one check.
  way.passes = (answers) => answers < 3;
  await eventually(async () => !(await ready(service)), 4000);
  expect(await watch(service, 10_000)).not.toContain(true);
  way.passes = () => true;
  await eventually(() => ready(service));
  expect(turns(service)).toEqual(["true", "false", "true"]);
});

test("after a plain restart the first probe finds it ready", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url);
  await postgres.server.stop("immediate");
  await eventually(async () => !(await ready(service)));
  await postgres.server.restart();
  // Until a probe has asked the server, they get the kept answer.
  const sessions = `select from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`;
  let answer = false;
  await eventually(async () => {
    answer = await ready(service);
    return (await postgres.query(postgres.server.url(), sessions)).length > 0;
  });
  expect(answer).toBe(true);
});

test("a burst of requests after a quiet time is no silence of the database", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { POOL_MAX: "2", POOL_WAIT_MS: "10000", STATEMENT_TIMEOUT_MS: "10000" });
  expect(await ready(service)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await postgres.connected(url, async (blocker) => {
    await blocker.query("begin; lock table model_versions");
    const held = [post(service), post(service)];
    await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
    expect(await ready(service)).toBe(true);
    await blocker.query("commit");
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201]);
  });
});
