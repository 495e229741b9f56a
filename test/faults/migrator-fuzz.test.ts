import { everyHistoryIsAsTheModelSays } from "../migrator/fuzz/histories";
import { everyFileIsWholeOrNothing } from "../migrator/fuzz/properties";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

test("whatever a file says, it is applied and recorded, or neither, and a refusal writes nothing", async () => {
  expect(await everyFileIsWholeOrNothing(postgres, { seconds: 40 })).toBeGreaterThan(10);
});

test("any sequence of edits, of golang-migrate's doings and of ours ends as a small model says", async () => {
  expect(await everyHistoryIsAsTheModelSays(postgres, { seconds: 40 })).toBeGreaterThan(10);
});
