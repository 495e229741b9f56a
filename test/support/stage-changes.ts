import { LOGIN_ROLES } from "../../lib/contract";
import type { KubeObject } from "../../lib/deploy/kubectl";
import type { Credentials } from "../../lib/secrets/credentials";
import type { Stage } from "../../lib/stages/stage";

/** One change that a person may make to a stage, and what has to come of it. */
export interface StageChange {
  readonly name: string;
  readonly stage?: (stage: Stage) => Stage;
  readonly credentials?: (credentials: Credentials) => Credentials;
  /** SQL of one migration more. */
  readonly migration?: string;
  /** A change of finished objects, which no stage can express. */
  readonly objects?: (objects: readonly KubeObject[]) => readonly KubeObject[];
  readonly expected: Expected;
  /** Whether the end-to-end case applies it; the API server's dry run judges the others. */
  readonly applied: boolean;
}

export interface Expected {
  /** Workloads whose pods are replaced. */
  readonly restarts?: readonly string[];
  /** Objects that the API server refuses. */
  readonly refused?: readonly string[];
  /** Whether a new migration Job is made. */
  readonly job?: boolean;
  /** Lock of the migration on each table that is there already. */
  readonly locks?: Readonly<Record<string, string>>;
}

const DATABASE = "statefulset/postgres";
const SERVICE = "deployment/data-svc";
const NOTHING: Expected = {};
const RESTARTS: Expected = { restarts: [DATABASE] };
const ROLLS: Expected = { restarts: [SERVICE] };
const NEW_JOB: Expected = { job: true };
const READER = { app: "api-gateway", may: ["listAssessments"] };

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** Copies `tree` with other values at these places, e.g. `database/storage`. A last step `-` appends to a list. */
export function withValues<Tree>(tree: Tree, values: Readonly<Record<string, unknown>>): Tree {
  const copy = structuredClone(tree) as Record<string, unknown>;
  for (const [place, value] of Object.entries(values)) {
    const steps = place.split("/").map((step) => step.replaceAll("~1", "/"));
    const last = steps.pop() ?? "";
    let at = copy;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    if (last === "-" && Array.isArray(at)) at.push(value);
    else if (value === undefined) delete at[last];
    else at[last] = value;
  }
  return copy as Tree;
}

const row = (name: string, change: Omit<StageChange, "name" | "applied">): StageChange => ({
  name,
  applied: false,
  ...change,
});

/** One row for each value; the first `applied` of them are applied. */
function settings(
  place: string,
  values: readonly Json[],
  expected: Expected,
  applied = 0,
  also: Record<string, Json> = {},
) {
  return values.map((value, index) => ({
    ...row(`${place} ${JSON.stringify(value)}`, {
      stage: (stage) => withValues(stage, { [place]: value, ...also }),
      expected,
    }),
    applied: index < applied,
  }));
}

/** The same for amounts whose request equals the limit. */
function amounts(place: string, values: readonly string[], expected: Expected, applied = 0) {
  return values.map((value, index) => ({
    ...row(`${place} ${value}`, {
      stage: (stage) => withValues(stage, { [place]: value, [place.replace("/limits/", "/requests/")]: value }),
      expected,
    }),
    applied: index < applied,
  }));
}

/** A change of one finished object. */
function object(
  name: string,
  kind: string,
  values: Readonly<Record<string, unknown>>,
  expected: Expected,
  applied = false,
) {
  const [, what = ""] = kind.split("/");
  const changed = (one: KubeObject) => (isNamed(one, kind.split("/")[0] ?? "", what) ? withValues(one, values) : one);
  return { ...row(name, { objects: (objects) => objects.map(changed), expected }), applied };
}

const isNamed = ({ kind, metadata }: KubeObject, wanted: string, name: string) =>
  kind === wanted && (metadata.name === name || (name.endsWith("*") && metadata.name.startsWith(name.slice(0, -1))));

function migration(name: string, sql: string, locks: Readonly<Record<string, string>>): StageChange {
  return row(`migration: ${name}`, { migration: sql, expected: { job: true, locks } });
}

const TEMPLATE = "spec/template/spec";

