import type { Client } from "pg";
import { type CatalogueEntry, readCatalogue } from "../../lib/migrator/catalogue";

/** Whether something is a month of the audit log, which there are others of in every month, or a part of one. */
export const isMonth = ({ name, parent }: CatalogueEntry) => /^audit\.logs_\d{4}_\d{2}$/.test(parent ?? name);

/** Everything that migrations made in words, in a stable order: what a reviewer reads and what migrations are compared by. */
export async function describeSchema(client: Client): Promise<string> {
  const entries = (await readCatalogue(client)).filter((entry) => !isMonth(entry));
  return entries
    .map((entry, index) => `${gap(entries[index - 1], entry)}${print(entry)}`)
    .join("")
    .trimStart();
}

function print({ kind, parent, name, definition, comment }: CatalogueEntry): string {
  const title = kind === "column" ? name.padEnd(17) : `${kind} ${name}`;
  const margin = parent === null ? "" : "  ";
  const remark = comment === null ? "" : `${margin}    -- ${comment}\n`;
  return `${margin}${`${title} ${definition}`.trimEnd()}\n${remark}`;
}

/** An empty line before each table, and between a table's columns, constraints, indexes and triggers. */
function gap(before: CatalogueEntry | undefined, entry: CatalogueEntry): string {
  const together = before?.kind === entry.kind || (entry.kind === "column" && before?.parent === null);
  return together ? "" : "\n";
}
