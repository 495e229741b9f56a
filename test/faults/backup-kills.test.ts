import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { list, type Store, verify } from "../../lib/backup";
import { VolumeStore } from "../../lib/backup/volume/volume-store";
import { killSeed } from "../migrator/support/kills";
import { S3Server } from "../support/backup/s3-server";
import { BUCKET, PREFIX, storeAt, USERS } from "../support/backup/s3-store";
import { makeKeys, makeWork, type Work } from "../support/backup/work";
import { useBundle } from "../support/bundle";
import { random } from "../support/random";

const TIMES = 50;
const BYTES = 24 << 20;
const seed = killSeed();
const program = useBundle("lib/backup/main.ts");

let folder: string;
let work: Work;
let recipient: string;
let server: S3Server;
let url: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-kills-"));
  work = await makeWork(path.join(folder, "work"), { bytes: BYTES });
  ({ recipient } = await makeKeys());
  server = new S3Server(BUCKET, USERS);
  url = await server.start();
}, 120_000);
afterAll(async () => {
  await server.stop();
  await fs.rm(folder, { recursive: true });
});

/** The program removes its work, so each run has a copy. */
async function start(target: string, n: number): Promise<ChildProcess> {
  const copy = path.join(folder, `work-${n}`);
  await fs.mkdir(copy, { recursive: true });
  for (const name of ["dump.pgc", "contents.json"]) await fs.link(path.join(work.folder, name), path.join(copy, name));
  const args = [
    "ship",
    "--work",
    copy,
    "--target",
    target,
    "--stage",
    "dev",
    "--recipient",
    recipient,
    "--keep-daily",
    "1000",
  ];
  const env = { AWS_ACCESS_KEY_ID: "writer", AWS_SECRET_ACCESS_KEY: USERS.writer.secret };
  return spawn(process.execPath, [program.file, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
}

const TARGETS: readonly (readonly [name: string, target: () => string, store: () => Store])[] = [
  ["a volume", () => `volume:${folder}/volume`, () => new VolumeStore(`${folder}/volume`)],
  ["a bucket", () => `s3:${url}/${BUCKET}/${PREFIX}`, () => storeAt(url, { user: "drill" })],
];

describe(`ship killed at random moments (KILLS_SEED=${seed})`, () => {
  test.each(TARGETS)(
    `${TIMES} times leaves in %s no manifest without its whole dump`,
    async (_name, target, store) => {
      await fs.mkdir(path.join(folder, "volume"), { recursive: true });
      const next = random(seed);
      let n = 0;
      const began = performance.now();
      await finished(await start(target(), n++));
      const duration = performance.now() - began;
      const verified = new Set<string>();
      let killed = 0;
      for (; n <= TIMES; n++) {
        const run = await start(target(), n);
        const end = finished(run);
        await Promise.race([end, sleep(next() * duration)]);
        run.kill("SIGKILL");
        if ((await end) === null) killed++;
        for (const { id, committed } of await list(store())) {
          if (!committed || verified.has(id)) continue;
          await verify(store(), id);
          verified.add(id);
        }
        await fs.rm(path.join(folder, `work-${n}`), { recursive: true });
      }
      // Most have to fall into a run, or this would show nothing.
      expect(killed).toBeGreaterThan(TIMES / 2);
      const code = await finished(await start(target(), n));
      expect(code).toBe(0);
      const [newest] = await list(store());
      expect(newest?.committed).toBe(true);
      await verify(store(), newest?.id ?? "");
      const left = (await list(store())).filter(({ committed }) => !committed).length;
      process.stderr.write(`${killed} of ${TIMES} were killed; ${left} left something without a manifest\n`);
    },
    600_000,
  );
});

/** Its exit code; null if it was killed. */
async function finished(run: ChildProcess): Promise<number | null> {
  const [code] = await once(run, "close");
  return code;
}
