import type { Break } from "./break";

/** What a pod says in its own security context, whatever its containers say. */
export const CONTEXT_BREAKS: readonly Break[] = [
  {
    rule: "run-as-non-root",
    by: "false for a pod whose containers say true",
    change: (set) => {
      set.pod.securityContext.runAsNonRoot = false;
      set.container.securityContext.runAsNonRoot = true;
    },
    says: "spec.template.spec.securityContext.runAsNonRoot is false",
  },
  {
    rule: "seccomp",
    by: "Unconfined for a pod whose containers say otherwise",
    change: (set) => {
      set.pod.securityContext.seccompProfile = { type: "Unconfined" };
      set.container.securityContext.seccompProfile = { type: "RuntimeDefault" };
    },
    says: "spec.template.spec.securityContext.seccompProfile.type is Unconfined",
  },
  {
    rule: "high-ids",
    by: "null, which leaves the image's",
    change: (set) => {
      set.pod.securityContext.runAsUser = null;
      set.container.securityContext.runAsUser = null;
    },
    says: "runAsUser is set neither here nor for the pod",
  },
];
