import { type SchemaOptions, type TUnsafe, Type } from "@sinclair/typebox";

/** A string of these. TypeBox checks the pattern, which is the same in every error's text; clients are made from the enum. */
export function oneOf<const Values extends readonly string[]>(
  values: Values,
  options: SchemaOptions = {},
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>(Type.String({ ...options, enum: values, pattern: `^(${values.join("|")})$` }));
}
