import type { Client } from "pg";
import { type CatalogueEntry, readCatalogue } from "../catalogue";
import { type Difference, findDifferences } from "../catalogue/compare";
import { countRows, type RowCounts } from "./rows";

/** A snapshot of a database: its catalogue and its row counts. */
export interface Look extends RowCounts {
  readonly catalogue: readonly CatalogueEntry[];
}

export async function look(client: Client): Promise<Look> {
  return { catalogue: await readCatalogue(client), ...(await countRows(client)) };
}

/** Compares rows of tables in both; a missing table is itself the difference. */
export function findBetween(before: Look, after: Look): Difference[] {
  const inBoth = (rows: Look["rows"], others: Look["rows"]) =>
    rows.filter(({ name }) => others.some((other) => other.name === name));
  return [
    ...findDifferences(before.catalogue, after.catalogue),
    ...findDifferences(inBoth(before.rows, after.rows), inBoth(after.rows, before.rows)),
  ];
}

export function differences(before: Look, after: Look): string[] {
  return findBetween(before, after).map(({ line }) => line);
}
