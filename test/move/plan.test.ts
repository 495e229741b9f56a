import { describeStop, refusals, renderPlan } from "../../lib/move/plan";
import type { Standing } from "../../lib/move/standing";
import { BEFORE, EMPTY, MOVABLE } from "./facts";

const place = { from: "prod", to: "prod-ha", context: "eu", namespace: "diabrisk", longestPauseSeconds: 10 };
const plan = (standing: Standing) => renderPlan("move", { ...place, standing });
const done = (text: string) => [...text.matchAll(/(\d)\. \[done\]/g)].map(([, number]) => Number(number));

test("says what it would do, for how long nobody can write, and what comes afterwards", () => {
  const text = plan(BEFORE);
  expect(text).toMatch(
    /^The database of namespace diabrisk in context eu goes from prod to prod-ha: 12 tables, 3072 MiB\./,
  );
  expect(text).toMatch(/6\. Nobody can write for at most 10 s/);
  expect(text).toMatch(
    /npm run deploy -- prod-ha.*npm run move -- prod prod-ha --finish, or --back\. Do not deploy prod/,
  );
  expect(done(text)).toEqual([]);
});

test("marks what is done, wherever it was stopped", () => {
  const held = { ...MOVABLE, held: true };
  const standings: readonly [Standing, readonly number[]][] = [
    [{ ...BEFORE, new: EMPTY }, [1]],
    [{ ...BEFORE, new: EMPTY, old: held }, [1, 2]],
    [{ ...BEFORE, new: { ...EMPTY, held: true }, old: held }, [1, 2, 3]],
    [
      { ...BEFORE, new: { ...EMPTY, held: true }, old: held, subscribed: true, copied: true, waitingBytes: 0 },
      [1, 2, 3, 4],
    ],
    [{ ...BEFORE, serving: "new", new: held, old: held, back: true }, [1, 2, 3, 4, 5, 6, 7]],
  ];
  for (const [standing, steps] of standings) expect(done(plan(standing))).toEqual(steps);
});

test("tells of log that waits on the old server's volume", () => {
  const waiting = { ...BEFORE, new: EMPTY, subscribed: true, waitingBytes: 512 * 1024 ** 2 };
  expect(plan(waiting)).toMatch(/512 MiB of the old server's log wait.*max_slot_wal_keep_size.*--abandon lets them go/);
});

test("the other actions say what is kept and what is lost", () => {
  const say = (action: "back" | "finish" | "abandon", standing: Standing) => renderPlan(action, { ...place, standing });
  expect(say("back", { ...BEFORE, serving: "new" })).toMatch(/Rows that were written since the move are kept/);
  expect(say("finish", { ...BEFORE, serving: "new" })).toMatch(
    /Its volume is kept, and there is no way back without loss/,
  );
  expect(say("abandon", BEFORE)).toMatch(/serves on.*\n.*Cluster with the copy stays/);
});

test("refuses before anything is made, and not once clients are led to the new server", () => {
  const plain = { ...MOVABLE, walLevel: "replica" };
  expect(refusals({ ...BEFORE, old: plain })).toHaveLength(1);
  expect(refusals({ ...BEFORE, old: plain, serving: "new" })).toEqual([]);
});

test("after a stop says whether anybody can write, and what to run", () => {
  const shut = { ...MOVABLE, fenced: true };
  const said = (standing: Standing) => describeStop(standing, "prod", "prod-ha");
  expect(said(BEFORE)).toMatch(/^The server of prod serves, and everybody can write/);
  expect(said({ ...BEFORE, old: shut })).toMatch(/Nobody can write.*npm run move -- prod prod-ha, or .* --abandon/);
  expect(said({ ...BEFORE, serving: "new", old: shut, new: MOVABLE })).toMatch(/^The server of prod-ha serves/);
  expect(said({ ...BEFORE, serving: "new", old: shut, new: shut })).toMatch(/Nobody can write.*prod-ha --back/);
});
