import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { fetchBackup, list, type Manifest, MissingError, ship, verify } from "../../lib/backup";
import { FaultyProxy } from "../support/backup/faulty-proxy";
import { S3Server } from "../support/backup/s3-server";
import { BUCKET, HASTE, type StoreAt, storeAt, USERS } from "../support/backup/s3-store";
import { makeKeys, makeWork, type Work } from "../support/backup/work";

let folder: string;
let server: S3Server;
let proxy: FaultyProxy;
let url: string;
let keys: Awaited<ReturnType<typeof makeKeys>>;

beforeAll(async () => {
  keys = await makeKeys();
});
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-s3-"));
  server = new S3Server(BUCKET, USERS);
  server.partBytesAtLeast = 100_000;
  proxy = new FaultyProxy(await server.start());
  url = await proxy.start();
});
afterEach(async () => {
  await proxy.stop();
  await server.stop();
  await fs.rm(folder, { recursive: true });
});

const drill = () => storeAt(url, { user: "drill" });

async function shipOne(work: Work, options: StoreAt = {}): Promise<Manifest> {
  const { recipient } = keys;
  return ship({
    work: work.folder,
    store: storeAt(url, options),
    stage: "prod",
    recipients: [recipient],
    now: () => new Date(),
  });
}

async function isWhole({ id }: Manifest, { dump }: Work): Promise<void> {
  await verify(drill(), id);
  const to = path.join(folder, "fetched");
  await fetchBackup({ store: drill(), asked: id, identities: [keys.identity], to });
  expect((await fs.readFile(path.join(to, "dump.pgc"))).equals(dump)).toBe(true);
}

describe("a bucket whose keys may only put and list", () => {
  test("takes a small dump in one request, and the manifest last", async () => {
    const work = await makeWork(path.join(folder, "work"));
    const manifest = await shipOne(work);
    expect(server.log).toEqual([
      `list prod/`,
      `put prod/${manifest.id}/dump.age`,
      `put prod/${manifest.id}/manifest.json`,
    ]);
    expect(manifest).toMatchObject({
      id: "000001-20261130T081500Z",
      number: 1,
      stage: "prod",
      recipients: [keys.recipient],
    });
    await isWhole(manifest, work);
  });

  test("takes a large dump in parts", async () => {
    const work = await makeWork(path.join(folder, "work"), { bytes: 250_000 });
    const manifest = await shipOne(work, { partBytes: 100_000 });
    expect(server.log.filter((line) => line.startsWith("part"))).toHaveLength(3);
    await isWhole(manifest, work);
    expect(server.uploads.size).toBe(0);
  });

  test("gives each backup the next number, whatever its clock says", async () => {
    await shipOne(await makeWork(path.join(folder, "a"), { startedAt: "2027-01-01T00:00:00Z" }));
    const second = await shipOne(await makeWork(path.join(folder, "b"), { startedAt: "2026-11-30T00:00:00Z" }));
    expect(second.id).toBe("000002-20261130T000000Z");
    expect((await list(storeAt(url))).map(({ number }) => number)).toEqual([2, 1]);
  });

  test("counts the number of a run that died, too", async () => {
    server.objects.set("prod/000041-20261130T080000Z/dump.age", { bytes: Buffer.from("half"), etag: "" });
    const { number } = await shipOne(await makeWork(path.join(folder, "work")));
    expect(number).toBe(42);
  });

  test("lists thousands of objects, page by page", async () => {
    for (let number = 1; number <= 1_200; number++)
      for (const name of ["dump.age", "manifest.json"])
        server.objects.set(`prod/${String(number).padStart(6, "0")}-20261130T080000Z/${name}`, {
          bytes: Buffer.alloc(1),
          etag: "",
        });
    expect(await list(storeAt(url))).toHaveLength(1_200);
    expect(server.log).toHaveLength(3);
    expect((await shipOne(await makeWork(path.join(folder, "work")))).number).toBe(1_201);
  });

  test("keeps what another prefix has apart", async () => {
    await shipOne(await makeWork(path.join(folder, "a")), { prefix: "production" });
    expect(await list(storeAt(url))).toEqual([]);
  });
});

describe("two runs at the same second", () => {
  const together = async (bytes: number) => {
    const works = await Promise.all(["a", "b"].map((name) => makeWork(path.join(folder, name), { bytes })));
    const manifests = await Promise.all(works.map((work) => shipOne(work, { partBytes: 100_000 })));
    expect(new Set(manifests.map(({ id }) => id)).size).toBe(2);
    for (const [index, manifest] of manifests.entries()) await isWhole(manifest, works[index] as Work);
  };
  test("store two whole backups", () => together(50_000));
  test("store two whole backups in parts", () => together(150_000));
});

