import { type ParsedStatement, parse } from "../sql/parser";
import { positionAt } from "../sql/position";
import { scan } from "../sql/scanner";
import { analyze } from "./analyze";
import type { Analysis, Effect } from "./effects";
import { type EnumValues, enumValues } from "./enum-values";
import { replay } from "./replay";
import type { Relation, Schema } from "./schema";

/** An effect with what was known of its relation when the statement's turn came. */
export interface SizedEffect extends Effect {
  /** Made by what is being looked at: nobody waits for it. */
  readonly isNew: boolean;
  /** The planner's estimate. */
  readonly rows?: number;
  /** With indexes and TOAST. */
  readonly bytes?: number;
}

export interface Examined extends Omit<Analysis, "effects"> {
  readonly effects: readonly SizedEffect[];
  readonly enums: EnumValues;
  /** Offsets of its first character, comments before it left out, and after its last. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** Its first line. */
  readonly source: string;
}

/** What each statement of a text does, in turn; `schema` is brought up to date with it. @throws ParseError */
export async function examine(text: string, schema: Schema): Promise<Examined[]> {
  const statements = await parse(text);
  return statements.map((statement) => {
    const analysis = analyze(statement.node, schema);
    const effects = analysis.effects.map((effect) => ({ ...effect, ...size(schema.get(effect.relation)) }));
    replay(statement.node, schema);
    return { ...analysis, effects, enums: enumValues(statement.node), ...place(text, statement) };
  });
}

function size(relation: Relation | undefined): Pick<SizedEffect, "isNew" | "rows" | "bytes"> {
  return {
    isNew: relation?.isNew ?? false,
    ...(relation?.rows !== undefined && { rows: relation.rows }),
    ...(relation?.bytes !== undefined && { bytes: relation.bytes }),
  };
}

function place(text: string, { start, end }: ParsedStatement) {
  const first = start + (scan(text.slice(start, end)).statements[0]?.start ?? 0);
  const { line, column } = positionAt(text, first);
  return { start: first, end, line, column, source: text.slice(first, end).split("\n", 1)[0] ?? "" };
}
