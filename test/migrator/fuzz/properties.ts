import fc from "fast-check";
import { EXIT } from "../../../lib/contract";
import type { TestPostgres } from "../../support/postgres";
import { migratorFor } from "../support/database";
import { makeFolder, pairs } from "../support/folder";
import { type Effort, holds } from "../support/seeded";
import { sql } from "./contents";
import { between, outcomeOf } from "./run";

/** Of a file with any content: applied and recorded, or neither; refused only without a write. Resolves with the number of cases. */
export async function everyFileIsWholeOrNothing(postgres: TestPostgres, effort: Effort): Promise<number> {
  const property = fc.asyncProperty(sql, async (content) => {
    const url = await postgres.createDatabase();
    await migratorFor(url, makeFolder(pairs({ "1_a": "select 1;" }))).up();
    const folder = makeFolder({ ...pairs({ "1_a": "select 1;" }), ...between(2, content) });
    const { failure, first, last, recorded, wrote } = await outcomeOf(postgres, url, folder, 2);
    await postgres.query(postgres.server.url(), `drop database "${new URL(url).pathname.slice(1)}" with (force)`);
    expect({ first, last, recorded }).toEqual(failure ? NOTHING : ALL);
    if (failure?.exitCode === EXIT.refused) expect(wrote).toBe(false);
  });
  return holds(property, effort);
}

const ALL = { first: true, last: true, recorded: true };
const NOTHING = { first: false, last: false, recorded: false };
