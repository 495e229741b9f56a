import { readFileSync } from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { makeFolder } from "./support/folder";

const postgres = usePostgres();
const docs = readFileSync(path.join(__dirname, "../../docs/migrations.md"), "utf8");

test("the example of an error in docs/migrations.md is what its example of a migration prints, once misspelt", async () => {
  const [, example = ""] = /```sql\n(-- Why: {3}GET \/people[\s\S]*?)```/.exec(docs) ?? [];
  const folder = makeFolder({
    "000008_add_birth_year.up.sql": example.replace("alter table people", "alter table poeple"),
    "000008_add_birth_year.down.sql": "select 1;\n",
  });
  const { code, stderr } = await migrateHere(["up", "--dir", folder], {
    DATABASE_URL: await postgres.createDatabase(),
  });
  expect(code).toBe(EXIT.sql);
  const printed = stderr.slice(stderr.indexOf("error:")).replaceAll(folder, "migrations").trimEnd();
  expect(docs).toContain(`\n${printed.replaceAll(/^/gm, "    ")}\n`);
});
