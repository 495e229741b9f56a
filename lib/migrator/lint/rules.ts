import type { Work } from "../analysis/effects";
import { NewValues, type UsedValue } from "../analysis/enum-values";
import type { Examined, SizedEffect } from "../analysis/examine";
import { blocks, blocksWrites, type LockMode, stronger } from "../analysis/locks";
import { ADVICE, type Advice, BREAKAGES, FAILS, NEW_VALUE, SLOW_UNDER_LOCK, UNKNOWN } from "./advice";

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
}

/** Below both limits, work on a table ends before anybody notices. */
const BIG_BYTES = 50 * 1024 * 1024;
const BIG_ROWS = 500_000;

/** Finds effects that others would feel. Pure. */
export function findings(statements: readonly Examined[], { transactional, direction }: RuleOptions): Finding[] {
  const held = new Map<string, { mode: LockMode; line: number }>();
  const newValues = new NewValues();
  return statements.flatMap((statement) => {
    const found = examineOne(statement, transactional ? held : new Map(), direction);
    const used = newValues.next(statement.enums, statement.line);
    if (used && transactional) found.push(finding(NEW_VALUE, usesNewValue(statement, used)));
    for (const { relation, lock, isNew } of statement.effects) {
      const before = held.get(relation);
      if (isNew || !blocksWrites(lock)) continue;
      held.set(relation, { mode: stronger(lock, before?.mode ?? lock), line: before?.line ?? statement.line });
    }
    return found.map((finding) => ({ ...finding, line: statement.line, column: statement.column }));
  });
}

type Held = ReadonlyMap<string, { readonly mode: LockMode; readonly line: number }>;
type Unplaced = Omit<Finding, "line" | "column">;

function examineOne(statement: Examined, held: Held, direction: RuleOptions["direction"]): Unplaced[] {
  const found = statement.effects.filter(isFelt).flatMap((effect) => workFindings(statement, effect, held));
  for (const { rule, relation, detail } of direction === "up" ? statement.breakages : []) {
    if (statement.effects.some((effect) => effect.relation === relation && effect.isNew)) continue;
    found.push(finding(BREAKAGES[rule], `${statement.kind} ${detail}.`));
  }
  if (statement.fails) found.push(finding(FAILS, `${statement.kind}: ${statement.fails}.`));
  if (statement.unknown) found.push(finding(UNKNOWN, `${statement.kind}: ${statement.unknown}.`));
  return found;
}

const usesNewValue = ({ kind }: Examined, { type, value, line, sure }: UsedValue) =>
  `${kind} uses '${value}', which line ${line} adds to the type ${type} in the same transaction: the server refuses that (55P04)${sure ? "" : " where it becomes a value of that type, which cannot be told here"}.`;

/** Unknown sizes count as big. */
function isFelt({ isNew, work, rows, bytes }: SizedEffect): boolean {
  const small = (rows !== undefined || bytes !== undefined) && (rows ?? 0) < BIG_ROWS && (bytes ?? 0) < BIG_BYTES;
  return work !== undefined && !isNew && !small;
}

/** One finding for each kind of advice and relation, with its first reason. */
function workFindings(statement: Examined, effect: SizedEffect, held: Held): Unplaced[] {
  const byRule = new Map<string, Unplaced>();
  for (const work of effect.work ?? []) {
    const found = workFinding(statement, effect, work, held);
    if (found && !byRule.has(found.rule)) byRule.set(found.rule, found);
  }
  return [...byRule.values()];
}

function workFinding({ kind }: Examined, effect: SizedEffect, work: Work, held: Held): Unplaced | undefined {
  const { relation, lock } = effect;
  if (work.cause === "scan-rows") return undefined;
  const does = `${kind} on ${relation}${sizeOf(effect)} ${work.detail}`;
  if (blocksWrites(lock))
    return finding(ADVICE[work.cause], `${does}, and blocks ${blocks(lock)} (${lock}) until it is done.`);
  if (work.cause === "write-all-rows") return finding(ADVICE[work.cause], `${does} in one transaction.`);
  const [other] = held;
  if (!other) return undefined;
  const [name, { mode, line }] = other;
  return finding(SLOW_UNDER_LOCK, `${does}, while line ${line}'s lock on ${name} (${mode}) blocks ${blocks(mode)}.`);
}

function finding({ rule, instead }: Advice, why: string): Unplaced {
  return { rule, why, instead };
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
