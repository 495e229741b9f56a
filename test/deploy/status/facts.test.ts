import type { KubeObject } from "../../../lib/deploy/kubectl";
import { issueTls } from "../../../lib/secrets/issue";
import { dev } from "../../../lib/stages/dev";
import { prodHa } from "../../../lib/stages/prod-ha";
import { ask, fact, only, states, useCertificates } from "../support/ask-status";
import {
  ago,
  alert,
  BASE_BACKUPS,
  baseBackup,
  baseBackups,
  certificates,
  cronJob,
  DAY,
  deployment,
  df,
  endedJob,
  HOUR,
  NOW,
  pod,
  prodCluster,
  record,
  refused,
  rules,
  SERVER,
  StatusCluster,
  unreadyPod,
} from "../support/status-cluster";

const pem = useCertificates();

describe("the release", () => {
  test.each([
    ["that failed", record(13, "failed"), "failed", /^Release 13 .* failed; it began 5 d ago\.$/],
    [
      "under way",
      record(13, "deploying"),
      "warning",
      /^Release 13 .* is being deployed .* If nobody does that now, it was killed\.$/,
    ],
  ] as const)("%s is told, and the schema is compared with the one that runs", async (_, newest, state, text) => {
    const found = await only("release", prodCluster(pem, newest));
    expect(found).toMatchObject({ state, text: expect.stringMatching(text), values: { number: 13 } });
  });

  test("without a record nobody knows it, and the schema is compared with the checkout's", async () => {
    const status = await ask(prodCluster(pem).without("ConfigMap"));
    expect(states(status)).toEqual({ release: "warning" });
    expect(fact(status, "schema")?.text).toBe(
      "The schema is at version 7, the newest of this checkout. Nothing is pending.",
    );
  });
});

const PSQL = / psql .*pg_stat_activity/s;
const server = (more: object) => prodCluster(pem).answer(PSQL, JSON.stringify({ ...SERVER, ...more }));
const SCHEMA = / psql .*schema_migrations/s;

describe("the database", () => {
  test.each([
    ["dirty", '{"version":6,"dirty":true}', "failed", "A migration has stopped half-way, at version 6."],
    ["behind", '{"version":6,"dirty":false}', "failed", "The schema is at version 6, but release 12 needs 7."],
    ["ahead", '{"version":8,"dirty":false}', "ok", "The schema is at version 8, ahead of release 12, which knows 7."],
    ["without a version", "", "failed", "No migration has run; release 12 needs 7."],
  ] as const)("whose schema is %s", async (_, answer, state, text) => {
    expect(await only("schema", prodCluster(pem).answer(SCHEMA, answer))).toMatchObject({ state, text });
  });

  test("without a table of migrations has none", async () => {
    const missing = refused('ERROR:  relation "public.schema_migrations" does not exist\nLINE 1: select');
    const found = await only("schema", prodCluster(pem).answer(SCHEMA, missing));
    expect(found).toMatchObject({ state: "failed", text: "No migration has run; release 12 needs 7." });
  });

  test.each([
    [77, "ok"],
    [78, "warning"],
    [93, "failed"],
  ])("with %i of 97 connections in use is %s, as the alert has it", async (usedConnections, state) => {
    const found = await only("connections", server({ usedConnections }));
    expect(found).toMatchObject({ state, values: { used: usedConnections, most: 97 } });
    expect(found.details).toEqual(["auth_svc: 2 of 3", "data_svc: 8 of 12", "diabrisk: 2"]);
  });

  test("with a client that has used up its share is a warning, which names it", async () => {
    const roles = [{ role: "auth_svc", used: 3, most: 3, client: true }];
    const found = await only("connections", server({ roles }));
    expect(found).toMatchObject({
      state: "warning",
      text: expect.stringMatching(/, and auth_svc can open no more: raise its connections/),
    });
    // data-svc's pools are as large as its share, by synth's own rule.
    const service = [{ role: "data_svc", used: 12, most: 12, client: false }];
    expect(await only("connections", server({ roles: service }))).toMatchObject({ state: "ok" });
  });

  test.each([
    [900, "ok", "15 min"],
    [901, "warning", "15 min"],
    [7201, "failed", "2 h"],
  ])("with a transaction of %i s is %s", async (seconds, state, length) => {
    const found = await only("transactions", server({ oldestTransaction: { seconds, role: "readonly", pid: 4711 } }));
    expect(found).toMatchObject({
      state,
      text: `The oldest transaction is open for ${length}: of readonly, pid 4711.`,
    });
  });

  test.each([
    [{ readOnly: true }, /^The database is read-only/],
    [{ inRecovery: true }, /^The server is in recovery and takes no writes/],
  ])("that is %j takes no writes", async (more, text) => {
    expect(await only("writes", server(more))).toMatchObject({ state: "failed", text: expect.stringMatching(text) });
  });
});

