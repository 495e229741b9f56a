import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import {
  drillKey,
  fetchBackup,
  list,
  type Manifest,
  openTarget,
  parseTarget,
  ship,
  type Target,
  textBody,
  verify,
} from "../../lib/backup";
import { runBackup } from "../../lib/backup/run";
import { removeLeftovers } from "../../lib/backup/volume/leftovers";
import { retain } from "../../lib/backup/volume/retain";
import { RunMark } from "../../lib/backup/volume/run-mark";
import { VolumeStore } from "../../lib/backup/volume/volume-store";
import { makeKeys, makeWork, type Work, type WorkOptions } from "../support/backup/work";
import { keepingTerminal } from "../support/terminal";

const NOW = new Date("2026-11-30T09:00:00Z");
const now = () => NOW;
const KEEP = { daily: 7, weekly: 5, monthly: 12 };

let folder: string;
let store: VolumeStore;
let keys: Awaited<ReturnType<typeof makeKeys>>;

beforeAll(async () => {
  keys = await makeKeys();
});
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-volume-"));
  await fs.mkdir(path.join(folder, "volume"));
  store = new VolumeStore(path.join(folder, "volume"));
  await fs.writeFile(path.join(folder, "identity"), `# a comment\n${keys.identity}\n`);
});
afterEach(() => fs.rm(folder, { recursive: true }));

let works = 0;
async function shipOne(options: WorkOptions = {}): Promise<{ manifest: Manifest; work: Work }> {
  const work = await makeWork(path.join(folder, `work-${++works}`), { bytes: 100_000, ...options });
  return { work, manifest: await ship({ work: work.folder, store, stage: "dev", recipients: [keys.recipient], now }) };
}

const fetched = (asked: string) =>
  fetchBackup({ store, asked, identities: [keys.identity], to: path.join(folder, "to") });
const flip = async (file: string, at: number) => {
  const bytes = await fs.readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  await fs.writeFile(file, bytes);
};
const fileOf = ({ id }: Manifest, name: string) => path.join(store.folder, id, name);

describe("a volume", () => {
  test("holds the encrypted dump and its manifest, and nothing else", async () => {
    const { manifest, work } = await shipOne();
    expect(await fs.readdir(store.folder)).toEqual(["000001-20261130T081500Z"]);
    expect(await fs.readdir(path.join(store.folder, manifest.id))).toEqual(["dump.age", "manifest.json"]);
    await verify(store, "newest");
    await fetched("newest");
    expect((await fs.readFile(path.join(folder, "to/dump.pgc"))).equals(work.dump)).toBe(true);
    expect((await fs.stat(path.join(folder, "to/dump.pgc"))).mode & 0o777).toBe(0o600);
  });

  test("never replaces an object", async () => {
    expect(await store.create("000001-20261130T081500Z/dump.age", textBody("one"))).toBe(true);
    expect(await store.create("000001-20261130T081500Z/dump.age", textBody("two"))).toBe(false);
    expect(await fs.readFile(path.join(store.folder, "000001-20261130T081500Z/dump.age"), "utf8")).toBe("one");
  });

  test("takes two whole backups of the same second", async () => {
    const both = await Promise.all([shipOne(), shipOne()]);
    expect(new Set(both.map(({ manifest }) => manifest.id)).size).toBe(2);
    for (const { manifest } of both) await verify(store, manifest.id);
  });

  test("finds a backup by id, number and the word newest", async () => {
    const { manifest } = await shipOne();
    for (const asked of ["newest", "1", "000001", manifest.id]) expect((await fetched(asked)).id).toBe(manifest.id);
    await expect(fetched("2")).rejects.toThrow(/no backup 2 .*The newest is 000001/);
  });

  test("shows what a dead run left, which is no backup", async () => {
    await fs.mkdir(path.join(store.folder, "000007-20261130T070000Z"));
    const { manifest } = await shipOne();
    expect((await list(store)).map(({ number, committed }) => [number, committed])).toEqual([
      [8, true],
      [7, false],
    ]);
    await expect(verify(store, "000007-20261130T070000Z")).rejects.toThrow(
      `no manifest: its run did not finish, so it is no backup. The newest is ${manifest.id}`,
    );
  });
});

