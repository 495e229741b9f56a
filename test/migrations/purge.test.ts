import { ROWS } from "./rows";
import { keep, useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

/** Sessions by name: when each expires, and when it was revoked, as intervals from now. */
const SESSIONS = {
  "expired an hour ago": ["-1 hour", null],
  "expired a month ago": ["-30 days", null],
  "expired and revoked a month ago": ["-30 days", "-31 days"],
  "revoked a month ago": ["20 days", "-30 days"],
  "revoked an hour ago": ["20 days", "-1 hour"],
  live: ["20 days", null],
  // Not valid before its time, and so nobody's to delete.
  "revoked in the future": ["20 days", "10 days"],
} as const;

beforeAll(() => keep(database, { sessionDays: 0 }));

const purge = async (before: string, most = 100) => {
  const [row] = await database.rows<{ purged: number }>(`select auth_sessions_purge(${before}, $1) as purged`, [most]);
  return row?.purged;
};

const left = async () =>
  (await database.rows<{ name: string }>("select user_agent as name from auth_sessions order by 1")).map(
    ({ name }) => name,
  );

const fill = async () => {
  let byte = 0;
  for (const [name, [expires, revoked]] of Object.entries(SESSIONS))
    await database.rows(
      `insert into auth_sessions (user_id, user_agent, token_hash, created_at, expires_at, revoked_at)
       values ($1, $2, $3, now() - interval '40 days', now() + $4::interval, now() + $5::interval)`,
      [ROWS.auth_sessions.user_id, name, Buffer.alloc(64, ++byte), expires, revoked],
    );
};

beforeEach(fill);

const OLD = ["expired a month ago", "expired and revoked a month ago", "revoked a month ago"];
const without = (...gone: string[]) =>
  Object.keys(SESSIONS)
    .filter((name) => !gone.includes(name))
    .sort();

test("purges what ended before the time, by expiry or revocation, and nothing else", async () => {
  expect(await purge("now() - interval '7 days'")).toBe(3);
  expect(await left()).toEqual(without(...OLD));
  expect(await purge("now() - interval '7 days'")).toBe(0);
});

test("purges up to this moment, and never what may still be used", async () => {
  expect(await purge("now()")).toBe(5);
  expect(await left()).toEqual(["live", "revoked in the future"]);
});

test("purges so many at a time, until none is left", async () => {
  expect([await purge("now()", 2), await purge("now()", 2), await purge("now()", 2)]).toEqual([2, 2, 1]);
  expect(await left()).toEqual(["live", "revoked in the future"]);
});

test.each(["now() + interval '1 second'", "'infinity'", "null"])("refuses %s: not past", async (time) => {
  const error = await database.refusal(`select auth_sessions_purge(${time}, 100)`);
  expect([error.code, error.message]).toEqual([
    "22023",
    expect.stringMatching(/^ended_before is .*, but ended sessions are kept for 0 days$/),
  ]);
  expect(await left()).toHaveLength(Object.keys(SESSIONS).length);
});

test.each([0, -1, 10_001, null])("refuses to delete %s at a time", async (most) => {
  const error = await database.refusal("select auth_sessions_purge(now(), $1)", [most]);
  expect([error.code, error.message]).toEqual(["22023", expect.stringMatching(/^most is .* takes 1 to 10000$/)]);
});
