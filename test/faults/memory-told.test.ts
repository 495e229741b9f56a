import * as fs from "node:fs";
import { readFolder } from "../../lib/migrator/files/folder";
import { tooLarge } from "../../lib/migrator/state/memory";
import { failure, migratorFor, recorded, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const MIB = 1024 * 1024;
const ENDLESS = Number.POSITIVE_INFINITY;
const postgres = usePostgres();

const row = "insert into t values (1, 'some text');\n";
const rows = (bytes: number, line = row) => line.repeat(Math.ceil(bytes / Buffer.byteLength(line)));

async function problems(files: Readonly<Record<string, string>>, container: number, heap = ENDLESS) {
  const { migrations } = await readFolder(makeFolder(pairs(files)));
  return tooLarge(migrations, "up", () => ({ container: container * MIB, heap: heap * MIB }));
}

test("a file that fits comfortably is not refused, one that does not is, with what to do", async () => {
  const files = { "1_a": rows(30 * MIB) };
  expect(await problems(files, 150)).toEqual([]);
  expect(await problems(files, ENDLESS, 64)).toEqual([]);
  expect(await problems(files, 128)).toEqual([
    expect.stringMatching(
      /1_a\.up\.sql \(31\.4 MB\) needs about 136 MiB of memory, and this container may use 128 MiB, in which 27\.7 MB of such text fit\. Split it, or raise the container's memory limit to 136Mi\.$/,
    ),
  ]);
});

test("the size that is told to fit does, and the limit that is told suffices", async () => {
  const [problem = ""] = await problems({ "1_a": rows(40 * MIB) }, 128);
  const fits = Number(/in which ([\d.]+) MB/.exec(problem)?.[1]) * 1e6;
  expect(await problems({ "1_a": rows(fits - 1000) }, 128)).toEqual([]);
  expect(await problems({ "1_a": rows(fits + 200_000) }, 128)).toHaveLength(1);
  const limit = Number(/limit to (\d+)Mi/.exec(problem)?.[1]);
  expect(await problems({ "1_a": rows(40 * MIB) }, limit)).toEqual([]);
});

test.each([
  ["a character beyond Latin-1, so two bytes for each", `${rows(20 * MIB)}-- 😀`],
  ["a transaction of its own, so a copy", `begin;\n${rows(20 * MIB)}commit; -- done`],
  ["a mark to run statement by statement, so a tree of each", `-- migrate:no-transaction\n${rows(2 * MIB)}`],
])("a file with %s needs more memory", async (_, text) => {
  expect(await problems({ "1_a": rows(20 * MIB) }, 128)).toEqual([]);
  expect(await problems({ "1_a": text }, 128)).toHaveLength(1);
});

test("several files are counted together, and V8's own limit counts", async () => {
  const files = { "1_a": rows(20 * MIB), "2_b": rows(20 * MIB) };
  expect(await problems(files, 128)).toEqual([
    expect.stringMatching(/1_a\.up\.sql .* and \S+2_b\.up\.sql .* need together about .*one by one \(--to\)/),
  ]);
  expect(await problems(files, ENDLESS, 64)).toEqual([
    expect.stringMatching(/NODE_OPTIONS=--max-old-space-size=\d+\.$/),
  ]);
});

test("short files are never refused", async () => {
  expect(await problems({ "1_a": rows(MIB / 2), "2_b": rows(MIB / 2) }, 64)).toEqual([]);
});

test("a long file runs, and its error has a place", async () => {
  const url = await postgres.createDatabase();
  const long = `-- 😀 ${"x".repeat(70_000)}\n${rows(2 * MIB, "insert into t values ('😀');\n")}`;
  const folder = makeFolder(
    pairs({ "1_t": "create table t (a text);", "2_long": `\ufeff${long.replaceAll("\n", "\r\n")}` }),
  );
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 2 });
  const [counted] = await postgres.query<{ rows: number }>(url, "select count(*)::int as rows from t where a = '😀'");
  expect(counted?.rows).toBe(long.split("insert").length - 1);
  expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [] });
  expect((await migratorFor(url, folder).verify()).problems).toEqual([]);
  fs.writeFileSync(`${folder}/3_bad.up.sql`, `${long}insert into t values (1/0);\n`);
  fs.writeFileSync(`${folder}/3_bad.down.sql`, "select 1;");
  const error = await failure(migratorFor(url, folder).up());
  expect(error.details.position).toMatchObject({ line: long.split("\n").length, column: 1 });
  expect((await recorded(postgres, url)).version).toBe("2,false");
});

test.each([
  [
    "is not UTF-8",
    Buffer.concat([Buffer.from(rows(2 * MIB)), Buffer.from([0xff])]),
    /is not UTF-8: the first wrong byte is in line \d{5}/,
  ],
  ["ends in half a character", Buffer.concat([Buffer.from(rows(2 * MIB)), Buffer.from([0xe2, 0x82])]), /is not UTF-8/],
  ["holds a NUL", Buffer.from(`${rows(2 * MIB)}\0`), /holds a NUL byte in line \d{5}/],
  ["is UTF-16", Buffer.from(`\ufeff${rows(2 * MIB)}`, "utf16le"), /is UTF-16/],
])("a long file that %s is refused", async (_, bytes, problem) => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "select 1;" }));
  fs.writeFileSync(`${folder}/1_a.up.sql`, bytes);
  const before = await writes(postgres, url);
  expect((await failure(migratorFor(url, folder).up())).details.problems).toEqual([expect.stringMatching(problem)]);
  expect(await writes(postgres, url)).toBe(before);
});
