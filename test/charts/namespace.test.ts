import { NamespaceChart } from "../../lib/charts/namespace";
import { ALL_STAGES } from "../../lib/stages";
import { chartOf, only } from "../support/manifests";
import { common } from "../support/stages";

describe("the namespace of every stage", () => {
  test.each(ALL_STAGES)(
    "$name refuses pods below the restricted standard, and says so in audits and warnings",
    (stage) => {
      const { metadata } = only(chartOf(NamespaceChart, stage), "Namespace", stage.namespace);
      expect(metadata.namespace).toBeUndefined();
      expect(metadata.labels).toMatchObject({
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      });
    },
  );

  test("limits each container and their sum, requests and limits", () => {
    const objects = chartOf(NamespaceChart, common);
    const [limits] = only(objects, "LimitRange").spec.limits;
    for (const side of ["min", "max", "default", "defaultRequest"]) {
      expect(Object.keys(limits[side]).sort()).toEqual(["cpu", "ephemeral-storage", "memory"]);
    }
    expect(only(objects, "ResourceQuota").spec.hard).toMatchObject({
      "requests.memory": "50Gi",
      "limits.memory": "60Gi",
    });
  });
});
