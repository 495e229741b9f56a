import type { FastifyRequest } from "fastify";
import { type ReadAudited, readsFor } from "../audited-read";
import { hangUpOf } from "../hang-ups";
import type { Parts } from "./context";
import { origin } from "./origin";

/** Lets a request read people's data. Entries that the database does not take go to the log, and are counted. */
export function reads(request: FastifyRequest, { database, metrics }: Parts): ReadAudited {
  return readsFor(database.forRequest(hangUpOf(request)), origin(request), (entry) => {
    metrics.auditEntryUnwritten();
    // Whatever the log's level is: the entry is nowhere else.
    request.log.child({}, { level: "error" }).error({ audit_entry: entry }, "An audit entry could not be written");
  });
}
