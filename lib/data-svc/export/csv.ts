/** Beginnings that make a spreadsheet run a cell as a formula, in both widths. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * A line of CSV (RFC 4180). An empty cell is null; an empty text has quotes. A text that a spreadsheet would run as a formula gets
 * an apostrophe in front.
 */
export const csvLine = (cells: readonly (string | null)[]): string => `${cells.map(csvCell).join(",")}\r\n`;

function csvCell(cell: string | null): string {
  if (cell === null) return "";
  const safe = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return safe === "" || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
