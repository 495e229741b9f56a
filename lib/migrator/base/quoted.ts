/** PostgreSQL 16's reserved words, which are no names without quotes. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign
    freeze from full grant group having ilike in initially inner intersect into is isnull
    join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
    only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
    when where window with`.split(/\s+/),
);

/** Writes a name of the catalogue as SQL, with quotes where they are needed. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The same for `schema.name`. */
export function quotedRelation(qualified: string): string {
  const dot = qualified.indexOf(".");
  return dot < 0 ? quoted(qualified) : `${quoted(qualified.slice(0, dot))}.${quoted(qualified.slice(dot + 1))}`;
}
