import { ours, ownExtension, qualified } from "./sql";

const SCHEMAS = `
  select 'schema', null, quote_ident(n.nspname), '', obj_description(n.oid, 'pg_namespace'), 0
  from pg_namespace n where ${ours("pg_namespace", "n.oid", "n.nspname")}`;

const EXTENSIONS = `
  select 'extension', null, quote_ident(e.extname), 'schema ' || e.extnamespace::regnamespace::text,
    null, 0
  from pg_extension e where e.extname <> 'plpgsql'`;

/** The digest stands for the whole definition, which is too long for a line. */
const ROUTINES = `
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, null,
    ${qualified("n.nspname", "p.proname")} || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    case when p.prokind = 'a'
      then (select concat_ws(' ', 'sfunc', g.aggtransfn::regproc::text, 'stype', format_type(g.aggtranstype, null),
        'finalfunc ' || nullif(g.aggfinalfn, 0)::regproc::text, 'initcond ' || quote_literal(g.agginitval))
        from pg_aggregate g where g.aggfnoid = p.oid)
      else concat_ws(' ', 'returns ' || pg_get_function_result(p.oid), 'language ' || l.lanname,
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' end,
        case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
        case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
        'set ' || array_to_string(p.proconfig, ', '), 'digest ' || left(md5(pg_get_functiondef(p.oid)), 12)) end,
    obj_description(p.oid, 'pg_proc'), 0
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where ${ours("pg_proc", "p.oid", "n.nspname")}`;

/** Enums, domains, ranges and composite types; not those that a table brings. */
const TYPES = `
  select case t.typtype when 'd' then 'domain' else 'type' end, null, ${qualified("n.nspname", "t.typname")},
    case t.typtype
      when 'e' then 'enum (' || (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) || ')'
      when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end,
        'default ' || t.typdefault,
        (select string_agg('constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true), ' ' order by k.conname)
          from pg_constraint k where k.contypid = t.oid))
      when 'r' then 'range of ' || (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)
      when 'c' then '(' || (select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) || ')'
      else 'base type' end,
    obj_description(t.oid, 'pg_type'), 0
  from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class r on r.oid = t.typrelid
  where ${ours("pg_type", "t.oid", "n.nspname")} and (r.oid is null or r.relkind = 'c')
    and t.typtype in ('e', 'd', 'r', 'c', 'b')
    and not exists (select from pg_type e where e.typarray = t.oid)`;

const STATISTICS = `
  select 'statistics', null, ${qualified("n.nspname", "s.stxname")},
    regexp_replace(pg_get_statisticsobjdef(s.oid), '^CREATE STATISTICS \\S+ ?', ''), obj_description(s.oid, 'pg_statistic_ext'), 0
  from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
  where ${ours("pg_statistic_ext", "s.oid", "n.nspname")}`;

const COLLATIONS = `
  select 'collation', null, ${qualified("n.nspname", "c.collname")},
    concat_ws(' ', 'provider', c.collprovider, 'locale', coalesce(c.colliculocale, c.collcollate), case when not c.collisdeterministic then 'nondeterministic' end),
    obj_description(c.oid, 'pg_collation'), 0
  from pg_collation c join pg_namespace n on n.oid = c.collnamespace where ${ours("pg_collation", "c.oid", "n.nspname")}`;

const OPERATORS = `
  select 'operator', null, ${qualified("n.nspname", "o.oprname").replace("quote_ident(o.oprname)", "o.oprname")} || ' (' || coalesce(format_type(nullif(o.oprleft, 0), null), 'none') || ', ' || format_type(o.oprright, null) || ')',
    'function ' || o.oprcode::regproc::text, obj_description(o.oid, 'pg_operator'), 0
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where ${ours("pg_operator", "o.oid", "n.nspname")}`;

const EVENT_TRIGGERS = `
  select 'event trigger', null, quote_ident(e.evtname),
    concat_ws(' ', 'on', e.evtevent, 'when tag in (' || array_to_string(e.evttags, ', ') || ')', 'execute', e.evtfoid::regproc::text,
      case e.evtenabled when 'D' then 'disabled' end),
    obj_description(e.oid, 'pg_event_trigger'), 0
  from pg_event_trigger e where ${ownExtension("pg_event_trigger", "e.oid")}`;

const PUBLICATIONS = `
  select 'publication', null, quote_ident(p.pubname),
    case when p.puballtables then 'all tables' else
      (select string_agg(r.prrelid::regclass::text, ', ' order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = p.oid) end,
    obj_description(p.oid, 'pg_publication'), 0
  from pg_publication p`;

export const OTHERS = [
  SCHEMAS,
  EXTENSIONS,
  ROUTINES,
  TYPES,
  STATISTICS,
  COLLATIONS,
  OPERATORS,
  EVENT_TRIGGERS,
  PUBLICATIONS,
] as const;
