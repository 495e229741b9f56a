import type { DatabaseError } from "pg";

/** The server's account of a failure. */
export type Account = Pick<
  DatabaseError,
  "message" | "code" | "detail" | "hint" | "where" | "internalQuery" | "constraint"
> & {
  /** Names of parts that were left out. */
  readonly withheld: readonly string[];
};

/** Everything that the server said; without what may quote a row or a value, if `withhold`. */
export function accountOf(error: DatabaseError, withhold: boolean): Account {
  const { message, code, detail, hint, where, internalQuery, constraint } = error;
  const told = { message, code, detail, hint, where, internalQuery, constraint };
  if (!withhold) return { ...told, withheld: [] };
  const parts = {
    message: withoutValues(message, code),
    detail: undefined,
    where: where && withoutData(where),
    internalQuery: undefined,
  };
  const names = { message: "a value in the message", detail: "detail", where: "context", internalQuery: "query" };
  const changed = Object.keys(parts) as (keyof typeof parts)[];
  return { ...told, ...parts, withheld: changed.flatMap((part) => (told[part] === parts[part] ? [] : [names[part]])) };
}

/** Class 22, data exceptions, is the one whose messages quote values: `invalid input syntax for type integer: "…"`. */
export const withoutValues = (message: string, code = ""): string =>
  code.startsWith("22") ? message.replace(/"[\s\S]*"/, '"…"') : message;

/** Keeps places in functions. Other lines hold rows of a COPY, JSON, or SQL that a function composed. */
function withoutData(context: string): string | undefined {
  const places = context
    .split("\n")
    .filter((line) => /^(PL\/pgSQL|SQL) function .* (line \d+ at|statement \d+)/.test(line));
  return places.join("\n") || undefined;
}
