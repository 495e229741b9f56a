import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kubectl } from "../../lib/deploy/kubectl";
import { askIn } from "../../lib/deploy/status/ask";
import { volumesFinding } from "../../lib/deploy/status/volumes";
import { findClientTools, noClientTools } from "../../lib/local/client-tools";
import { readSchemaRow, readServer, replicationOf } from "../../lib/status/database";
import { pod } from "../deploy/support/status-cluster";
import { usePostgres } from "../support/postgres";
import { shellProgram } from "../support/shell-program";
import { temporaryFolder } from "../support/temporary-folder";
import { describeUnless } from "./support/programs";

// biome-ignore lint/style/noProcessEnv: a person says there where the programs are.
const environment = process.env;
const TOOLS = findClientTools(environment);
const RECEIVER = TOOLS && path.join(TOOLS, "pg_receivewal");

/** Runs what it would run in the pod here, beside the test's server. */
const KUBECTL = `
while [ "$1" != -- ]; do shift; done
shift
exec "$@"`;

describeUnless(TOOLS ? undefined : noClientTools(environment), "the database through psql in its pod", () => {
  const postgres = usePostgres();
  const server = pod("postgres-0", "postgres", { mounts: { "/": "data-postgres-0" } });
  let kubectl: Kubectl;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    await postgres.createMigratedDatabase("diabrisk");
    const folder = mkdtempSync(path.join(temporaryFolder(), "status-psql-"));
    await shellProgram(folder, "kubectl", KUBECTL);
    const { host, port, password } = postgres.server;
    env = { PATH: `${folder}:${TOOLS}:/usr/bin:/bin`, PGHOST: host, PGPORT: String(port), PGPASSWORD: password };
    kubectl = new Kubectl(env);
  });

  test("is asked by the same statements, over several lines", async () => {
    const ask = askIn(server, kubectl);
    expect(await readServer(ask)).toMatchObject({ version: expect.stringMatching(/^16\./), standbys: [] });
    expect(await readSchemaRow(ask)).toEqual({ version: 7, dirty: false });
    await postgres.query(postgres.server.url("diabrisk"), "alter table schema_migrations rename to gone");
    expect(await readSchemaRow(ask)).toBeUndefined();
    await postgres.query(postgres.server.url("diabrisk"), "alter table gone rename to schema_migrations");
  });

  test("tells why it did not answer, and not what it was asked", async () => {
    await expect(askIn(server, kubectl)("select 1 / 0")).rejects.toThrow(/^ERROR: {2}division by zero$/);
    await expect(askIn(server, kubectl)("select pg_sleep(60)")).rejects.toThrow(/statement timeout/);
  });

  test("has its volume measured by df", async () => {
    const found = await volumesFinding([server], kubectl);
    expect(found.text).toMatch(/^data-postgres-0 is \d+ % full: \S+ \w+ of \S+ \w+\. The claim/);
  });

  const lacksReceiver = existsSync(RECEIVER ?? "") ? undefined : "pg_receivewal is not beside psql";
  describeUnless(lacksReceiver, "with something that streams from it", () => {
    let receivers: ChildProcess[];
    beforeAll(() => {
      receivers = ["postgres-2", "pg_basebackup"].map((PGAPPNAME) => {
        const folder = mkdtempSync(path.join(temporaryFolder(), "wal-"));
        const args = ["--directory", folder, "--username", postgres.server.superuser];
        return spawn(RECEIVER ?? "", args, { env: { ...env, PGAPPNAME }, stdio: "ignore" });
      });
    });
    afterAll(() => {
      for (const receiver of receivers) receiver.kill();
    });

    test("counts replicas by their names, and nobody who only copies", async () => {
      const ask = askIn(server, kubectl);
      const streaming = "select count(*) from pg_stat_replication where state = 'streaming'";
      while (Number(await ask(streaming)) < 2) await sleep(50);
      const found = await readServer(ask);
      expect(found.standbys).toEqual([{ name: "postgres-2", lagSeconds: 0, synchronous: false }]);
      expect(replicationOf(found, { standbys: 1, synchronous: 0 })).toMatchObject({ state: "ok" });
    });
  });
});