describe("one flipped bit", () => {
  test.each([0, 250, 50_000, 100_000])("of the stored dump, at byte %d, is refused by verify and fetch", async (at) => {
    const { manifest } = await shipOne();
    await flip(fileOf(manifest, "dump.age"), at);
    await expect(verify(store, "newest")).rejects.toThrow(
      /has SHA-256 \w+ instead of \w+. Do not use this backup; take the one before it/,
    );
    await expect(fetched("newest")).rejects.toThrow(/damaged|Do not use this backup/);
    expect(await fs.readdir(path.join(folder, "to"))).toEqual(["manifest.json"]);
  });

  test("of the manifest's hash is refused", async () => {
    const { manifest } = await shipOne();
    const file = fileOf(manifest, "manifest.json");
    const text = await fs.readFile(file, "utf8");
    await fs.writeFile(
      file,
      text.replace(
        manifest.dump.sha256,
        manifest.dump.sha256.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
      ),
    );
    await expect(fetched("newest")).rejects.toThrow(/after decryption/);
  });
});

test("another key opens nothing", async () => {
  await shipOne();
  const { identity } = await makeKeys();
  const to = path.join(folder, "to");
  await expect(fetchBackup({ store, asked: "newest", identities: [identity], to })).rejects.toThrow(
    /encrypted for other keys/,
  );
});

describe("retention", () => {
  const kept = async () => (await list(store)).map(({ number }) => number);

  test("keeps the newest that a drill proved, and nothing but the last of a day otherwise", async () => {
    for (let count = 0; count < 3; count++) await shipOne();
    await store.create(drillKey("000001-20261130T081500Z", NOW), textBody('{"result": "passed"}'));
    await store.create(drillKey("000002-20261130T081500Z", NOW), textBody('{"result": "failed"}'));
    const { terminal, printed } = keepingTerminal();
    await retain(store, KEEP, NOW, terminal.out);
    expect(await kept()).toEqual([3, 1]);
    expect(printed.out).toBe("Removed 000002-20261130T081500Z: newer backups fill its day, week and month.");
  });

  test("keeps and tells a backup whose clock its database contradicts", async () => {
    await shipOne({ startedAt: "2026-11-29T08:00:00Z", databaseTime: "2026-11-30T08:00:00Z" });
    await shipOne();
    await shipOne();
    const { terminal, printed } = keepingTerminal();
    await retain(store, KEEP, NOW, terminal.out);
    expect(await kept()).toEqual([3, 1]);
    expect(printed.out).toContain(
      "Kept 000001-20261129T080000Z: its date differs from its database's clock, which said 2026-11-30T08:00:00.000Z.",
    );
  });

  test("keeps a backup with an unreadable manifest", async () => {
    const { manifest } = await shipOne();
    await fs.writeFile(fileOf(manifest, "manifest.json"), "{");
    await shipOne();
    const { terminal, printed } = keepingTerminal();
    await retain(store, KEEP, NOW, terminal.out);
    expect(await kept()).toEqual([2, 1]);
    expect(printed.out).toContain("its manifest cannot be read");
  });
});

describe("what dead runs left", () => {
  const HOUR = 3_600;
  const BEAT = { every: 20, look: 400 };
  const DEAD = "000001-20261130T010000Z";
  let own: RunMark;

  beforeEach(async () => {
    own = await RunMark.set(store.folder, BEAT);
    await fs.mkdir(path.join(store.folder, DEAD));
    await fs.writeFile(path.join(store.folder, DEAD, ".dump.age.draft"), "half");
  });
  afterEach(() => own.remove());

  const tidy = async (after: number) => {
    const { terminal, printed } = keepingTerminal();
    const later = () => new Date(Date.now() + after * 1000);
    await removeLeftovers({ store, own, deadlineSeconds: HOUR, now: later, print: terminal.out, beat: BEAT });
    return printed.out;
  };
  const remains = async () => (await list(store)).map(({ id }) => id);

  test("is removed when older than a run may get", async () => {
    expect(await tidy(HOUR + 60)).toBe(`Removed ${DEAD}: left by runs that died before their manifest.`);
    expect(await remains()).toEqual([]);
  });

  test("stays while it could be a run's", async () => {
    expect(await tidy(HOUR - 60)).toBe("");
    expect(await remains()).toEqual([DEAD]);
  });

  test("stays while another run lives, even if a clock says that it is old", async () => {
    const other = await RunMark.set(store.folder, BEAT);
    expect(await tidy(HOUR * 24)).toBe("Removed nothing that dead runs left: another run is under way.");
    expect(await remains()).toEqual([DEAD]);
    await other.remove();
  });

  test("is removed together with its mark, which no longer changes", async () => {
    await fs.writeFile(path.join(store.folder, ".run-dead"), "");
    expect(await tidy(HOUR * 24)).toContain("Removed 000001-20261130T010000Z, .run-dead");
    expect((await fs.readdir(store.folder)).filter((name) => name === ".run-dead")).toEqual([]);
  });

  test("stays, and is told, if its files are from the future", async () => {
    expect(await tidy(-HOUR)).toContain(
      `Kept ${DEAD}: it has no manifest, and its files are from the future. Is a clock wrong?`,
    );
    expect(await remains()).toEqual([DEAD]);
  });
});

