import type { Examined } from "../../lib/migrator/analysis/examine";
import type { LockMode } from "../../lib/migrator/analysis/locks";
import { differencesFrom } from "../../lib/migrator/trace/compare";

/** Differences that are found in a sampled statement which was predicted to lock an index otherwise. */
function sampled(kind: string, predicted: LockMode, lock: LockMode): string[] {
  const effect = { relation: "public.i", isNew: false, lock: predicted };
  const examined = { kind, effects: [effect] } as unknown as Examined;
  const observed = [{ relation: "public.i", isNew: false, kind: "i", lock }];
  return differencesFrom(examined, { observed, told: [], sampled: true });
}

test("a sample of the last moment of DROP INDEX CONCURRENTLY, which holds nobody up, is no difference", () => {
  expect(sampled("DROP INDEX CONCURRENTLY", "SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE")).toEqual([]);
  expect(sampled("REINDEX", "SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE")).toEqual([
    "predicted SHARE UPDATE EXCLUSIVE on i, took ACCESS EXCLUSIVE",
  ]);
  expect(sampled("REINDEX", "ACCESS EXCLUSIVE", "SHARE")).toEqual([]);
});
