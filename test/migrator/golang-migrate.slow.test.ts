import { EXIT } from "../../lib/contract";
import { lockIds } from "../../lib/migrator/database/lock";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, publicTables, recorded, writes } from "./support/database";
import { makeFolder, tables } from "./support/folder";

const postgres = usePostgres();

/** What golang-migrate v4 sends when it opens a database. */
const OPEN =
  "create table if not exists schema_migrations (version bigint not null primary key, dirty boolean not null)";

/** What golang-migrate v4 sends to record a version; -1 stands for none, and is only written while dirty. */
function setVersion(version: number, dirty: boolean): string {
  const insert =
    version >= 0 || dirty ? `insert into schema_migrations (version, dirty) values (${version}, ${dirty});` : "";
  return `begin; truncate schema_migrations; ${insert} commit`;
}

/** A database that golang-migrate has brought to `version`. */
async function migrated(version: number): Promise<string> {
  const url = await postgres.createDatabase();
  await postgres.query(url, OPEN);
  for (let n = 1; n <= version; n++) await golangUp(url, n);
  return url;
}

async function golangUp(url: string, n: number): Promise<void> {
  await postgres.query(url, setVersion(n, true));
  await postgres.query(url, `create table t${n} (id int)`);
  await postgres.query(url, setVersion(n, false));
}

async function golangDown(url: string, n: number): Promise<void> {
  await postgres.query(url, setVersion(n - 1 || -1, true));
  await postgres.query(url, `drop table t${n}`);
  await postgres.query(url, setVersion(n - 1 || -1, false));
}

const names = (count: number) => ["schema_migrations", ...Array.from({ length: count }, (_, index) => `t${index + 1}`)];
const history = (baseline: number, applied: number) =>
  Array.from({ length: applied }, (_, index) => `${index + 1}:${index < baseline ? "baseline" : "applied"}`).join(" ");

test("the lock's ids are those that golang-migrate 4.20 was seen to take", () => {
  expect(lockIds("bh")).toEqual([3254370941, 562037485]);
});

test.each([0, 1, 2, 3])(
  "a database at version %i of 3 is adopted: nothing runs twice, the rest runs",
  async (version) => {
    const url = await migrated(version);
    const folder = makeFolder(tables(3));
    const result = await migratorFor(url, folder).up();
    expect(result.applied.map((step) => step.version)).toEqual([1, 2, 3].slice(version));
    expect(result.adopted).toEqual([1, 2, 3].slice(0, version));
    expect(await recorded(postgres, url)).toEqual({ history: history(version, 3), version: "3,false" });
    expect(await publicTables(postgres, url)).toEqual(names(3));
    const before = await writes(postgres, url);
    expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [], adopted: [] });
    expect(await writes(postgres, url)).toBe(before);
  },
);

test("golang-migrate finds its table in its own shape", async () => {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(tables(1))).up();
  const columns = await postgres.query(
    url,
    `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull" from pg_attribute
     where attrelid = 'public.schema_migrations'::regclass and attnum > 0 order by attnum`,
  );
  expect(columns).toEqual([
    { name: "version", type: "bigint", notNull: true },
    { name: "dirty", type: "boolean", notNull: true },
  ]);
  const keys = await postgres.query(
    url,
    "select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = 'public.schema_migrations'::regclass and contype = 'p'",
  );
  expect(keys).toEqual([{ key: "PRIMARY KEY (version)" }]);
  await postgres.query(url, OPEN);
});

test.each([
  [2, /\(2, true\).*in the middle of the up file of 000002_t2 or the down file of 000003_t3/],
  [3, /\(3, true\).*the up file of 000003_t3,/],
  [-1, /\(-1, true\).*the down file of 000001_t1/],
])("a dirty database at %i is refused with what to look at, and not touched", async (version, says) => {
  const url = await migrated(Math.max(0, version));
  await postgres.query(url, setVersion(version, true));
  const before = await writes(postgres, url);
  const folder = makeFolder(tables(3));
  for (const attempt of [migratorFor(url, folder).up(), migratorFor(url, folder).down({ to: 0 })]) {
    const error = await failure(attempt);
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toMatch(says);
    expect(error.message).toContain("`migrate baseline --force N`");
  }
  expect(await migratorFor(url, folder).status()).toMatchObject({
    dirty: true,
    problems: [expect.stringMatching(says)],
  });
  const waiting = migratorFor(url, folder).wait({ version: Math.max(1, version), timeoutSeconds: 0 });
  expect((await failure(waiting)).exitCode).toBe(EXIT.pending);
  expect(await writes(postgres, url)).toBe(before);
});

