import * as path from "node:path";
import { VERSION } from "../../lib/contract";
import { readFolder } from "../../lib/migrator/files/folder";
import { lastRelease, readReleases } from "../../scripts/releases";

const MIGRATIONS = path.resolve(__dirname, "../../migrations");

/** Migrations that would wait for a rollout that waits for them. */
function misplaced(migrations: readonly { id: string; version: number; contract: boolean }[], released: number) {
  const own = migrations.filter(({ version }) => version > released);
  const first = own.findIndex(({ contract }) => contract);
  const contract = own[first];
  return own
    .slice(first < 0 ? own.length : first)
    .filter((migration) => !migration.contract)
    .map(
      ({ id }) =>
        `${id} comes after ${contract?.id}, which runs only when data-svc has rolled out. Swap their numbers.`,
    );
}

test("no migration of this release comes after one that waits for the end of its rollout", async () => {
  const { migrations } = await readFolder(MIGRATIONS);
  expect(misplaced(migrations, lastRelease().migration)).toEqual([]);
});

test("that rule finds the migrations to swap, and leaves those that are released", () => {
  const folder = [false, true, false, true, false].map((contract, index) => ({
    id: `${index + 1}_x`,
    version: index + 1,
    contract,
  }));
  expect(misplaced(folder, 3)).toEqual([
    "5_x comes after 4_x, which runs only when data-svc has rolled out. Swap their numbers.",
  ]);
  expect(misplaced(folder, 4)).toEqual([]);
});

test("the recorded releases are in their order, and none is newer than this one", () => {
  const migrations = readReleases().map(({ migration }) => migration);
  expect(migrations).toEqual([...migrations].sort((a, b) => a - b));
  expect(readReleases().every(({ version, commit }) => version <= VERSION && /^[0-9a-f]{40}$/.test(commit))).toBe(true);
});