describe("a lost answer", () => {
  const losing = (part: string) => {
    let lost = 0;
    proxy.fault = ({ method, url: asked }) =>
      asked?.includes(part) && method !== "GET" && lost++ === 0 ? { kind: "lost answer" } : undefined;
  };

  test.each(["dump.age", "manifest.json"])("to the PUT of %s is no second backup", async (name) => {
    losing(name);
    const work = await makeWork(path.join(folder, "work"));
    const manifest = await shipOne(work);
    expect(manifest.number).toBe(1);
    expect(await list(storeAt(url))).toHaveLength(1);
    await isWhole(manifest, work);
  });

  test("to the last request of an upload in parts is no second backup", async () => {
    let posts = 0;
    // The first POST begins the upload.
    proxy.fault = ({ method }) => (method === "POST" && ++posts === 2 ? { kind: "lost answer" } : undefined);
    const work = await makeWork(path.join(folder, "work"), { bytes: 150_000 });
    const manifest = await shipOne(work, { partBytes: 100_000 });
    expect(manifest.number).toBe(1);
    await isWhole(manifest, work);
  });

  test("takes the next number where ETags are not MD5", async () => {
    server.md5Etags = false;
    losing("dump.age");
    const work = await makeWork(path.join(folder, "work"));
    const manifest = await shipOne(work);
    expect(manifest.number).toBe(2);
    expect((await list(storeAt(url))).map(({ committed }) => committed)).toEqual([true, false]);
    await isWhole(manifest, work);
  });
});

describe("a broken answer to a GET", () => {
  test("is continued where it ended", async () => {
    const work = await makeWork(path.join(folder, "work"), { bytes: 1_000_000 });
    const manifest = await shipOne(work);
    let gets = 0;
    proxy.fault = ({ method, url: asked }) =>
      method === "GET" && asked?.includes("dump.age") && gets++ < 3 ? { kind: "half answer" } : undefined;
    await verify(drill(), manifest.id);
    expect(gets).toBe(4);
  });
});

describe("a refusal says what to do", () => {
  const refusal = async (options: StoreAt) =>
    shipOne(await makeWork(path.join(folder, "work")), options).then(
      () => "",
      (error: Error) => `${error.name}: ${error.message}`,
    );

  test("for a wrong secret key", async () => {
    expect(await refusal({ secret: "wrong" })).toMatch(/SignatureDoesNotMatch.*Check both keys/s);
    expect(server.log).toEqual([]);
  });
  test("for a bucket that is not there", async () =>
    expect(await refusal({ bucket: "elsewhere" })).toMatch(/NoSuchBucket.*Create it as `backup bucket` prints/));
  test("for a clock an hour ahead", async () => {
    const now = () => new Date(Date.now() + 3_600_000);
    expect(await refusal({ now })).toMatch(/RequestTimeTooSkewed.*The store's says .* GMT\. Set the clock/);
  });
  test("for a clock an hour back", async () => {
    const now = () => new Date(Date.now() - 3_600_000);
    expect(await refusal({ now })).toMatch(/RequestTimeTooSkewed/);
  });
  test("for a full store", async () => {
    server.quota = 1_000;
    expect(await refusal({})).toMatch(/507.*The store is full/);
    expect(server.objects.size).toBe(0);
  });
  test("for keys that may not read", async () => {
    const work = await makeWork(path.join(folder, "work"));
    await shipOne(work);
    await expect(verify(storeAt(url), "newest")).rejects.toThrow(
      /403.*AccessDenied.*`backup bucket` prints the policy/,
    );
  });
  test("for a store that never answers", async () => {
    proxy.fault = () => ({ kind: "stall" });
    const patience = { ...HASTE, stall: 50 };
    expect(await refusal({ patience })).toMatch(/list objects: nothing was sent or received for 0.05 seconds/);
    expect(proxy.seen).toHaveLength(4);
  });
  test("for a port where nothing listens", async () => {
    await proxy.stop();
    expect(await refusal({})).toMatch(/ECONNREFUSED.*Check the endpoint/);
    await proxy.start();
  });
  test("for an object that is missing", async () => {
    const read = async () => {
      for await (const _ of drill().read("000001-20261130T081500Z/dump.age"));
    };
    await expect(read()).rejects.toThrow(MissingError);
  });
});

test("a dump that was changed after its contents were written reaches no bucket", async () => {
  const work = await makeWork(path.join(folder, "work"), { bytes: 250_000 });
  work.dump[200_000] = (work.dump[200_000] ?? 0) ^ 1;
  await fs.writeFile(path.join(work.folder, "dump.pgc"), work.dump);
  await expect(shipOne(work, { partBytes: 100_000 })).rejects.toThrow(
    /has SHA-256 \w+ instead of \w+.*was damaged after it was written/,
  );
  expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
});
