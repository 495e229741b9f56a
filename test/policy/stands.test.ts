import { type Break, brokenBy } from "./support/break";

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
];

test.each(CHANGES)("$by stands", ({ by, change }) => {
  expect(brokenBy({ rule: "none", by, change })).toEqual([]);
});
