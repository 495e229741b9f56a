/** The safe way for one statement, as files in their order. */
export type Way = readonly WayFile[];

export interface WayFile {
  readonly sql: readonly string[];
  /** Whether it has to run statement by statement. */
  readonly alone?: boolean;
}

/** The facts that a way is written from. */
export interface Source {
  /** The statement. */
  readonly sql: string;
  /** Partitions that the work is done on, as SQL; empty if the table is not partitioned. */
  readonly partitions: readonly string[];
  /** Whether some partitions have it already, or have partitions themselves. */
  readonly partial?: boolean;
  /** The parent of a partition or child. */
  readonly parent?: string | undefined;
  /** Columns of an index that the statement names, nullable ones of a primary key, or those of a partition key. */
  readonly columns?: readonly string[] | undefined;
}

export interface Advice {
  readonly rule: string;
  /** The safe way. */
  readonly instead: string;
  /** The same as SQL for one statement, where that can be written; then it stands in the place of `instead`. */
  readonly way?: (source: Source) => Way | undefined;
}

const NAME = String.raw`((?:[\w$]+|"[^"]+")(?:\.(?:[\w$]+|"[^"]+"))?)`;
const ALTER = new RegExp(String.raw`^alter\s+table\s+(?:if\s+exists\s+)?(only\s+)?${NAME}(?:\s*\*)?\s+([\s\S]+)$`, "i");
const ADD = new RegExp(String.raw`^add\s+(?:constraint\s+${NAME}\s+)?([\s\S]+)$`, "i");
const KEY = /^(unique|primary\s+key)\s*\(([^()]*)\)$/i;
const INDEX = new RegExp(
  String.raw`^create\s+(unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(?:${NAME}\s+)?on\s+(?:only\s+)?${NAME}\s*([\s\S]*)$`,
  "i",
);

/** ALTER TABLE with one command; undefined if there are several, or if it is not understood. */
function altered({ sql }: Source) {
  const [, only = "", table = "", command = ""] = ALTER.exec(sql.trim()) ?? [];
  return table === "" || hasSeveral(command) ? undefined : { only, table, command };
}

/** Whether a command has a comma outside of parentheses and quotes. */
function hasSeveral(command: string): boolean {
  const outside = command.replace(/'(?:[^']|'')*'|"[^"]*"/g, "");
  let depth = 0;
  return [...outside].some((sign) => {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    return sign === "," && depth === 0;
  });
}

function constraint(source: Source, fallback: string) {
  const found = altered(source);
  const [, name, definition = ""] = ADD.exec(found?.command ?? "") ?? [];
  if (!found || definition === "") return undefined;
  return {
    ...found,
    name: name ?? `${bare(found.table)}_${fallback}`,
    definition: definition.replace(/\s+not\s+valid$/i, ""),
  };
}

/** Part of a new name. */
const bare = (name: string) =>
  (/(?:"([^"]+)"|([^".]+))$/.exec(name) ?? [])
    .slice(1)
    .join("")
    .replaceAll(/\W/g, "_")
    .replace(/^(?=\d)/, "_");

const add = (table: string, name: string, definition: string) =>
  `alter table ${table} add constraint ${name} ${definition}`;
const validate = (table: string, name: string) => `alter table ${table} validate constraint ${name}`;

export function checkWay(source: Source): Way | undefined {
  const found = constraint(source, "check");
  if (!found || !/^check\b/i.test(found.definition)) return undefined;
  const { table, only, name, definition } = found;
  return [{ sql: [add(only + table, name, `${definition} not valid`)] }, { sql: [validate(table, name)] }];
}

/** A partitioned table takes the equal, valid constraints of its partitions over. */
export function foreignKeyWay(source: Source): Way | undefined {
  const found = constraint(source, "fkey");
  if (!found || !/^foreign\s+key\b/i.test(found.definition)) return undefined;
  const { table, name, definition } = found;
  const { partitions } = source;
  const tables = partitions.length > 0 ? partitions : [table];
  return [
    { sql: tables.map((each) => add(each, name, `${definition} not valid`)) },
    { sql: tables.map((each) => validate(each, name)) },
    ...(partitions.length > 0 ? [{ sql: [add(table, name, definition)] }] : []),
  ];
}

