import { strict as assert } from "node:assert";
import { RETENTION } from "../../../lib/contract";
import type { Case, E2e } from "../case";
import { logOf, startNow } from "../cron-jobs";
import { query } from "../database";

/** Begins the `user_agent` of the sessions that the case makes. */
const MINE = "e2e-retention";

/** Begin of a month, so many months from this one, as SQL. */
const month = (months: number) => `date_trunc('month', now() at time zone 'UTC') + interval '${months} months'`;
const partition = (months: number) => `to_char(${month(months)}, '"logs_"YYYY_MM')`;

export const retention: Case = {
  name: "retention",
  title:
    "The retention's Job makes a missing partition, purges ended sessions, drops an old month and logs it; the rest stays, and a second run changes nothing",
  async run(e2e) {
    const { auditMonths } = e2e.stage.retention;
    await makePast(e2e);
    e2e.cleanUp("the case's sessions", async () => {
      await query(e2e, `delete from auth_sessions where user_agent like '${MINE}%'`);
    });
    const before = await look(e2e);

    assert.ok((await startNow(e2e, RETENTION.name, "retention-once")).succeeded, "the retention failed");
    const said = await logOf(e2e, "retention-once", "retention");
    assert.match(said, /^partitions: Made 1 partition\. /m);
    assert.match(said, /^sessions: Purged 2 sessions that had ended /m);
    assert.match(
      said,
      new RegExp(
        `^audit: Dropped audit\\.logs_\\d{4}_\\d\\d with 3 entries, all older than ${auditMonths} months\\.`,
        "m",
      ),
    );
    const after = await look(e2e);
    assert.deepEqual(after, {
      sessions: ["ended yesterday", "live"],
      coming: true,
      old: false,
      expiries: before.expiries + 1,
      entries: before.entries - 3 + 1,
    });

    assert.ok((await startNow(e2e, RETENTION.name, "retention-again")).succeeded, "the second retention failed");
    const again = await logOf(e2e, "retention-again", "retention");
    assert.match(
      again,
      /^partitions: None to make\. .*\nsessions: None had ended .*\naudit: No month of the log ended /m,
    );
    assert.deepEqual(await look(e2e), after);
  },
};

/** Makes sessions and a month that are past their time, some that are not, and takes a coming month away. */
async function makePast(e2e: E2e): Promise<void> {
  const { sessionDays, auditMonths } = e2e.stage.retention;
  const session = (name: string, expires: string, revoked: string) => `
    insert into auth_sessions (user_id, user_agent, token_hash, created_at, expires_at, revoked_at)
    select id, '${MINE} ${name}', sha512(uuid_send(gen_random_uuid())), now() - interval '2 years', ${expires}, ${revoked} from person;`;
  const past = `now() - interval '${sessionDays + 1} days'`;
  await query(
    e2e,
    `create temporary table person as select id from users order by id limit 1;
     ${session("expired long ago", past, "null")}
     ${session("revoked long ago", "now() + interval '1 day'", past)}
     ${session("ended yesterday", "now() - interval '1 day'", "null")}
     ${session("live", "now() + interval '1 day'", "null")}
     set role owner;
     do $$ begin
       execute format('drop table if exists audit.%I', ${partition(1)});
       execute format('drop table if exists audit.%I', ${partition(-auditMonths - 2)});
     end $$;
     select audit_logs_add_partition(${partition(-auditMonths - 2)}, (${month(-auditMonths - 2)}) at time zone 'UTC',
       (${month(-auditMonths - 1)}) at time zone 'UTC', 'A test''s.') is null;
     reset role;
     insert into audit_logs (action, resource_type, "timestamp")
     select 'e2e', 'retention', (${month(-auditMonths - 2)}) at time zone 'UTC' + interval '1 day' from generate_series(1, 3);`,
  );
}

interface Found {
  readonly sessions: readonly string[];
  readonly coming: boolean;
  readonly old: boolean;
  readonly expiries: number;
  readonly entries: number;
}

/** The sessions of the case, whether the two months are there, and how many entries the log has. */
async function look(e2e: E2e): Promise<Found> {
  const there = (months: number) => `to_regclass('audit.' || ${partition(months)}) is not null`;
  const sessions = await query(e2e, `select user_agent from auth_sessions where user_agent like '${MINE}%' order by 1`);
  const [[coming, old, expiries, entries] = []] = await query(
    e2e,
    `select ${there(1)}, ${there(-e2e.stage.retention.auditMonths - 2)},
       count(*) filter (where action = 'audit.expire'), count(*) filter (where action in ('e2e', 'audit.expire')) from audit_logs`,
  );
  return {
    sessions: sessions.map(([name = ""]) => name.replace(`${MINE} `, "")),
    ...{ coming: coming === "t", old: old === "t" },
    ...{ expiries: Number(expiries), entries: Number(entries) },
  };
}
