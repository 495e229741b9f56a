import { usePostgres } from "../support/postgres";
import { ended, lacksDump, useDumpPod } from "./support/dump-pod";
import { describeUnless } from "./support/programs";

describeUnless(lacksDump(), "a dump", () => {
  const postgres = usePostgres();
  const here = useDumpPod(postgres);

  test("whatever changes tables during a dump, it restores to exactly what it says", async () => {
    await postgres.query(
      here.url,
      "create table t0 (id int generated always as identity, v int); insert into t0 (v) select generate_series(1, 3000)",
    );
    let whole = 0;
    for (let round = 0; round < 15; round++) {
      const dump = here.pod.start(here.database, { TRIES: 10 });
      const end = ended(dump);
      let over = false;
      void end.then(() => {
        over = true;
      });
      await postgres.connected(here.url, async (client) => {
        await client.query("set lock_timeout = '200ms'");
        while (!over) {
          await client.query(change()).catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
        }
      });
      const { code, log } = await end;
      if (code === 0) {
        whole++;
        expect(await here.pod.restoredDifferences()).toEqual([]);
      } else expect([here.pod.hasResult, log]).toEqual([false, expect.stringContaining("tries have failed")]);
    }
    expect(whole).toBeGreaterThan(5);
  }, 400_000);
});

const some = () => `t${Math.floor(Math.random() * 4)}`;

/** One change that somebody might make to tables, which may fail. */
function change(): string {
  const [one, other] = [some(), some()];
  const changes = [
    `create table ${one} (id int generated always as identity, v int); insert into ${one} (v) select generate_series(1, 3000)`,
    `drop table ${one}`,
    `alter table ${one} rename to ${other}`,
    `begin; alter table ${one} rename to swapped; alter table ${other} rename to ${one}; alter table swapped rename to ${other}; commit`,
    `truncate ${one}`,
    `begin; truncate ${one}; insert into ${one} (v) values (7); commit`,
    `alter table ${one} alter column v type bigint`,
    `alter table ${one} alter column v type text`,
    `alter table ${one} add column extra int default 7`,
    `insert into ${one} (v) select generate_series(1, 300)`,
    `delete from ${one} where id % 3 = 0`,
  ];
  return changes[Math.floor(Math.random() * changes.length)] ?? "";
}
