import type { RangeVar, TypeName } from "libpg-query";
import { storedType } from "../analysis/expressions";
import { all } from "../sql/tree";

/** Quotes a name, whatever it holds. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteAll(names: readonly string[]): string[] {
  return names.map(quote);
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table's name as the statement writes it, quoted. */
export function tableText({ schemaname, relname = "" }: RangeVar): string {
  return schemaname === undefined ? quote(relname) : `${quote(schemaname)}.${quote(relname)}`;
}

/** A type with its modifiers, for a cast. `serial` and the like are the type that they store. */
export function typeText(type: TypeName, withModifiers = true): string {
  const names = all("String", type.names).map(({ sval }) => sval ?? "");
  const last = names.pop() ?? "";
  const modifiers = all("A_Const", type.typmods).flatMap(({ ival, sval }) => ival?.ival ?? sval?.sval ?? 0);
  const written = withModifiers && modifiers.length > 0 ? `(${modifiers.join(",")})` : "";
  return `${quoteAll([...names, storedType(last)]).join(".")}${written}${type.arrayBounds?.length ? "[]" : ""}`;
}

/** A COLLATE clause, or nothing. */
export function collateText(names: Parameters<typeof all>[1]): string {
  const parts = all("String", names).map(({ sval }) => quote(sval ?? ""));
  return parts.length > 0 ? ` collate ${parts.join(".")}` : "";
}
