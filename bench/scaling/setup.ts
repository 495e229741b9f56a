import type { PostgresBudget } from "../../lib/postgres/settings";
import { postgresSettings } from "../../lib/postgres/settings";
import { parseMebibytes, parseQuantity } from "../../lib/stages/quantity";
import type { Stage } from "../../lib/stages/stage";
import type { LimitedServer, Settings } from "./limited-server";
import type { Mix } from "./mix";
import type { Pgbench } from "./pgbench";

/** A server with one stage's limits and data, ready to be measured. */
export interface Setup {
  readonly stage: string;
  readonly budget: PostgresBudget;
  /** Settings that lib/postgres computes from the budget. */
  readonly settings: Settings;
  /** Folder for data. */
  readonly work: string;
  readonly server: LimitedServer;
  readonly pgbench: Pgbench;
  readonly mix: Mix;
  readonly pace: Pace;
}

/** How long everything takes. */
export interface Pace {
  /** Seconds of a measured load. */
  readonly seconds: number;
  /** Rounds of a comparison. */
  readonly rounds: number;
  /** Seconds of a load in the search, which tries many values. */
  readonly searchSeconds: number;
  /** Rounds of each step of the search. */
  readonly searchRounds: number;
  /** Values to try of each setting, the first ones. */
  readonly values: number;
  /** Audit rows of a month. */
  readonly monthRows: number;
}

export const FULL: Pace = {
  seconds: 4,
  rounds: 9,
  searchSeconds: 2,
  searchRounds: 6,
  values: Number.POSITIVE_INFINITY,
  monthRows: 50_000,
};

export const QUICK: Pace = { seconds: 1, rounds: 2, searchSeconds: 1, searchRounds: 1, values: 1, monthRows: 5_000 };

export function budgetOf({ database: { resources, storage } }: Pick<Stage, "database">): PostgresBudget {
  const memory = parseMebibytes(resources.limits.memory) ?? 0;
  return { memory, cpu: parseQuantity(resources.limits.cpu) ?? 0, volume: parseMebibytes(storage) ?? 0 };
}

export const settingsOf = (budget: PostgresBudget): Settings => postgresSettings(budget);
