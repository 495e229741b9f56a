import type { Work } from "../analysis/effects";
import { NewValues, type UsedValue } from "../analysis/enum-values";
import type { Examined, SizedEffect } from "../analysis/examine";
import { blocks, blocksWrites, LOCK_MODES, type LockMode, stronger } from "../analysis/locks";
import type { Refusal } from "../analysis/refusal";
import { quoted, quotedRelation } from "../base/quoted";
import { ADVICE, ALONE, BREAKAGES, NEW_VALUE, SLOW_UNDER_LOCK, UNKNOWN } from "./advice";
import { REFUSALS } from "./advice-refused";
import { type Advice, renderWay, type Source } from "./way";

export interface Finding {
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  /** The statement's effect, and on whom. */
  readonly why: string;
  readonly instead: string;
}

export interface RuleOptions {
  /** Whether the statements are one transaction, which keeps its locks to the end. */
  readonly transactional: boolean;
  /** A down file is meant to drop things. */
  readonly direction: "up" | "down";
  /** Whether the file says `-- contract`, and so may break the release before. @default false */
  readonly contract?: boolean;
}

/** Below both limits, work on a table ends before anybody notices. */
const BIG_BYTES = 50 * 1024 * 1024;
const BIG_ROWS = 500_000;

/** Finds effects that others would feel. Pure. */
export function findings(statements: readonly Examined[], options: RuleOptions): Finding[] {
  const { transactional } = options;
  const held = new Map<string, HeldLock>();
  const newValues = new NewValues();
  return statements.flatMap((statement) => {
    const found = examineOne(statement, transactional ? held : new Map(), options);
    const used = newValues.next(statement.enums, statement.line);
    if (used && transactional) found.push(finding(NEW_VALUE, usesNewValue(statement, used)));
    for (const { relation, lock, isNew } of statement.effects) {
      const before = held.get(relation);
      // Only other refreshes write to a materialized view.
      const refreshes = lock === "EXCLUSIVE" && statement.kind.startsWith("REFRESH");
      if (isNew || refreshes || !blocksWrites(lock)) continue;
      if (!before || stronger(lock, before.mode) !== before.mode)
        held.set(relation, { mode: lock, line: statement.line });
    }
    return found.map((finding) => ({ ...finding, line: statement.line, column: statement.column }));
  });
}

interface HeldLock {
  readonly mode: LockMode;
  readonly line: number;
}

type Held = ReadonlyMap<string, HeldLock>;
type Unplaced = Omit<Finding, "line" | "column">;

function examineOne(statement: Examined, held: Held, { direction, contract }: RuleOptions): Unplaced[] {
  const felt = statement.effects.filter(isFelt);
  const found = workFindings(statement, felt);
  found.push(...slowUnderLock(statement, felt, held));
  for (const { rule, relation, detail } of direction === "up" && !contract ? statement.breakages : []) {
    if (statement.effects.some((effect) => effect.relation === relation && effect.isNew)) continue;
    found.push(finding(BREAKAGES[rule], `${statement.kind} ${detail}.`));
  }
  const { fails, refusal, source } = statement;
  const advice = refusal ? REFUSALS[refusal.cause] : ALONE;
  if (fails) found.push(finding(advice, `${statement.kind} fails: ${fails}.`, sourceOfRefusal(source, refusal)));
  if (statement.unknown) found.push(finding(UNKNOWN, `${statement.kind}: ${statement.unknown}.`));
  return found;
}

/** Long work keeps earlier locks waiting, on other tables too. One finding for a statement names the strongest lock. */
function slowUnderLock({ kind }: Examined, felt: readonly SizedEffect[], held: Held): Unplaced[] {
  for (const effect of [...felt].sort((a, b) => (b.rows ?? 0) - (a.rows ?? 0))) {
    const [work] = effect.work ?? [];
    // A lock on the same table that is no stronger than the work's own is part of that finding.
    const others = [...held].filter(
      ([name, { mode }]) => name !== effect.relation || (mode !== effect.lock && stronger(mode, effect.lock) === mode),
    );
    const [strongest] = others.sort(([, a], [, b]) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode));
    if (!work || !strongest) continue;
    const [name, { mode, line }] = strongest;
    const does = `${kind} on ${effect.relation}${sizeOf(effect)} ${work.detail}`;
    return [
      finding(SLOW_UNDER_LOCK, `${does}, while line ${line}'s lock on ${name} (${mode}) blocks ${blocks(mode)}.`),
    ];
  }
  return [];
}

