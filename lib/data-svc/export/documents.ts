import type { Run, Statement } from "../database";
import type { ExportFormat } from "./accepted-format";
import { csvLine } from "./csv";
import { EXPORTED_TABLES, type ExportedTable, TABLE_NAMES, type TableName } from "./tables";

/** Rows that are in memory at a time. */
const BATCH = 200;

/** A document of some tables, each with a cursor of its own. */
export interface ExportDocument {
  /** Opens every cursor, which finds most faults before anything is sent. @throws DatabaseFailure, RefusedValue */
  open(run: Run, userId: string): Promise<void>;
  /** The text, in parts that are small. `exportedAt` is the time of the snapshot. */
  parts(run: Run, exportedAt: string): AsyncGenerator<string>;
}

interface Cursor {
  readonly declare: Statement;
  readonly fetch: Statement;
}

const cursorOf = (format: ExportFormat, name: TableName, select: string): Cursor => {
  const cursor = `export_${format}_${name}`;
  return {
    declare: {
      name: `declare_${cursor}`,
      fields: ["/id"],
      text: `declare ${cursor} no scroll cursor without hold for ${select}`,
    },
    fetch: { name: `fetch_${cursor}`, text: `fetch forward ${BATCH} from ${cursor}` },
  };
};

async function* batches<Row extends object>(run: Run, { fetch }: Cursor): AsyncGenerator<Row[]> {
  for (;;) {
    const rows = await run<Row>(fetch);
    if (rows.length) yield rows;
    if (rows.length < BATCH) return;
  }
}

/** PostgreSQL writes the rows as JSON, so that no digit of a number is lost. */
const JSON_CURSORS = TABLE_NAMES.map((name) => {
  const { columns, from } = EXPORTED_TABLES[name];
  const selected = Object.entries(columns).map(([column, sql]) => `${sql} as ${column}`);
  const select = `select row_to_json(t)::text as line from (select ${selected.join(", ")} from ${from}) t`;
  return { name, cursor: cursorOf("json", name, select) };
});

/** One object of every table. Its last member tells that it is whole. */
export const jsonDocument: ExportDocument = {
  async open(run, userId) {
    for (const { cursor } of JSON_CURSORS) await run(cursor.declare, [userId]);
  },
  async *parts(run, exportedAt) {
    yield `{"exported_at":${JSON.stringify(exportedAt)}`;
    for (const { name, cursor } of JSON_CURSORS) {
      const [begin, end] = name === "account" ? ["", ""] : ["[", "]"];
      let separator = `,\n"${name}":${begin}`;
      for await (const rows of batches<{ line: string }>(run, cursor)) {
        yield separator + rows.map(({ line }) => line).join(",\n");
        separator = ",\n";
      }
      yield separator === ",\n" ? end : separator + end;
    }
    yield ',\n"complete":true}\n';
  },
};

const csvTable = (name: TableName) => {
  const { columns, csvColumns, from }: ExportedTable = EXPORTED_TABLES[name];
  const selected = Object.entries(csvColumns ?? columns);
  const cells = selected.map(([, sql]) => `(${sql})::text`);
  const cursor = cursorOf("csv", name, `select array[${cells.join(", ")}] as cells from ${from}`);
  return { header: selected.map(([column]) => column), cursor };
};

const CSV_TABLES = Object.fromEntries(TABLE_NAMES.map((name) => [name, csvTable(name)])) as Readonly<
  Record<TableName, ReturnType<typeof csvTable>>
>;

/** One table. It ends like a part of it would, so only its transfer tells whether it is whole. */
export function csvDocument(name: TableName): ExportDocument {
  const { header, cursor } = CSV_TABLES[name];
  return {
    async open(run, userId) {
      await run(cursor.declare, [userId]);
    },
    async *parts(run) {
      yield csvLine(header);
      for await (const rows of batches<{ cells: (string | null)[] }>(run, cursor)) {
        yield rows.map(({ cells }) => csvLine(cells)).join("");
      }
    },
  };
}
