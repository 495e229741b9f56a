import { quoted } from "../base/quoted";

/** A table's schema and name, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface Column {
  readonly name: string;
  /** As format_type() writes it. */
  readonly type: string;
  readonly required: boolean;
}

/** A relation that may be the record of a migrator. */
export interface FoundTable extends TableName {
  /** As pg_class.relkind. */
  readonly kind: string;
  /** Whether this role may read it. */
  readonly readable: boolean;
  /** In the order of the table. */
  readonly columns: readonly Column[];
}

/** SQL that names the table whatever search_path is. */
export function tableSql({ schema, name }: TableName): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** Reads `SCHEMA.NAME` as SQL does: folded to lower case outside of double quotes. Undefined if it is not that. */
export function parseTable(text: string): TableName | undefined {
  const part = '("(?:[^"]|"")+"|[^".\\s]+)';
  const match = new RegExp(`^${part}\\.${part}$`).exec(text.trim());
  const plain = (written: string) =>
    written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
  return match?.[1] && match[2] ? { schema: plain(match[1]), name: plain(match[2]) } : undefined;
}

export function isSame(one: TableName, other: TableName): boolean {
  return one.schema === other.schema && one.name === other.name;
}

export function describeColumns({ columns }: FoundTable): string {
  return columns.map(({ name, type, required }) => `${name} ${type}${required ? " not null" : ""}`).join(", ");
}

/** Lowest oid of what was made after initdb. */
const FIRST_OWN_OID = 16384;

const list = (texts: readonly string[]) => texts.map((text) => `'${text}'`).join(", ");

/**
 * SQL for a JSON list of `FoundTable`: relations of schema `migrate`, those with one of these names, and tables with one
 * of these columns. Null if there is none.
 */
export function foundTablesSql(names: readonly string[], columns: readonly string[]): string {
  return `(select json_agg(json_build_object('schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
      'readable', has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
      'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
          'required', a.attnotnull) order by a.attnum), '[]')
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) order by n.nspname, c.relname)
    from pg_class c, pg_namespace n where n.oid = c.relnamespace and c.oid >= ${FIRST_OWN_OID} and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname !~ '^pg_' and (n.nspname = 'migrate' or c.relname in (${list(names)}) or c.relkind in ('r', 'p') and exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname in (${list(columns)}) and not a.attisdropped)))`;
}

/**
 * SQL for a JSON list of at most four tables of this database, quoted: no system's, no extension's, none of schema
 * `migrate`. Null if there is none.
 */
export const OWN_TABLES = `(select json_agg(format('%I.%I', nspname, relname)) from (select n.nspname, c.relname
    from pg_class c, pg_namespace n where n.oid = c.relnamespace and c.oid >= ${FIRST_OWN_OID} and c.relkind in ('r', 'p', 'f', 'm')
      and n.nspname !~ '^pg_' and n.nspname not in ('migrate', 'information_schema') and not exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') limit 4) own)`;
