import { auditedRead, type ReadAudited } from "../audited-read";
import type { Database } from "../database";
import { unknownUser } from "../problems";
import type { ExportFormat } from "./accepted-format";
import { csvDocument, jsonDocument } from "./documents";
import { type Sending, STALL_MS } from "./sending";
import type { TableName } from "./tables";

/** The person whose data is exported, and its form. CSV has one table, JSON all of them. */
export type WantedExport =
  | { readonly userId: string; readonly format: Extract<ExportFormat, "json"> }
  | { readonly userId: string; readonly format: Extract<ExportFormat, "csv">; readonly table: TableName };

const EXPORT = auditedRead(
  {
    name: "export_user",
    fields: ["/id"],
    text: "select u.id, u.id as user_id from public.users u where u.id = $1::uuid",
  },
  { action: "user.export", resourceType: "user" },
);

const BEGIN = {
  name: "export_begin",
  fields: ["/id", undefined],
  // The server would end the session while a slow reader has it wait, and that would look like an outage.
  text: `
    select to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exported_at,
      set_config('idle_in_transaction_session_timeout', $2, true)
    from public.users where id = $1::uuid`,
};

/**
 * Sends all of a person's data, as one snapshot has it. The audit entry is committed before. What fails once the sending has begun
 * leaves the answer unfinished.
 * @throws Problem, DatabaseFailure, ClientGone, SlowReader
 */
export async function exportUser(
  database: Database,
  read: ReadAudited,
  wanted: WantedExport,
  sending: Sending,
): Promise<void> {
  const { userId, ...metadata } = wanted;
  await read(EXPORT, [userId], { subjectId: userId, resourceId: userId.toLowerCase(), metadata });
  const document = wanted.format === "json" ? jsonDocument : csvDocument(wanted.table);
  await database.snapshot(sending.hangUp, async (run, begun) => {
    const [opened] = await run<{ exported_at: string }>(BEGIN, [userId, String(STALL_MS * 2)]);
    // Erased since the entry.
    if (!opened) throw unknownUser();
    await document.open(run, userId);
    begun();
    for await (const part of document.parts(run, opened.exported_at)) await sending.write(part);
  });
}
