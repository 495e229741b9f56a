import { check } from "../../lib/stages/check";
import { checkTogether } from "../../lib/stages/check-together";
import { RELEASED_BEFORE } from "../support/stages";
import { altered, clustered, common, problems, refusals, rule } from "./support";

test("a cluster with all of it stands", () =>
  expect(problems(() => check(clustered, RELEASED_BEFORE["prod-ha"]))).toEqual([]));

describe("the engine", () => {
  rule("is one that there is", common, "engine", "patroni", /engine is "patroni"\. Set it to "statefulset" or/);
  rule(
    "has its settings",
    clustered,
    "cluster",
    undefined,
    /engine is "cloudnative-pg", but cluster is not set, .*Set cluster as/,
  );
  test("cannot be changed in place", () =>
    expect(problems(() => check(clustered, RELEASED_BEFORE.prod))).toContainEqual(
      expect.stringMatching(/^engine is "cloudnative-pg" but the deployed database has "statefulset", .*runbook/),
    ));
  rule(
    "of an operator needs a store, for the archive's credentials",
    clustered,
    "secrets",
    { kind: "generated" },
    /secrets\.kind is "generated", but nobody can make up .*Set "external"/,
    /secrets\.kind is "generated", which writes passwords/,
  );
});

describe("the instances", () => {
  rule("are at least one", clustered, "cluster.instances", 0, /cluster\.instances is 0, .* from 1/, /number is 1 but/);
  test("that are one keep no budget and wait for no replica", () =>
    expect(refusals(clustered, "cluster.instances", 1)).toEqual([
      expect.stringMatching(/disruptionBudgets is true but cluster\.instances is 1, so no node .* drained\. Set/),
      expect.stringMatching(/synchronous is set but cluster\.instances is 1, .*\(cloudnative-pg #5964\)\. Set/),
      expect.stringMatching(/^cluster\.archive\.drill is set but cluster\.instances is 1, .* with a replica\. Set/),
    ]));
  rule(
    "run CloudNativePG's image of this major version",
    clustered,
    "cluster.image.reference",
    `postgres:17.2@sha256:${"1".repeat(64)}`,
    /cluster\.image is "postgres:17.*not CloudNativePG's image of PostgreSQL 16, .*Use/,
  );
  rule(
    "fit into the namespace, with one more while an instance is made",
    clustered,
    "limits.quota.requests.memory",
    "26Gi",
    /limits\.quota\.requests\.memory is 26Gi, .*Raise it/,
  );
});

describe("commits that wait for replicas", () => {
  rule(
    "are not lost by a quorum that does without them",
    clustered,
    "cluster.synchronous.dataDurability",
    "preferred",
    /"preferred" with failoverQuorum, .*lost acknowledged commits \(cloudnative-pg #8790\).*#10547\)\. Set dataDurability to "required"/,
  );
  rule(
    "do not wait for all of them and one more",
    clustered,
    "cluster.synchronous.number",
    3,
    /number is 3 but there are 2 replicas, .*Set it to at most 1/,
  );
});

describe("commits are not lost by a failover", () => {
  rule(
    "whose instances wait for none",
    clustered,
    "cluster.synchronous",
    undefined,
    /cluster\.synchronous is not set, so a failover loses .*Set it as/,
  );
  rule(
    "that does not ask which replica has them",
    clustered,
    "cluster.synchronous.failoverQuorum",
    false,
    /failoverQuorum is false, so a replica without .* Outside dev set it to true/,
  );
  test("after they were acknowledged without a replica", () => {
    const preferred = altered(clustered, "cluster.synchronous.dataDurability", "preferred");
    const without = altered(preferred, "cluster.synchronous.failoverQuorum", false);
    expect(problems(() => check(without, RELEASED_BEFORE["prod-ha"]))).toEqual([
      expect.stringMatching(/dataDurability is "preferred", so commits are acknowledged .*Outside dev set "required"/),
      expect.stringMatching(/failoverQuorum is false/),
    ]);
  });
  rule(
    "nor held up by each restart of a replica",
    clustered,
    "cluster.synchronous.number",
    2,
    /number is 2, which is every replica, .* Set it to at most 1\./,
  );
  test("of two instances, which wait for each other", () =>
    expect(refusals(clustered, "cluster.instances", 2)).toEqual([]));
});

describe("the image of the instances", () => {
  const digest = `sha256:${"1".repeat(64)}`;
  test.each([
    "ghcr.io/cloudnative-pg/postgresql:16",
    "ghcr.io/cloudnative-pg/postgresql:16.10-minimal-trixie",
    "registry.hospital.example/mirror/cnpg/postgresql:16.10-202511120903-system-bookworm",
  ])("may be %s", (image) => expect(refusals(clustered, "cluster.image.reference", `${image}@${digest}`)).toEqual([]));
  test.each([
    "docker.io/bitnami/postgresql:16.1",
    "ghcr.io/cloudnative-pg/postgresql:16.10-alpine",
    "ghcr.io/cloudnative-pg/postgresql:16beta1",
    "ghcr.io/cloudnative-pg/postgresql:17.2",
    "ghcr.io/cloudnative-pg/postgresql-containers:16.10",
  ])("may not be %s", (image) =>
    expect(refusals(clustered, "cluster.image.reference", `${image}@${digest}`)).toEqual([
      expect.stringMatching(/not CloudNativePG's image of PostgreSQL 16, .*Use ghcr/),
    ]),
  );
});

describe("the archive", () => {
  rule(
    "is there from the first day",
    clustered,
    "cluster.archive",
    undefined,
    /cluster\.archive is not set, .*healthy while it archives nothing\. Set cluster\.archive .*#10981/,
  );
  rule(
    "gets base backups by six fields",
    clustered,
    "cluster.archive.schedule",
    "37 1 * * *",
    /archive\.schedule is "37 1 \* \* \*", but CloudNativePG reads six fields, .*Write it like "0 37 1/,
  );
  rule(
    "gets base backups some day",
    clustered,
    "cluster.archive.schedule",
    "0 0 3 31 2 *",
    /archive\.schedule is .*Write it like/,
  );
  rule(
    "gets a base backup each week at least",
    clustered,
    "cluster.archive.schedule",
    "0 0 3 1 1 *",
    /archive\.schedule is "0 0 3 1 1 \*", which starts a base backup after up to 6048000 s, .*Write one that .* 604800 s/,
  );
  test("gets a base backup while it still has the log since the last one", () => {
    const weekly = altered(clustered, "cluster.archive.schedule", "0 0 3 * * 0");
    expect(problems(() => check(weekly, RELEASED_BEFORE["prod-ha"]))).toEqual([]);
    expect(problems(() => check(altered(weekly, "cluster.archive.keepDays", 3), RELEASED_BEFORE["prod-ha"]))).toEqual([
      expect.stringMatching(/since the last one, which the archive keeps for less time\. Write .* 259200 s/),
    ]);
  });
  rule(
    "gets them on days that there are",
    clustered,
    "cluster.archive.schedule",
    "0 37 1 * * 7",
    /archive\.schedule is "0 37 1 \* \* 7", .*Write it like/,
  );
  rule(
    "is reached on ways that there are",
    clustered,
    "cluster.archive.target.network",
    [
      { kind: "addresses", cidr: "banana" },
      { kind: "pods", namespace: "Bad Name", label: ["a b", "x y"] },
    ],
    /cluster\.archive\.target\.network\[0\]\.cidr is "banana", which is no block.*Write/,
    /network\[1\]\.namespace is "Bad Name".*Use/,
    /network\[1\]\.label is a b: x y, which Kubernetes refuses as a label\. Write/,
  );
  rule(
    "is written by a container that no busy node kills first",
    clustered,
    "cluster.archive.resources.requests.memory",
    "64Mi",
    /cluster\.archive\.resources\.requests\.memory is 64Mi but its limit is 400Mi, .*Set both to 400Mi/,
  );
  rule(
    "goes on under its name",
    clustered,
    "cluster.archive.lineage",
    "second",
    /lineage is "second" but the deployed cluster archives as "first", .*Set it back, or record/,
  );
  test("is not in the same bucket under another name of its server", () => {
    const dumps = { ...clustered.backup.target, endpoint: "https://s3.eu-central-1.amazonaws.com" };
    const target = {
      ...clustered.cluster.archive.target,
      bucket: dumps.bucket,
      endpoint: "https://s3.dualstack.eu-central-1.amazonaws.com",
    };
    const stage = altered(altered(clustered, "backup.target", dumps), "cluster.archive.target", target);
    expect(problems(() => check(stage, RELEASED_BEFORE["prod-ha"]))).toEqual([
      expect.stringMatching(/bucket is hospital-backups, which has the dumps/),
    ]);
  });
  test("is not where another stage has its dumps", () => {
    const dumps = {
      ...common.backup.target,
      bucket: clustered.cluster.archive.target.bucket,
      endpoint: clustered.cluster.archive.target.endpoint,
    };
    const other = altered(common, "backup.target", dumps);
    expect(checkTogether({ prod: other, "prod-ha": clustered })).toEqual([
      expect.stringMatching(
        /^prod-ha: cluster\.archive\.target\.bucket is hospital-archive, which has the dumps of prod: .*Set/,
      ),
    ]);
  });
  rule(
    "is in a bucket of its own",
    clustered,
    "cluster.archive.target.bucket",
    "hospital-backups",
    /bucket is hospital-backups, which has the dumps: .*Set it to a bucket of its own/,
  );
  rule(
    "is reached over https",
    clustered,
    "cluster.archive.target.endpoint",
    "http://objects.hospital.example",
    /cluster\.archive\.target\.endpoint is "http:.*Outside dev set one/,
  );
  rule(
    "of several instances is proven by a drill",
    clustered,
    "cluster.archive.drill",
    undefined,
    /cluster\.archive\.drill is not set, so nothing would prove .*Set it as/,
  );
  test("of one instance has no replica to compare with, and so no drill", () => {
    const without = altered(altered(clustered, "cluster.instances", 1), "cluster.archive.drill", undefined);
    const found = problems(() => check(without, RELEASED_BEFORE["prod-ha"]));
    expect(found.filter((problem) => problem.includes("drill"))).toEqual([]);
  });
  rule(
    "is drilled at a time that comes",
    clustered,
    "cluster.archive.drill.schedule",
    "0 41 6 * * 2",
    /cluster\.archive\.drill\.schedule is "0 41 6 \* \* 2", which is no cron line of five fields .*Write/,
  );
  rule(
    "is drilled for less time than lies between two drills",
    clustered,
    "cluster.archive.drill.deadlineSeconds",
    604_800,
    /cluster\.archive\.drill\.deadlineSeconds is 604800, but .* Set it to less than 604800/,
    /monitoring\.drillDays is \d+, but cluster\.archive\.drill\.schedule .*Set it to at least 14/,
  );
  rule(
    "is drilled for long enough to remove what it made",
    clustered,
    "cluster.archive.drill.deadlineSeconds",
    100,
    /cluster\.archive\.drill\.deadlineSeconds is 100, .*from 360 .*Set/,
  );
  rule(
    "is drilled by a program with an amount of memory",
    clustered,
    "cluster.archive.drill.resources.limits.memory",
    "lots",
    /cluster\.archive\.drill\.resources\.limits\.memory is "lots", which is no amount .*Write/,
  );
  rule(
    "has a name",
    clustered,
    "cluster.archive.lineage",
    "First!",
    /lineage is "First!" but/,
    /lineage is "First!"\. Use/,
  );
  rule("keeps a day at least", clustered, "cluster.archive.keepDays", 0, /keepDays is 0, .* from 1/);
  rule(
    "has room to wait in",
    clustered,
    "cluster.walStorage",
    "1Gi",
    /walStorage is 1Gi but the deployed volume has 15Gi, .* Set it to 15Gi or more/,
    /walStorage is 1Gi, which a short failure of the archive fills, .*Set at least 2Gi/,
  );

  test("is nobody else's under the same name", () => {
    const other = altered(clustered, "secrets.path", "hospital/other");
    const copy = { ...other, name: "staging" as const, backup: common.backup };
    const found = checkTogether({ "prod-ha": clustered, staging: copy });
    expect(found).toEqual([
      expect.stringMatching(
        /^staging: cluster\.archive is .*\/hospital-archive\/postgres\/first, where prod-ha archives, .*#10761.*#350/,
      ),
    ]);
  });
});

describe("the way to the API server", () => {
  rule("is named", clustered, "network.apiServer.network", [], /apiServer\.network names no server.*Name one/);
  rule(
    "is an address",
    clustered,
    "network.apiServer.network",
    [{ kind: "addresses", cidr: "10.0.0.1" }],
    /network\.apiServer\.network\[0\]\.cidr is "10\.0\.0\.1", which is no block/,
  );
  rule(
    "and the operator's namespace have names",
    clustered,
    "cluster.operatorNamespace",
    "A_B",
    /operatorNamespace is/,
  );
});
