import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { lint } from "../../lib/migrator/lint/lint";
import { abortedAfter } from "./support/abort";
import { makeFolder, pairs } from "./support/folder";

/** `line:column rule` of each finding in one up file, after another that has made a table. */
async function found(sql: string): Promise<string[]> {
  const directory = makeFolder(
    pairs({ "1_t": ["create table t (id bigint primary key, a int)", "drop table t"], "2_x": sql }),
  );
  const file = path.join(directory, "2_x.up.sql");
  const { files } = await lint({ directory, files: [file] });
  expect(files.map((linted) => linted.file)).toEqual([file]);
  return (files[0]?.findings ?? []).map(({ line, column, rule }) => `${line}:${column} ${rule}`);
}

test("a table of an earlier file may be big; one of the same file is new", async () => {
  expect(await found("create index concurrently_not on t (a)")).toContain("1:1 index-blocks-writes");
  expect(await found("create table n (a bigint);\ncreate index i on n (a)")).toEqual([]);
});

test("a file outside of the folder may drop what its own SQL does not show", async () => {
  const outside = makeFolder({ "job.sql": "drop table if exists t; drop index if exists i" });
  const file = path.join(outside, "job.sql");
  const { files } = await lint({ directory: makeFolder(pairs({ "1_t": "select 1" })), files: [file] });
  expect(files[0]?.findings.map(({ rule }) => rule)).toEqual(["drop-table", "cannot-be-known"]);
});

test("places count characters, behind comments, in tabs and emoji", async () => {
  expect(await found("-- é😀\n/* 😀 */ select '😀'; \talter table t rename to s")).toEqual(["2:22 rename"]);
});

test("a syntax error is a finding, and so is what up refuses", async () => {
  expect(await found("select 1;\nselect * fro x y z")).toEqual(["2:10 syntax"]);
  expect(await found("create index concurrently i on t (a)")).toContain("1:1 refused");
  expect(await found("select 'open")).toContain("1:8 refused");
});

describe("a comment puts a rule aside", () => {
  test.each([
    ["above", "-- lint:ignore rename: nobody uses it\nalter table t rename to s;"],
    ["behind", "alter table t rename to s; -- lint:ignore rename: nobody uses it"],
    ["inside", "alter table t -- lint:ignore rename: nobody uses it\n  rename to s;"],
    ["for the whole file", "-- lint:ignore-file rename: nobody uses it\nselect 1;\nalter table t rename to s;"],
    [
      "of two",
      "-- lint:ignore rename, drop-column: nobody uses them\nalter table t rename to s;\n-- lint:ignore drop-column: x\nalter table s drop column a;",
    ],
  ])("%s", async (_, sql) => {
    expect((await found(sql)).filter((rule) => rule !== "1:1 ignore-nothing")).toEqual([]);
  });

  test("with its reason, for its own statement, and only where it is of use", async () => {
    expect(await found("-- lint:ignore rename\nalter table t rename to s")).toEqual([
      "1:1 ignore-without-reason",
      "2:1 rename",
    ]);
    expect(await found("-- lint:ignore rename:  \nalter table t rename to s")).toEqual([
      "1:1 ignore-without-reason",
      "2:1 rename",
    ]);
    expect(await found("-- lint:ignore rename: x\nselect 1;\nalter table t rename to s")).toEqual([
      "1:1 ignore-nothing",
      "3:1 rename",
    ]);
    expect(await found("-- lint:ignore nonsense: x\nselect 1")).toEqual(["1:1 ignore-unknown-rule"]);
    expect(await found("-- lint:ignore: x\nselect 1")).toEqual(["1:1 ignore-without-rule"]);
    expect(await found("select '-- lint:ignore rename: x'; alter table t rename to s")).toEqual(["1:36 rename"]);
  });
});

describe("a file of many statements", () => {
  const many = (line: (n: number) => string, count: number) =>
    Array.from({ length: count }, (_, n) => line(n)).join("");

  // test/faults/proportion.test.ts has ten times as many.
  test.each([
    ["on lines of their own", many((n) => `update t set a = ${n};\n`, 2_000), 2_000],
    ["on one line", many((n) => `insert into t values (${n}); `, 2_000), 0],
  ])("is looked at to its end: %s", async (_, sql, findings) => {
    expect(await found(sql)).toHaveLength(findings);
  });

  test("with a comment for each, each is put aside", async () => {
    const sql = many((n) => `-- lint:ignore writes-every-row: ${n}\nupdate t set a = ${n}; delete from t;\n`, 500);
    expect(await found(sql)).toEqual(
      Array.from({ length: 500 }, (_, n) => `${2 * n + 2}:${String(n).length + 20} writes-every-row`),
    );
  });

  test("is given up once a signal asks for that", async () => {
    const directory = makeFolder(pairs({ "1_t": many((n) => `select ${n};\n`, 2_000) }));
    const { signal, looked } = abortedAfter(100);
    await expect(lint({ directory, signal })).rejects.toMatchObject({ exitCode: EXIT.signalled });
    expect(looked()).toBeLessThan(2_000);
  });
});

test("a chain of thousands is looked at, or said to be too deep", async () => {
  const long = (one: string, sign: string) => Array.from({ length: 5000 }, () => one).join(sign);
  expect(await found(`create temp table a as ${long("select 1", " union all ")}`)).toEqual([]);
  expect(await found(`select ${long("'a'", "||")}`)).toEqual([]);
});

test("the folder's own problems are told too, and the project's files are clean", async () => {
  const directory = makeFolder({ "1_a.down.sql": "select 1" });
  expect((await lint({ directory })).problems).toEqual([expect.stringContaining("has no 1_a.up.sql beside it")]);
  const { files, problems } = await lint({ directory: path.resolve(__dirname, "../../migrations") });
  expect(files.flatMap(({ findings }) => findings)).toEqual([]);
  expect(problems).toEqual([]);
});
