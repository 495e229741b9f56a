import * as fs from "node:fs/promises";
import * as path from "node:path";
import { findClientTools, noClientTools } from "../../lib/local/client-tools";
import { temporaryFolder } from "../support/temporary-folder";

/** A folder with programs that say what version they are. */
async function folderOf(versions: Readonly<Record<string, string>>): Promise<string> {
  const folder = await fs.mkdtemp(path.join(temporaryFolder(), "tools-"));
  for (const [name, version] of Object.entries(versions)) {
    await fs.writeFile(path.join(folder, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`, { mode: 0o755 });
  }
  return folder;
}

const all = (version: string) => ({ psql: version, pg_dump: version, pg_restore: version });

test("the first folder of PATH with all three programs of major 16 is taken", async () => {
  const folders = await Promise.all([
    folderOf(all("15.18")),
    folderOf({ ...all("16.14"), pg_restore: "17.2" }),
    folderOf({ pg_dump: "16.14" }),
    folderOf(all("16.14 (Debian 16.14-1.pgdg13+1)")),
    folderOf(all("16.14")),
  ]);
  expect(findClientTools({ PATH: folders.join(path.delimiter) })).toBe(folders[3]);
});

test("PG16_BINDIR counts alone, and a wrong one is told", async () => {
  const [good, old] = [await folderOf(all("16.14")), await folderOf(all("15.18"))];
  expect(findClientTools({ PATH: old, PG16_BINDIR: good })).toBe(good);
  expect(findClientTools({ PATH: good, PG16_BINDIR: old })).toBeUndefined();
  expect(noClientTools({ PG16_BINDIR: old })).toContain(`PG16_BINDIR is ${old}, which has no psql, pg_dump`);
  expect(noClientTools({})).toMatch(/^This machine has no psql, .*apt-get install postgresql-client-16/);
});

test("a program that does not run is none", async () => {
  const folder = await folderOf(all("16.14"));
  await fs.writeFile(path.join(folder, "pg_dump"), "#!/nowhere\n");
  expect(findClientTools({ PG16_BINDIR: folder })).toBeUndefined();
});
