import { ours, qualified } from "./sql";

/** Enums, domains, ranges and composite types; not those that a table brings. */
const OWN_TYPES = `
  select case t.typtype when 'd' then 'domain' else 'type' end, null, ${qualified("n.nspname", "t.typname")},
    case t.typtype
      when 'e' then concat('enum (', (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), ')')
      when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
        'collate ' || (select t.typcollation::regcollation from pg_type b where b.oid = t.typbasetype and b.typcollation <> t.typcollation),
        case when t.typnotnull then 'not null' end, 'default ' || pg_get_expr(t.typdefaultbin, 0))
      when 'r' then (select concat_ws(' ', 'range of', format_type(g.rngsubtype, null),
          'opclass ' || (select o.opcname from pg_opclass o where o.oid = g.rngsubopc and not o.opcdefault),
          'collate ' || (select g.rngcollation::regcollation from pg_type b where b.oid = g.rngsubtype and b.typcollation <> g.rngcollation),
          'canonical ' || nullif(g.rngcanonical, 0)::regproc, 'subtype_diff ' || nullif(g.rngsubdiff, 0)::regproc,
          'multirange', format_type(g.rngmultitypid, null))
        from pg_range g where g.rngtypid = t.oid)
      when 'c' then concat('(', (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), ')')
      else 'base type' end,
    obj_description(t.oid, 'pg_type'), 0
  from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class r on r.oid = t.typrelid
  where ${ours("pg_type", "t.oid", "n.nspname")} and (r.oid is null or r.relkind = 'c')
    and t.typtype in ('e', 'd', 'r', 'c', 'b')
    and not exists (select from pg_type e where e.typarray = t.oid)`;

const DOMAIN_CONSTRAINTS = `
  select 'domain constraint', ${qualified("n.nspname", "t.typname")}, quote_ident(k.conname), pg_get_constraintdef(k.oid, true),
    obj_description(k.oid, 'pg_constraint'), 0
  from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace
  where ${ours("pg_type", "t.oid", "n.nspname")}`;

const COLLATIONS = `
  select 'collation', null, ${qualified("n.nspname", "c.collname")},
    concat_ws(' ', 'provider', c.collprovider, 'locale', coalesce(c.colliculocale, c.collcollate),
      'ctype ' || nullif(c.collctype, c.collcollate),
      'rules ' || quote_literal(c.collicurules), case when not c.collisdeterministic then 'nondeterministic' end),
    obj_description(c.oid, 'pg_collation'), 0
  from pg_collation c join pg_namespace n on n.oid = c.collnamespace where ${ours("pg_collation", "c.oid", "n.nspname")}`;

export const TYPES = [OWN_TYPES, DOMAIN_CONSTRAINTS, COLLATIONS] as const;
