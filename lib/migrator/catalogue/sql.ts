/** SQL for an object's name: unqualified in public. */
export function qualified(schema: string, name: string): string {
  return `case ${schema} when 'public' then '' else quote_ident(${schema}) || '.' end || quote_ident(${name})`;
}

/**
 * SQL that is true for objects a migration may have made: no system schema, no record of the migrator, no extension.
 */
export function ours(catalogue: string, oid: string, schema: string): string {
  return `${schema} !~ '^pg_' and ${schema} not in ('information_schema', 'migrate') and ${ownExtension(catalogue, oid)}`;
}

/** SQL that is true for objects of no extension. */
export function ownExtension(catalogue: string, oid: string): string {
  return `not exists (select from pg_depend member where member.classid = '${catalogue}'::regclass
    and member.objid = ${oid} and member.deptype = 'e')`;
}

/** golang-migrate's table, which `migrate` writes, in any schema and under any name. */
export const NOT_THE_RECORD = `not (c.relkind = 'r' and exists (select from pg_attribute record where record.attrelid = c.oid
    and record.attname = 'dirty' and record.atttypid = 'boolean'::regtype)
  and exists (select from pg_attribute record where record.attrelid = c.oid and record.attname = 'version' and record.atttypid = 'bigint'::regtype)
  and (c.relname = 'schema_migrations' or c.relnatts = 2))`;

/** SQL for options of WITH. */
export function withOptions(options: string): string {
  return `'with (' || array_to_string(${options}, ', ') || ')'`;
}

/** SQL for options of a foreign data wrapper's object. */
export function fdwOptions(options: string): string {
  return `'options (' || nullif(array_to_string(${options}, ', '), '') || ')'`;
}

/** SQL for the ENABLE and DISABLE state of a trigger or rule; null for the default. */
export function enabled(state: string): string {
  return `case ${state} when 'D' then 'disabled' when 'R' then 'replica only' when 'A' then 'always' end`;
}
