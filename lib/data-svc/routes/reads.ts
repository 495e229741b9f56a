import type { FastifyRequest } from "fastify";
import { type ReadAudited, readsFor } from "../audited-read";
import { DatabaseFailure } from "../database-failure";
import { hangUpOf } from "../hang-ups";
import type { Parts } from "./context";
import { origin } from "./origin";

const KEPT_NOWHERE = "The database takes no writes, and the log's reader has stalled: nothing would tell of the read.";

/** Lets a request read people's data. An entry that the database does not take goes to the log, or the read is refused. */
export function reads(request: FastifyRequest, { database, metrics, takes }: Parts): ReadAudited {
  return readsFor(database.forRequest(hangUpOf(request)), origin(request), async (entry) => {
    // Logged at any level that is set, since the entry is nowhere else.
    const log = request.log.child({}, { level: "error" });
    const taken = await takes(() => log.error({ audit_entry: entry }, "An audit entry could not be written"));
    if (!taken) throw new DatabaseFailure("overloaded", KEPT_NOWHERE, undefined);
    metrics.auditEntryUnwritten();
  });
}
