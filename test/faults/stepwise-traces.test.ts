import { EXIT } from "../../lib/contract";
import { failure, migratorFor } from "../migrator/support/database";
import { makeFolder, write } from "../migrator/support/folder";
import { beside, files, looksAt, told } from "../migrator/support/stepwise";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres({ settings: { wal_level: "minimal", max_wal_senders: "0" } });
/** Makes slots for subscriptions. */
const publisher = usePostgres({ settings: { wal_level: "logical" } });

const { rows, indexes, progress, mark } = looksAt(postgres);

describe("an index that CREATE INDEX CONCURRENTLY leaves INVALID", () => {
  const duplicate = "insert into a values (1, 1);";
  test.each([
    "create unique index concurrently u on a (id);",
    "create unique index concurrently if not exists u on a (id);",
  ])("is named when it fails, and dropped before the next try: %s", async (sql) => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files(duplicate + sql));
    const error = await failure(migratorFor(url, folder).up());
    expect(error.details).toMatchObject({ sqlstate: "23505", detail: "Key (id)=(1) is duplicated." });
    expect(error.message).toContain("has left the index public.u INVALID; the next run drops it first");
    expect(await indexes(url)).toEqual(["u INVALID"]);
    await postgres.query(url, "delete from a where ctid = (select max(ctid) from a where id = 1)");
    const again = migratorFor(url, folder);
    await again.up();
    expect(again.events.find(({ event }) => event === "invalid-index")?.message).toContain("public.u is INVALID");
    expect(await indexes(url)).toEqual(["u"]);
  });

  test("is found without a name in the file, and those of others are left alone", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files("create unique index concurrently on a (id);"));
    await migratorFor(url, folder).up({ to: 1 });
    await postgres.query(url, duplicate);
    await postgres.query(url, "create unique index concurrently others on a (id)").catch(() => {});
    const error = await failure(migratorFor(url, folder).up());
    expect(error.message).toContain("has left the index public.a_id_idx INVALID");
    await postgres.query(url, "delete from a where ctid = (select max(ctid) from a where id = 1)");
    await migratorFor(url, folder).up();
    expect(await indexes(url)).toEqual(["a_id_idx", "others INVALID"]);
  });

  test("is dropped when the statement was edited, removed or undone instead", async () => {
    for (const change of ["edit", "remove", "down"] as const) {
      const url = await postgres.createDatabase();
      const folder = makeFolder(files(`${duplicate}create unique index concurrently u on a (id);`));
      await failure(migratorFor(url, folder).up());
      if (change === "down") await migratorFor(url, folder).down({ steps: 1 });
      else {
        write(folder, files(duplicate + (change === "edit" ? "create index concurrently u2 on a (id);" : "")));
        await migratorFor(url, folder).up();
      }
      expect(await indexes(url)).toEqual(change === "edit" ? ["u2"] : []);
    }
  });

  test.each(["", "if not exists "])(
    "by others is refused by its name, also behind %j, with nothing written",
    async (words) => {
      const url = await postgres.createDatabase();
      const folder = makeFolder(files(`create unique index concurrently ${words}u on a (id);`));
      await migratorFor(url, folder).up({ to: 1 });
      await postgres.query(url, duplicate);
      await postgres.query(url, "create unique index concurrently u on a (id)").catch(() => {});
      const error = await failure(migratorFor(url, folder).up());
      expect(error.exitCode).toBe(EXIT.refused);
      expect(error.message).toMatch(/There is an INVALID index public\.u, .*drop index concurrently public\.u/);
      expect(await mark(url)).toBe("1,false");
      expect(await indexes(url)).toEqual(["u INVALID"]);
    },
  );
});

describe("a statement that had taken effect when it was killed, and was not recorded, does not run again", () => {
  const subscription = "create subscription s connection 'dbname=none' publication p with (connect = false);";
  const cases: Record<string, [before: string, sql: string]> = {
    "CREATE INDEX CONCURRENTLY": ["select 1;", "create index concurrently i on a (b);"],
    "CREATE INDEX CONCURRENTLY without a name": ["select 1;", "create index concurrently on a (b);"],
    "DROP INDEX CONCURRENTLY": ["create index i on a (b);", "drop index concurrently i;"],
    "DETACH PARTITION CONCURRENTLY": [
      "create table p (id int) partition by range (id); create table q partition of p for values from (0) to (1);",
      "alter table p detach partition q concurrently;",
    ],
    "CREATE DATABASE": ["select 1;", "create database made_here;"],
    "DROP DATABASE": ["select 1;", "drop database made_here;"],
    "CREATE TABLESPACE": ["set allow_in_place_tablespaces = on;", "create tablespace made_here location '';"],
    "DROP TABLESPACE": ["select 1;", "drop tablespace made_here;"],
    "CREATE SUBSCRIPTION": [
      "select 1;",
      "create subscription s connection 'PUBLISHER' publication p with (enabled = false, copy_data = false);",
    ],
    "DROP SUBSCRIPTION": [`${subscription}alter subscription s set (slot_name = none);`, "drop subscription s;"],
  };

  /** The session dies where it would record that the last statement has finished. */
  const dieAtTheRecord = (statements: number) => `
    create function die() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end';
    create trigger die before update on migrate.progress for each row
      when (new.statement = ${statements} and new.finished_at is not null) execute function die()`;

  test.each(Object.entries(cases))("%s", async (_, [before, sql]) => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files(`${before}\n${sql.replace("PUBLISHER", publisher.server.url())}`));
    await migratorFor(url, folder).up({ to: 1 });
    const statements = `${before}${sql}`.split(";").length - 1;
    await postgres.query(url, dieAtTheRecord(statements));
    expect((await failure(migratorFor(url, folder).up())).exitCode).toBe(EXIT.unreachable);
    expect((await progress(url)).at(-1)).toBe(`2up${statements} begun`);
    await postgres.query(url, "drop function die cascade");
    const found = await indexes(url);
    expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [{ version: 2 }] });
    expect(await mark(url)).toBe("2,false");
    expect(await indexes(url)).toEqual(found);
  });

  test("unless it did not take effect: then it runs", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files("select 1;\ncreate tablespace nowhere location '/nowhere/at/all';"));
    expect((await failure(migratorFor(url, folder).up())).details).toMatchObject({ sqlstate: "58P01" });
    write(folder, files("select 1;\nset allow_in_place_tablespaces = on;\ncreate tablespace nowhere location '';"));
    await migratorFor(url, folder).up();
    expect(await rows(url, "select spcname from pg_tablespace where spcname = 'nowhere'")).toEqual(["nowhere"]);
    await postgres.query(url, "drop tablespace nowhere");
  });
});

