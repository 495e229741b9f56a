import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { execute } from "../../lib/deploy/kubectl";
import { useBundle } from "../support/bundle";
import { describeUnless } from "./support/programs";

/** An address of this machine that nothing else answers at. */
const SILENT = "127.77.0.53";

/** Tells why no process here can have name servers of its own; undefined if it can. */
function lacksNamespaces(): string | undefined {
  try {
    execFileSync("unshare", ["--mount", "mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf"], {
      stdio: "ignore",
    });
    return undefined;
  } catch {
    return "unshare --mount and mount --bind are refused here; they need root";
  }
}

describeUnless(lacksNamespaces(), "with a name server that never answers", () => {
  const migrate = useBundle("lib/migrate/main.ts");
  let folder: string;
  let server: Socket;
  let asked: number;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "name-server-"));
    server = createSocket("udp4");
    server.on("message", () => asked++);
    await new Promise<void>((resolve, reject) => server.once("error", reject).bind(53, SILENT, resolve));
  });
  beforeEach(() => {
    asked = 0;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Runs `migrate status`, whose machine asks that server with these options of the resolver. */
  async function run(options: string) {
    const resolver = path.join(folder, "resolv.conf");
    writeFileSync(resolver, `nameserver ${SILENT}\noptions ${options}\n`);
    const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
    const command = [
      process.execPath,
      migrate.file,
      "status",
      "--dir",
      path.resolve("migrations"),
      "--connect-tries",
      "1",
    ];
    const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DATABASE_URL: "postgres://u:p@postgres.diabrisk.test/d" };
    return await execute("unshare", ["--mount", "sh", "-c", script, "sh", resolver, ...command], { env });
  }

  test("migrate says so when its own time is over, with exit code 7", async () => {
    const { code, stderr } = await run("timeout:20 attempts:1");
    expect(stderr).toMatch(
      /at last: no name server answered within 10(\.\d)? s for the host name postgres\.diabrisk\.test\. The database has not been asked.*`network\.dns`/,
    );
    expect(code).toBe(EXIT.unreachable);
    expect(asked).toBeGreaterThan(0);
  });

  test("and when the resolver gives up before", async () => {
    const { code, stderr } = await run("timeout:1 attempts:1");
    expect(stderr).toMatch(/at last: getaddrinfo EAI_AGAIN postgres\.diabrisk\.test\. The database has not been asked/);
    expect(code).toBe(EXIT.unreachable);
    expect(asked).toBeGreaterThan(0);
  });
});
