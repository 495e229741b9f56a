import { podAddress, startCaller } from "../callers";
import type { E2e } from "../case";
import { query } from "../database";
import { startLoad } from "../load";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { readOnly } from "./read-only";
import { hold, openSessions } from "./sessions";

type End = () => Promise<void>;

/** Breaks something, and has requests meet it: at one pod, since the Service leaves out one that is not ready. */
const whileAsked = (perSecond: number, breakIt: (e2e: E2e) => Promise<End>) => async (e2e: E2e) => {
  const caller = await startCaller(e2e, "e2e-asker");
  const mend = await breakIt(e2e);
  const load = await startLoad(e2e, caller, { kind: "read", perSecond, host: await podAddress(e2e) });
  return async () => {
    await mend();
    await load.stop();
    await caller.remove();
  };
};

async function renameTable(e2e: E2e): Promise<End> {
  await query(e2e, "alter table assessments rename to e2e_assessments");
  return async () => {
    await query(e2e, "alter table e2e_assessments rename to assessments");
  };
}

/** Nearly all of the time the table is locked, for less long than a request waits. */
const LOCK_OFTEN = `do $$ begin for i in 1..1000 loop
    lock table assessments; perform pg_sleep(0.8); commit; perform pg_sleep(0.05);
  end loop; end $$`;

/** Alerts on one promise, by their windows. */
const burning = (name: string) => ({
  soon: `${name} critical 1h`,
  // Their short windows are half an hour and six hours, so that they outlast the run.
  late: [`${name} critical 6h`, `${name} warning 3d`],
});

const FAILING = burning("DataServiceRequestsFailing");
const SLOW = burning("DataServiceRequestsSlow");

/** The short window of the quickest alert. */
const FADES = 5 * MINUTE;

/** Faults that callers feel. Ten bad requests are the least that an alert minds, and all windows have seen no other. */
export const REQUEST_FAULTS: readonly AlertFault[] = [
  {
    name: "a table of data-svc's is gone",
    alerts: [FAILING.soon, ...FAILING.late],
    lingers: FAILING.late,
    seconds: SCRAPES,
    fades: FADES,
    begin: whileAsked(2, renameTable),
  },
  {
    name: "somebody locks a table again and again",
    alerts: [SLOW.soon, ...SLOW.late],
    lingers: SLOW.late,
    seconds: SCRAPES,
    fades: FADES,
    begin: whileAsked(2, (e2e) => openSessions(e2e, "e2e-locker", LOCK_OFTEN)),
  },
  {
    name: "somebody has made data-svc read-only, and others read on",
    alerts: ["PostgresReadOnly critical", "AuditEntriesUnwritten warning"],
    seconds: SCRAPES,
    fades: 4 * MINUTE,
    begin: whileAsked(2, readOnly),
  },
  {
    name: "requests wait for a locked table, and for each other's connections",
    alerts: ["DataServicePoolExhausted warning"],
    // They take three seconds, and then fail.
    also: [FAILING.soon, SLOW.soon],
    lingers: [...FAILING.late, ...SLOW.late],
    seconds: MINUTE + SCRAPES,
    fades: FADES,
    begin: whileAsked(10, (e2e) => hold(e2e, "e2e-holder", "lock table assessments")),
  },
];
