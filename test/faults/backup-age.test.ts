import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { fetchBackup, ship } from "../../lib/backup";
import { VolumeStore } from "../../lib/backup/volume/volume-store";
import { makeWork } from "../support/backup/work";
import { describeUnless, findExecutable } from "./support/programs";

const [age, keygen] = ["age", "age-keygen"].map((name) =>
  findExecutable(["/usr/bin", "/usr/local/bin"].map((folder) => path.join(folder, name))),
);
const lacksAge = age && keygen ? undefined : "age is not installed (Debian's package age)";

describeUnless(lacksAge, "the program age", () => {
  const run = (program: string | undefined, ...args: string[]) =>
    execFileSync(program ?? "", args, { maxBuffer: 1 << 30 });
  let folder: string;
  let identity: string;
  let recipient: string;

  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "backup-age-"));
    await fs.mkdir(path.join(folder, "volume"));
    identity = path.join(folder, "key");
    execFileSync(keygen ?? "", ["-o", identity], { stdio: "ignore" });
    recipient = String(run(keygen, "-y", identity)).trim();
  });
  afterEach(() => fs.rm(folder, { recursive: true }));

  test.each([0, 1, 65_535, 65_536, 65_537, 5_000_000])("opens a dump of %d bytes", async (bytes) => {
    const { folder: work, dump } = await makeWork(path.join(folder, "work"), { bytes });
    const store = new VolumeStore(path.join(folder, "volume"));
    const { id } = await ship({ work, store, stage: "dev", recipients: [recipient], now: () => new Date() });
    expect(run(age, "-d", "-i", identity, path.join(store.folder, id, "dump.age")).equals(dump)).toBe(true);
    const to = path.join(folder, "to");
    const identities = [
      (await fs.readFile(identity, "utf8")).split("\n").find((line) => line.startsWith("AGE-")) ?? "",
    ];
    await fetchBackup({ store, asked: "newest", identities, to });
    expect((await fs.readFile(path.join(to, "dump.pgc"))).equals(dump)).toBe(true);
  });
});
