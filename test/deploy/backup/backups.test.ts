import { mkdtemp, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import type { Manifest } from "../../../lib/backup";
import { ageOf, sizeOf } from "../../../lib/common/amounts";
import { chooseBackup } from "../../../lib/deploy/backup/choose";
import { keygen } from "../../../lib/deploy/backup/keygen";
import { targetOf } from "../../../lib/deploy/backup/open-shelf";
import type { Shelf } from "../../../lib/deploy/backup/shelf";
import { backupTable } from "../../../lib/deploy/backup/table";
import { temporaryFolder } from "../../support/temporary-folder";

const manifest = (id: string, databaseTime: string) =>
  ({
    id,
    databaseTime,
    schema: { version: 7, migrations: [] },
    tables: [{ name: "public.users", rows: 3, hash: "1" }],
  }) as unknown as Manifest;

const MANIFESTS = ["2026-11-30T10:00:00Z", "2026-11-30T09:00:00Z", "2026-11-30T08:00:00Z"].map((time, index) =>
  manifest(`00000${3 - index}-20261130T000000Z`, time),
);
const listed = MANIFESTS.map(({ id }, index) => ({
  ...{ id, number: 3 - index, startedAt: "20261130T000000Z", committed: true, bytes: 3_250_000 },
  drill: index === 1 ? ({ at: "20261130T093000Z", result: "passed" } as const) : undefined,
}));
const dead = {
  id: "000004-20261130T100500Z",
  number: 4,
  startedAt: "",
  committed: false,
  bytes: undefined,
  drill: undefined,
};

const shelf = (backups = [dead, ...listed]): Shelf => ({
  name: "a shelf",
  list: async () => backups,
  manifest: async (id) => MANIFESTS.find((one) => one.id === id) ?? Promise.reject(new Error(id)),
  verify: async () => "",
  close: async () => undefined,
});

test.each([
  [{}, "000003"],
  [{ backup: "2" }, "000002"],
  [{ backup: "000001-20261130T000000Z" }, "000001"],
  [{ at: new Date("2026-11-30T09:59:59Z") }, "000002"],
  [{ at: new Date("2026-11-30T09:00:00Z") }, "000002"],
])("%j chooses %s", async (choice, number) => expect((await chooseBackup(shelf(), choice)).id).toMatch(number));

test.each([
  [{ backup: "4" }, /^No backup is 4\. The newest are 000003/],
  [{ at: new Date("2026-11-29T00:00:00Z") }, /^No backup in a shelf is as old as 2026-11-29.* The oldest is 000001/],
])("%j finds none, and says what there is", (choice, message) =>
  expect(chooseBackup(shelf(), choice)).rejects.toThrow(message),
);

test("a shelf of remains alone has no backup", () =>
  expect(chooseBackup(shelf([dead]), {})).rejects.toThrow("There is no backup in a shelf."));

test("the table has a line for each backup, and tells remains from backups", () => {
  const shown = [dead, ...listed.map((one, index) => ({ ...one, manifest: MANIFESTS[index] as Manifest }))];
  expect(backupTable(shown, new Date("2026-11-30T10:30:00Z"))).toBe(
    [
      "backup                   age     size     rows  schema  last drill",
      "000004-20261130T100500Z                                 no backup: under way, or its run died",
      "000003-20261130T000000Z  30 min  3.1 MiB  3     7       none",
      "000002-20261130T000000Z  90 min  3.1 MiB  3     7       passed 20261130T093000Z",
      "000001-20261130T000000Z  2 h     3.1 MiB  3     7       none",
    ].join("\n"),
  );
});

test("ages and sizes", () => {
  const now = new Date("2026-11-30T00:00:00Z");
  expect([10, 119, 7199, 7200, 172_800].map((seconds) => ageOf(now.getTime() - seconds * 1000, now))).toEqual([
    ...["10 s", "119 s", "119 min", "2 h", "2 d"],
  ]);
  expect([0, 1023, 1024, 10_240_000_000].map(sizeOf)).toEqual(["0 B", "1023 B", "1.0 KiB", "9.5 GiB"]);
});

test("a target as the program takes it", () => {
  const bucket = { kind: "s3", region: "r", bucket: "b", network: [], keepDays: 1 } as const;
  expect(targetOf({ ...bucket, endpoint: "https://s3/", prefix: "a/c" })).toBe("s3:https://s3/b/a/c");
  expect(targetOf({ ...bucket, endpoint: "https://s3", prefix: "" })).toBe("s3:https://s3/b");
});

test("a key pair: the private half goes into a new file of its owner alone, and is printed nowhere", async () => {
  const to = path.join(await mkdtemp(path.join(temporaryFolder(), "keygen-")), "key.txt");
  const said: string[] = [];
  const make = async () => ({ recipient: "age1public", identity: "AGE-SECRET-KEY-1PRIVATE" });
  await keygen({ to, make, say: (line) => void said.push(line) });
  expect(await readFile(to, "utf8")).toBe("# public key: age1public\nAGE-SECRET-KEY-1PRIVATE\n");
  expect((await stat(to)).mode & 0o777).toBe(0o600);
  expect(said.join("\n")).toMatch(/age1public/);
  expect(said.join("\n")).not.toMatch(/PRIVATE/);
  await expect(keygen({ to, make, say: () => undefined })).rejects.toThrow(/is there already, and may be the only key/);
});
