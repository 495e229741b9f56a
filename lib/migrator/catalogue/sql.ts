/** SQL for the name of an object as a person writes it: without the schema where that is public. */
export function qualified(schema: string, name: string): string {
  return `case ${schema} when 'public' then '' else quote_ident(${schema}) || '.' end || quote_ident(${name})`;
}

/** SQL that is true for what a migration may have made: no system schema, not the migrator's own record, of no extension. */
export function ours(catalogue: string, oid: string, schema: string): string {
  return `${schema} !~ '^pg_' and ${schema} not in ('information_schema', 'migrate') and ${ownExtension(catalogue, oid)}`;
}

/** SQL that is true for what no extension brought. */
export function ownExtension(catalogue: string, oid: string): string {
  return `not exists (select from pg_depend member where member.classid = '${catalogue}'::regclass
    and member.objid = ${oid} and member.deptype = 'e')`;
}

/** golang-migrate's table, which `migrate` writes. */
export const NOT_THE_RECORD = "not (n.nspname = 'public' and c.relname = 'schema_migrations')";

/** SQL for the options that WITH gives. */
export function withOptions(options: string): string {
  return `'with (' || array_to_string(${options}, ', ') || ')'`;
}

/** SQL for what ENABLE and DISABLE say of a trigger or rule; null for what holds by itself. */
export function enabled(state: string): string {
  return `case ${state} when 'D' then 'disabled' when 'R' then 'replica only' when 'A' then 'always' end`;
}
