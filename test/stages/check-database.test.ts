import { POSTGRES_IDENTITY } from "../../lib/postgres/identity";
import { smallestMemory } from "../../lib/postgres/settings";
import { check } from "../../lib/stages/check";
import { RELEASED_BEFORE } from "../support/stages";
import { common, personal, problems, rule } from "./support";

describe("a database", () => {
  rule(
    "has memory enough for PostgreSQL",
    personal,
    "database.resources.limits.memory",
    "128Mi",
    /requests\.memory is 256Mi, more than database\.resources\.limits\.memory/,
    new RegExp(`limits\\.memory is 128Mi.*${smallestMemory()}Mi`),
  );
  rule(
    "requests all the memory of its limit, so that a busy node kills another first",
    personal,
    "database.resources.requests.memory",
    "200Mi",
    /requests\.memory is 200Mi but its limit is 256Mi.*Set both to 256Mi/,
  );
  rule(
    "has room for a log that a role fills with warnings",
    personal,
    "database.resources.limits.ephemeralStorage",
    "1400Mi",
    /requests\.ephemeralStorage is 1500Mi, more than/,
    /limits\.ephemeralStorage is 1400Mi, which any role can fill.*Set it to 1410Mi at least/,
  );
  rule("has time for the checkpoint of a clean stop", personal, "database.stopGraceSeconds", 5, /is 5, too short.*Set/);
  rule(
    "stops within whole seconds",
    common,
    "database.stopGraceSeconds",
    40.5,
    /stopGraceSeconds is 40\.5, which is not a whole/,
  );
});

describe("a volume", () => {
  rule("has a quantity for its size", personal, "database.storage", "ten", /database\.storage is "ten"/);
  rule(
    "never shrinks",
    common,
    "database.storage",
    "50Gi",
    /storage is 50Gi but the deployed volume has 60Gi.*never shrinks.*operations\.md/,
  );
  rule(
    "keeps its storage class",
    common,
    "database.storageClass",
    "fast",
    /storageClass is "fast" but the deployed database has none.*released\.ts/,
  );
});

describe("what is deployed", () => {
  rule(
    "keeps its namespace",
    common,
    "namespace",
    "other",
    /namespace is "other" but the deployed database has "hospital"/,
  );

  test.each(["name", "claim", "uid", "major", "libc", "serviceName"] as const)("keeps the database's %s", (field) => {
    const identity = { ...POSTGRES_IDENTITY, [field]: "another" };
    expect(problems(() => check(common, RELEASED_BEFORE.prod, identity))).toEqual([
      expect.stringMatching(new RegExp(`^${field} is "another" but the deployed database has .*docs/operations\\.md`)),
    ]);
  });
});
