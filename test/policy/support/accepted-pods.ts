import type { Manifest } from "../../support/manifests";
import type { Accepted } from "./accepted";
import type { Finished } from "./break";

const UNNAMED = [{ containerPort: 9090 }, { containerPort: 9091 }];

/** Of pods, their containers and their policies: what looks like a broken rule and is none. */
export const ACCEPTED_PODS: readonly Accepted[] = [
  {
    what: "a policy's port by the name that the server gives it",
    change: (set) => (set.get("NetworkPolicy", "postgres").spec.ingress[0].ports[0].port = set.server.ports[0].name),
  },
  {
    what: "a policy's port in a range",
    change: (set) =>
      Object.assign(set.get("NetworkPolicy", "postgres").spec.ingress[0].ports[0], { port: 5430, endPort: 5439 }),
  },
  {
    what: "all pods with one label, in every namespace",
    change: (set) =>
      set
        .get("NetworkPolicy", "data-svc")
        .spec.ingress[0].from.push({ namespaceSelector: {}, podSelector: { matchLabels: { role: "caller" } } }),
  },
  {
    what: "a pod that says nothing, where its containers say all",
    change: (set) => {
      const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile, ...rest } = set.pod.securityContext;
      set.pod.securityContext = rest;
      const own = { runAsNonRoot: true, runAsUser: 20_000, runAsGroup: 20_000 };
      Object.assign(set.container.securityContext, own, { seccompProfile: { type: "RuntimeDefault" } });
    },
  },
  {
    what: "no time to stop, where nothing needs it",
    change: ({ pod, container }) => {
      pod.terminationGracePeriodSeconds = 0;
      delete container.lifecycle;
    },
  },
  {
    what: "a command that does something before it stops",
    change: ({ container }) => (container.lifecycle.preStop = { exec: { command: ["sh", "-c", "sleep 5; drain"] } }),
  },
  { what: "two ports without names", change: ({ container }) => container.ports.push(...UNNAMED) },
  { what: "570m of 0.57", change: ({ container }) => ofCpu(container, "570m", "0.57") },
  { what: "a tenth of a CPU as a number", change: ({ container }) => ofCpu(container, 0.1, 0.3) },
  { what: "a Job that is never tried again", change: (set) => (set.job.spec.backoffLimit = 0) },
  { what: "a Job that goes at once", change: (set) => (set.job.spec.ttlSecondsAfterFinished = 0) },
  ...["my_app", "Registry.Example.com/app", "localhost:5000/a/b__c", "[::1]:5000/app", "a.b-c--d/e.f"].map((image) => ({
    what: `the image ${image}`,
    change: ({ container }: Finished) => named(container, image),
  })),
  ...["prom/postgres-exporter", "mongo-express", "edoburu/pgbouncer", "oliver006/redis_exporter"].map((image) => ({
    what: `${image}, no database`,
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
