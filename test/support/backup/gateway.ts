import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { run } from "../../../bench/process";
import { goTool, VERSITYGW } from "../../../bench/tools";
import { type BucketOptions, bucketDocuments } from "../../../lib/backup";
import { sha256Header } from "../../../lib/backup/s3/put";
import { BUCKET, PREFIX, USERS } from "./s3-store";

const ROOT = { access: "root", secret: "root-secret" };

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
    const env = { ROOT_ACCESS_KEY: ROOT.access, ROOT_SECRET_KEY: ROOT.secret };
    this.#process = spawn(binary, args, { env, stdio: "ignore" });
    while (!(await fetch(this.url).catch(() => undefined))) await sleep(50);
    await this.#makeUsers(binary);
    await this.#makeBucket();
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
  async ask(
    method: string,
    below: string,
    body?: string,
    user?: keyof typeof USERS,
    headers: Record<string, string> = {},
  ): Promise<number> {
    const secret = user ? USERS[user].secret : ROOT.secret;
    const client = new AwsClient({
      accessKeyId: user ?? ROOT.access,
      secretAccessKey: secret,
      service: "s3",
      region: "us-east-1",
      retries: 0,
    });
    // A bucket with locks asks for a checksum.
    const checksum = body === undefined ? {} : sha256Header(Buffer.from(body));
    const answer = await client.fetch(`${this.url}/${BUCKET}${below}`, {
      method,
      headers: { ...headers, ...checksum },
      ...(body !== undefined && { body }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  async #makeFolder(name: string): Promise<string> {
    const folder = path.join(this.#folder, name);
    await fs.mkdir(folder);
    return folder;
  }

  async #makeUsers(binary: string): Promise<void> {
    const admin = ["admin", "--access", ROOT.access, "--secret", ROOT.secret, "--endpoint-url", this.url];
    for (const [name, { secret }] of Object.entries(USERS)) {
      const args = [...admin, "create-user", "--role", "user", "--access", name, "--secret", secret];
      const { code, stderr } = await run({ command: [binary, ...args] });
      if (code !== 0) throw new Error(`create-user: ${stderr}`);
    }
  }

  async #makeBucket(): Promise<void> {
    const { policy, objectLock } = bucketDocuments({ ...OPTIONS, endpoint: new URL(this.url) });
    const { Mode, Days } = objectLock.Rule.DefaultRetention;
    const lock = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>${Mode}</Mode><Days>${Days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;
    const steps = [
      await this.ask("PUT", "", undefined, undefined, { "x-amz-bucket-object-lock-enabled": "true" }),
      await this.ask("PUT", "?object-lock", lock),
      await this.ask("PUT", "?policy", JSON.stringify(policy)),
    ];
    if (steps.some((status) => status >= 300)) throw new Error(`The bucket was not made: ${steps.join(", ")}`);
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
