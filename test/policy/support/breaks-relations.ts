import { type Break, metadata } from "./break";

/** What can be wrong between an object and what it names or selects. */
export const RELATION_BREAKS: readonly Break[] = [
  {
    rule: "default-deny",
    by: "a policy of an extension in its place",
    change: (set) => {
      set.get("NetworkPolicy", "default-deny").spec.policyTypes = ["Egress"];
      const spec = { selector: "app == 'nothing'", types: ["Ingress"] };
      set.add({ apiVersion: "projectcalico.org/v3", kind: "NetworkPolicy", metadata: metadata("calico"), spec });
    },
    says: "denies Ingress",
  },
];
