import * as path from "node:path";
import { KubectlError } from "../../../lib/deploy/kubectl";
import { prod } from "../../../lib/stages/prod";
import { prodHa } from "../../../lib/stages/prod-ha";
import type { FactName } from "../../../lib/status/document";
import { DOCUMENT } from "../../../lib/status/json-schema";
import { renderStatus } from "../../../lib/status/text";
import { ask, fact, only, schema, states, useCertificates } from "../support/ask-status";
import { ago, claim, DAY, df, pod, prodCluster, refused, SERVER } from "../support/status-cluster";

const pem = useCertificates();

const PSQL = / psql .*pg_stat_activity/s;

test("docs/status.schema.json is what this release prints", () => {
  const file = path.resolve(__dirname, "../../../docs/status.schema.json");
  expect(`${JSON.stringify(DOCUMENT, null, 2)}\n`).toMatchFile(file);
});

test("the schema refuses what nothing prints", async () => {
  const status = await ask(prodCluster(pem));
  const [first, ...rest] = status.facts;
  for (const wrong of [
    { ...status, result: "fine" },
    { ...status, facts: rest },
    { ...status, facts: [{ ...first, values: { of: "another fact" } }, ...rest] },
    { result: "error" },
  ])
    expect(schema.Check(wrong)).toBe(false);
  expect(schema.Check({ result: "error", message: "no" })).toBe(true);
});

test("a good day fits on a screen, and has everything that a person asks first", async () => {
  const status = await ask(prodCluster(pem));
  expect(status).toMatchObject({ stage: "prod", context: "prod-eu", namespace: "diabrisk", result: "ok" });
  const lines = renderStatus(status);
  expect(lines.join("\n")).toBe(
    `stage prod, context prod-eu, namespace diabrisk, at 2026-11-30T16:40:00.000Z

ok       release       Release 12 (version 1.0.0, commit 012345678) is deployed since 2026-11-27
                       16:40 UTC (3 d).
ok       schema        The schema is at version 7, the newest of release 12. Nothing is pending.
ok       database      1 of 1 pod is ready since 2026-11-27 16:40 UTC (3 d); 0 restarts.
ok       data-svc      3 of 3 pods are ready, the youngest since 2026-11-28 16:40 UTC (2 d); 1
                       restart.
ok       writes        The database takes writes.
ok       replication   One server, without replicas by design.
ok       backup        The last backup ended 33 min ago; it may be 2 h old.
ok       restore       The last drill that passed ended 24 h ago; it may be 8 d old.
ok       retention     The last retention ended 14 h ago; it may be 3 d old.
ok       volume        data-postgres-0 is 41 % full: 41.0 GiB of 100 GiB. The claim has 100Gi.
ok       connections   12 of 97 connections are in use (12 %).
ok       transactions  No transaction is open.
ok       certificate   tls.crt of postgres-tls expires in 355 d, on 2027-11-20.
ok       alerts        None of 2 alerts fires.

All is well.`,
  );
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
});

describe("what cannot be asked", () => {
  const hangs = () => new Promise<never>(() => undefined);
  const late = async () => {
    throw new KubectlError("`kubectl exec postgres-0` took longer than 10 s.", "failed");
  };

  test.each<[string, RegExp, FactName[]]>([
    ["configmaps", /^get configmaps/, ["release"]],
    ["the database", / psql /, ["schema", "writes", "replication", "connections", "transactions"]],
    ["the volume", / df /, ["volume"]],
    ["deployments", /^get deployment/, ["data-svc"]],
    ["jobs", /^get jobs/, ["backup", "restore", "retention"]],
    ["the certificate", /^get secret/, ["certificate"]],
    ["Prometheus", /^get --raw/, ["alerts"]],
  ])("is unknown with the reason, and hides nothing else: %s", async (_, command, names) => {
    const why = refused('Error from server (Forbidden): User "jane" may not');
    const status = await ask(prodCluster(pem).answer(command, why));
    expect(states(status)).toEqual(Object.fromEntries(names.map((name) => [name, "unknown"])));
    for (const name of names) expect(fact(status, name)?.text).toContain('User "jane" may not');
    expect(status.result).toBe("unknown");
  });

  test("is unknown though kubectl ends it", async () => {
    const found = await only("volume", prodCluster(pem).answer(/ df /, late));
    expect(found).toMatchObject({ state: "unknown", text: expect.stringContaining("took longer than 10 s") });
  });

  test("is unknown though it never ends", async () => {
    const found = await only("alerts", prodCluster(pem).answer(/^get --raw/, hangs), prod, 0.05);
    expect(found).toMatchObject({ state: "unknown", text: "It could not be asked: There was no answer within 0.1 s." });
  });

  test("is unknown if the answer is none", async () => {
    const found = await only("alerts", prodCluster(pem).answer(/^get --raw/, "<html>no Prometheus</html>"));
    expect(found).toMatchObject({ state: "unknown" });
  });
});

