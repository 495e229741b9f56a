import { COLOURS, draw, escaped, ROOM } from "../../lib/pictures/drawing";
import type { Column, ForeignKey, Table } from "./catalogue";

const { ink: INK, faint: FAINT, line: LINE, head: HEAD, page: PAGE } = COLOURS;

/** Draws the tables and foreign keys. The same tables give the same bytes. */
export const erdSvg = (tables: readonly Table[]): Promise<string> =>
  draw(dot(tables), "The tables and their foreign keys");

function dot(tables: readonly Table[]): string {
  return [
    `digraph { rankdir=LR; bgcolor="${PAGE}"; nodesep=0.35; ranksep=0.9; pad=0.25`,
    `node [shape=plain fontname="Helvetica,Arial,sans-serif" fontsize=12 fontcolor="${INK}"]`,
    `edge [fontname="Helvetica,Arial,sans-serif" fontsize=10 fontcolor="${FAINT}" color="${LINE}" dir=both]`,
    ...tables.map(node),
    ...tables.flatMap((table) => table.foreignKeys.map((key) => edge(table, key))),
    "}",
  ].join("\n");
}

function node({ name, columns }: Table): string {
  const head = `<tr><td colspan="3" bgcolor="${HEAD}" port="head"><b>${escaped(name)}</b>${ROOM}</td></tr>`;
  const rows = columns.map(row).join("");
  return `"${name}" [label=<<table color="${LINE}" border="0" cellborder="1" cellspacing="0" cellpadding="5">${head}${rows}</table>>]`;
}

/** Draws a column's row. A question mark behind the type means that it may be null. */
function row({ name, type, required, keys }: Column): string {
  const cell = (text: string, port = "") => `<td align="left" sides="B"${port && ` port="${port}"`}>${text}</td>`;
  const faint = (text: string) => `<font color="${FAINT}">${escaped(text)}</font>`;
  return `<tr>${cell(`${escaped(name)}${ROOM}`, name)}${cell(faint(`${type}${required ? "" : "?"}  `))}${cell(faint(keys.join(" ") || " "), `${name}_`)}</tr>`;
}

/** Draws a foreign key from the target, so that central tables stand at the left. Crow's feet mark the many. */
function edge(table: Table, { target, columns, onDelete, unique }: ForeignKey): string {
  const [column = ""] = columns;
  const nullable = table.columns.some(({ name, required }) => name === column && !required);
  const heads = `arrowtail=${nullable ? "teeodot" : "teetee"} arrowhead=${unique ? "teeodot" : "crowodot"}`;
  return `"${target}":head:e -> "${table.name}":"${column}":w [${heads} label=" on delete ${onDelete} "]`;
}
