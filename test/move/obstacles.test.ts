import { type Facts, missingRoles, obstacles } from "../../lib/move/obstacles";
import { EMPTY, MOVABLE } from "./facts";

test("a database that can move has none, also before there is a new server", () => {
  expect([obstacles(MOVABLE, EMPTY), obstacles(MOVABLE)]).toEqual([[], []]);
});

test.each<[string, Partial<Facts>, RegExp]>([
  ["its log", { walLevel: "replica" }, /The old server has wal_level replica.*restarts the database once and asks/],
  ["slots", { freeSlots: 2 }, /room for 2 more replication slots/],
  ["senders", { freeSenders: 0 }, /and 0 more senders/],
  ["a table without a key", { withoutIdentity: ["public.a", "public.b"] }, /identity: public\.a, public\.b\./],
  ["an unlogged table", { unlogged: ["public.a"] }, /Unlogged tables: public\.a/],
  ["a materialized view", { materialized: ["public.a"] }, /Materialized views: public\.a/],
  ["large objects", { largeObjects: 3 }, /3 large objects/],
  ["prepared transactions", { prepared: 1 }, /pg_prepared_xacts/],
  ["somebody else's slot", { otherSlots: ["cdc"] }, /something else on the old server: cdc/],
  ["a connection limit", { connectionLimit: 50 }, /connection limit of 50/],
  ["an extension", { extensions: ["postgis"] }, /image lacks: postgis/],
  ["its user", { superuser: false }, /as no superuser/],
  ["recovery", { inRecovery: true }, /is in recovery/],
  ["its version", { version: 15 }, /PostgreSQL 15 and 16/],
  ["its encoding", { encoding: "LATIN1" }, /LATIN1 and UTF8/],
])("refuses the old server for %s", (_, changed, reason) => {
  expect(obstacles({ ...MOVABLE, ...changed }, EMPTY)).toEqual([expect.stringMatching(reason)]);
});

test("refuses a new server with somebody's tables, or with those of an abandoned move", () => {
  expect(obstacles(MOVABLE, { ...EMPTY, tables: 2 })).toEqual([
    expect.stringMatching(/2 tables that no move has made/),
  ]);
  expect(obstacles(MOVABLE, { ...EMPTY, held: true, tables: 12 })).toEqual([
    expect.stringMatching(/was abandoned or undone/),
  ]);
});

test("a move under way goes on with its own slots, and with writers kept out", () => {
  const begun = { ...MOVABLE, held: true, fenced: true, connectionLimit: 0, freeSlots: 0, freeSenders: 0 };
  expect(obstacles(begun, { ...EMPTY, held: true, tables: 12 })).toEqual([]);
});

test("roles that the new server lacks are named", () => {
  expect(missingRoles({ ...MOVABLE, neededRoles: ["alice", "owner"] }, EMPTY)).toEqual(["alice"]);
});
