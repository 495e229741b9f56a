import type { Client } from "pg";
import { quoted } from "../base/quoted";
import type { Migration } from "../files/folder";
import { ParseError } from "../sql/parser";
import type { Scripts } from "../state/preflight";
import { type Amount, Counter, describeAmount } from "./count";
import { type Removal, removals } from "./statements";

/** Something that is lost when a migration is undone. */
export interface Loss {
  readonly version: number;
  readonly kind: Removal["kind"];
  /** The table, its column, or the schema; empty for `unknown`. */
  readonly name: string;
  /** Absent if it cannot be counted. */
  readonly amount?: Amount;
  /** The whole loss as a sentence. */
  readonly text: string;
}

/**
 * Lists what down files remove, by their parse trees, and how much of it this database holds. Only reads. Says so where
 * a DO block or a function hides it.
 */
export async function findLosses(client: Client, migrations: readonly Migration[], scripts: Scripts): Promise<Loss[]> {
  const counter = new Counter(client);
  const losses: Loss[] = [];
  for (const migration of migrations) {
    const file = migration.files.down;
    for (const removal of await read(scripts.get(file)?.text ?? "")) {
      if (removal.routine !== undefined && (await counter.isServersOwn(removal.routine))) continue;
      losses.push(await assess(removal, migration.version, counter));
    }
  }
  return losses;
}

/** A file that only the server can judge counts as unknown. */
async function read(text: string): Promise<Removal[]> {
  try {
    return await removals(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return [{ kind: "unknown", relation: "", note: `a file that cannot be parsed (${error.message})`, line: 1 }];
  }
}

async function assess(removal: Removal, version: number, counter: Counter): Promise<Loss> {
  const { kind, relation, column, note, line, searchPath } = removal;
  const name = column === undefined ? relation : `${relation}.${quoted(column)}`;
  if (kind === "unknown") {
    return { version, kind, name, text: `whatever ${note} in line ${line} removes: that cannot be told from its text` };
  }
  const remark = note ? ` (${note})` : "";
  if (kind === "schema") return { version, kind, name, text: `schema ${name}${remark}` };
  const amount = await counter.count(relation, column, searchPath);
  const what = kind === "rows" ? `rows of ${name}` : `${kind} ${name}`;
  return {
    version,
    kind,
    name,
    ...(typeof amount === "object" && { amount }),
    text: `${what}${remark}: ${describeAmount(amount, column)}`,
  };
}