describe("pods", () => {
  test("that are not ready are told with their trouble", async () => {
    const cluster = prodCluster(pem, deployment(3, 2), unreadyPod("data-svc-6d9f7c-vz7nt", "data-svc", "ErrImagePull"));
    expect(await only("data-svc", cluster)).toMatchObject({
      state: "warning",
      text: expect.stringMatching(/^2 of 3 pods are ready, .*; 5 restarts\. deployment\/data-svc: 2\/3 ready/),
      details: expect.arrayContaining(["data-svc-6d9f7c-vz7nt: data-svc ErrImagePull, restarted 4 times"]),
    });
  });

  test("that somebody scaled away are missed, though the Deployment is as it should be", async () => {
    const cluster = prodCluster(pem, deployment(0)).without(
      ...["2xk4p", "8qwlm", "vz7nt"].map((name) => `data-svc-6d9f7c-${name}`),
    );
    expect(await only("data-svc", cluster)).toMatchObject({ state: "failed", values: { wanted: 3, ready: 0 } });
  });

  test("that stop, or have ended, do not count", async () => {
    const stopping = pod("data-svc-5b8d9c-k7tqz", "data-svc", { deletionTimestamp: ago(5) });
    const ended = { ...pod("data-svc-5b8d9c-x9wfd", "data-svc"), status: { phase: "Succeeded" } };
    const found = await only("data-svc", prodCluster(pem, stopping, ended));
    expect(found).toMatchObject({ state: "ok", values: { ready: 3 } });
    expect(found.details).toHaveLength(3);
  });

  test("of a stage that is not there are missed by name", async () => {
    const found = fact(await ask(new StatusCluster([])), "database");
    expect(found).toMatchObject({ state: "failed", text: "statefulset/postgres is not in namespace diabrisk." });
  });
});

describe("backups", () => {
  const backup = (...objects: readonly KubeObject[]) => only("backup", prodCluster(pem, ...objects));

  test("that are too old have failed", async () => {
    expect(
      await backup(cronJob("postgres-backup", 3 * HOUR), endedJob("postgres-backup", "Complete", 3 * HOUR)),
    ).toEqual({
      state: "failed",
      name: "backup",
      text: "The last backup ended 3 h ago; it may be 2 h old.",
      details: [],
      values: { maySeconds: 7200, succeededAt: ago(3 * HOUR), failedAt: ago(3 * DAY) },
    });
  });

  test("of which a later one failed are a warning", async () => {
    const failed = {
      ...endedJob("postgres-backup", "Failed", 600),
      metadata: { name: "x", labels: { app: "postgres-backup" } },
    };
    expect(await backup(failed)).toMatchObject({
      state: "warning",
      text: "The last backup ended 33 min ago; it may be 2 h old. One failed 10 min ago.",
    });
  });

  test("that never succeeded count from the CronJob's creation", async () => {
    const cluster = () => prodCluster(pem, cronJob("postgres-backup")).without("Job");
    expect(await only("backup", cluster())).toMatchObject({
      state: "failed",
      text: "There is no backup yet; cronjob/postgres-backup was made 4 d ago.",
    });
    const young = {
      ...cronJob("postgres-backup"),
      metadata: { name: "postgres-backup", creationTimestamp: ago(HOUR) },
    };
    expect(await backup(young)).toMatchObject({ state: "ok" });
    const never = prodCluster(pem, young).without("Job");
    expect(await only("backup", never)).toMatchObject({
      state: "warning",
      text: expect.stringContaining("60 min ago"),
    });
  });

  test("whose CronJob is suspended are a warning", async () => {
    const found = await backup(cronJob("postgres-backup", 60, { suspend: true }));
    expect(found).toMatchObject({ state: "warning", text: expect.stringMatching(/is suspended\.$/) });
  });

  test("without monitoring may be as old as the schedule's longest gap and the deadline", async () => {
    const status = await ask(prodCluster(pem, cronJob("postgres-drill", DAY)), dev);
    expect(fact(status, "backup")?.values).toMatchObject({ maySeconds: DAY + 1800 });
    expect(fact(status, "restore")).toMatchObject({ state: "ok", values: { maySeconds: 7 * DAY + 1800 } });
  });

  test("are proven by a drill in its own namespace", async () => {
    const cluster = prodCluster(pem, cronJob("postgres-drill", 9 * DAY, {}, "diabrisk-drill"));
    expect(await only("restore", cluster)).toMatchObject({
      state: "failed",
      text: "The last drill that passed ended 9 d ago; it may be 8 d old.",
    });
    expect(cluster.commands).toContainEqual(expect.stringMatching(/^get jobs --selector=app=postgres-drill/));
  });
});

