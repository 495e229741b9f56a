import { type Finished, metadata } from "./break";

/** One change of good objects that leaves them good. */
export interface Accepted {
  /** What there is afterwards, for the test's name. */
  readonly what: string;
  readonly change: (set: Finished) => void;
}

const custom = (apiVersion: string, kind: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: metadata("custom"),
  spec,
});
const template = { spec: { containers: [{ name: "a", image: "a" }] } };

/** What looks like a broken rule and is none. */
export const ACCEPTED: readonly Accepted[] = [
  {
    what: "kinds of extensions that have a name of Kubernetes' own",
    change: (set) =>
      set.add(
        custom("serving.knative.dev/v1", "Service", { template }),
        custom("batch.volcano.sh/v1alpha1", "Job", { template, tasks: [] }),
        custom("example.com/v1", "Pod", { containers: [{}] }),
        custom("projectcalico.org/v3", "NetworkPolicy", { selector: "all()", types: ["Ingress"], ingress: [{}] }),
        custom("monitoring.googleapis.com/v1", "PodMonitor", { selector: { matchLabels: { app: "nobody" } } }),
      ),
  },
  {
    what: "a kind that JavaScript's objects have a property of",
    change: (set) => set.add(custom("example.com/v1", "constructor", {}), custom("example.com/v1", "toString", {})),
  },
];
