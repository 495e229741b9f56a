import type { Facts } from "../../lib/move/obstacles";
import type { Standing } from "../../lib/move/standing";

/** A server whose database can move. */
export const MOVABLE: Facts = {
  ...{ version: 16, superuser: true, inRecovery: false, walLevel: "logical", freeSlots: 10, freeSenders: 10 },
  ...{ connectionLimit: -1, encoding: "UTF8", bytes: 3 * 1024 ** 3, tables: 12, withoutIdentity: [], unlogged: [] },
  ...{
    materialized: [],
    largeObjects: 0,
    prepared: 0,
    otherSlots: [],
    extensions: ["plpgsql"],
    available: ["plpgsql"],
  },
  ...{ roles: ["diabrisk", "owner"], neededRoles: ["owner"], held: false, fenced: false },
};

/** A server that can take it. */
export const EMPTY: Facts = { ...MOVABLE, tables: 0, bytes: 8 * 1024 ** 2 };

/** Nothing has begun. */
export const BEFORE: Standing = {
  ...{ serving: "old", old: MOVABLE, subscribed: false, copied: false, waitingBytes: null, back: false },
};
