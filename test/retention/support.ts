import { runRetention } from "../../lib/retention/run";

type Ask = (sql: string) => Promise<Record<string, unknown>[]>;

/** Runs the program in this process, as the Job does. */
export async function retention(args: readonly string[], url: string) {
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
  };
  const code = await runRetention(args, { environment: { DATABASE_URL: url }, terminal });
  return { code, ...said };
}

/** Adds so many sessions of the seeded user that expired a month ago, and so many that are live. */
export async function addSessions(ask: Ask, { expired, live }: { expired: number; live: number }): Promise<void> {
  for (const [count, expires] of [
    [expired, "-30 days"],
    [live, "1 day"],
  ] as const)
    await ask(`insert into auth_sessions (user_id, token_hash, created_at, expires_at)
      select (select id from users order by email limit 1), sha512(uuid_send(gen_random_uuid())), now() - interval '40 days',
        now() + interval '${expires}'
      from generate_series(1, ${count})`);
}

/** Remembers so many assessments and documents as deleted so many days ago, and as many documents that still wait. */
export async function addDeletions(ask: Ask, count: number, days: number): Promise<void> {
  await ask(`insert into erasure.assessments (id, deleted_at)
    select gen_random_uuid(), now() - interval '${days} days' from generate_series(1, ${count})`);
  await ask(`insert into erasure.documents (report_id, content_url, erased_at, deleted_at)
    select gen_random_uuid(), 's3://reports/' || n, '2001-01-01', deleted_at
    from generate_series(1, ${count}) n, (values (now() - interval '${days} days'), (null)) deletions (deleted_at)`);
}

/** Adds a month of the audit log with entries on its first day. Asks as the owner, who alone may drop it again. */
export async function addMonth(ask: Ask, first: string, entries: number): Promise<void> {
  const name = `logs_${first.slice(0, 7).replace("-", "_")}`;
  await ask(
    `select audit_logs_add_partition('${name}', '${first} UTC', '${first} UTC'::timestamptz + interval '1 month', 'A test''s.')`,
  );
  await ask(`insert into audit_logs (action, resource_type, "timestamp")
    select 'old', 'entry', '${first} 12:00 UTC' from generate_series(1, ${entries})`);
}

/** Names of the log's partitions. */
export async function monthsOf(ask: Ask): Promise<readonly string[]> {
  const rows = await ask(`select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'audit_logs'::regclass order by 1`);
  return rows.map(({ name }) => String(name));
}
