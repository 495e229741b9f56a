import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { usePostgres } from "../support/postgres";
import { ended, killAll, killOne, lacksDump, useDumpPod } from "./support/dump-pod";
import { describeUnless } from "./support/programs";

describeUnless(lacksDump(), "a dump", () => {
  const postgres = usePostgres();
  const here = useDumpPod(postgres);
  /** Enough for more than one block. */
  beforeEach(() =>
    postgres.query(here.url, "create table filler as select i, md5(i::text) from generate_series(1, 20000) i"),
  );

  test("a dump that is cut anywhere is refused", async () => {
    await here.pod.run(here.database);
    const whole = await fs.readFile(path.join(here.pod.folder, "work", "dump.pgc"));
    const cut = path.join(here.pod.folder, "cut.pgc");
    for (let round = 0; round < 50; round++) {
      const length = Math.floor(Math.random() * whole.length);
      await fs.writeFile(cut, whole.subarray(0, length));
      const { code } = await here.pod.tool("pg_restore", ["-f", "/dev/null", cut]);
      expect([length, code]).toEqual([length, 1]);
    }
  });

  test("psql, pg_dump, pg_restore or the shell killed at 50 moments leave no result, or a whole one", async () => {
    const started = Date.now();
    await here.pod.run(here.database);
    const duration = Date.now() - started;
    const outcomes: string[] = [];
    for (let round = 0; round < 50; round++) {
      const dump = here.pod.start(here.database, { TRIES: 1 });
      const end = ended(dump);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * duration));
      const killed = killOne(dump.pid ?? 0);
      const { code } = await end;
      if (here.pod.hasResult) {
        const { dump: described } = await here.pod.result();
        const bytes = await fs.readFile(path.join(here.pod.folder, "work", "dump.pgc"));
        expect(described).toEqual({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
      }
      expect([killed, code === 0 && !here.pod.hasResult]).toEqual([killed, false]);
      outcomes.push(`${killed}: ${here.pod.hasResult ? "whole" : "none"}`);
      killAll(dump.pid ?? 0);
      await fs.rm(path.join(here.pod.folder, "work", "contents.json"), { force: true });
    }
    // Some of either, or the moments were not random.
    expect(new Set(outcomes.map((outcome) => outcome.split(": ")[1]))).toEqual(new Set(["whole", "none"]));
  }, 400_000);
});
