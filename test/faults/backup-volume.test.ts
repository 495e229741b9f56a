import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { list, ship, verify } from "../../lib/backup";
import { VolumeStore } from "../../lib/backup/volume/volume-store";
import { killSeed } from "../migrator/support/kills";
import { makeKeys, makeWork } from "../support/backup/work";
import { random } from "../support/random";
import { describeUnless } from "./support/programs";

const seed = killSeed();
const TIMES = 50;

let folder: string;
let recipient: string;
beforeAll(async () => {
  ({ recipient } = await makeKeys());
});
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-volume-"));
  await fs.mkdir(path.join(folder, "volume"));
});
afterEach(() => fs.rm(folder, { recursive: true }));

const shipTo = (store: VolumeStore, work: string) =>
  ship({ work, store, stage: "dev", recipients: [recipient], now: () => new Date() });

test(`a dump cut at ${TIMES} random bytes is never stored (KILLS_SEED=${seed})`, async () => {
  const next = random(seed);
  const store = new VolumeStore(path.join(folder, "volume"));
  const { dump, folder: work } = await makeWork(path.join(folder, "work"), { bytes: 500_000 });
  for (let n = 0; n < TIMES; n++) {
    const cut = Math.floor(next() * dump.length);
    await fs.writeFile(path.join(work, "dump.pgc"), dump.subarray(0, cut));
    await expect(shipTo(store, work)).rejects.toThrow(`has ${cut} bytes instead of ${dump.length}`);
  }
  expect(await fs.readdir(store.folder)).toEqual([]);
});

test(`a dump with one of ${TIMES} random bits flipped is never stored (KILLS_SEED=${seed})`, async () => {
  const next = random(seed);
  const store = new VolumeStore(path.join(folder, "volume"));
  const { dump, folder: work } = await makeWork(path.join(folder, "work"), { bytes: 500_000 });
  for (let n = 0; n < TIMES; n++) {
    const flipped = Buffer.from(dump);
    const at = Math.floor(next() * dump.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(next() * 8));
    await fs.writeFile(path.join(work, "dump.pgc"), flipped);
    await expect(shipTo(store, work)).rejects.toThrow(/has SHA-256/);
  }
  expect((await list(store)).filter(({ committed, bytes }) => committed || bytes !== undefined)).toEqual([]);
});

/** Mounts a small file system. Returns the reason why that cannot be done here. */
function lacksMounts(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "only root on Linux can mount a small file system";
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "this container may not mount a file system";
  }
}

describeUnless(lacksMounts(), "a full volume", () => {
  beforeEach(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", path.join(folder, "volume")]));
  afterEach(() => execFileSync("umount", [path.join(folder, "volume")]));

  test("is told, keeps the backups before, and takes the next one once there is room", async () => {
    const store = new VolumeStore(path.join(folder, "volume"));
    const { folder: work } = await makeWork(path.join(folder, "work"), { bytes: 900_000 });
    const first = await shipTo(store, work);
    const second = await shipTo(store, work);
    await expect(shipTo(store, work)).rejects.toThrow(
      /is full, so nothing more was stored.* \d+ of 2097152 bytes are free\. \(ENOSPC\)/,
    );
    for (const { id } of [first, second]) await verify(store, id);
    expect((await list(store)).filter(({ committed }) => committed)).toHaveLength(2);
    await store.remove(first.id);
    const third = await shipTo(store, work);
    await verify(store, third.id);
  });
});