describe("a stage with CloudNativePG", () => {
  const mounts = (name: string) => ({ "/var/lib/postgresql/data": name, "/var/lib/postgresql/wal": `${name}-wal` });
  const instances = ["postgres-1", "postgres-2", "postgres-3"];
  const standby = (name: string, lagSeconds = 0) => ({ name, lagSeconds, synchronous: true });
  const clustered = (standbys: readonly object[]) =>
    prodCluster(
      pem,
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgres", generation: 1 },
        spec: { instances: 3 },
        status: { phase: "Cluster in healthy state", readyInstances: 3 },
      },
      // A drill's server beside it, which is a primary, too.
      pod("postgres-drill-1", "postgres-recovered", {
        labels: { "cnpg.io/cluster": "postgres-drill", "cnpg.io/instanceRole": "primary" },
      }),
      ...instances.map((name, index) =>
        pod(name, "postgres", {
          mounts: mounts(name),
          ...{ labels: { "cnpg.io/cluster": "postgres", "cnpg.io/instanceRole": index === 1 ? "primary" : "replica" } },
        }),
      ),
      ...instances.flatMap((name) => [claim(name, "100Gi"), claim(`${name}-wal`, "20Gi")]),
    )
      .without("postgres-0", "data-postgres-0", "StatefulSet")
      .answer(PSQL, JSON.stringify({ ...SERVER, standbys }));

  test("is asked at its primary, and has its replicas, pods and volumes", async () => {
    const cluster = clustered([standby("postgres-1", 2), standby("postgres-3")]);
    const status = await ask(cluster, prodHa);
    expect(states(status)).toEqual({});
    expect(fact(status, "replication")).toMatchObject({
      text: "2 of 2 replicas follow the primary, at most 2 s behind.",
      details: ["postgres-1: 2 s behind, synchronous", "postgres-3: 0 s behind, synchronous"],
    });
    expect(fact(status, "database")?.text).toMatch(/^3 of 3 pods are ready/);
    expect(fact(status, "volume")?.details).toHaveLength(6);
    const asked = cluster.commands.filter((command) => command.includes("psql")).map((each) => each.split(" ")[1]);
    expect(new Set(asked)).toEqual(new Set(["postgres-2"]));
  });

  test("has a drill of the archive beside the dumps', and a failure of either is told", async () => {
    const healthy = clustered([standby("postgres-1"), standby("postgres-3")]);
    expect(fact(await ask(healthy, prodHa), "restore")).toMatchObject({
      state: "ok",
      text:
        "The last drill that passed ended 24 h ago; it may be 8 d old. The last drill of the archive that passed ended 2 d ago; " +
        "it may be 8 d old.",
      values: { archiveSucceededAt: ago(2 * DAY), archiveMaySeconds: 8 * DAY },
    });
    const none = await only("restore", healthy.without("postgres-archive-drill"), prodHa);
    expect(none).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/8 d old\. cronjob\/postgres-archive-drill is not in namespace diabrisk\.$/),
    });
  });

  test.each([
    [[standby("postgres-1")], "warning"],
    [[standby("postgres-1"), standby("postgres-3", 61)], "warning"],
    [[], "failed"],
  ])("with the replicas %j is %s", async (standbys, state) => {
    expect(await only("replication", clustered(standbys), prodHa)).toMatchObject({ state });
  });

  test("tells of the fullest volume, though another one cannot be asked", async () => {
    const cluster = clustered([standby("postgres-1"), standby("postgres-3")])
      .answer(/^exec postgres-1 .*df .*data$/, refused("error: unable to upgrade connection"))
      .answer(/^exec postgres-2 .*df .*wal$/, () =>
        Promise.reject(new KubectlError("took longer than 10 s.", "failed")),
      )
      .answer(/^exec postgres-3 .*df .*wal$/, df(97));
    expect(await only("volume", cluster, prodHa)).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/^postgres-3-wal is 97 % full/),
      details: expect.arrayContaining([
        "postgres-1 could not be asked: error: unable to upgrade connection",
        "postgres-2-wal could not be asked: took longer than 10 s.",
      ]),
    });
  });
});
