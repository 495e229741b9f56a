import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { EXIT } from "../../../lib/contract";
import { checksum, readText } from "../../../lib/migrator/base/text";
import { usePostgres } from "../../support/postgres";
import { failure, migratorFor, writes } from "../support/database";
import { makeFolder, pairs, write } from "../support/folder";
import { holds } from "../support/seeded";
import { bytes } from "./contents";
import { everyFileIsWholeOrNothing } from "./properties";

const postgres = usePostgres();

test("any bytes are text that a server can take, or a problem that says why not", async () => {
  const folder = makeFolder({});
  const file = path.join(folder, "f.sql");
  const property = fc.asyncProperty(bytes, async (content) => {
    write(folder, { "f.sql": content });
    const problems: string[] = [];
    const text = readText(file, problems);
    if (text === undefined) {
      expect(problems).toEqual([expect.stringMatching(/ is UTF-16| is not UTF-8.* line \d+| NUL byte in line \d+/)]);
      expect(isUtf8(content) && !content.includes(0)).toBe(false);
      return;
    }
    expect(text).not.toContain("\0");
    if (!content.includes("\r\r\n")) expect(text).not.toContain("\r\n");
    // Whatever editor saved it again, it is the same file.
    write(folder, { "f.sql": `\ufeff${text.replaceAll("\n", "\r\n")}` });
    if (!text.includes("\r")) expect(checksum(readText(file, []) ?? "")).toBe(checksum(text));
  });
  expect(await holds(property, { runs: 300 })).toBeGreaterThan(20);
});

test("whatever a file says, it is applied and recorded, or neither, and a refusal writes nothing", async () => {
  expect(await everyFileIsWholeOrNothing(postgres, { runs: 30 })).toBeGreaterThan(0);
});

test("a file that changes or goes between the check and the run is not run half-checked", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "select 1;", "2_b": "create table b (id int);" }));
  // Told after the folder has been read and the first file has run.
  const log = () => write(folder, { "2_b.up.sql": "selec nonsense;" });
  await migratorFor(url, folder, { log }).up();
  // What was checked is what ran, and what is recorded; the edit is seen the next time.
  const error = await migratorFor(url, folder)
    .up()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    exitCode: EXIT.refused,
    message: expect.stringContaining("2_b.up.sql has changed since it was applied"),
  });
});

test.each<[string, (file: string) => void, RegExp]>([
  ["changes", (file) => fs.writeFileSync(file, "select 2;"), /3_c\.up\.sql was changed while it was being checked/],
  ["goes", (file) => fs.rmSync(file), /3_c\.up\.sql cannot be read: it does not exist/],
  ["becomes a folder", toFolder, /3_c\.up\.sql cannot be read: it is a folder/],
])("a file that %s while the lock is taken is refused, and nothing is written", async (_, change, says) => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "select 1;", "3_c": "select 3;" }));
  const before = await writes(postgres, url);
  // The gap's warning comes between the first check and the one under the lock.
  const log = () => change(`${folder}/3_c.up.sql`);
  const error = await failure(migratorFor(url, folder, { log }).up());
  expect(error.exitCode).toBe(EXIT.refused);
  expect(error.message).toMatch(says);
  expect(await writes(postgres, url)).toBe(before);
});

function toFolder(file: string): void {
  fs.rmSync(file);
  fs.mkdirSync(file);
}