const usesNewValue = ({ kind }: Examined, { type, value, line, sure }: UsedValue) =>
  `${kind} uses '${value}', which line ${line} adds to the type ${type} in the same transaction: the server refuses that (55P04)${sure ? "" : " where it becomes a value of that type, which cannot be told here"}.`;

/** Unknown sizes count as big. */
function isFelt({ isNew, work, rows, bytes }: SizedEffect): boolean {
  const small = (rows !== undefined || bytes !== undefined) && (rows ?? 0) < BIG_ROWS && (bytes ?? 0) < BIG_BYTES;
  return work !== undefined && !isNew && !small;
}

/** One finding for each kind of advice and work; partitions that share it are named together. */
function workFindings(statement: Examined, felt: readonly SizedEffect[]): Unplaced[] {
  const groups = new Map<string, { work: Work; effects: SizedEffect[] }>();
  for (const effect of felt) {
    const rules = new Set<string>();
    for (const work of effect.work ?? []) {
      if (work.cause === "scan-rows" || !(blocksWrites(effect.lock) || work.cause === "write-all-rows")) continue;
      const { rule } = ADVICE[work.cause];
      const key = [rule, work.detail, effect.lock].join("\n");
      if (!rules.has(rule)) groups.set(key, { work, effects: [...(groups.get(key)?.effects ?? []), effect] });
      rules.add(rule);
    }
  }
  return [...groups.values()].map(({ work, effects }) => workFinding(statement, work, effects));
}

function workFinding(statement: Examined, work: Work, effects: readonly SizedEffect[]): Unplaced {
  const [{ lock } = { lock: "ACCESS SHARE" as const }] = effects;
  if (work.cause === "scan-rows") throw new Error("It has no advice of its own.");
  const does = `${statement.kind} on ${namesOf(effects)} ${work.detail}`;
  const why = blocksWrites(lock)
    ? `${does}, and blocks ${blocks(lock)} (${lock}) until it is done.`
    : `${does} in one transaction.`;
  return finding(ADVICE[work.cause], why, sourceOf(statement, work));
}

/** How many relations a finding names. */
const NAMED = 3;

function namesOf(effects: readonly SizedEffect[]): string {
  const names = effects.slice(0, NAMED).map((effect) => `${effect.relation}${sizeOf(effect)}`);
  return `${names.join(", ")}${effects.length > NAMED ? ` and ${effects.length - NAMED} more` : ""}`;
}

/** A partitioned table is locked without work of its own, which its partitions have. */
function sourceOf({ source: sql, effects }: Examined, { cause }: Work): Source {
  const working = effects.filter(({ work }) => work?.some((each) => each.cause === cause));
  const columns = effects.flatMap(({ work = [] }) => work.flatMap((each) => each.columns ?? []));
  const [main] = effects;
  const partitioned = main !== undefined && !working.includes(main);
  return {
    sql,
    partitions: partitioned ? working.map(({ relation }) => quotedRelation(relation)) : [],
    partial: partitioned && effects.length > working.length + 1,
    columns: [...new Set(columns)].map(quoted),
  };
}

function sourceOfRefusal(sql: string, { partitions = [], partial, parent, columns }: Partial<Refusal> = {}): Source {
  return {
    sql,
    partitions: partitions.map(quotedRelation),
    ...(partial && { partial }),
    ...(parent !== undefined && { parent: quotedRelation(parent) }),
    ...(columns && { columns: columns.map(quoted) }),
  };
}

function finding({ rule, instead, way }: Advice, why: string, source?: Source): Unplaced {
  const safe = source && way?.(source);
  return { rule, why, instead: safe ? renderWay(safe) : instead };
}

function sizeOf({ rows, bytes }: SizedEffect): string {
  if (rows === undefined && bytes === undefined) return "";
  return ` (${[rows === undefined ? "" : `${rows.toLocaleString("en")} rows`, bytes === undefined ? "" : bytesText(bytes)].filter(Boolean).join(", ")})`;
}

/** `3.1 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
