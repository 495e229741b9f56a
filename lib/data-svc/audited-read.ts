import type { AuditEntry, Origin } from "./audit";
import type { RequestWork, Statement } from "./database";
import { unknownUser, userDoesNotExist } from "./problems";
import { takesNoWrites } from "./write-refusals";

/** A read of people's data, in two forms. `auditedRead` makes both. */
export interface AuditedRead {
  /** Writes the entry, too. */
  readonly logged: Statement;
  /** Returns the entry instead, for a server that takes no writes. */
  readonly unlogged: Statement;
}

/** Parts of an entry that only the request knows. */
export interface AboutRead extends Pick<AuditEntry, "metadata"> {
  /** The person whose data is asked for, who must be a user. @default the `user_id` of the first row */
  readonly subjectId?: string;
  /** The one thing that is asked for. @default whatever there is of the person's */
  readonly resourceId?: string;
  /** How many of the rows the answer shows. @default all */
  readonly shown?: number;
}

/**
 * Reads people's data for one request, and writes what was read into the audit log. The rows come once the entry is committed.
 * A lost connection has both done again, so the log may have an entry for each time.
 * @throws Problem `unknown-user` for the subject, with an entry; `user-does-not-exist` for the actor, without one; DatabaseFailure,
 * ClientGone
 */
export type ReadAudited = <Row>(read: AuditedRead, values: readonly unknown[], about: AboutRead) => Promise<Row[]>;

/** Keeps an entry that the database does not take: a row of `audit_logs` with its time, and without an id. @throws DatabaseFailure */
export type KeepEntry = (entry: Readonly<Record<string, unknown>>) => Promise<void>;

const COLUMNS =
  "actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata";

/**
 * Joins a read and its entry into one statement, which is one transaction and one round trip. Its rows have `id`, which the entry
 * lists, and the person as `user_id`. `fields` has a place for each of its parameters. Constants go into its text.
 */
export function auditedRead(
  { name, text, fields }: Required<Omit<Statement, "writes">>,
  { action, resourceType }: Pick<AuditEntry, "action" | "resourceType">,
): AuditedRead {
  const [actor, subject, caller, resource, address, agent, metadata, shown] = Array.from(
    { length: 8 },
    (_, place) => `$${fields.length + place + 1}`,
  );
  const isUser = (id = "") => `(${id}::uuid is null or exists (select from public.users where id = ${id}::uuid))`;
  const parts = `
    with read as (${text}),
    person as (select ${isUser(subject)} as known),
    entry as (
      select ${actor}::uuid as actor_id, coalesce(${subject}::uuid, (select user_id from read limit 1)) as subject_id,
        ${caller}::text as caller, '${action}'::text as action, '${resourceType}'::text as resource_type,
        ${resource}::text as resource_id, ${address}::inet as ip_address, ${agent}::text as user_agent,
        ${metadata}::jsonb || case when known then
          jsonb_build_object('ids', (
            select coalesce(jsonb_agg(id), '[]') from (select id from read limit ${shown}::bigint) as shown
          ))
          else '{"refused": "unknown-user"}' end as request_metadata
      from person
      where ${isUser(actor)}
    )`;
  const own = ["/x-on-behalf-of", undefined, undefined, undefined, undefined, undefined, undefined, undefined];
  const statement = { fields: [...fields, ...own] };
  // One row more than there are, so that an empty read tells of its entry, too.
  const rows = "person left join read on true";
  return {
    logged: {
      ...statement,
      name,
      writes: true,
      text: `${parts},
    logged as (insert into public.audit_logs (${COLUMNS}) select ${COLUMNS} from entry returning true)
    select known, exists (select from logged) as audited, read.* from ${rows}`,
    },
    unlogged: {
      ...statement,
      name: `${name}_unlogged`,
      text: `${parts}
    select known, (select to_jsonb(entry) || jsonb_build_object('timestamp', clock_timestamp()) from entry) as audited, read.* from ${rows}`,
    },
  };
}

interface Audited {
  readonly id: string | null;
  /** False if the subject is no user. */
  readonly known: boolean;
  /** Whether the entry is written, or the entry itself. Neither if the actor is no user. */
  readonly audited: boolean | Readonly<Record<string, unknown>> | null;
}

/** Lets one request read people's data. `keep` gets the entries that a database without writes does not take. */
export function readsFor({ query }: Pick<RequestWork, "query">, origin: Origin, keep: KeepEntry): ReadAudited {
  const { actor, caller, ipAddress, userAgent, requestId } = origin;
  return async <Row>(
    { logged, unlogged }: AuditedRead,
    values: readonly unknown[],
    { subjectId, resourceId, shown, metadata }: AboutRead,
  ) => {
    const all = [
      ...[...values, actor?.id, subjectId, caller, resourceId, ipAddress, userAgent],
      ...[JSON.stringify({ request_id: requestId, ...metadata }), shown],
    ];
    const rows = await query<Audited>(logged, all).catch((error: unknown) => {
      if (!takesNoWrites(error)) throw error;
      return query<Audited>(unlogged, all);
    });
    const [{ known, audited } = { known: false, audited: false }] = rows;
    if (!audited) throw userDoesNotExist(actor?.pointer ?? "/user_id");
    if (audited !== true) await keep(audited);
    if (!known) throw unknownUser();
    return rows.filter(({ id }) => id !== null).map(({ known: _, audited: __, ...row }) => row as Row);
  };
}
