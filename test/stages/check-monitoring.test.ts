import { check } from "../../lib/stages/check";
import { RELEASED_BEFORE } from "../support/stages";
import { altered, common, personal, problems, rule } from "./support";

describe("the age at which a backup is too old", () => {
  rule("is a whole number", common, "monitoring.backupHours", 1.5, /monitoring\.backupHours is 1\.5/);
  rule(
    "is more than the schedule and the deadline together",
    common,
    "monitoring.backupHours",
    1,
    /monitoring\.backupHours is 1, but backup\.schedule starts after up to 3600 s and backup\.deadlineSeconds is 1500, .*at least 2/,
  );
  rule(
    "of a drill is, too",
    common,
    "monitoring.drillDays",
    7,
    /monitoring\.drillDays is 7, but backup\.drill\.schedule .*at least 8/,
  );
});

rule(
  "a label that Kubernetes refuses is refused",
  common,
  "monitoring.labels",
  [["release", "a b"]],
  /monitoring\.labels has release: a b/,
);
rule(
  "the exporter's image is pinned",
  common,
  "monitoring.exporter.image.reference",
  "postgres-exporter:v0.19.1",
  /monitoring\.exporter\.image is .*add the digest/,
);
rule(
  "the exporter's request is no more than its limit",
  common,
  "monitoring.exporter.resources.requests.memory",
  "90Mi",
  /monitoring\.exporter\.resources\.requests\.memory is 90Mi/,
);
rule("a kind that is none is refused", personal, "monitoring.kind", "datadog", /monitoring\.kind is "datadog"/);

test("a stage without an operator needs none of it", () => {
  expect(problems(() => check(altered(common, "monitoring", { kind: "none" }), RELEASED_BEFORE.prod))).toEqual([]);
});
