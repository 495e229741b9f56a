import * as os from "node:os";
import { makeFolder } from "../migrator/support/folder";
import { besiege, CUT, type Fault, killSeed, SIGKILL, STOP, TERMINATE, TRANSACTIONAL } from "../migrator/support/kills";
import { useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres({
  parent: os.tmpdir(),
  settings: { fsync: "on", full_page_writes: "on", autovacuum: "on" },
});
const migrate = useMigrateCommand();
const seed = killSeed();

const CASES: readonly (readonly [fault: Fault, times: number])[] = [
  [SIGKILL, 200],
  [TERMINATE, 30],
  [CUT, 30],
  [STOP, 30],
];

describe(`migrations in transactions (KILLS_SEED=${seed})`, () => {
  test.each(CASES.map(([fault, times]) => [times, fault.name, fault] as const))(
    "%i times %s at random moments: the next up completes them, each exactly once",
    async (times, _name, fault) => {
      const folder = makeFolder(TRANSACTIONAL.files);
      await besiege({ postgres, migrate, folder, workload: TRANSACTIONAL, fault, times, seed });
    },
    600_000,
  );
});
