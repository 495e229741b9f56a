import { usePostgres } from "../../support/postgres";
import { everyHistoryIsAsTheModelSays } from "./histories";

const postgres = usePostgres();

test("any sequence of edits, of golang-migrate's doings and of ours ends as a small model says", async () => {
  expect(await everyHistoryIsAsTheModelSays(postgres, { runs: 4 })).toBeGreaterThan(0);
}, 120_000);
