import { readFileSync } from "node:fs";
import * as path from "node:path";
import { runbookOf, SECTIONS } from "../../../lib/deploy/diff/refusal";

const IN_PLACE = "Changing what cannot be changed in place";

test.each([
  [
    "The StatefulSet \"postgres\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
    IN_PLACE,
  ],
  [
    'PersistentVolumeClaim "data-postgres-0" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    IN_PLACE,
  ],
  ['The Deployment "a" is invalid: spec.selector: Invalid value: {}: field is immutable', IN_PLACE],
  [
    'The Job "migrate-1" is invalid: spec.template: Invalid value: {}: field is immutable',
    "Running the migration Job again",
  ],
  ['The ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set', "Bad configuration"],
  ['The Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set', IN_PLACE],
  ['pods "a" is forbidden: exceeded quota: diabrisk, requested: pods=1', "Pod pending"],
  ['no matches for kind "Certificate" in version "cert-manager.io/v1"', "What deploy checks first"],
  ['The Deployment "a" is invalid: spec.replicas: Invalid value: -1', undefined],
])("%s", (message, section) => expect(runbookOf(message)?.section).toBe(section));

test("docs/operations.md has every section that a refusal names", () => {
  const page = readFileSync(path.resolve(__dirname, "../../../docs/operations.md"), "utf8");
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(expect.arrayContaining([...SECTIONS]));
});
