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
  let url: string | undefined;
  const property = fc.asyncProperty(sql, async (content) => {
    url ??= await begun(postgres);
    const folder = makeFolder({ ...FIRST, ...between(2, content) });
    const { failure, first, last, recorded, wrote } = await outcomeOf(postgres, url, folder, 2);
    // What failed has left nothing, so that the next case finds the same.
    if (!failure) url = undefined;
    expect({ first, last, recorded }).toEqual(failure ? NOTHING : ALL);
    if (failure?.exitCode === EXIT.refused) expect(wrote).toBe(false);
  });
  return holds(property, effort);
}

const FIRST = pairs({ "1_a": "select 1;" });

/** A new database at version 1. */
async function begun(postgres: TestPostgres): Promise<string> {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(FIRST)).up();
  return url;
}

const ALL = { first: true, last: true, recorded: true };
const NOTHING = { first: false, last: false, recorded: false };