export function setNotNullWay(source: Source): Way | undefined {
  const found = altered(source);
  const [, column] = /^alter\s+(?:column\s+)?([\w$]+|"[^"]+")\s+set\s+not\s+null$/i.exec(found?.command ?? "") ?? [];
  return found && column !== undefined ? notNull(found.table, [column]) : undefined;
}

/** SET NOT NULL reads nothing where a valid CHECK proves it. */
function notNull(table: string, columns: readonly string[]): Way {
  const names = columns.map((column) => [column, `${bare(table)}_${bare(column)}_not_null`] as const);
  return [
    { sql: names.map(([column, name]) => add(table, name, `check (${column} is not null) not valid`)) },
    { sql: names.map(([, name]) => validate(table, name)) },
    {
      sql: names.flatMap(([column, name]) => [
        `alter table ${table} alter column ${column} set not null`,
        `alter table ${table} drop constraint ${name}`,
      ]),
    },
  ];
}

/** A partitioned table takes the equal constraints of its partitions over, whose indexes can be built CONCURRENTLY. */
export function keyWay(source: Source): Way | undefined {
  const found = constraint(source, "key");
  const [, word = "", columns = ""] = KEY.exec(found?.definition ?? "") ?? [];
  if (!found || columns === "") return undefined;
  const { table, name } = found;
  return [
    ...(source.columns?.length ? notNull(table, source.columns) : []),
    ...key(source, table, name, word, columns),
  ];
}

function key({ partitions }: Source, table: string, name: string, word: string, columns: string): Way {
  const parts =
    partitions.length > 0 ? partitions.map((part) => [part, `${bare(part)}_${bare(name)}`]) : [[table, name]];
  return [
    {
      alone: true,
      sql: parts.map(([part, index]) => `create unique index concurrently ${index} on ${part} (${columns})`),
    },
    { sql: parts.map(([part = "", index = ""]) => add(part, index, `${word} using index ${index}`)) },
    ...(partitions.length > 0 ? [{ sql: [add(table, name, `${word} (${columns})`)] }] : []),
  ];
}

/** ADD CONSTRAINT … USING INDEX, which partitioned tables do not have. */
export function usingIndexWay(source: Source): Way | undefined {
  const found = constraint(source, "key");
  const [, word = ""] = /^(unique|primary\s+key)\s+using\s+index\b/i.exec(found?.definition ?? "") ?? [];
  if (!found || word === "" || !source.columns?.length) return undefined;
  return key(source, found.table, found.name, word, source.columns.join(", "));
}

export function indexWay({ sql, partitions, partial }: Source): Way | undefined {
  const [, unique = "", given, table = "", definition = ""] = INDEX.exec(sql.trim()) ?? [];
  if (table === "") return undefined;
  const create = `create ${unique}index`;
  if (partitions.length === 0)
    return [{ alone: true, sql: [`${create} concurrently ${given ? `${given} ` : ""}on ${table} ${definition}`] }];
  const name = given ?? `${bare(table)}_${definition.match(/\w+/g)?.slice(0, 3).join("_")}_idx`;
  const parts = partitions.map((part) => [part, `${bare(part)}_${bare(name)}`] as const);
  // Over more than one level, the table takes equal indexes over by itself, and builds none.
  if (partial)
    return [
      { alone: true, sql: parts.map(([part, index]) => `${create} concurrently ${index} on ${part} ${definition}`) },
      { sql: [`${create} ${name} on ${table} ${definition}`] },
    ];
  return [
    {
      alone: true,
      sql: [
        ...parts.map(([part, index]) => `${create} concurrently ${index} on ${part} ${definition}`),
        `${create} ${name} on only ${table} ${definition}`,
        ...parts.map(
          ([part, index]) => `alter index ${inSchemaOf(table, name)} attach partition ${inSchemaOf(part, index)}`,
        ),
      ],
    },
  ];
}

