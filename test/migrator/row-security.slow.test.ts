import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor } from "./support/database";
import { makeFolder, pairs } from "./support/folder";
import { MARK } from "./support/stepwise";

const postgres = usePostgres();

const FORCED = `create table t (id int, c int); insert into t select generate_series(1, 5);
alter table t enable row level security; alter table t force row level security;`;

/** A database whose owner, who migrates it, may not pass by row-level security. */
async function ownedDatabase(): Promise<{ url: string; superuser: string }> {
  const superuser = await postgres.createDatabase();
  const name = new URL(superuser).pathname.slice(1);
  const owner = `owns_${name}`;
  await postgres.query(superuser, `create role ${owner} login password 'x'`);
  await postgres.query(superuser, `alter database ${name} owner to ${owner}`);
  return { url: postgres.server.url(name, owner, "x"), superuser };
}

const filled = async (url: string) =>
  (await postgres.query<{ filled: number }>(url, "select count(c)::int as filled from t"))[0]?.filled;

test.each([
  ["update t set c = 1;", "a transaction"],
  ["delete from t;", "a transaction"],
  ["do $$ begin update t set c = 1; end $$;", "a block"],
  ["create table u as select * from t;", "a copy"],
  [`${MARK}update t set c = 1;`, "statement by statement"],
  [`${MARK}vacuum; update t set c = 1;`, "statement by statement, later"],
])("%j does not succeed with fewer rows than it says, in %s", async (sql) => {
  const { url, superuser } = await ownedDatabase();
  const error = await failure(migratorFor(url, makeFolder(pairs({ "1_t": FORCED, "2_c": sql }))).up());
  expect(error).toMatchObject({ exitCode: EXIT.sql, details: { version: 2, sqlstate: "42501" } });
  expect(error.message).toContain('alter table "t" no force row level security;');
  expect(await postgres.query(superuser, "select id, c from t order by id")).toHaveLength(5);
  expect(await filled(superuser)).toBe(0);
});

test.each(["", MARK])(
  "a file that turns it on means the visible rows, and the next one does not (%j)",
  async (mark) => {
    const { url, superuser } = await ownedDatabase();
    const visible = "create policy small on t using (id < 3);";
    const folder = pairs({
      "1_t": FORCED + visible,
      "2_c": `${mark}set row_security = on;\nupdate t set c = 1;`,
      "3_d": "update t set c = 2;",
    });
    expect(await failure(migratorFor(url, makeFolder(folder)).up())).toMatchObject({ details: { version: 3 } });
    expect(await filled(superuser)).toBe(2);
  },
);

test("a role with BYPASSRLS, and an owner without FORCE, change every row as before", async () => {
  const { url, superuser } = await ownedDatabase();
  const unforced = FORCED.replace("alter table t force row level security;", "");
  await migratorFor(url, makeFolder(pairs({ "1_t": unforced, "2_c": "update t set c = 1;" }))).up();
  expect(await filled(superuser)).toBe(5);
  const other = await ownedDatabase();
  await postgres.query(superuser, `alter role "${new URL(other.url).username}" bypassrls`);
  await migratorFor(other.url, makeFolder(pairs({ "1_t": FORCED, "2_c": "update t set c = 1;" }))).up();
  expect(await filled(other.superuser)).toBe(5);
});

test("foreign keys and their cascades work on a forced table as before", async () => {
  const { url, superuser } = await ownedDatabase();
  const keys = `create table p (id int primary key); insert into p values (1), (2);
    create table k (p int references p on delete cascade); insert into k values (1), (2);
    alter table k enable row level security; alter table k force row level security;`;
  await migratorFor(url, makeFolder(pairs({ "1_k": keys, "2_d": "delete from p where id = 1;" }))).up();
  expect(await postgres.query(superuser, "select p from k")).toEqual([{ p: 2 }]);
});

test("down says that it cannot count, not that there is nothing", async () => {
  const { url } = await ownedDatabase();
  const directory = makeFolder(pairs({ "1_t": [FORCED, "alter table t drop column c; drop table t;"] }));
  await migratorFor(url, directory).up();
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const { stdout } = await migrateHere(["down", "--to", "0"], environment, { ask: async () => "no" });
  expect(stdout).toContain("- column t.c: cannot be counted: row-level security hides rows of it from this role");
  expect(stdout).toContain("- table t: cannot be counted: row-level security hides rows of it from this role");
});

test("a record whose rows are hidden is refused, not taken for an empty one", async () => {
  const { url } = await ownedDatabase();
  const folder = makeFolder(pairs({ "1_t": FORCED }));
  await migratorFor(url, folder).up();
  await postgres.query(url, "alter table migrate.history enable row level security, force row level security");
  for (const read of [migratorFor(url, folder).status(), migratorFor(url, folder).up()])
    expect((await failure(read)).message).toContain('row-level security policy for table "history"');
  await postgres.query(url, "alter table migrate.history no force row level security");
  await postgres.query(url, "alter table schema_migrations enable row level security, force row level security");
  const waiting = migratorFor(url, folder).wait({ version: 1, timeoutSeconds: 0 });
  expect((await failure(waiting)).message).toContain('row-level security policy for table "schema_migrations"');
});

test("test says of which tables it did not compare the rows", async () => {
  const { url, superuser } = await ownedDatabase();
  await postgres.query(superuser, `alter role "${new URL(url).username}" createdb`);
  const migrator = migratorFor(url, makeFolder(pairs({ "1_t": [FORCED, "drop table t;"], "2_u": "select 1;" })));
  expect(await migrator.test()).toMatchObject({ passed: true });
  const told = migrator.events.filter(({ event }) => event === "uncounted");
  expect(told).toEqual([expect.objectContaining({ level: "warn", tables: ["t"] })]);
});
