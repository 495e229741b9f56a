import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../../bench/process";
import { goTool, VERSITYGW } from "../../../bench/tools";
import type { BucketOptions } from "../../../lib/backup";
import { askS3 } from "./ask";
import { makeLockedBucket } from "./locked-bucket";
import { BUCKET, PREFIX, USERS } from "./s3-store";

const ROOT = { accessKeyId: "root", secretAccessKey: "root-secret" };

/** Versity's S3 gateway over a temporary folder, with a bucket as `backup bucket --for versity` makes it. */
export class Gateway {
  url = "";
  #folder = "";
  #process: ChildProcess | undefined;

  async start(): Promise<string> {
    const binary = await goTool(VERSITYGW);
    this.#folder = await fs.mkdtemp(path.join(os.tmpdir(), "gateway-"));
    const [data, versions, users] = await Promise.all(
      ["data", "versions", "users"].map((name) => this.#makeFolder(name)),
    );
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const args = [
      "--quiet",
      "--port",
      `127.0.0.1:${port}`,
      "--iam-dir",
      users ?? "",
      "posix",
      "--versioning-dir",
      versions ?? "",
      data ?? "",
    ];
    const env = { ROOT_ACCESS_KEY: ROOT.accessKeyId, ROOT_SECRET_KEY: ROOT.secretAccessKey };
    this.#process = spawn(binary, args, { env, stdio: "ignore" });
    while (!(await fetch(this.url).catch(() => undefined))) await sleep(50);
    await this.#makeUsers(binary);
    await makeLockedBucket({ ...OPTIONS, endpoint: new URL(this.url) }, ROOT);
    return this.url;
  }

  async stop(): Promise<void> {
    if (this.#process?.kill("SIGKILL")) await once(this.#process, "close");
    await fs.rm(this.#folder, { recursive: true, force: true });
  }

  /** Forgets every backup, so that the next test begins anew. */
  async empty(): Promise<void> {
    for (const name of ["data", "versions"])
      await fs.rm(path.join(this.#folder, name, BUCKET, PREFIX), { recursive: true, force: true });
  }

  /** Sends a request to the bucket as a user, or as the administrator. */
  async ask(method: string, below: string, body?: string, user?: keyof typeof USERS): Promise<number> {
    const keys = user ? { accessKeyId: user, secretAccessKey: USERS[user].secret } : ROOT;
    const { status } = await askS3(`${this.url}/${BUCKET}${below}`, keys, { method, body });
    return status;
  }

  async #makeFolder(name: string): Promise<string> {
    const folder = path.join(this.#folder, name);
    await fs.mkdir(folder);
    return folder;
  }

  async #makeUsers(binary: string): Promise<void> {
    const root = ["--access", ROOT.accessKeyId, "--secret", ROOT.secretAccessKey];
    const admin = ["admin", ...root, "--endpoint-url", this.url];
    for (const [name, { secret }] of Object.entries(USERS)) {
      const args = [...admin, "create-user", "--role", "user", "--access", name, "--secret", secret];
      const { code, stderr } = await run({ command: [binary, ...args] });
      if (code !== 0) throw new Error(`create-user: ${stderr}`);
    }
  }
}

const OPTIONS: Omit<BucketOptions, "endpoint"> = {
  kind: "versity",
  region: "us-east-1",
  bucket: BUCKET,
  prefix: PREFIX,
  keepDays: 35,
  writer: "writer",
  drill: "drill",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
