import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { execute } from "../../lib/deploy/kubectl";
import { writeIdentity } from "../../lib/local/identity";
import { useBundle } from "../support/bundle";
import { describeUnless } from "./support/programs";

/** Tells why no process here can have a network of its own; undefined if it can. */
function lacksNetworks(): string | undefined {
  try {
    execFileSync("unshare", ["--net", "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "unshare --net and ip are refused or missing here; they need root and iproute2";
  }
}

describeUnless(lacksNetworks(), "data-svc listens without HOST", () => {
  const service = useBundle("lib/data-svc/main.ts");
  const folder = mkdtempSync(path.join(os.tmpdir(), "addresses-"));
  let tlsFolder: string;
  beforeAll(async () => {
    tlsFolder = await writeIdentity(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["both", "of IPv6 and IPv4", "[::1] answers\n127.0.0.1 answers\n"],
    ["ipv6", "of IPv6 alone", "[::1] answers\n"],
    ["ipv4", "of IPv4 alone", "127.0.0.1 answers\n"],
  ])("in a network with %s, at addresses %s", async (kind, _, expected) => {
    const script = path.join(__dirname, "support", "addresses.sh");
    const env = {
      PATH: `${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      DATABASE_URL: "postgres://u:p@127.0.0.1:5432/d",
      PORT: "8080",
      TLS_FOLDER: tlsFolder,
      NODE_EXTRA_CA_CERTS: path.join(tlsFolder, "ca.crt"),
      CALLERS: '[{"name":"x","subject":"system:serviceaccount:x:x","may":["listAssessments"]}]',
    };
    const { stdout, stderr } = await execute("unshare", ["--net", "sh", script, kind, process.execPath, service.file], {
      env,
    });
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: "" });
  });
});
