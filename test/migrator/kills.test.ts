import { usePostgres } from "../support/postgres";
import { makeFolder } from "./support/folder";
import { besiege, CUT, type Fault, killSeed, SIGKILL, STEPWISE, STOP, TERMINATE, TRANSACTIONAL } from "./support/kills";
import { useMigrateCommand } from "./support/process";

/** A sample; test/faults/kills*.test.ts do the same hundreds of times. */
const postgres = usePostgres();
const migrate = useMigrateCommand();
const seed = killSeed();

const CASES: readonly (readonly [fault: Fault, times: number])[] = [
  [SIGKILL, 2],
  [TERMINATE, 1],
  [CUT, 1],
  [STOP, 1],
];

describe.each([
  ["migrations in transactions", TRANSACTIONAL],
  ["migrations statement by statement", STEPWISE],
] as const)(`%s (KILLS_SEED=${seed})`, (_, workload) => {
  test.each(CASES.map(([fault, times]) => [fault.name, fault, times] as const))(
    "%s at random moments: the next up completes them, each exactly once",
    async (_name, fault, times) => {
      const folder = makeFolder(workload.files);
      await besiege({ postgres, migrate, folder, workload, fault, times, seed });
    },
    120_000,
  );
});
