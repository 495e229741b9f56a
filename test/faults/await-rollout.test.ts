import { Client } from "pg";
import { EXIT, NEWEST_MIGRATION } from "../../lib/contract";
import type { MigratorEvent } from "../../lib/migrator";
import { awaitRollout } from "../../lib/roles/await-rollout";
import { failure } from "../migrator/support/database";
import { Cluster, PASSWORDS } from "../roles/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const open: Client[] = [];
let cluster: Cluster;

beforeAll(async () => {
  cluster = new Cluster(postgres);
  await cluster.create("diabrisk");
  await cluster.bootstrap("diabrisk");
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.end();
});

/** A session as data-svc's pool makes it. */
async function connectAs(name: string): Promise<Client> {
  const client = new Client({
    ...cluster.connection("diabrisk", "data_svc", PASSWORDS.data_svc),
    application_name: name,
  });
  await client.connect();
  open.push(client);
  return client;
}

/** As the Job asks: as `migrator`, who has no right to read others' queries. */
const rollout = (quietSeconds: number, timeoutSeconds: number, log?: (event: MigratorEvent) => void) =>
  awaitRollout({
    connection: cluster.connection("diabrisk", "migrator", PASSWORDS.migrator),
    quietSeconds,
    timeoutSeconds,
    ...(log && { log }),
  });

test("it ends when this release has been the only one for as long as it should", async () => {
  await connectAs(`data-svc/${NEWEST_MIGRATION}`);
  await connectAs(`data-svc/${NEWEST_MIGRATION + 1}`);
  const began = performance.now();
  expect(await rollout(0.5, 5)).toEqual({ sessions: 2 });
  expect(performance.now() - began).toBeGreaterThan(500);
});

test.each([
  ["an older release", `data-svc/${NEWEST_MIGRATION - 1}`],
  ["a release from before sessions had numbers", "data-svc"],
  ["somebody with data-svc's login", "psql"],
])("%s is waited for, and named at the deadline", async (_, name) => {
  await connectAs(`data-svc/${NEWEST_MIGRATION}`);
  await connectAs(name);
  const { exitCode, message } = await failure(rollout(0, 0.2));
  expect([exitCode, message]).toEqual([
    EXIT.pending,
    expect.stringContaining(`An older release is connected (${name})`),
  ]);
});

test("a database that data-svc does not use yet is no rollout", async () => {
  const { exitCode, message } = await failure(rollout(0, 0.2));
  expect([exitCode, message]).toEqual([EXIT.pending, expect.stringContaining("data-svc is not connected")]);
});

test("an older session that comes back starts the wait again", async () => {
  await connectAs(`data-svc/${NEWEST_MIGRATION}`);
  const old = await connectAs("data-svc/1");
  const said: string[] = [];
  let ended = false;
  const waiting = rollout(2, 20, ({ message }) => said.push(message)).then(() => {
    ended = true;
  });
  const until = async (text: string) => {
    while (!said.at(-1)?.includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until("older release");
  await old.end();
  await until("all of a release");
  const again = await connectAs("data-svc/1");
  await until("older release");
  expect(ended).toBe(false);
  await again.end();
  await waiting;
});