describe("the archive of a cluster", () => {
  const instances = (...conditions: readonly object[]): KubeObject => ({
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name: "postgres" },
    status: { conditions },
  });
  const backup = async (condition: object, ...backups: readonly KubeObject[]) => {
    const cluster = prodCluster(pem, instances(condition)).answer(BASE_BACKUPS, baseBackups(...backups));
    return fact(await ask(cluster, prodHa), "backup");
  };
  const well = { type: "ContinuousArchiving", status: "True" };

  test("has a recent base backup, and gets the log", async () =>
    expect(await backup(well, baseBackup("completed", 5 * HOUR))).toMatchObject({
      state: "ok",
      text: expect.stringMatching(/ The last base backup ended 5 h ago; it may be 26 h old\.$/),
      values: { baseBackupMaySeconds: 26 * HOUR, baseBackupAt: ago(5 * HOUR) },
    }));

  test("whose newest base backups failed has an old one", async () =>
    expect(await backup(well, baseBackup("completed", 27 * HOUR), baseBackup("failed", 3 * HOUR))).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/ The last base backup ended 27 h ago/),
    }));

  test("may have none yet", async () =>
    expect(await backup({})).toMatchObject({
      state: "warning",
      text: expect.stringMatching(/There is no base backup in the archive yet\.$/),
    }));

  test("that does not get the log has failed", async () => {
    const condition = { type: "ContinuousArchiving", status: "False", message: "no such bucket" };
    expect(await backup(condition, baseBackup("completed", HOUR))).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/ The write-ahead log is not archived: no such bucket\.$/),
    });
  });
});

test.each([
  [80, "ok"],
  [81, "warning"],
  [96, "failed"],
])("a volume that is %i %% full is %s, as the alert has it", async (percent, state) => {
  const found = await only("volume", prodCluster(pem).answer(/ df /, df(percent)));
  expect(found).toMatchObject({ state, values: { used: percent / 100, claim: "data-postgres-0" } });
});

test("a volume is told without the right to read its claim", async () => {
  const cluster = prodCluster(pem).answer(/^get persistentvolumeclaim/, refused("Error from server (Forbidden): no"));
  expect(await only("volume", cluster)).toMatchObject({
    state: "ok",
    text: "data-postgres-0 is 41 % full: 41.0 GiB of 100 GiB. The claim itself could not be read.",
  });
});

