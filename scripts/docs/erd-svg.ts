import { instance } from "@viz-js/viz";
import type { Column, ForeignKey, Table } from "./catalogue";

const [INK, FAINT, LINE, HEAD, PAGE] = ["#1f2328", "#59636e", "#8c959f", "#ddf4ff", "#ffffff"] as const;
/** The dark page's colour for each light one. */
const IN_THE_DARK: Readonly<Record<string, string>> = {
  [INK]: "#e6edf3",
  [FAINT]: "#9198a1",
  [LINE]: "#6e7681",
  [HEAD]: "#121d2f",
  [PAGE]: "#0d1117",
};

/**
 * Draws the tables and foreign keys as an SVG that follows the reader's light or dark setting. The same tables give the
 * same bytes.
 */
export async function erdSvg(tables: readonly Table[]): Promise<string> {
  const viz = await instance();
  const svg = viz.renderString(dot(tables), { format: "svg" });
  return withDarkColours(svg.slice(svg.indexOf("<svg")));
}

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

/** Adds room to each text, since Graphviz takes letters for narrower than most fonts draw them. */
const ROOM = "&#160;&#160;&#160;";

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

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

function withDarkColours(svg: string): string {
  const rules = Object.entries(IN_THE_DARK).flatMap(([light, dark]) =>
    ["fill", "stroke"].map((use) => `[${use}="${light}"]{${use}:${dark}}`),
  );
  const title = "<title>The tables and their foreign keys</title>";
  return svg.replace(
    /<svg[^>]*>/,
    `$&\n${title}\n<style>@media (prefers-color-scheme:dark){${rules.join("")}}</style>`,
  );
}
