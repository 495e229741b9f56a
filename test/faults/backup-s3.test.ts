import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { VERSITYGW } from "../../bench/tools";
import { fetchBackup, list, type Manifest, ship } from "../../lib/backup";
import { killSeed } from "../migrator/support/kills";
import { type Fault, FaultyProxy } from "../support/backup/faulty-proxy";
import { Gateway } from "../support/backup/gateway";
import { S3Server } from "../support/backup/s3-server";
import { BUCKET, HASTE, PREFIX, type StoreAt, storeAt, USERS } from "../support/backup/s3-store";
import { makeKeys, makeWork, type Work } from "../support/backup/work";
import { random } from "../support/random";
import { describeUnless, lacksGo } from "./support/programs";

const seed = killSeed();
/** S3's least size of a part; a gateway insists on it. */
const PART = 5 << 20;
const SIZES = { "in one request": 300_000, "in parts": 11 << 20 } as const;

interface Place {
  start(): Promise<string>;
  stop(): Promise<void>;
  empty(): Promise<void>;
}

/** The tests' own server. */
class Own extends S3Server implements Place {
  constructor() {
    super(BUCKET, USERS);
  }
  async empty(): Promise<void> {
    this.objects.clear();
    this.uploads.clear();
  }
}

describe("the tests' own server", () => tests(() => new Own()));
describeUnless(lacksGo(VERSITYGW), "Versity's gateway", () => {
  tests(() => new Gateway());
  policy();
});

