import type { Manifest } from "../support/manifests";
import { type Break, brokenBy, type Finished } from "./support/break";

const UNNAMED = [{ containerPort: 9090 }, { containerPort: 9091 }];

/** Changes of good objects that leave them good. */
const CHANGES: readonly Omit<Break, "rule">[] = [
  {
    by: "a policy's port by the name that the server gives it",
    change: (set) => (set.get("NetworkPolicy", "postgres").spec.ingress[0].ports[0].port = set.server.ports[0].name),
  },
  {
    by: "a policy's port in a range",
    change: (set) =>
      Object.assign(set.get("NetworkPolicy", "postgres").spec.ingress[0].ports[0], { port: 5430, endPort: 5439 }),
  },
  {
    by: "all pods with one label, in every namespace",
    change: (set) =>
      set
        .get("NetworkPolicy", "data-svc")
        .spec.ingress[0].from.push({ namespaceSelector: {}, podSelector: { matchLabels: { role: "caller" } } }),
  },
  {
    by: "a pod that says nothing, where its containers say all",
    change: (set) => {
      const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile, ...rest } = set.pod.securityContext;
      set.pod.securityContext = rest;
      const own = { runAsNonRoot: true, runAsUser: 20_000, runAsGroup: 20_000 };
      Object.assign(set.container.securityContext, own, { seccompProfile: { type: "RuntimeDefault" } });
    },
  },
  {
    by: "no time to stop, where nothing needs it",
    change: ({ pod, container }) => {
      pod.terminationGracePeriodSeconds = 0;
      delete container.lifecycle;
    },
  },
  {
    by: "a command that does something before it stops",
    change: ({ container }) => (container.lifecycle.preStop = { exec: { command: ["sh", "-c", "sleep 5; drain"] } }),
  },
  { by: "two ports without names", change: ({ container }) => container.ports.push(...UNNAMED) },
  { by: "570m of 0.57", change: ({ container }) => ofCpu(container, "570m", "0.57") },
  { by: "a tenth of a CPU as a number", change: ({ container }) => ofCpu(container, 0.1, 0.3) },
  { by: "a Job that is never tried again", change: (set) => (set.job.spec.backoffLimit = 0) },
  { by: "a Job that goes at once", change: (set) => (set.job.spec.ttlSecondsAfterFinished = 0) },
  ...["my_app", "Registry.Example.com/app", "localhost:5000/a/b__c", "[::1]:5000/app", "a.b-c--d/e.f"].map((image) => ({
    by: `the image ${image}`,
    change: ({ container }: Finished) => named(container, image),
  })),
  ...["prom/postgres-exporter", "mongo-express", "edoburu/pgbouncer", "oliver006/redis_exporter"].map((image) => ({
    by: `${image}, no database`,
    change: ({ container }: Finished) => {
      named(container, image);
      container.resources.requests.memory = "64Mi";
    },
  })),
];

function ofCpu({ resources }: Manifest, request: unknown, limit: unknown): void {
  resources.requests.cpu = request;
  resources.limits.cpu = limit;
}

function named(container: Manifest, image: string): void {
  container.image = container.image.replace(/^[^:]+/, image);
}

test.each(CHANGES)("$by stands", ({ by, change }) => {
  expect(brokenBy({ rule: "none", by, change })).toEqual([]);
});
