import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Caller, OPERATIONS } from "../../contract";

const CallersSchema = Type.Array(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      subject: Type.String({ pattern: "^system:serviceaccount:[^:]+:[^:]+$" }),
      may: Type.Array(Type.Union(OPERATIONS.map((name) => Type.Literal(name))), { minItems: 1 }),
    },
    { additionalProperties: false },
  ),
  { minItems: 1 },
);

/** Parses the setting CALLERS; undefined if it is no such table. */
export function parseCallers(text: string): readonly Caller[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(CallersSchema, value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
