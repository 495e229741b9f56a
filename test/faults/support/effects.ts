import { NOTHING_RAN } from "../../migrator/support/database";
import { type Files, pairs } from "../../migrator/support/folder";
import type { TestPostgres } from "../../support/postgres";

/** Seven migrations, each of which leaves a table and says in `effects.log` that it ran: `+3`, or `-3` when undone. */
export const SEVEN: Files = witnesses(7);

export function witnesses(count: number): Files {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return pairs(
    Object.fromEntries(
      numbers.map((n) => [
        `${String(n).padStart(6, "0")}_t${n}`,
        [`create table t${n} (id int);\n${say(`+${n}`)}`, `drop table t${n};\n${say(`-${n}`)}`],
      ]),
    ),
  );
}

function say(what: string): string {
  return `insert into effects.log (what) values ('${what}');\n`;
}

/** A database without a record, in which migrations can say that they ran; no migration makes or drops that table. */
export async function createUnrecorded(postgres: TestPostgres): Promise<string> {
  const url = await postgres.createDatabase();
  await postgres.query(url, "create schema effects create table log (id serial, what text)");
  return url;
}

/** The same, with the record that nothing has run. */
export async function createWitnessed(postgres: TestPostgres): Promise<string> {
  const url = await createUnrecorded(postgres);
  await postgres.query(url, NOTHING_RAN);
  return url;
}

/** What ran, in order: `+1 +2 -2`. */
export async function effects(postgres: TestPostgres, url: string): Promise<string> {
  const rows = await postgres.query<{ what: string }>(url, "select what from effects.log order by id");
  return rows.map(({ what }) => what).join(" ");
}

/** `+1 … +to`, or from another one on. */
export function ups(to: number, from = 1): string {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `+${from + index}`).join(" ");
}
