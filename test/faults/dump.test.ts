import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { readContents } from "../../lib/backup/contents";
import { usePostgres } from "../support/postgres";
import { DumpPod } from "./support/dump-pod";

const postgres = usePostgres();
let pod: DumpPod | undefined;
let database: string;
let url: string;

beforeAll(async () => {
  pod = await DumpPod.prepare(postgres);
});
beforeEach(async () => {
  url = await postgres.createMigratedDatabase();
  database = new URL(url).pathname.slice(1);
  await postgres.query(url, readable());
});
afterAll(() => pod?.remove());

/** Lets role backup read everything, also what is made later. */
const readable = () => `
  grant usage on schema public, migrate to backup;
  grant select on all tables in schema public, migrate to backup;
  grant select on all sequences in schema public, migrate to backup;
  alter default privileges grant select on tables to backup;
  alter default privileges grant select on sequences to backup`;

/** Declares a test that needs pg_dump 16; without, it has been said that it is skipped. */
const dumps = (sentence: string, run: (pod: DumpPod) => Promise<void>) =>
  test(sentence, async () => {
    if (pod) await run(pod);
  });

dumps("a dump comes with exactly what it holds", async (pod) => {
  await postgres.query(url, "create sequence tickets; select nextval('tickets') from generate_series(1, 7)");
  const { code, log } = await pod.run(database);
  expect([code, log]).toEqual([0, expect.stringMatching(/dumped \d+ bytes in \d+ s, SHA-256 [0-9a-f]{64}\n$/)]);
  const result = await pod.result();
  const { databaseTime: _, ...found } = await readContents({ connectionString: url });
  expect(result).toMatchObject(found);
  expect(result.sequences).toContainEqual({ name: "public.tickets", value: "7", called: true });
  expect(result.schema.version).toBe(7);
  const dump = await fs.readFile(path.join(pod.folder, "work", "dump.pgc"));
  expect(result.dump).toEqual({ bytes: dump.length, sha256: createHash("sha256").update(dump).digest("hex") });
  expect((await fs.readdir(path.join(pod.folder, "work"))).sort()).toEqual(["contents.json", "dump.pgc"]);
  expect(await pod.restoredDifferences()).toEqual([]);
});
