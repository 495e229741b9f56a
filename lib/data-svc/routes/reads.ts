import type { FastifyRequest } from "fastify";
import { type ReadAudited, readsFor } from "../audited-read";
import { DatabaseFailure } from "../database-failure";
import { hangUpOf } from "../hang-ups";
import type { Parts } from "./context";
import { origin } from "./origin";

const KEPT_NOWHERE = "The database takes no writes, and the log's reader has stalled: nothing would tell of the read.";

/** Lets a request read people's data. An entry that the database does not take goes to the log, or the read is refused. */
export function reads(request: FastifyRequest, { database, metrics, linesLeftOut }: Parts): ReadAudited {
  return readsFor(database.forRequest(hangUpOf(request)), origin(request), (entry) => {
    const before = linesLeftOut();
    // Whatever the log's level is: the entry is nowhere else.
    request.log.child({}, { level: "error" }).error({ audit_entry: entry }, "An audit entry could not be written");
    if (linesLeftOut() > before) throw new DatabaseFailure("overloaded", KEPT_NOWHERE, undefined);
    metrics.auditEntryUnwritten();
  });
}
