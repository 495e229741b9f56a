import { EXIT } from "../../lib/contract";
import { abortedAfter } from "../migrator/support/abort";
import { failure, migratorFor, recorded, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const MEGABYTE = 1024 * 1024;

test("a file of 50 MB is run, in one statement or in many", async () => {
  const url = await postgres.createDatabase();
  const row = `insert into t values ('${"x".repeat(950)}', 'ü😀''$$');\n`;
  const folder = makeFolder(
    pairs({
      "1_one": `create table t (a text, b text); insert into t values ('${"y".repeat(50 * MEGABYTE)}', '');`,
      "2_many": row.repeat((50 * MEGABYTE) / row.length),
    }),
  );
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 2 });
  const [counted] = await postgres.query<{ rows: number }>(url, "select count(*)::int as rows from t");
  expect(counted?.rows).toBe(1 + Math.floor((50 * MEGABYTE) / row.length));
});

test("a plan of 20,000 statements ends, or is given up at a signal", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({ "1_a": "create table a (n int); ".concat("insert into a values (1);\n".repeat(20_000)) }),
  );
  const { signal, looked } = abortedAfter(10_000);
  expect(await failure(migratorFor(url, folder, { signal }).plan())).toMatchObject({ exitCode: EXIT.signalled });
  expect(looked()).toBeLessThan(20_000);
  const { migrations } = await migratorFor(url, folder).plan();
  expect(migrations[0]?.statements).toHaveLength(20_001);
});

test("an error at the end of a line of 50 MB is shown in a few hundred characters", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": `select '${"😀".repeat((50 * MEGABYTE) / 4)}', nope;` }));
  const error = await failure(migratorFor(url, folder).up());
  expect(error).toMatchObject({
    exitCode: EXIT.sql,
    details: { position: { line: 1, column: (50 * MEGABYTE) / 4 + 12 } },
  });
  expect(error.message).toMatch(/\| ….*', nope;\n *\| +\^\n/);
  expect(error.message.length).toBeLessThan(1500);
});

test("of 50 MB that never end, nothing is sent", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({ "1_a": `select 1; /* ${"/* ".repeat((50 * MEGABYTE) / 3)}`, "2_b": "'".repeat(MEGABYTE + 1) }),
  );
  const before = await writes(postgres, url);
  const error = await failure(migratorFor(url, folder).up());
  expect(error.details.problems).toEqual([
    expect.stringMatching(/1_a\.up\.sql:1:11: a comment/),
    expect.stringMatching(/2_b\.up\.sql:1:1: a string/),
  ]);
  expect(await writes(postgres, url)).toBe(before);
});

test("10,000 migrations are applied and recorded in their order", async () => {
  const url = await postgres.createDatabase();
  const ids = Array.from({ length: 10_000 }, (_, index) => `${index + 1}_t`);
  const folder = makeFolder(pairs(Object.fromEntries(ids.map((id) => [id, "select 1;"]))));
  const migrator = migratorFor(url, folder);
  expect((await migrator.up()).applied.map(({ version }) => version)).toEqual(ids.map((_, index) => index + 1));
  expect((await recorded(postgres, url)).version).toBe("10000,false");
  expect(await migrator.up()).toMatchObject({ applied: [], version: 10_000 });
});
