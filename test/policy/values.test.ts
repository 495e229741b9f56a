import schema from "../../imports/k8s-schema.json";
import { ALLOWED } from "../../lib/policy/kubernetes/values";
import type { Manifest } from "../support/manifests";
import { Finished } from "./support/break";

const TYPES: Readonly<Record<string, string>> = schema.types;

test.each([...ALLOWED.keys()])("%s is a field of the API", (key) => {
  const end = key.lastIndexOf(".");
  const fields = (TYPES[key.slice(0, end)] ?? "").split(" ").map((entry) => entry.replace(/[:!].*/, ""));
  expect(fields).toContain(key.slice(end + 1));
});

/** What the API server refuses although it is of the right type, and what is said of it. */
const REFUSED: Readonly<Record<string, [change: (set: Finished) => void, says: string]>> = {
  "a value in another case": [
    (set) => (set.container.imagePullPolicy = "always"),
    'containers[0].imagePullPolicy is "always", not Always, IfNotPresent or Never',
  ],
  "a misspelt value": [
    (set) => (set.pod.topologySpreadConstraints[0].whenUnsatisfiable = "ScheduleAnyways"),
    'whenUnsatisfiable is "ScheduleAnyways", not DoNotSchedule or ScheduleAnyway',
  ],
  "one value of several": [
    (set) => set.get("NetworkPolicy", "default-deny").spec.policyTypes.push("egress"),
    'spec.policyTypes[2] is "egress", not Ingress or Egress',
  ],
  "a file mode that was meant in octal": [
    (set) => (set.pod.volumes[0].secret.defaultMode = 644),
    "defaultMode is 644, not 0 to 511 (0777 in octal)",
  ],
  "a number below what is counted": [(set) => (set.container.livenessProbe.periodSeconds = -1), "is -1, not 0 or more"],
  "a number of more than 32 bits": [(set) => (set.job.spec.backoffLimit = 2 ** 31), "not a whole number of 32 bits"],
  "a network that is none": [
    (set) => (set.get("NetworkPolicy", "data-svc").spec.egress[0].to = [{ ipBlock: { cidr: "300.1.1.1/24" } }]),
    'cidr is "300.1.1.1/24", not an address and the bits of its network',
  ],
  "text in base64 without its end": [(set) => set.add(secret("abcde")), 'data["a"] is "abcde", not text in base64'],
};

const secret = (a: string): Manifest => ({
  ...{ apiVersion: "v1", kind: "Secret", type: "Opaque", data: { a } },
  metadata: { name: "unused", namespace: "diabrisk" },
});

test.each(Object.entries(REFUSED))("%s is refused", (_, [change, says]) => {
  const set = new Finished();
  change(set);
  const found = set.violations().filter(({ rule }) => rule === "wrong-type");
  expect(found.map(({ field, problem }) => `${field} ${problem}`).join("\n")).toContain(says);
});
