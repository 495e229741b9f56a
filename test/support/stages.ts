import type { Released } from "../../lib/stages/released";
import { guaranteed } from "../../lib/stages/resources";
import type { Stage } from "../../lib/stages/stage";

/*
 * Stages of the tests' own, with numbers of their own, so that a test of a rule stays as it is when somebody gives dev
 * more memory or prod another replica. Their names are real ones, since some rules are about dev and some about the others.
 */

const services = {
  "auth-svc": "http://auth-svc:8080",
  "ml-api": "http://ml-api:8080",
  "api-gateway": "http://api-gateway:8080",
  frontend: "http://frontend:8080",
  "data-svc": "https://data-svc:8080",
};
const network = {
  dns: [
    { kind: "pods", namespace: "kube-system", label: ["k8s-app", "kube-dns"] },
    { kind: "addresses", cidr: "169.254.20.10/32" },
  ],
  monitoringNamespace: "monitoring",
  apiServer: { network: [{ kind: "addresses", cidr: "198.51.100.0/24" }], port: 443 },
  callers: [
    { app: "api-gateway", may: ["createAssessment", "listAssessments"] },
    { app: "ml-api", may: ["getActiveModelVersion"] },
  ],
} as const;
const session = { lifetimeSeconds: 80_000, idleTimeoutSeconds: 1_000 };
const cookie = { name: "session", httpOnly: true, sameSite: "lax" } as const;
const ONES = `sha256:${"1".repeat(64)}`;

/** One person's, as dev is: everything made up, images loaded by hand. */
export const personal = {
  name: "dev",
  namespace: "clinic",
  limits: {
    quota: {
      requests: { cpu: "6", memory: "5Gi", ephemeralStorage: "5Gi" },
      limits: { cpu: "6", memory: "6Gi", ephemeralStorage: "6Gi" },
      pods: 30,
    },
    container: {
      min: { cpu: "20m", memory: "20Mi", ephemeralStorage: "10Mi" },
      max: { cpu: "3", memory: "3Gi", ephemeralStorage: "3Gi" },
    },
  },
  secrets: { kind: "generated" },
  certificate: { kind: "generated" },
  config: { services, session: { ...session, cookie: { ...cookie, secure: false } }, logLevel: "debug" },
  network,
  engine: "statefulset",
  database: {
    image: { reference: "postgres:16-alpine", pullPolicy: "IfNotPresent" },
    resources: guaranteed({ cpu: "600m", memory: "256Mi", ephemeralStorage: "1500Mi" }),
    reloader: guaranteed({ cpu: "40m", memory: "40Mi", ephemeralStorage: "20Mi" }),
    storage: "12Gi",
    whenDeleted: "Delete",
    stopGraceSeconds: 100,
  },
  clients: [
    {
      app: "auth-svc",
      role: "auth_svc",
      tables: {
        users: { select: ["id", "email"], insert: ["email"] },
        auth_sessions: { select: ["id", "token_hash"] },
      },
      connections: 2,
    },
  ],
  backup: {
    schedule: "11 2 * * *",
    deadlineSeconds: 1_500,
    retries: 3,
    resources: guaranteed({ cpu: "300m", memory: "150Mi", ephemeralStorage: "30Mi" }),
    scratch: "12Gi",
    target: { kind: "volume", storage: "15Gi", keep: { daily: 4, weekly: 3, monthly: 2 } },
    recipients: { kind: "generated" },
    drill: {
      schedule: "41 2 * * 1",
      deadlineSeconds: 1_600,
      resources: guaranteed({ cpu: "300m", memory: "300Mi", ephemeralStorage: "30Mi" }),
      storage: "25Gi",
    },
  },
  retention: {
    schedule: "23 3 * * *",
    deadlineSeconds: 1_000,
    sessionDays: 20,
    auditMonths: 50,
    partitionsAheadMonths: 2,
    resources: guaranteed({ cpu: "90m", memory: "90Mi", ephemeralStorage: "20Mi" }),
  },
  migration: {
    resources: guaranteed({ cpu: "200m", memory: "200Mi", ephemeralStorage: "50Mi" }),
    testUsers: true,
    deadlineSeconds: 500,
    retries: 4,
    keepFinishedSeconds: 200_000,
  },
  service: {
    image: { reference: "diabrisk/data-svc:trial", pullPolicy: "IfNotPresent" },
    resources: guaranteed({ cpu: "200m", memory: "200Mi", ephemeralStorage: "50Mi" }),
    replicas: 2,
    minAvailable: 1,
    poolSize: 4,
    outageWaitSeconds: 12,
    drainSeconds: 6,
    stopGraceSeconds: 45,
  },
  monitoring: { kind: "none" },
} satisfies Stage;