describe("what a killed REINDEX CONCURRENTLY leaves INVALID", () => {
  /** Of the whole database, the server's own for TOAST among them. */
  const invalid = (url: string) =>
    rows(
      url,
      "select regexp_replace(indexrelid::regclass::text, 'pg_toast_\\d+', 'pg_toast_N') from pg_index where not indisvalid order by 1",
    );
  /** Kills it while it waits for a session that does `held`, and leaves the half done file. */
  async function killed(sql: string, held: string, connect = (url: string) => url) {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files(sql));
    await migratorFor(connect(url), folder).up({ to: 1 });
    await postgres.query(
      url,
      "alter table a add t text; create index a_b on a (b); create table other (id int); create index other_id on other (id)",
    );
    const first = migratorFor(connect(url), folder);
    await beside(url, held, async () => {
      const up = failure(first.up());
      await told([first], "blocked");
      await postgres.query(url, KILL);
      expect((await up).exitCode).toBe(EXIT.unreachable);
    });
    return { url, folder };
  }
  const KILL =
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'migrate up@%' and datname = current_database()";

  const moments: Record<string, [held: string, left: string[]]> = {
    "before the new index is built": ["begin; insert into a values (0, 0)", ["_ccnew"]],
    "after the new one has taken the old one's place": ["begin; select * from a limit 1", ["_ccold"]],
  };
  test.each(Object.entries(moments))("%s is named, and dropped before it runs again", async (_, [held, suffixes]) => {
    const { url, folder } = await killed("reindex table concurrently a;", held);
    expect(await invalid(url)).toEqual(suffixes.flatMap((s) => [`a_b${s}`, `pg_toast.pg_toast_N_index${s}`]));
    const again = migratorFor(url, folder);
    await again.up();
    const named = again.events.filter(({ event }) => event === "invalid-index").map(({ message }) => message);
    expect(named.join("\n")).toMatch(/public\.a_b_cc\w+ is INVALID.*dropped, and made again/);
    expect(named).toHaveLength(2);
    expect(await invalid(url)).toEqual([]);
    expect(await indexes(url)).toEqual(["a_b", "other_id"]);
  });

  test("goes where the half done file is undone instead", async () => {
    const { url, folder } = await killed("reindex index concurrently a_b;", "begin; insert into a values (0, 0)");
    expect(await invalid(url)).toEqual(["a_b_ccnew"]);
    await migratorFor(url, folder).down({ steps: 1 });
    expect(await invalid(url)).toEqual([]);
  });

  test("in TOAST, where a role that is no superuser cannot drop it, is named and left", async () => {
    await postgres.query(postgres.server.url(), "create role plain login superuser password 'p'");
    const asPlain = (url: string) => url.replace(/\/\/[^@]+@/, "//plain:p@");
    const { url, folder } = await killed(
      "reindex table concurrently a;",
      "begin; insert into a values (0, 0)",
      asPlain,
    );
    await postgres.query(
      url,
      "alter table a owner to plain; alter schema public owner to plain; alter role plain nosuperuser",
    );
    const again = migratorFor(asPlain(url), folder);
    await again.up();
    expect(again.events.map(({ message }) => message).join("\n")).toMatch(
      /pg_toast\.pg_toast_\d+_index_ccnew is INVALID.*this role may not drop it.*have a superuser run: drop index concurrently pg_toast\./,
    );
    expect(await invalid(url)).toEqual(["pg_toast.pg_toast_N_index_ccnew"]);
    expect(await mark(url)).toBe("2,false");
  });

  test("by others is left alone: named on the same table, of no interest on another", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files("reindex index concurrently a_b;"));
    await migratorFor(url, folder).up({ to: 1 });
    await postgres.query(
      url,
      "create index a_b on a (b); create table other (id int); create index other_id on other (id)",
    );
    for (const table of ["a", "other"])
      await beside(url, `begin; insert into ${table} values (0)`, async () => {
        await beside(url, "set statement_timeout = 300", (session) =>
          session.query(`reindex table concurrently ${table}`).catch(() => {}),
        );
      });
    expect(await invalid(url)).toEqual(["a_b_ccnew", "other_id_ccnew"]);
    const migrator = migratorFor(url, folder);
    await migrator.up();
    const named = migrator.events.filter(({ event }) => event === "invalid-index").map(({ message }) => message);
    expect(named).toEqual([
      expect.stringMatching(/^An earlier REINDEX CONCURRENTLY has left public\.a_b_ccnew, INVALID/),
    ]);
    expect(await invalid(url)).toEqual(["a_b_ccnew", "other_id_ccnew"]);
  });
});