test("a dirty database under golang-migrate's lock is one that it is at work on: waited for, not refused", async () => {
  const url = await migrated(1);
  const folder = makeFolder(tables(3));
  const migrator = migratorFor(url, folder);
  const running = await postgres.connected(url, async (client) => {
    await client.query(`select pg_advisory_lock(${lockIds(new URL(url).pathname.slice(1))[0]})`);
    await client.query(setVersion(2, true));
    expect((await failure(migratorFor(url, folder, { lockWaitSeconds: 0 }).up())).exitCode).toBe(EXIT.locked);
    expect((await failure(migratorFor(url, folder, { lockWaitSeconds: 0 }).down({ to: 0 }))).exitCode).toBe(
      EXIT.locked,
    );
    const up = migrator.up();
    await client.query("create table t2 (id int)");
    await client.query(setVersion(2, false));
    return { up };
  });
  expect(await running.up).toMatchObject({ adopted: [1, 2], version: 3 });
});

test("a version that no file has is refused", async () => {
  const url = await migrated(2);
  await postgres.query(url, setVersion(4, false));
  const folder = makeFolder({
    ...tables(3),
    ...Object.fromEntries(["up", "down"].map((way) => [`000005_t5.${way}.sql`, "select 1;"])),
  });
  expect((await failure(migratorFor(url, folder).up())).message).toContain(
    "at version 4, which no file in the folder has",
  );
});

test("a database that golang-migrate brought ahead is left alone, and adopted by the release that knows it", async () => {
  const url = await migrated(4);
  expect(await migratorFor(url, makeFolder(tables(3))).up()).toMatchObject({
    ahead: true,
    version: 4,
    adopted: [1, 2, 3],
  });
  expect(await migratorFor(url, makeFolder(tables(3))).up()).toMatchObject({ ahead: true, adopted: [] });
  expect(await migratorFor(url, makeFolder(tables(5))).up()).toMatchObject({ ahead: false, version: 5, adopted: [4] });
  expect(await recorded(postgres, url)).toEqual({ history: history(4, 5), version: "5,false" });
});

describe("golang-migrate at work between two runs of ours", () => {
  test("down and nothing else is noticed, and what it undid runs again", async () => {
    const url = await migrated(0);
    const folder = makeFolder(tables(3));
    await migratorFor(url, folder).up();
    await golangDown(url, 3);
    expect(await migratorFor(url, folder).verify()).toMatchObject({
      version: 2,
      problems: [expect.stringContaining("disagree")],
    });
    const migrator = migratorFor(url, folder);
    expect((await migrator.up()).applied.map(({ version }) => version)).toEqual([3]);
    expect(migrator.events[0]).toMatchObject({
      level: "warn",
      message: expect.stringContaining("golang-migrate has undone 3 since"),
    });
    expect(await recorded(postgres, url)).toEqual({ history: history(0, 3), version: "3,false" });
  });

  test("down of everything leaves no row, and everything runs again", async () => {
    const url = await migrated(0);
    const folder = makeFolder(tables(2));
    await migratorFor(url, folder).up();
    await golangDown(url, 2);
    await golangDown(url, 1);
    expect((await recorded(postgres, url)).version).toBe("");
    expect((await migratorFor(url, folder).up()).applied).toHaveLength(2);
    expect(await recorded(postgres, url)).toEqual({ history: history(0, 2), version: "2,false" });
  });

  test("down and up again leaves nothing to do", async () => {
    const url = await migrated(0);
    const folder = makeFolder(tables(2));
    await migratorFor(url, folder).up();
    await golangDown(url, 2);
    await golangUp(url, 2);
    expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [], adopted: [] });
  });

  test("up to a newer file is recorded as baseline", async () => {
    const url = await migrated(0);
    await migratorFor(url, makeFolder(tables(1))).up();
    await golangUp(url, 2);
    expect(await migratorFor(url, makeFolder(tables(3))).up()).toMatchObject({
      adopted: [2],
      applied: [expect.objectContaining({ version: 3 })],
    });
    expect((await recorded(postgres, url)).history).toBe("1:applied 2:baseline 3:applied");
  });

  test("drop, which takes its table with it, is a new beginning", async () => {
    const url = await migrated(0);
    const folder = makeFolder(tables(2));
    await migratorFor(url, folder).up();
    await postgres.query(url, "drop schema public cascade; create schema public");
    expect((await migratorFor(url, folder).up()).applied).toHaveLength(2);
    expect(await publicTables(postgres, url)).toEqual(names(2));
  });

  test("our down is what it finds", async () => {
    const url = await migrated(3);
    const folder = makeFolder(tables(3));
    expect((await migratorFor(url, folder).down({ steps: 1 })).version).toBe(2);
    expect(await recorded(postgres, url)).toEqual({ history: "1:baseline 2:baseline", version: "2,false" });
    await golangUp(url, 3);
    expect(await migratorFor(url, folder).up()).toMatchObject({ adopted: [3], applied: [] });
  });
});