describe("the command", () => {
  const run = async (...args: string[]) => {
    const { terminal, printed } = keepingTerminal();
    const environment = { BACKUP_TARGET: `volume:${store.folder}` };
    return { exit: await runBackup(args, { environment, terminal, now }), ...printed };
  };
  const shipArgs = (work: string) => ["ship", "--work", work, "--stage", "dev", "--recipient", keys.recipient];

  test("ships, lists, verifies and fetches", async () => {
    const { folder: work } = await makeWork(path.join(folder, "work"));
    expect((await run(...shipArgs(work))).out).toMatch(
      /^Stored 000001-20261130T081500Z in volume .*: \d+ bytes, 1 tables, 2 rows.\n$/,
    );
    expect(await fs.readdir(work)).toEqual([]);
    expect((await run("list")).out).toMatch(/^000001-20261130T081500Z +\d+ bytes {2}no drill\n$/);
    expect((await run("verify")).out).toMatch(/^000001-20261130T081500Z is whole: /);
    expect(
      (await run("fetch", "1", "--identity", path.join(folder, "identity"), "--to", path.join(folder, "to"))).exit,
    ).toBe(0);
    expect(JSON.parse((await run("list", "--json")).out)).toMatchObject({ number: 1, committed: true });
  });

  test("names everything that is wrong at once", async () => {
    const { exit, err } = await run("ship", "--keep-daily", "-1");
    expect(exit).toBe(2);
    for (const missing of ["--work is missing", "--stage is missing", "--recipient is missing", "--keep-daily is"])
      expect(err).toContain(missing);
  });

  test.each(["age1nonsense", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA", "age1pq1xyz"])(
    "refuses the recipient %s",
    async (recipient) => {
      const { exit, err } = await run("ship", "--work", folder, "--stage", "dev", "--recipient", recipient);
      expect(exit).toBe(2);
      expect(err).toContain("is no public key of age");
    },
  );

  test("says that the dump did not finish", async () => {
    const { exit, err } = await run(...shipArgs(folder));
    expect(exit).toBe(1);
    expect(err).toMatch(/There is no .*contents.json: the dump did not finish. Its own log says why/);
    expect(await fs.readdir(store.folder)).toEqual([]);
  });

  test("says that no volume is mounted", async () => {
    expect(await run("list", "--target", "volume:/nowhere")).toMatchObject({
      exit: 1,
      err: expect.stringContaining("There is no folder /nowhere"),
    });
  });

  test("never prints a private key", async () => {
    const file = path.join(folder, "wrong");
    await fs.writeFile(file, keys.identity.slice(0, -1));
    const { exit, err } = await run("fetch", "--identity", file, "--to", folder);
    expect(exit).toBe(1);
    expect(err).not.toContain(keys.identity.slice(20, 40));
  });
});

describe("a target", () => {
  const S3 = { kind: "s3", bucket: "backups" };
  test.each<[string, Partial<Target>]>([
    ["volume:/backups", { kind: "volume", folder: "/backups" }],
    ["s3:https://s3.eu-central-1.amazonaws.com/backups/prod/", { ...S3, prefix: "prod" } as Target],
    ["s3:http://s3.s3:7070/backups", { ...S3, prefix: "" } as Target],
  ])("%s is read", (text, expected) => expect(parseTarget(text)).toMatchObject(expected));

  test.each([
    ["", "neither a volume nor S3"],
    ["volume:backups", "not absolute"],
    ["s3:backups/prod", "no URL"],
    ["s3:https://key:secret@host/backups", "holds a credential"],
    ["s3:https://host", "without a bucket"],
    ["s3:https://host/Back$ups", "whose bucket is none"],
    ["s3:https://host/backups/a b", "whose prefix"],
    ["s3:https://host/backups?x=1", "more than a path"],
  ])("%s is refused", (text, problem) =>
    expect(parseTarget(text)).toEqual({ problem: expect.stringContaining(problem) }),
  );

  test("is opened without a look at it", () => {
    expect(openTarget({ kind: "volume", folder: "/nowhere" }, { environment: {} }).name).toBe("volume /nowhere");
  });
});