describe("the certificate", () => {
  const expiring = async (days: number) => {
    const { server } = await issueTls(["postgres"], new Date(NOW.getTime() - (365 - days) * DAY * 1000));
    return prodCluster({ ...pem, server: server.certificate });
  };
  test.each([
    [15, "ok"],
    [13, "warning"],
    [2, "failed"],
    [-1, "failed"],
  ])("with %i days left is %s", async (days, state) => {
    const found = await only("certificate", await expiring(days));
    expect(found).toMatchObject({
      state,
      text: expect.stringMatching(days < 0 ? /^tls.crt .* expired on/ : /^tls.crt/),
    });
  });

  test("of the authority counts, too", async () => {
    const { authority } = await issueTls(["postgres"], new Date(NOW.getTime() - (3650 - 2) * DAY * 1000));
    const found = await only("certificate", prodCluster({ ...pem, authority: authority.certificate }));
    expect(found).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/^ca\.crt of postgres-tls expires in/),
    });
  });

  test("is read without its private key", async () => {
    const cluster = prodCluster(pem);
    await ask(cluster);
    const reads = cluster.commands.filter((command) => command.includes("secret"));
    expect(reads).toEqual([
      "get secret/postgres-tls --output=jsonpath={.data.tls\\.crt} {.data.ca\\.crt} --ignore-not-found",
      "get secret/data-svc-tls --output=jsonpath={.data.tls\\.crt} {.data.ca\\.crt} --ignore-not-found",
    ]);
  });

  test("that is not there has failed", async () => {
    const found = await only("certificate", prodCluster(pem).answer(/^get secret/, certificates("", "")));
    const text = "There is no certificate in secret/postgres-tls and secret/data-svc-tls.";
    expect(found).toMatchObject({ state: "failed", text });
  });

  test("of data-svc counts, too", async () => {
    const { server, authority } = await issueTls(["data-svc"], new Date(NOW.getTime() - (365 - 5) * DAY * 1000));
    const cluster = prodCluster(pem).answer(
      /^get secret\/data-svc-tls/,
      certificates(server.certificate, authority.certificate),
    );
    expect(await only("certificate", cluster)).toMatchObject({
      state: "warning",
      text: expect.stringMatching(/^tls\.crt of data-svc-tls expires in/),
    });
  });
});

describe("alerts", () => {
  const firing = (...alerts: readonly object[]) =>
    only("alerts", prodCluster(pem).answer(/^get --raw/, rules("diabrisk", ...alerts)));

  test("that fire are told, the critical ones first and once", async () => {
    const down = alert("PostgresDown", "critical");
    expect(await firing(alert("PostgresVolumeFilling", "warning"), down, down)).toMatchObject({
      state: "failed",
      text: "2 alerts fire: PostgresDown (critical), PostgresVolumeFilling (warning).",
      details: expect.arrayContaining([
        "PostgresDown (critical) since 2026-11-30 15:40 UTC (60 min): The database is down.",
      ]),
      values: { rules: 2, firing: 3 },
    });
  });

  test("that are warnings alone are a warning, and pending ones are none", async () => {
    expect(await firing(alert("DrillTooOld", "warning"))).toMatchObject({ state: "warning" });
    expect(await firing(alert("DrillTooOld", "warning", "pending"))).toMatchObject({ state: "ok" });
  });

  test("that Prometheus fails to evaluate cannot fire either, and are named", async () => {
    const answer = JSON.parse(rules("diabrisk"));
    Object.assign(answer.data.groups[1].rules[0], { health: "err", lastError: "many-to-many matching not allowed" });
    const cluster = prodCluster(pem).answer(/^get --raw/, JSON.stringify(answer));
    expect(await only("alerts", cluster)).toMatchObject({
      state: "failed",
      text: "None of 2 alerts fires. 1 alert cannot be judged.",
      details: ["PostgresReadOnly cannot be judged: many-to-many matching not allowed"],
    });
  });

  test("that no Prometheus has loaded cannot fire", async () => {
    const found = await only("alerts", prodCluster(pem).answer(/^get --raw/, rules("another")));
    expect(found).toMatchObject({
      state: "failed",
      text: expect.stringContaining("has loaded no alert of this stage"),
    });
  });

  test("are not asked for in a stage without monitoring", async () => {
    const cluster = prodCluster(pem);
    expect(fact(await ask(cluster, dev), "alerts")).toMatchObject({
      state: "ok",
      text: "This stage has no monitoring.",
    });
    expect(cluster.commands.filter((command) => command.includes("--raw"))).toEqual([]);
  });
});
