import { examine } from "../../../lib/migrator/analysis/examine";
import { Schema } from "../../../lib/migrator/analysis/schema";
import { findings } from "../../../lib/migrator/lint/rules";

async function findingsOf(sql: string) {
  const schema = new Schema();
  await examine(
    `create type mood as enum ('ok'); create table moods (id int, m mood, ms mood[], note text);
     create function own(text) returns int language sql return 1;`,
    schema,
  );
  return findings(await examine(sql, schema), { transactional: true, direction: "up" });
}

const REFUSED = "the server refuses that (55P04)";

test.each([
  ["insert into moods values (1, 'new')", REFUSED],
  ["insert into moods (m) select 'new' union select null", REFUSED],
  ["insert into moods (m) values (default), (coalesce(null, case when 1 = 1 then 'new' end))", REFUSED],
  ["insert into moods (ms) values (array['ok', 'new'])", REFUSED],
  ["update moods set m = 'new' where id = 1", REFUSED],
  ["insert into moods values (1) on conflict (id) do update set m = 'new'", REFUSED],
  ["delete from moods where m in ('ok', 'new')", REFUSED],
  ["select case m when 'new' then 1 end from moods", REFUSED],
  ["alter table moods alter column m set default 'new'", REFUSED],
  ["create index on moods (id) where m = 'new'", REFUSED],
  ["create table n (m public.mood default 'new')", REFUSED],
  ["select 'new'::mood", REFUSED],
  ["select own('new')", "where it becomes a value of that type, which cannot be told here"],
  ["insert into nowhere values ('new')", "where it becomes a value of that type, which cannot be told here"],
  ["select 'new'", undefined],
  ["select id from moods where 'new' = 'new' or 'new'::text is null", undefined],
  ["insert into moods (note) values ('new')", undefined],
  ["insert into moods (note) select 'new' union select 'other'", undefined],
  ["update moods set note = 'new' where note <> 'new'", undefined],
  ["alter table moods add column a text default 'new' check (a <> 'new')", undefined],
  ["create table txt (a text); insert into txt values ('new')", undefined],
  ["set application_name = 'new'", undefined],
])("%s", async (sql, why) => {
  const sure = why === REFUSED ? "." : "";
  const found = await findingsOf(`alter type mood add value 'new';\n${sql}`);
  const used = found.filter(({ rule }) => rule === "uses-new-enum-value");
  expect(used.map(({ line, why }) => ({ line, why }))).toEqual(
    why === undefined
      ? []
      : [
          {
            line: 2,
            why: expect.stringContaining(
              `'new', which line 1 adds to the type mood in the same transaction: ${REFUSED}${sure}`,
            ),
          },
        ],
  );
  if (why) expect(used[0]?.why).toContain(why);
});
