import type { ErasedDocument, Erasure } from "./api/erasure";
import { callLogged, type Origin, userExists } from "./audit";
import type { RequestWork } from "./database";
import { userDoesNotExist } from "./problems";

const ERASE_USER = {
  name: "erase_user",
  fields: ["/id", "/x-on-behalf-of"],
  text: "select erased, documents::float8 as documents from public.erase_user($1::uuid, $2::uuid, $3, $4::inet, $5, $6::jsonb)",
};

/**
 * Erases a person from every table, with an audit entry. Changes nothing if there is none, whom the request may have been for.
 * @throws Problem if the actor is somebody else and not a user; DatabaseFailure, ClientGone
 */
export async function eraseUser(work: RequestWork, id: string, origin: Origin): Promise<Erasure> {
  const { actor, caller, ipAddress, userAgent, requestId } = origin;
  return await work.transaction(async (run) => {
    // Without a lock: the function locks both persons in an order of its own.
    if (actor && actor.id.toLowerCase() !== id.toLowerCase() && !(await userExists(run, actor.id, actor.pointer)))
      throw userDoesNotExist(actor.pointer);
    const request = [caller, ipAddress ?? null, userAgent ?? null, JSON.stringify({ request_id: requestId })];
    const values = [id, actor?.id ?? null, ...request];
    const [erasure] = await run<Erasure>(ERASE_USER, values);
    return erasure ?? { erased: false, documents: 0 };
  });
}

const LIST = {
  name: "list_erased_documents",
  fields: ["/after", "/limit"],
  text: `
    select id::float8 as id, report_id, content_url,
      to_char(erased_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as erased_at
    from erasure.documents
    where id > $1::bigint and deleted_at is null
    order by id
    limit $2`,
};

/** Reads documents that have still to be deleted, oldest first, from after this id on. @throws DatabaseFailure */
export async function listErasedDocuments(
  { query }: Pick<RequestWork, "query">,
  limit: number,
  after: number,
): Promise<ErasedDocument[]> {
  return await query<ErasedDocument>(LIST, [after, limit]);
}

const ACKNOWLEDGE = {
  name: "acknowledge_erased_document",
  fields: ["/id", "/x-on-behalf-of"],
  text: "select public.acknowledge_document($1::bigint, $2::uuid, $3, $4::inet, $5, $6::jsonb)",
};

/**
 * Notes that a document is deleted, with an audit entry. Changes nothing if that is known.
 * @throws Problem if the actor is not a user; DatabaseFailure, ClientGone
 */
export async function acknowledgeErasedDocument(work: RequestWork, id: number, origin: Origin): Promise<void> {
  await work.transaction((run) => callLogged(run, ACKNOWLEDGE, id, origin));
}
