import { EXIT } from "../../lib/contract";
import { runMigrate } from "../../lib/migrator/commands/run";
import { usePostgres } from "../support/postgres";
import { migratorFor, recorded } from "./support/database";
import { makeFolder, tables } from "./support/folder";

const postgres = usePostgres();

/** `migrate down --to 1` on a database with three migrations, by a person who answers `answer`. */
async function down(answer: () => Promise<string>, signal = new AbortController().signal) {
  const url = await postgres.createDatabase();
  const directory = makeFolder(tables(3));
  await migratorFor(url, directory).up();
  let output = "";
  const print = (text: string) => {
    output += text;
  };
  const code = await runMigrate({
    args: ["down", "--to", "1"],
    environment: { DATABASE_URL: url, MIGRATIONS_DIR: directory },
    stdout: print,
    stderr: print,
    signal,
    interactive: true,
    ask: (question) => {
      print(question);
      return answer();
    },
  });
  return { code, output, version: (await recorded(postgres, url)).version };
}

test("down lists what it will undo, asks, and does it after a yes", async () => {
  const { code, output, version } = await down(async () => "yes");
  expect(output).toMatch(
    /will be undone.*\n {2}000003_t3\n {4}- table t3: 0 rows\n {2}000002_t2\n {4}- table t2: 0 rows\nUndo them\? Type yes: [\s\S]*Undid 2 migrations/,
  );
  expect(code).toBe(EXIT.ok);
  expect(version).toBe("1,false");
});

test.each(["", "n", "sure"])("down changes nothing after %j", async (answer) => {
  const { code, output, version } = await down(async () => answer);
  expect(output).toContain("Nothing was undone.");
  expect(code).toBe(EXIT.ok);
  expect(version).toBe("3,false");
});

test("Ctrl-C at the question stops it", async () => {
  const stop = new AbortController();
  const { code, version } = await down(async () => {
    stop.abort();
    throw stop.signal.reason;
  }, stop.signal);
  expect(code).toBe(EXIT.signalled);
  expect(version).toBe("3,false");
});
