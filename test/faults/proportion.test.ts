import { readFolder } from "../../lib/migrator/files/folder";
import { lint } from "../../lib/migrator/lint/lint";
import { scan } from "../../lib/migrator/sql/scanner";
import { evaluate } from "../../lib/policy";
import { literalIn } from "../../lib/policy/kubernetes/literals";
import { objectsOf } from "../../lib/policy/parse";
import { makeFolder, pairs, tables } from "../migrator/support/folder";
import { applications } from "../policy/support/applications";
import { inProportion } from "./support/proportion";

describe("takes time in proportion:", () => {
  test("the scanner, for a large file", () =>
    inProportion(25_000, (count) => {
      const sql = "insert into a values (1, 'some text', $$more$$); -- a comment\n".repeat(count);
      expect(scan(sql).statements).toHaveLength(count);
    }));

  const LONG = ["-a", "a:", "a-password", "password ", "a:1:", "curl ", "create user ", "$ ", "://"];
  test.each(LONG)("the search for secrets, for a long line of %j", (part) =>
    inProportion(20_000, (count) => literalIn("password.txt", `x${part.repeat(count)}`)),
  );

  test.each<[string, (n: number) => string]>([
    ["labels of their own", (n) => `app-${n}`],
    ["the same labels", () => "same"],
  ])("judging thousands of workloads, policies, budgets and Services with %s", (_, appOf) => {
    const folders = new Map([200, 800].map((count) => [count, objectsOf(applications(count, appOf), "a.yaml", [])]));
    return inProportion(200, (count) => {
      const found = evaluate(folders.get(count) ?? []);
      const pairs = found.filter(({ rule }) => rule === "selector-matches");
      expect(pairs).toHaveLength(appOf(0) === appOf(1) ? count : 0);
    });
  });

  test("reading a folder of thousands of files", async () => {
    const folders = new Map([500, 2000].map((count) => [count, makeFolder(tables(count))]));
    await inProportion(500, async (count) => {
      const { migrations, problems } = await readFolder(folders.get(count) ?? "");
      expect([migrations.length, problems]).toEqual([count, []]);
    });
  });
});

describe("lint takes time in proportion, for a file of many statements", () => {
  const many = (line: (n: number) => string, count: number) =>
    Array.from({ length: count }, (_, n) => line(n)).join("");

  test.each<[string, size: number, line: (n: number) => string, findings: number]>([
    ["on lines of their own", 5_000, (n) => `update t set a = ${n};\n`, 1],
    ["on one line", 5_000, (n) => `insert into t values (${n}); `, 0],
    [
      "with a comment for each",
      1_250,
      (n) => `-- lint:ignore writes-every-row: ${n}\nupdate t set a = ${n}; delete from t;\n`,
      1,
    ],
  ])("%s", async (_, size, line, findings) => {
    await inProportion(size, async (count) => {
      const table = ["create table t (id bigint primary key, a int)", "drop table t"] as const;
      const directory = makeFolder(pairs({ "1_t": table, "2_x": many(line, count) }));
      const { files } = await lint({ directory, files: [`${directory}/2_x.up.sql`] });
      expect(files[0]?.findings).toHaveLength(findings * count);
    });
  });
});
