import { setImmediate } from "node:timers/promises";
import { stopped } from "../base/errors";
import { type ParsedStatement, parse } from "../sql/parser";
import { placesIn } from "../sql/position";
import { scan } from "../sql/scanner";
import { analyze } from "./analyze";
import { AnalysisBuilder } from "./builder";
import type { Analysis, Effect } from "./effects";
import { type EnumValues, enumValues } from "./enum-values";
import type { Refusal } from "./refusal";
import type { Relation } from "./relation";
import { replay } from "./replay";
import { bodyToInline } from "./replay-routines";
import type { Schema } from "./schema";

/** An effect together with its relation's size at that moment. */
export interface SizedEffect extends Effect {
  /** Made by the same text, so nobody waits for it. */
  readonly isNew: boolean;
  /** The planner's estimate. */
  readonly rows?: number;
  /** With indexes and TOAST. */
  readonly bytes?: number;
}

export interface Examined extends Omit<Analysis, "effects" | "failsInTransaction" | "refusal"> {
  /** The server's message and SQLSTATE, if it refuses the statement whatever the rows are. */
  readonly fails?: string;
  /** Absent if a transaction alone is the reason. */
  readonly refusal?: Refusal;
  readonly effects: readonly SizedEffect[];
  readonly enums: EnumValues;
  /** Offset of its first character, without comments before it. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** Its text. */
  readonly source: string;
}

export interface ExamineOptions {
  /** Whether the text runs as one transaction. @default true */
  readonly transactional?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the effects of each statement in turn and brings `schema` up to date.
 * @throws ParseError, or MigrateError `signalled`
 */
export async function examine(text: string, schema: Schema, options: ExamineOptions = {}): Promise<Examined[]> {
  const { transactional = true, signal } = options;
  const place = placer(text);
  const examined: Examined[] = [];
  for await (const statement of statementsOf(text, schema, signal)) {
    const { failsInTransaction, refusal, ...analysis } = unlessTooDeep(
      () => analyze(statement.node, schema),
      () => tooDeep(schema),
    );
    const fails = refusal?.message ?? (transactional ? failsInTransaction : undefined);
    const enums = unlessTooDeep(
      () => enumValues(statement.node, schema),
      () => ({ constants: new Map() }),
    );
    const effects = analysis.effects.map((effect) => ({ ...effect, ...size(schema.get(effect.relation)) }));
    examined.push({
      ...analysis,
      ...(fails !== undefined && { fails }),
      ...(refusal && { refusal }),
      effects,
      enums,
      ...place(statement),
    });
  }
  return examined;
}

/** The analysis recurses into expressions; the server's own limit is deeper. */
function unlessTooDeep<Found>(look: () => Found, tooDeep: () => Found): Found {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep();
  }
}

function tooDeep(schema: Schema): Analysis {
  const to = new AnalysisBuilder(schema);
  to.unknown("it is nested too deeply to be looked at");
  return to.build();
}

/** Brings `schema` up to date with a text. @throws as `examine` */
export async function replayText(text: string, schema: Schema, signal?: AbortSignal): Promise<void> {
  for await (const _ of statementsOf(text, schema, signal));
}

/** Statements between two checks of the signal. */
const AT_ONCE = 500;

/** Yields each statement, and replays it before the next. */
async function* statementsOf(text: string, schema: Schema, signal?: AbortSignal): AsyncGenerator<ParsedStatement> {
  schema.begin();
  for (const [index, statement] of (await parse(text)).entries()) {
    if (index % AT_ONCE === 0) await setImmediate();
    if (signal?.aborted) throw stopped();
    yield statement;
    const body = await bodyToInline(statement.node);
    unlessTooDeep(
      () => replay(statement.node, schema, body),
      () => undefined,
    );
  }
}

function size(relation: Relation | undefined): Pick<SizedEffect, "isNew" | "rows" | "bytes"> {
  return {
    isNew: relation?.isNew ?? false,
    ...(relation?.rows !== undefined && { rows: relation.rows }),
    ...(relation?.bytes !== undefined && { bytes: relation.bytes }),
  };
}

/** The places of statements, one after the other. */
function placer(text: string) {
  const placeOf = placesIn(text);
  return ({ start, end }: ParsedStatement) => {
    const first = start + (scan(text.slice(start, end)).statements[0]?.start ?? 0);
    const { line, column } = placeOf(first);
    return { start: first, end, line, column, source: text.slice(first, end) };
  };
}
