import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { prod } from "../../lib/stages/prod";
import { S3Server } from "../support/backup/s3-server";
import { BUCKET, PREFIX, USERS } from "../support/backup/s3-store";
import { makeKeys, makeWork } from "../support/backup/work";
import { useBundle } from "../support/bundle";
import { describeUnless } from "./support/programs";

const MIB = 1 << 20;
const BYTES = 1024 * MIB;
const LIMIT_MIB = Number(/^(\d+)Mi$/.exec(prod.backup.resources.limits?.memory ?? "")?.[1]);
const program = useBundle("lib/backup/main.ts");
const lacksProc = existsSync("/proc/self/status")
  ? undefined
  : "there is no /proc to read the memory of a process from";

/** A bucket that keeps only hashes: a gigabyte in this process would be measured as nothing but slow. */
class Sink extends S3Server {
  constructor() {
    super(BUCKET, USERS);
    this.keepsBytes = false;
  }
}

describeUnless(lacksProc, "shipping a dump of 1 GiB", () => {
  let folder: string;
  let server: Sink;
  let url: string;
  let running: ChildProcess | undefined;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-memory-"));
    await fs.mkdir(path.join(folder, "volume"));
    server = new Sink();
    url = await server.start();
  });
  afterAll(async () => {
    // After a test that took too long.
    running?.kill("SIGKILL");
    await server.stop();
    await fs.rm(folder, { recursive: true });
  });

  test.each([
    ["a volume", () => `volume:${folder}/volume`],
    ["a bucket", () => `s3:${url}/${BUCKET}/${PREFIX}`],
  ])(
    "to %s stays below the memory of its container",
    async (name, target) => {
      const work = path.join(folder, "work");
      await makeLargeWork(work);
      const { recipient } = await makeKeys();
      const args = ["ship", "--work", work, "--target", target(), "--stage", "prod", "--recipient", recipient];
      const env = { AWS_ACCESS_KEY_ID: "writer", AWS_SECRET_ACCESS_KEY: USERS.writer.secret };
      const began = performance.now();
      const run = spawn(process.execPath, [program.file, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
      running = run;
      let peak = 0;
      const timer = setInterval(() => {
        const status = existsSync(`/proc/${run.pid}/status`) ? readFileSync(`/proc/${run.pid}/status`, "utf8") : "";
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      }, 50);
      const [code] = await once(run, "close");
      clearInterval(timer);
      process.stderr.write(
        `1 GiB to ${name}: ${Math.round(peak)} MiB at most, ${Math.round((performance.now() - began) / 1000)} s\n`,
      );
      expect(code).toBe(0);
      expect(peak).toBeGreaterThan(30);
      expect(peak).toBeLessThan(LIMIT_MIB);
    },
    1_800_000,
  );
});

async function makeLargeWork(work: string): Promise<void> {
  const { contents } = await makeWork(work, { bytes: 0 });
  const hash = createHash("sha256");
  const piece = randomBytes(16 * MIB);
  const handle = await fs.open(path.join(work, "dump.pgc"), "w");
  for (let done = 0; done < BYTES; done += piece.length) {
    hash.update(piece);
    await handle.write(piece);
  }
  await handle.close();
  const dump = { bytes: BYTES, sha256: hash.digest("hex") };
  await fs.writeFile(path.join(work, "contents.json"), JSON.stringify({ ...contents, dump }));
}