/** Many people's, as staging and prod are: secrets from a store, images pinned by digest. */
export const common = {
  ...personal,
  name: "prod",
  namespace: "hospital",
  limits: {
    quota: {
      requests: { cpu: "30", memory: "50Gi", ephemeralStorage: "50Gi" },
      limits: { cpu: "40", memory: "60Gi", ephemeralStorage: "60Gi" },
      pods: 40,
    },
    container: {
      min: { cpu: "20m", memory: "20Mi", ephemeralStorage: "10Mi" },
      max: { cpu: "10", memory: "20Gi", ephemeralStorage: "10Gi" },
    },
  },
  secrets: { kind: "external", store: "vault", path: "hospital/prod", refreshInterval: "2h" },
  certificate: { kind: "cert-manager", issuer: "hospital", issuerKind: "Issuer" },
  config: { services, session: { ...session, cookie: { ...cookie, secure: true } }, logLevel: "warn" },
  database: {
    ...personal.database,
    image: { reference: `postgres:16.9-alpine@${ONES}`, pullPolicy: "Always" },
    resources: guaranteed({ cpu: "4", memory: "6Gi", ephemeralStorage: "3Gi" }),
    storage: "60Gi",
    whenDeleted: "Retain",
  },
  backup: {
    ...personal.backup,
    schedule: "11 * * * *",
    scratch: "70Gi",
    target: {
      kind: "s3",
      endpoint: "https://objects.hospital.example:9443",
      region: "north",
      bucket: "hospital-backups",
      prefix: "prod",
      network: [{ kind: "addresses", cidr: "192.0.2.0/24" }],
      keepDays: 90,
    },
    recipients: {
      kind: "keys",
      people: ["age1r77euavxvjc6ktcvsd9qn3rluzlfarfwhxtphv6s96swz535h3fqp5tva7"],
      drill: "age1kmyh45reelhpr77y96hgzd3mukyu0ufwf3arcz6w8gc9znge5c2qgcd9q3",
    },
    drill: { ...personal.backup.drill, storage: "150Gi" },
  },
  migration: { ...personal.migration, testUsers: false },
  service: {
    ...personal.service,
    image: { reference: `diabrisk/data-svc:2.0.0@${ONES}`, pullPolicy: "Always" },
    resources: guaranteed({ cpu: "700m", memory: "700Mi", ephemeralStorage: "300Mi" }),
    replicas: 5,
    minAvailable: 3,
    poolSize: 8,
  },
  monitoring: {
    kind: "prometheus-operator",
    labels: [["team", "hospital"]],
    exporter: {
      image: { reference: `registry.hospital.example/postgres-exporter:v0.19.1@${ONES}`, pullPolicy: "Always" },
      resources: guaranteed({ cpu: "60m", memory: "60Mi", ephemeralStorage: "20Mi" }),
    },
    backupHours: 3,
    drillDays: 9,
    retentionDays: 4,
    runbooks: "https://wiki.hospital.example/diabrisk",
  },
} satisfies Stage;

/** One whose database an operator runs, as prod-ha is. */
export const clustered = {
  ...common,
  name: "prod-ha",
  engine: "cloudnative-pg",
  secrets: { ...common.secrets, path: "hospital/prod-ha" },
  cluster: {
    image: { reference: `registry.hospital.example/postgresql:16.9@${ONES}`, pullPolicy: "Always" },
    instances: 3,
    synchronous: { number: 1, dataDurability: "required", failoverQuorum: true },
    nodeEach: true,
    disruptionBudgets: true,
    walStorage: "15Gi",
    archive: {
      target: {
        endpoint: "https://objects.hospital.example:9443",
        region: "north",
        bucket: "hospital-archive",
        prefix: "postgres",
        network: [{ kind: "addresses", cidr: "192.0.2.0/24" }],
      },
      lineage: "first",
      schedule: "30 11 2 * * *",
      keepDays: 20,
      resources: guaranteed({ cpu: "400m", memory: "400Mi", ephemeralStorage: "40Mi" }),
      drill: {
        schedule: "41 6 * * 2",
        deadlineSeconds: 7200,
        resources: guaranteed({ cpu: "120m", memory: "120Mi", ephemeralStorage: "24Mi" }),
      },
    },
    operatorNamespace: "operators",
  },
  backup: { ...common.backup, target: { ...common.backup.target, prefix: "prod-ha" } },
} satisfies Stage;

const postgres = {
  engine: "statefulset",
  name: "postgres",
  app: "postgres",
  serviceName: "postgres-headless",
  claim: "data",
  uid: 10_070,
  mountPath: "/var/lib/postgresql/data",
  dataDirectory: "/var/lib/postgresql/data/pgdata",
  major: 16,
  libc: "musl",
} as const;

/** The last release of each of them. */
export const RELEASED_BEFORE: Readonly<Record<"dev" | "prod" | "prod-ha", Released>> = {
  dev: { ...postgres, namespace: "clinic", storage: "12Gi" },
  prod: { ...postgres, namespace: "hospital", storage: "60Gi" },
  "prod-ha": {
    ...postgres,
    ...{ engine: "cloudnative-pg", serviceName: "postgres-rw", claim: "postgres", uid: 26, libc: "glibc" },
    namespace: "hospital",
    storage: "60Gi",
    walStorage: "15Gi",
    lineage: "first",
  },
};
