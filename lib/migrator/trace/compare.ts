import type { Examined, SizedEffect } from "../analysis/examine";
import { LOCK_MODES, type LockMode } from "../analysis/locks";
import type { Observed } from "./observe";

/** Statements that read as their plan has it. On empty tables that tells nothing. */
const READS_BY_PLAN =
  /^(SELECT|INSERT|UPDATE|DELETE|MERGE|COPY|CREATE TABLE AS|CREATE MATERIALIZED VIEW|REFRESH|VACUUM)/;

export interface Facts {
  readonly observed: readonly Observed[];
  /** The server's messages, see `statement.ts`. */
  readonly told: readonly string[];
  /** Whether locks were seen from another session, which may miss some. */
  readonly sampled: boolean;
}

/** Says in which respects a statement did something else than the prediction. Pure. */
export function differencesFrom(examined: Examined, facts: Facts): string[] {
  const { effects, fails, unknown } = examined;
  if (fails !== undefined) return [`predicted to fail: ${fails}`];
  // The prediction claims nothing then.
  if (unknown !== undefined) return [];
  const real = new Map(facts.observed.filter(isTold(effects)).map((each) => [each.relation, each]));
  const predicted = new Map(effects.map((effect) => [effect.relation, effect]));
  const old = effects.filter(({ isNew }) => !isNew);
  return [
    ...old.flatMap((effect) => lockDifference(examined, effect, real.get(effect.relation), facts)),
    ...[...real.values()].flatMap(({ relation, lock }) =>
      lock && !predicted.has(relation) ? [`took ${lock} on ${bare(relation)}, which was not predicted`] : [],
    ),
    ...[...new Set([...real.keys(), ...old.map(({ relation }) => relation)])].flatMap((relation) =>
      workDifference(examined, relation, predicted.get(relation), real.get(relation), facts),
    ),
  ];
}

/** Indexes and sequences go with their table; only a statement that names one is held against it. */
export function isTold(effects: readonly SizedEffect[]): (observed: Observed) => boolean {
  const named = new Set(effects.map(({ relation }) => relation));
  return ({ relation, kind, isNew }) => !isNew && (!/^[iIScC]$/.test(kind) || named.has(relation));
}

function lockDifference(
  { kind }: Examined,
  { relation, lock }: SizedEffect,
  real: Observed | undefined,
  { sampled }: Facts,
): string[] {
  if (real?.lock === lock) return [];
  // Its last moment takes the index whole, which nobody can use any more. Only a sample at that moment sees it.
  if (kind === "DROP INDEX CONCURRENTLY" && real?.kind === "i") return [];
  const rank = (mode: LockMode | undefined) => (mode === undefined ? -1 : LOCK_MODES.indexOf(mode));
  // A mode that an earlier statement took is not taken again.
  if (rank(real?.lock) < rank(lock) && (sampled || rank(real?.held) >= rank(lock))) return [];
  if (!real?.lock) return [`predicted ${lock} on ${bare(relation)}, took nothing`];
  return [`predicted ${lock} on ${bare(relation)}, took ${real.lock}`];
}

function workDifference(
  { kind }: Examined,
  relation: string,
  effect: SizedEffect | undefined,
  real: Observed | undefined,
  { told, sampled }: Facts,
): string[] {
  // TRUNCATE gives a table a new file without writing anything.
  if (kind === "TRUNCATE" || (real && /^[iIS]$/.test(real.kind))) return [];
  const works = effect?.work ?? [];
  const claim = works.find((work) => work.kind === "rewrite")?.kind ?? works[0]?.kind;
  if (claim === real?.work) return [];
  const name = bare(relation);
  if (real?.work === "rewrite") return [`rewrote ${name}, which was not predicted`];
  if (claim === "rewrite" && !READS_BY_PLAN.test(kind)) return [`predicted to rewrite ${name}, did not`];
  // Outside of a transaction the counters may be handed over at any moment.
  if (READS_BY_PLAN.test(kind) || sampled) return [];
  if (claim === "scan") return [`predicted to read all of ${name}, did not`];
  // The check of a foreign key is a query, which reads as its plan has it.
  return told.some((line) => /^validating foreign key/.test(line))
    ? []
    : [`read all of ${name}, which was not predicted`];
}

export function bare(relation: string): string {
  return relation.replace(/^public\./, "");
}