function tests(make: () => Place): void {
  let folder: string;
  let place: Place;
  let proxy: FaultyProxy;
  let url: string;
  let keys: Awaited<ReturnType<typeof makeKeys>>;

  beforeAll(async () => {
    keys = await makeKeys();
    place = make();
    proxy = new FaultyProxy(await place.start());
    url = await proxy.start();
  }, 600_000);
  afterAll(async () => {
    // The place first: the proxy is not there if it did not start.
    await place.stop();
    await proxy.stop();
  });
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-faults-"));
  });
  afterEach(async () => {
    proxy.fault = () => undefined;
    await place.empty();
    await fs.rm(folder, { recursive: true });
  });

  const shipOne = ({ folder: work }: Work, options: StoreAt = {}): Promise<Manifest> =>
    ship({
      work,
      store: storeAt(url, { partBytes: PART, ...options }),
      stage: "prod",
      recipients: [keys.recipient],
      now: () => new Date(),
    });

  async function isWhole(id: string, { dump }: Work): Promise<void> {
    const store = storeAt(url, { user: "drill" });
    const to = path.join(folder, "fetched");
    await fetchBackup({ store, asked: id, identities: [keys.identity], to });
    expect((await fs.readFile(path.join(to, "dump.pgc"))).equals(dump)).toBe(true);
  }

  const FAULTS: readonly Fault[] = [
    { kind: "status", status: 500 },
    { kind: "status", status: 503, code: "SlowDown" },
    { kind: "reset" },
    { kind: "half" },
    { kind: "flipped bit" },
    { kind: "half answer" },
    { kind: "lost answer" },
    { kind: "stall" },
    { kind: "stalled answer" },
  ];
  const nameOf = (fault: Fault) => (fault.kind === "status" ? `status ${fault.status}` : fault.kind);
  const cases = FAULTS.flatMap((fault) =>
    Object.entries(SIZES).map(([how, bytes]) => [nameOf(fault), how, bytes, fault] as const),
  );

  test.each(cases)(
    "%s at each request's first attempt costs nothing of a dump %s",
    async (_name, _how, bytes, fault) => {
      const work = await makeWork(path.join(folder, "work"), { bytes });
      const seen = new Set<string>();
      proxy.fault = ({ method, url: asked }) => {
        const request = `${method} ${asked}`;
        const isFirst = !seen.has(request);
        seen.add(request);
        return isFirst ? fault : undefined;
      };
      const { id } = await shipOne(work, { patience: { ...HASTE, stall: 1_000 } });
      proxy.fault = () => undefined;
      expect(seen.size).toBeGreaterThan(2);
      // One backup, though its answers were lost.
      expect((await list(storeAt(url))).map((backup) => [backup.id, backup.committed])).toEqual([[id, true]]);
      await isWhole(id, work);
    },
  );

  test.each(FAULTS.map((fault) => [nameOf(fault), fault] as const))(
    "%s for good leaves no backup, and the next run works",
    async (_name, fault) => {
      const first = await makeWork(path.join(folder, "a"));
      // The list works, so that the run gets as far as the dump.
      proxy.fault = ({ method }) => (method === "GET" ? undefined : fault);
      const patience = { ...HASTE, stall: 100 };
      const wrong = await shipOne(first, { patience }).then(
        () => undefined,
        (error: Error) => error,
      );
      proxy.fault = () => undefined;
      // With its answers lost the dump may be there, and is found. Without its manifest it is no backup.
      if (!/answer/.test(fault.kind)) expect(wrong?.message).toMatch(/put .*dump\.age/);
      const left = await list(storeAt(url));
      for (const { id, committed } of left) if (committed) await isWhole(id, first);
      const second = await makeWork(path.join(folder, "b"));
      const { id } = await shipOne(second);
      await isWhole(id, second);
    },
  );

  test(`random faults never leave a manifest without its whole dump (KILLS_SEED=${seed})`, async () => {
    const next = random(seed);
    let shipped = 0;
    for (let round = 0; round < 25; round++) {
      const work = await makeWork(path.join(folder, `work-${round}`), { bytes: next() < 0.3 ? 6 << 20 : 200_000 });
      proxy.fault = () => (next() < 0.25 ? FAULTS[Math.floor(next() * FAULTS.length)] : undefined);
      const before = new Set((await quietly(() => list(storeAt(url)))).map(({ id }) => id));
      const manifest = await shipOne(work, { patience: { ...HASTE, stall: 300 } }).catch(() => undefined);
      proxy.fault = () => undefined;
      if (manifest) shipped++;
      for (const { id, committed } of await list(storeAt(url)))
        if (committed && !before.has(id)) await isWhole(id, work);
    }
    expect(shipped).toBeGreaterThan(5);
  }, 600_000);

  /** Without faults. */
  async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
    const { fault } = proxy;
    proxy.fault = () => undefined;
    try {
      return await work();
    } finally {
      proxy.fault = fault;
    }
  }

  test.each(Object.entries(SIZES))("two at once store two whole backups %s", async (_how, bytes) => {
    const works = await Promise.all(["a", "b"].map((name) => makeWork(path.join(folder, name), { bytes })));
    const manifests = await Promise.all(works.map((work) => shipOne(work)));
    expect(new Set(manifests.map(({ id }) => id)).size).toBe(2);
    for (const [index, { id }] of manifests.entries()) await isWhole(id, works[index] as Work);
  });

  test.each([
    ["ahead", 1],
    ["back", -1],
  ])("a clock an hour %s is refused, and told", async (_direction, sign) => {
    const now = () => new Date(Date.now() + sign * 3_600_000);
    await expect(shipOne(await makeWork(path.join(folder, "work")), { now })).rejects.toThrow(
      /RequestTimeTooSkewed.*Set the clock/,
    );
    expect(await list(storeAt(url))).toEqual([]);
  });
}

function policy(): void {
  describe("with the printed policy", () => {
    const gateway = new Gateway();
    const ID = "000001-20261130T081500Z";
    const DUMP = `/${PREFIX}/${ID}/dump.age`;
    const RESULT = `/${PREFIX}/${ID}/drill-20261130T090000Z.json`;
    beforeAll(async () => {
      await gateway.start();
      expect(await gateway.ask("PUT", DUMP, "encrypted", "writer")).toBe(200);
    }, 600_000);
    afterAll(() => gateway.stop());

    test.each([
      ["writer", "PUT", `/${PREFIX}/${ID}/manifest.json`, 200],
      ["writer", "GET", DUMP, 403],
      ["writer", "DELETE", DUMP, 403],
      ["writer", "GET", "?versions", 403],
      ["writer", "GET", "?uploads", 403],
      ["writer", "PUT", "?policy", 403],
      ["writer", "PUT", "/elsewhere", 403],
      ["drill", "GET", DUMP, 200],
      ["drill", "DELETE", DUMP, 403],
      ["drill", "PUT", DUMP, 403],
      ["drill", "PUT", RESULT, 200],
      ["drill", "GET", "?versions", 403],
    ] as const)("the user %s gets from %s %s status %d", async (user, method, below, status) => {
      expect(await gateway.ask(method, below, method === "PUT" ? "text" : undefined, user)).toBe(status);
    });
  });
}