/** An index lives in its table's schema. */
function inSchemaOf(table: string, index: string): string {
  const dot = table.lastIndexOf(".");
  return dot < 0 ? index : `${table.slice(0, dot)}.${index}`;
}

const ATTACH = new RegExp(
  String.raw`^attach\s+partition\s+${NAME}\s+for\s+values\s+(?:in\s*\((.+)\)|from\s*\((.+)\)\s*to\s*\((.+)\))$`,
  "i",
);

/** A valid CHECK that says what the bounds say is proof enough. */
export function attachWay(source: Source): Way | undefined {
  const found = altered(source);
  const [, part = "", list, from, to] = ATTACH.exec(found?.command ?? "") ?? [];
  const [key, ...others] = source.columns ?? [];
  if (part === "" || key === undefined || others.length > 0) return undefined;
  const [below, above] = [/^minvalue$/i, /^maxvalue$/i];
  const bounds = [
    `${key} is not null`,
    ...(list === undefined ? [] : [`${key} in (${list})`]),
    ...(from === undefined || below.test(from) ? [] : [`${key} >= ${from}`]),
    ...(to === undefined || above.test(to) ? [] : [`${key} < ${to}`]),
  ];
  const name = `${bare(part)}_bounds`;
  return [
    { sql: [add(part, name, `check (${bounds.join(" and ")}) not valid`)] },
    { sql: [validate(part, name)] },
    { sql: [source.sql.trim(), `alter table ${part} drop constraint ${name}`] },
  ];
}

export function reindexWay({ sql }: Source): Way | undefined {
  const concurrently = sql.trim().replace(/^(reindex\s*(?:\([^)]*\)\s*)?(?:table|index))\s+/i, "$1 concurrently ");
  return /concurrently/i.test(concurrently) ? [{ alone: true, sql: [concurrently] }] : undefined;
}

export function refreshWay({ sql }: Source): Way | undefined {
  return [{ sql: [sql.trim().replace(/^(refresh\s+materialized\s+view)\s+/i, "$1 concurrently ")] }];
}

/** The same statement for the parent, whose change reaches its children. */
export function parentWay(source: Source): Way | undefined {
  const found = altered(source);
  return found && source.parent ? [{ sql: [`alter table ${source.parent} ${found.command}`] }] : undefined;
}

/** The same statement for each partition. */
export function partsWay(source: Source): Way | undefined {
  const found = altered(source);
  if (!found || source.partitions.length === 0) return undefined;
  return [
    {
      sql: source.partitions.map(
        (part) => `alter table ${part} ${found.command.replace(/^(add\s+constraint)\s+(\S+)/i, `$1 ${bare(part)}_$2`)}`,
      ),
    },
  ];
}

export function wholeWay(source: Source): Way | undefined {
  const sql = source.sql.trim().replace(/\bonly\s+/i, "");
  return checkWay({ ...source, sql }) ?? setNotNullWay({ ...source, sql }) ?? [{ sql: [sql] }];
}

export function plainWay({ sql }: Source): Way | undefined {
  return [{ sql: [sql.trim().replace(/\s+concurrently\b/i, "")] }];
}

/** Renders a way; the SQL of each file stands between back-ticks. */
export function renderWay(way: Way): string {
  const [only] = way;
  const file = ({ sql, alone }: WayFile, index: number) => {
    const which = way.length > 1 ? `File ${index + 1}` : "A file";
    const first = alone ? " (first line `-- migrate:no-transaction`)" : "";
    return `${which}${first}: ${sql.map((each) => `\`${each};\``).join(" ")}`;
  };
  if (way.length === 1 && only && !only.alone) return only.sql.map((each) => `\`${each};\``).join(" ");
  return `${way.map(file).join(" ")}`;
}
