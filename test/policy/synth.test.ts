import { ApiObject, JsonPatch } from "cdk8s";
import { buildApp, manifests } from "../../lib/app";
import { PolicyError } from "../../lib/policy";
import { prod } from "../../lib/stages/prod";
import { releaseOf } from "../support/manifests";

/** What synth says of prod after `patch` on its objects of that kind. */
function refusal(patches: Readonly<Record<string, JsonPatch>>): Error {
  const app = buildApp(releaseOf(prod));
  for (const node of app.node.findAll()) {
    const patch = ApiObject.isApiObject(node) ? patches[node.kind] : undefined;
    if (patch) (node as ApiObject).addJsonPatch(patch);
  }
  try {
    manifests(app);
  } catch (error) {
    return error as Error;
  }
  throw new Error("Nothing was refused.");
}

describe("synth", () => {
  const error = refusal({
    StatefulSet: JsonPatch.replace("/spec/podManagementPolicy", "OrderedReady"),
    Job: JsonPatch.remove("/spec/activeDeadlineSeconds"),
  });

  test("refuses every violation at once", () => {
    expect(error).toBeInstanceOf(PolicyError);
    expect(error.message).toContain("prod: 2 violations");
    expect((error as PolicyError).violations.map(({ rule }) => rule)).toEqual(["update-strategy", "job-deadline"]);
  });

  test("names the object, the field, what to do and the construct's path", () => {
    expect(error.message).toMatch(
      /job-deadline: Job diabrisk\/migrate-\w+: spec\.activeDeadlineSeconds is not set\. Set .* \(prod\/migration\/migrate\/job\)/,
    );
  });
});

test("a stage may have callers and a monitoring of its own, and has to let them in", () => {
  const network = {
    ...prod.network,
    callers: [{ app: "front-door", may: ["listAssessments" as const] }],
    monitoringNamespace: "observability",
  };
  const app = buildApp(releaseOf({ ...prod, network }));
  expect(manifests(app)).not.toEqual([]);
  const policies = app.node
    .findAll()
    .filter((node) => ApiObject.isApiObject(node))
    .filter(({ kind }) => kind === "NetworkPolicy");
  for (const policy of policies) policy.addJsonPatch(JsonPatch.replace("/spec/ingress", []));
  expect(() => manifests(app)).toThrow(/TCP 8080 from front-door(?!.*from ml-api).*TCP 9464 from prometheus/s);
});