/** A hundred changes: limits, images, settings, passwords, policies, names, volumes, migrations, mistakes. */
export const CHANGES: readonly StageChange[] = [
  ...amounts("database/resources/limits/memory", ["320Mi", "384Mi", "448Mi", "512Mi", "640Mi"], RESTARTS, 2),
  ...settings("database/resources/limits/cpu", ["600m", "750m", "1"], RESTARTS, 1),
  ...amounts("database/resources/limits/ephemeralStorage", ["1700Mi", "1900Mi"], RESTARTS),
  ...amounts("database/reloader/limits/memory", ["48Mi", "64Mi"], RESTARTS, 1),
  ...settings("database/stopGraceSeconds", [60, 90, 180], RESTARTS, 1),
  ...settings("database/image/reference", ["postgres:16.14-alpine", "postgres:16.13-alpine"], RESTARTS),
  ...settings("database/whenDeleted", ["Retain"], NOTHING, 1),
  ...settings("database/storage", ["20Gi", "11Gi", "9Gi", "5Gi"], { refused: [DATABASE] }, 3),
  ...settings("database/storageClass", ["fast", "slow"], { refused: [DATABASE] }, 1),

  ...settings("migration/deadlineSeconds", [700, 900, 1200], NEW_JOB, 1),
  ...settings("migration/retries", [3, 8], NEW_JOB),
  ...amounts("migration/resources/limits/memory", ["320Mi", "384Mi"], NEW_JOB, 1),
  ...settings("migration/testUsers", [false], NEW_JOB),
  ...settings("retention/auditMonths", [120], NEW_JOB),
  ...settings("retention/sessionDays", [60], NEW_JOB),

  ...amounts("service/resources/limits/memory", ["288Mi", "320Mi", "384Mi"], ROLLS, 1),
  ...settings("service/resources/limits/cpu", ["300m", "500m"], ROLLS),
  ...amounts("service/resources/limits/ephemeralStorage", ["80Mi"], ROLLS),
  ...settings("service/replicas", [3, 4], NOTHING, 1),
  ...settings("service/poolSize", [4, 5, 6], ROLLS, 1),
  ...settings("service/outageWaitSeconds", [5, 45], ROLLS),
  ...settings("service/drainSeconds", [8, 10], ROLLS, 1, { "service/stopGraceSeconds": 60 }),
  ...settings("service/stopGraceSeconds", [50, 90], ROLLS),
  ...settings("service/image/reference", ["diabrisk/data-svc:other"], { restarts: [SERVICE], job: true }),

  ...settings("config/logLevel", ["trace", "info", "warn", "error"], ROLLS, 1),
  ...settings("config/services/ml-api", ["http://ml-api:9090", "http://models:8080", "https://ml-api"], ROLLS, 1),
  ...settings("config/session/lifetimeSeconds", [43_200, 60_000, 90_000], ROLLS),
  ...settings("config/session/cookie/sameSite", ["strict"], ROLLS),

  ...settings("limits/quota/requests/cpu", ["5", "6", "7"], NOTHING, 1),
  ...settings("limits/quota/limits/memory", ["9Gi"], NOTHING),
  ...settings("limits/quota/pods", [31, 40], NOTHING, 1),
  ...settings("limits/container/max/memory", ["3Gi"], NOTHING, 1),
  ...settings("network/callers", [[READER], [READER, { app: "reports", may: ["listAssessments"] }]], ROLLS, 1),
  ...settings("clients/0/connections", [1, 3], NEW_JOB),
  ...settings("clients", [[]], { restarts: [DATABASE], job: true }),
  ...settings("network/apiServer/port", [443], NOTHING),
  ...settings("network/monitoringNamespace", ["observability"], NOTHING, 1),

  ...LOGIN_ROLES.map((role, index) => ({
    ...row(`password of ${role}`, {
      credentials: (credentials) => withValues(credentials, { [`passwords/${role}`]: `changed-${role}` }),
      expected: NOTHING,
    }),
    applied: index === 2,
  })),
  {
    ...row("Google's client", {
      credentials: (all) => withValues(all, { "oauth/clientSecret": "changed" }),
      expected: NOTHING,
    }),
    applied: true,
  },

  migration("a column more", "alter table assessments add column note text;", {
    "public.assessments": "ACCESS EXCLUSIVE",
  }),
  migration("an index", "create index more on users (created_at);", { "public.users": "SHARE" }),
  migration("a check", "alter table reports add constraint more check (id is not null);", {
    "public.reports": "ACCESS EXCLUSIVE",
  }),
  migration("another type", "alter table audit_logs alter column action type varchar(200);", {
    "public.audit_logs": "ACCESS EXCLUSIVE",
  }),
  migration("a table that nobody has", "create table more (id int primary key);", {}),

  object(
    "another Service of the StatefulSet",
    "StatefulSet/postgres",
    { "spec/serviceName": "other" },
    { refused: [DATABASE] },
    true,
  ),
  object(
    "another order of pods",
    "StatefulSet/postgres",
    { "spec/podManagementPolicy": "OrderedReady" },
    { refused: [DATABASE] },
  ),
  object(
    "another claim's name",
    "StatefulSet/postgres",
    { "spec/volumeClaimTemplates/0/metadata/name": "files" },
    { refused: [DATABASE] },
  ),
  object(
    "another selector of the database",
    "StatefulSet/postgres",
    { "spec/selector/matchLabels/app": "pg" },
    { refused: [DATABASE] },
  ),
  object(
    "another selector of data-svc",
    "Deployment/data-svc",
    { "spec/selector/matchLabels/app": "svc" },
    { refused: [SERVICE] },
    true,
  ),
  object(
    "a Job's image under the same name",
    "Job/migrate-*",
    { [`${TEMPLATE}/containers/0/image`]: "other:1" },
    { refused: ["job/migrate"] },
    true,
  ),
  object(
    "a Job's pods under the same name",
    "Job/migrate-*",
    { [`${TEMPLATE}/terminationGracePeriodSeconds`]: 31 },
    { refused: ["job/migrate"] },
  ),
  object(
    "settings under the same name",
    "ConfigMap/postgres-config-*",
    { "data/postgresql.conf": "port = 1\n" },
    { refused: ["configmap/postgres-config"] },
    true,
  ),
  object("a fixed address", "Service/postgres", { "spec/clusterIP": "None" }, { refused: ["service/postgres"] }, true),
  object("fewer pods than none", "Deployment/data-svc", { "spec/replicas": -1 }, { refused: [SERVICE] }),
  object(
    "a request above its limit",
    "Deployment/data-svc",
    { [`${TEMPLATE}/containers/0/resources/requests/memory`]: "9Gi" },
    { refused: [SERVICE] },
  ),
  object(
    "a label that is none",
    "ConfigMap/app-config",
    { "metadata/labels/app.kubernetes.io~1x": "a b" },
    { refused: ["configmap/app-config"] },
  ),
  object("no port", "Service/data-svc", { "spec/ports/0/port": 0 }, { refused: ["service/data-svc"] }),
  object("an annotation", "StatefulSet/postgres", { "metadata/annotations/note": "x" }, NOTHING, true),
  object(
    "an annotation of the pods",
    "StatefulSet/postgres",
    { "spec/template/metadata/annotations/note": "x" },
    RESTARTS,
  ),
  object(
    "a variable more",
    "Deployment/data-svc",
    { [`${TEMPLATE}/containers/0/env/-`]: { name: "MORE", value: "1" } },
    ROLLS,
    true,
  ),
  object(
    "a slower probe",
    "Deployment/data-svc",
    { [`${TEMPLATE}/containers/0/readinessProbe/periodSeconds`]: 6 },
    ROLLS,
  ),
  object("a slower rollout", "Deployment/data-svc", { "spec/minReadySeconds": 6 }, NOTHING, true),
  object("fewer old revisions", "StatefulSet/postgres", { "spec/revisionHistoryLimit": 4 }, NOTHING),
  object("a Job that stays longer", "Job/migrate-*", { "spec/ttlSecondsAfterFinished": 700_000 }, NOTHING, true),
  object("pods that a drain leaves", "PodDisruptionBudget/data-svc", { "spec/minAvailable": 2 }, NOTHING, true),
];
