import type { Break } from "./break";

/** Amounts that cannot be meant, of resources as of a Job's numbers. */
const AMOUNTS: readonly (readonly [
  rule: string,
  resource: string,
  requests: unknown,
  limits: unknown,
  says: string,
])[] = [
  ["resources-set", "memory", "512m", "512Mi", "requests.memory is 512m, less than 1Mi"],
  ["resources-set", "memory", 1, "512Mi", "requests.memory is 1, less than 1Mi"],
  ["resources-set", "cpu", "0", "0", "limits.cpu is 0, less than 1m"],
  ["quantity", "cpu", "-1", "1", 'requests["cpu"] is "-1"'],
  ["quantity", "cpu", "-1", "-1", 'limits["cpu"] is "-1"'],
  ["limit-below-request", "cpu", "571m", "0.57", "is 0.57, the request 571m"],
];

const JOB_NUMBERS: readonly (readonly [rule: string, field: string, value: number | null])[] = [
  ["job-deadline", "activeDeadlineSeconds", null],
  ["job-deadline", "activeDeadlineSeconds", 0],
  ["job-backoff", "backoffLimit", null],
  ["job-backoff", "backoffLimit", -1],
  ["job-ttl", "ttlSecondsAfterFinished", null],
  ["job-ttl", "ttlSecondsAfterFinished", -1],
];

const DATABASES = [
  "registry.redhat.io/rhel9/postgresql-16",
  "bitnami/postgresql-repmgr",
  "crunchydata/crunchy-postgres",
  "percona/percona-server",
  "mongodb/mongodb-community-server",
  "postgres16",
  "redis",
];

const NO_IMAGES = ["foo..bar/app", "foo/-app", "app_", "registry.example.com/App"];

/** Numbers and names that Kubernetes takes, or seems to take, and that mean something else. */
export const AMOUNT_BREAKS: readonly Break[] = [
  ...(AMOUNTS.map(([rule, resource, requests, limits, says]) => ({
    rule,
    by: `${resource} ${requests} of ${limits}`,
    change: ({ container }) => {
      container.resources.requests[resource] = requests;
      container.resources.limits[resource] = limits;
    },
    says,
  })) satisfies readonly Break[]),
  ...(JOB_NUMBERS.map(([rule, field, value]) => ({
    rule,
    by: `${field}: ${value}`,
    change: (set) => (set.job.spec[field] = value),
    says: `spec.${field} is ${value ?? "not set"}`,
  })) satisfies readonly Break[]),
  ...(DATABASES.map((image) => ({
    rule: "database-memory",
    by: image,
    change: ({ container }) => {
      container.image = container.image.replace(/^[^:]+/, image);
      container.resources.requests.memory = "64Mi";
    },
  })) satisfies readonly Break[]),
  ...(NO_IMAGES.map((image) => ({
    rule: "image-pinned",
    by: image,
    change: ({ container }) => (container.image = container.image.replace(/^[^:]+/, image)),
    says: "no image reference",
  })) satisfies readonly Break[]),
];
