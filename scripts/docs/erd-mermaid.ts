import type { Column, ForeignKey, Table } from "./catalogue";

/** Draws an entity-relationship diagram. It shows the beginnings of the columns' comments. */
export function erdDiagram(tables: readonly Table[]): string {
  return [
    "erDiagram",
    ...tables.flatMap((table) => table.foreignKeys.map((key) => relationLine(table, key))),
    ...tables.flatMap(({ name, columns }) => [`  ${name} {`, ...columns.map(columnLine), "  }"]),
  ].join("\n");
}

function relationLine(table: Table, { target, columns, onDelete, unique }: ForeignKey): string {
  const nullable = table.columns.some(({ name, required }) => columns.includes(name) && !required);
  const ends = `${nullable ? "|o" : "||"}--${unique ? "o|" : "o{"}`;
  return `  ${target} ${ends} ${table.name} : "${columns.join(", ")}, on delete ${onDelete}"`;
}

function columnLine({ name, type, keys, comment }: Column): string {
  const note = comment === null ? "" : ` "${shortNote(comment).replaceAll('"', "'")}"`;
  return `    ${type.replaceAll(" ", "_")} ${name}${keys.length > 0 ? ` ${keys.join(", ")}` : ""}${note}`;
}

const LONGEST = 60;

/** Cuts a comment at its first full stop or semicolon, or where it no longer fits beside a column. */
function shortNote(comment: string): string {
  const sentence = comment.replace(/[.;] [\s\S]*$/, "").replace(/\.$/, "");
  return sentence.length <= LONGEST ? sentence : `${sentence.slice(0, sentence.lastIndexOf(" ", LONGEST))} …`;
}
