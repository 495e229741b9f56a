import type { DoStmt } from "libpg-query";
import { all, as } from "../sql/tree";

const COMMENT = /('(?:[^']|'')*')|--[^\n]*|\/\*[\s\S]*?\*\//g;
/** A block whose first statement ends it with an error; RAISE does so unless it names a lower level. */
const RAISES = /^\s*begin\s+raise\b(?!\s+(?:debug|log|info|notice|warning)\b)/i;
const HANDLES = /\bexception\s+when\b/i;

/** Whether a DO block does nothing but fail, as a down file does that cannot undo its migration. */
export function onlyRaises({ args }: DoStmt): boolean {
  const options = new Map(all("DefElem", args).map(({ defname, arg }) => [defname, as("String", arg)?.sval]));
  const body = (options.get("as") ?? "").replace(COMMENT, (_, text: string | undefined) => text ?? " ");
  return (options.get("language") ?? "plpgsql") === "plpgsql" && RAISES.test(body) && !HANDLES.test(body);
}
