import type { Run, Statement } from "./database";
import { userDoesNotExist } from "./problems";

/** Origin of a request, for its audit entries. */
export interface Origin {
  /** The calling service. */
  readonly caller: string;
  /** The person who asked, by the caller's account, with the JSON pointer to that account. */
  readonly actor: { readonly id: string; readonly pointer: string } | undefined;
  readonly ipAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly requestId: string;
}

export interface AuditEntry {
  /** For example `assessment.create`. */
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** The person whose data it is. @default nobody */
  readonly subjectId?: string;
  /** The person who did it. @default the request's actor, if it names one */
  readonly actorId?: string;
  /** Beside the request's id. No health values. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const INSERT_AUDIT = {
  name: "insert_audit",
  // The log has no foreign key, which would blank the entries of a deleted user. So this statement looks for the actor.
  text: `
    insert into public.audit_logs
      (actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata)
    select $1::uuid, $2::uuid, $3, $4, $5, $6, $7::inet, $8, $9::jsonb
    where $1 is null or exists (select from public.users where id = $1)
    returning true as written`,
};

const FIND_USER = { name: "actor_exists", text: "select 1 from public.users where id = $1::uuid" };

/** Whether there is such a user. @param pointer to the field that names it */
export const userExists = async (run: Run, id: string, pointer: string): Promise<boolean> =>
  (await run({ ...FIND_USER, fields: [pointer] }, [id])).length > 0;

const HOLD_USER = { name: "hold_user", text: "select 1 where public.hold_user($1::uuid)" };

/**
 * Keeps a person from being erased until the transaction ends. Comes before anything that locks rows: the erasure may want them, and
 * the entry waits for the erasure. @returns whether there is such a user @throws DatabaseFailure
 */
export const holdUser = async (run: Run, id: string, pointer?: string): Promise<boolean> =>
  (await run({ ...HOLD_USER, fields: [pointer] }, [id])).length > 0;

/** The same for the request's actor, if it names one. @throws Problem if the actor is not a user; DatabaseFailure */
export async function holdActor(run: Run, actor: Origin["actor"]): Promise<void> {
  if (actor && !(await holdUser(run, actor.id, actor.pointer))) throw userDoesNotExist(actor.pointer);
}

/** Writes an entry in the transaction of what it tells of. @throws Problem if the actor is not a user; DatabaseFailure */
export async function writeAudit(run: Run, origin: Origin, entry: AuditEntry): Promise<void> {
  const { actor, caller, ipAddress, userAgent, requestId } = origin;
  const { action, resourceType, resourceId, subjectId, actorId = actor?.id, metadata } = entry;
  const context = ["/request_context/ip_address", "/request_context/user_agent"];
  const statement = { ...INSERT_AUDIT, fields: [actor?.pointer, ...Array(5).fill(undefined), ...context] };
  const written = await run(statement, [
    ...[actorId ?? null, subjectId ?? null, caller, action, resourceType, resourceId],
    ...[ipAddress ?? null, userAgent ?? null, JSON.stringify({ request_id: requestId, ...metadata })],
  ]);
  if (!written.length) throw userDoesNotExist(actor?.pointer ?? "/user_id");
}

/**
 * Calls a function of the database that changes one thing and writes the entry: its parameters are id, actor, caller, address,
 * browser and metadata. @throws Problem if the actor is not a user; DatabaseFailure, ClientGone
 */
export async function callLogged<Row extends object>(
  run: Run,
  call: Statement,
  id: string | number,
  origin: Origin,
): Promise<Row[]> {
  const { actor, caller, ipAddress, userAgent, requestId } = origin;
  await holdActor(run, actor);
  const request = [caller, ipAddress ?? null, userAgent ?? null, JSON.stringify({ request_id: requestId })];
  return await run<Row>(call, [id, actor?.id ?? null, ...request]);
}
