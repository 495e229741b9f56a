import { appConfigText } from "../../lib/constructs/app-config";
import { parseAppConfig } from "../../lib/data-svc/app-config";
import { smallestMemory } from "../../lib/postgres/settings";
import { STAGES, stagesNamed } from "../../lib/stages";
import { ConfigError, check, checkAll } from "../../lib/stages/check";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { RELEASED } from "../../lib/stages/released";
import { guaranteed } from "../../lib/stages/resources";
import type { Stage } from "../../lib/stages/stage";
import { staging } from "../../lib/stages/staging";

/** What `check` has against a stage; nothing if it stands. */
function problems(run: () => void): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** `stage` with the value at a dotted path replaced. */
function altered(stage: Stage, path: string, value: unknown): Stage {
  // Through JSON, so that requests and limits that are one object become two.
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(stage));
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce((object, key) => object[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as unknown as Stage;
}

test.each(STAGES)("$name stands", (stage) => expect(problems(() => check(stage))).toEqual([]));

const resources = (cpu: string, memory: string) => guaranteed({ cpu, memory, ephemeralStorage: "64Mi" });
/** What goes with it: the namespace would not have such a container either. */
const TINY = /limits\.container\.min\./;
const ONES = `sha256:${"1".repeat(64)}`;
const ZEROS = `sha256:${"0".repeat(64)}`;

test.each<[string, Stage, string, unknown, RegExp[]]>([
  [
    "a limit too small for PostgreSQL",
    dev,
    "database.resources.limits.memory",
    "128Mi",
    [new RegExp(`limits.memory is 128Mi.*${smallestMemory()}Mi`)],
  ],
  [
    "a memory request under its limit",
    dev,
    "database.resources.requests.memory",
    "200Mi",
    [/requests\.memory is 200Mi but its limit is 256Mi.*Set both/],
  ],
  [
    "a request over its limit",
    prod,
    "service.resources.requests.cpu",
    "3",
    [/requests\.cpu is 3, more than service\.resources\.limits\.cpu/],
  ],
  [
    "a quantity that is none",
    dev,
    "service.resources.limits.memory",
    "256MB",
    [/limits\.memory is "256MB".*Write it like/],
  ],
  ["an amount of nothing", dev, "migration.resources.limits.cpu", "0", [/migration\.resources\.limits\.cpu is "0"/]],
  ["a volume that is no quantity", dev, "database.storage", "ten", [/database\.storage is "ten"/]],
  [
    "a shrunk volume",
    prod,
    "database.storage",
    "50Gi",
    [/storage is 50Gi but the deployed volume has 100Gi.*never shrinks.*operations\.md/],
  ],
  [
    "a grown volume that the claim did not follow",
    prod,
    "database.storage",
    "200Gi",
    [/storage is 200Gi.*refuses a StatefulSet.*operations\.md.*released\.ts/],
  ],
  [
    "another storage class",
    prod,
    "database.storageClass",
    "fast",
    [/storageClass is "fast" but the deployed database has none/],
  ],
  ["another namespace", prod, "namespace", "other", [/namespace is "other" but the deployed database has "diabrisk"/]],
  [
    "a namespace that Kubernetes refuses",
    prod,
    "namespace",
    "Diab_Risk",
    [/namespace is "Diab_Risk", which Kubernetes refuses/],
  ],
  ["too little time to stop", dev, "database.stopGraceSeconds", 5, [/stopGraceSeconds is 5, too short/]],
  [
    "a budget that blocks every drain",
    prod,
    "service.minAvailable",
    3,
    [/minAvailable is 3 but service\.replicas is 3.*at least 4/],
  ],
  ["replicas below the budget", prod, "service.replicas", 1, [/minAvailable is 2 but service\.replicas is 1/]],
  ["replicas without a budget", prod, "service.minAvailable", undefined, [/minAvailable is not set.*between 1 and 2/]],
  ["no replica", prod, "service.replicas", 0, [/service\.replicas is 0/, /no node could ever/]],
  ["half a replica", prod, "service.replicas", 2.5, [/service\.replicas is 2\.5, which is not a whole number/]],
  ["no time to drain", prod, "service.stopGraceSeconds", 5, [/drainSeconds takes 5, .*at least 35/]],
  [
    "more connections than the database has",
    dev,
    "service.poolSize",
    6,
    [/poolSize is 6, so 2 pods and one more .* want 18 connections, .* allows 25, 10 of them for others\. .*at most 5/],
  ],
  [
    "more pods than connections",
    dev,
    "service.replicas",
    15,
    [/Lower replicas, or raise database/, /quota\.requests\.cpu/, /quota\.requests\.memory/],
  ],
  ["a pool of nothing", dev, "service.poolSize", 0, [/poolSize is 0, which is not a whole number/]],
  [
    "a bare tag outside dev",
    prod,
    "service.image.reference",
    "diabrisk/data-svc:1.0.0",
    [/can be pushed again.*npm run pin/],
  ],
  ["a digest without a tag", prod, "service.image.reference", `diabrisk/data-svc@${ZEROS}`, [/without a tag/]],
  [
    "latest outside dev",
    prod,
    "service.image.reference",
    "diabrisk/data-svc:latest",
    [/latest is whatever was pushed last/, /add the digest/],
  ],
  ["latest in dev", dev, "service.image.reference", "diabrisk/data-svc:latest", [/latest is whatever was pushed last/]],
  ["no image at all", dev, "service.image.reference", "Not An Image", [/"Not An Image", which is no image reference/]],
  [
    "an image that is not pulled, outside dev",
    prod,
    "service.image.pullPolicy",
    "IfNotPresent",
    [/pull policy IfNotPresent/],
  ],
  [
    "another major version of PostgreSQL",
    dev,
    "database.image.reference",
    "postgres:17-alpine",
    [/not a PostgreSQL 16/],
  ],
  ["another database", prod, "database.image.reference", `mysql:16@${ONES}`, [/"mysql:16@.*not a PostgreSQL 16/]],
  ["another C library", prod, "database.image.reference", `postgres:16.14@${ONES}`, [/with glibc, but .* with musl/]],
  [
    "sessions that are idle longer than they live",
    dev,
    "config.session.idleTimeoutSeconds",
    90_000,
    [/idleTimeoutSeconds is 90000 but a session lives 86400 s/],
  ],
  [
    "a lifetime of nothing",
    dev,
    "config.session.lifetimeSeconds",
    0,
    [/lifetimeSeconds is 0/, /idleTimeoutSeconds is 1800/],
  ],
  [
    "cookies in clear outside dev",
    prod,
    "config.session.cookie.secure",
    false,
    [/secure is false, so sessions can be read/],
  ],
  ["a cookie that browsers drop", dev, "config.session.cookie.sameSite", "none", [/browsers drop it/]],
  ["a cookie's name with a space", dev, "config.session.cookie.name", "a b", [/cookie\.name is "a b"/]],
  [
    "a malformed URL",
    dev,
    "config.services.ml-api",
    "ml-api:8080",
    [/services\.ml-api is "ml-api:8080".*Write it like "http:\/\/ml-api:8080"/],
  ],
  ["a URL with a password", dev, "config.services.ml-api", "http://a:b@ml-api", [/holds a user name or password/]],
  [
    "generated credentials outside dev",
    prod,
    "secrets",
    { kind: "generated" },
    [/writes passwords into the manifests/],
  ],
  [
    "a generated certificate outside dev",
    prod,
    "certificate",
    { kind: "generated" },
    [/certificate\.kind is "generated", which writes a private key into the manifests/],
  ],
  ["an issuer without a name", prod, "certificate.issuer", "", [/certificate\.issuer is ""/]],
  ["a store without a name", prod, "secrets.store", "", [/secrets\.store is ""/]],
  ["a store's path with a slash at its end", prod, "secrets.path", "diabrisk/", [/secrets\.path is "diabrisk\/"/]],
  ["an interval that is none", prod, "secrets.refreshInterval", "hourly", [/refreshInterval is "hourly"/]],
  [
    "a quota that an update does not fit into",
    dev,
    "limits.quota.limits.memory",
    "1Gi",
    [/quota\.requests\.memory is 4Gi, more than/, /quota\.limits\.memory is 1Gi, but .* need 1568Mi/],
  ],
  [
    "a container over the namespace's most",
    dev,
    "limits.container.max.memory",
    "200Mi",
    [/container\.max\.memory is 200Mi/],
  ],
  [
    "a container under the namespace's least",
    dev,
    "limits.container.min.cpu",
    "300m",
    [/container\.min\.cpu is 300m, but one container asks for 0\.05/],
  ],
  ...[
    "",
    "%s ",
    " %s",
    "http:ml-api",
    "HTTP://ml-api:8080",
    "http://ml\n-api",
    "http:\\\\ml-api",
    "%s/a b",
    "ftp://ml-api",
  ].map((form): [string, Stage, string, unknown, RegExp[]] => {
    const url = form.replace("%s", "http://ml-api:8080");
    return [`the URL ${JSON.stringify(url)}`, dev, "config.services.ml-api", url, [/ml-api is .*Write it like/]];
  }),
  [
    "a log level that is none",
    dev,
    "config.logLevel",
    "verbose",
    [/logLevel is "verbose"\. Set it to "trace" or "debug"/],
  ],
  ["another case", dev, "config.session.cookie.sameSite", "Lax", [/sameSite is "Lax"\. Set it to "strict" or "lax"/]],
  [
    "a URL of nobody",
    dev,
    "config.services.ml",
    "http://ml",
    [/^config\.services\.ml is no setting\. Correct its name/],
  ],
  ["a text for a yes or no", dev, "migration.testUsers", "no", [/testUsers is "no"\. Set it to true or false/]],
  [
    "an unknown source of certificates",
    dev,
    "certificate.kind",
    "",
    [/^certificate\.kind is ""\. Set it to "generated"/],
  ],
  [
    "an unknown source of secrets",
    prod,
    "secrets.kind",
    "vault",
    [/^secrets\.kind is "vault"\. Set it to "generated" or "ext/],
  ],
  ["no source of secrets", prod, "secrets", undefined, [/^secrets is missing\. Set it to an object/]],
  ["an unknown kind of issuer", prod, "certificate.issuerKind", "issuer", [/issuerKind is "issuer"/]],
  [
    "no time to stop",
    prod,
    "service.stopGraceSeconds",
    undefined,
    [/stopGraceSeconds is missing\. Set it to a number/],
  ],
  [
    "half a second to stop",
    prod,
    "service.stopGraceSeconds",
    40.5,
    [/stopGraceSeconds is 40\.5, which is not a whole/],
  ],
  [
    "half a second for a checkpoint",
    prod,
    "database.stopGraceSeconds",
    40.5,
    [/stopGraceSeconds is 40\.5, which is not/],
  ],
  ["what is no number", prod, "service.replicas", Number.NaN, [/replicas is NaN\. Set it to a number/]],
  ["a caller that is null", dev, "network.callers.1", null, [/^network\.callers\[1\] is null\. Set it to a text/]],
  ["one caller instead of a list", dev, "network.callers", "ml-api", [/callers is "ml-api"\. Set it to a list/]],
  [
    "a caller that no label can name",
    dev,
    "network.callers.1",
    "ml api",
    [/callers\[1\] is "ml api", which Kubernetes/],
  ],
  [
    "an unknown fate of the volume",
    dev,
    "database.whenDeleted",
    null,
    [/whenDeleted is null\. Set it to "Retain" or "Del/],
  ],
  ["an unknown pull policy", dev, "service.image.pullPolicy", null, [/pullPolicy is null/]],
  ["a store that is null", prod, "secrets.store", null, [/secrets\.store is null\. Set it to a text/]],
  ["an unknown stage", dev, "name", "qa", [/^name is "qa"\. Set it to "dev" or "staging" or "prod"/]],
  ["a quota of one pod", dev, "limits.quota.pods", 1, [/quota\.pods is 1, but .* need 6\. Raise it/]],
  [
    "a quota of one and a half pods",
    dev,
    "limits.quota.pods",
    1.5,
    [/quota\.pods is 1\.5, which is not a whole number/],
  ],
  ["a quota of endless pods", dev, "limits.quota.pods", 1e21, [/quota\.pods is 1e\+21, which is not a whole number/]],
  ["an interval of nothing", prod, "secrets.refreshInterval", "0h0s", [/refreshInterval is "0h0s".*above zero/]],
  [
    "memory that no program fits into",
    dev,
    "service.resources",
    resources("250m", "8Mi"),
    [/memory is 8Mi, .* least 96Mi/, TINY],
  ],
  [
    "memory that migrate does not fit into",
    dev,
    "migration.resources",
    resources("250m", "8Mi"),
    [/is 8Mi, .* 64Mi/, TINY],
  ],
  [
    "too little of a core",
    dev,
    "service.resources",
    resources("1m", "256Mi"),
    [/limits\.cpu is 1m, .* least 50m/, TINY],
  ],
  ["a deadline of a second", dev, "migration.deadlineSeconds", 1, [/deadlineSeconds is 1/]],
  ["a Job that is gone within the hour", dev, "migration.keepFinishedSeconds", 600, [/keepFinishedSeconds is 600/]],
])("%s is refused", (_, stage, path, value, expected) => {
  const found = problems(() => check(altered(stage, path, value)));
  for (const pattern of expected) expect(found).toContainEqual(expect.stringMatching(pattern));
  expect(found.length).toBeLessThanOrEqual(expected.length + 1);
});

test.each(STAGES)("data-svc starts with what $name says to it", ({ config }) =>
  expect(parseAppConfig(appConfigText(config))).toEqual({ config }),
);

test("the problems of several stages are told at once", () => {
  const broken = [altered(staging, "service.replicas", 0), dev, altered(prod, "config.logLevel", "loud")];
  expect(problems(() => checkAll(broken))).toEqual([
    expect.stringMatching(/^staging: service\.replicas is 0/),
    expect.stringMatching(/^staging: service\.minAvailable is 1/),
    expect.stringMatching(/^prod: config\.logLevel is "loud"/),
  ]);
  expect(() => checkAll(broken)).toThrow(/^Stages staging, prod: 3 problems\n/);
  expect(() => checkAll(broken.slice(1))).toThrow(/^Stage prod: 1 problem\n {2}- config\.logLevel/);
});

test("each thing that cannot change in place is compared with the last release", () => {
  const identity = {
    ...RELEASED.prod,
    name: "pg",
    claim: "pgdata",
    uid: 70,
    major: 17,
    libc: "glibc",
    serviceName: "pg",
  };
  const found = problems(() => check(prod, RELEASED.prod, identity)).join("\n");
  for (const field of ["name", "claim", "uid", "major", "libc", "serviceName"]) {
    expect(found).toMatch(new RegExp(`^${field} is .* but the deployed database has .*docs/operations\\.md`, "m"));
  }
});

test("all problems are told at once, with the stage and what to do", () => {
  const broken = altered(altered(prod, "service.replicas", 1), "database.storage", "1Gi");
  expect(() => check(broken)).toThrow(
    /^Stage prod: 2 problems\n {2}- database\.storage .*\n {2}- service\.minAvailable /s,
  );
});

describe("stages by name", () => {
  test("are all of them if none is named, and those that are named otherwise", () => {
    expect(stagesNamed([]).map((stage) => stage.name)).toEqual(["dev", "staging", "prod"]);
    expect(stagesNamed(["prod", "dev"]).map((stage) => stage.name)).toEqual(["dev", "prod"]);
  });

  test("that do not exist are told with those that do, each of them", () => {
    expect(problems(() => stagesNamed(["production", "dev", "Dev"]))).toEqual([
      'There is no stage "production". The stages are dev, staging, prod; lib/stages/ holds a file for each.',
      'There is no stage "Dev". The stages are dev, staging, prod; lib/stages/ holds a file for each.',
    ]);
  });
});
