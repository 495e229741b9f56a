import { ROUTINES } from "./routines";
import { enabled, ours, ownExtension, qualified } from "./sql";
import { TYPES } from "./types";

const SCHEMAS = `
  select 'schema', null, quote_ident(n.nspname), '', obj_description(n.oid, 'pg_namespace'), 0
  from pg_namespace n where ${ours("pg_namespace", "n.oid", "n.nspname")}`;

const EXTENSIONS = `
  select 'extension', null, quote_ident(e.extname), 'schema ' || e.extnamespace::regnamespace::text,
    obj_description(e.oid, 'pg_extension'), 0
  from pg_extension e where e.extname <> 'plpgsql'`;

const STATISTICS = `
  select 'statistics', null, ${qualified("n.nspname", "s.stxname")},
    concat_ws(' ', regexp_replace(pg_get_statisticsobjdef(s.oid), '^CREATE STATISTICS \\S+ ?', ''), 'statistics ' || nullif(s.stxstattarget, -1)),
    obj_description(s.oid, 'pg_statistic_ext'), 0
  from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
  where ${ours("pg_statistic_ext", "s.oid", "n.nspname")}`;

const DICTIONARIES = `
  select 'text search dictionary', null, ${qualified("n.nspname", "d.dictname")},
    concat_ws(' ', 'template', t.tmplname, d.dictinitoption), obj_description(d.oid, 'pg_ts_dict'), 0
  from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace join pg_ts_template t on t.oid = d.dicttemplate
  where ${ours("pg_ts_dict", "d.oid", "n.nspname")}`;

const CONFIGURATIONS = `
  select 'text search configuration', null, ${qualified("n.nspname", "c.cfgname")},
    concat_ws(' ', 'parser', p.prsname, (select string_agg(t.alias || ' ' || m.mapdict::regdictionary, ', ' order by t.tokid, m.mapseqno)
      from pg_ts_config_map m join ts_token_type(p.oid) t on t.tokid = m.maptokentype where m.mapcfg = c.oid)),
    obj_description(c.oid, 'pg_ts_config'), 0
  from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace join pg_ts_parser p on p.oid = c.cfgparser
  where ${ours("pg_ts_config", "c.oid", "n.nspname")}`;

const EVENT_TRIGGERS = `
  select 'event trigger', null, quote_ident(e.evtname),
    concat_ws(' ', 'on', e.evtevent, 'when tag in (' || array_to_string(e.evttags, ', ') || ')', 'execute', e.evtfoid::regproc::text,
      ${enabled("e.evtenabled")}),
    obj_description(e.oid, 'pg_event_trigger'), 0
  from pg_event_trigger e where ${ownExtension("pg_event_trigger", "e.oid")}`;

const PUBLICATIONS = `
  select 'publication', null, quote_ident(p.pubname),
    concat_ws(' ', case when p.puballtables then 'for all tables' end,
      'for ' || (select string_agg(concat_ws(' ', r.prrelid::regclass::text, '(' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
          from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs)) || ')',
        'where ' || pg_get_expr(r.prqual, r.prrelid)), ', ' order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = p.oid),
      'for all in schema ' || (select string_agg(s.pnnspid::regnamespace::text, ', ' order by s.pnnspid::regnamespace::text)
        from pg_publication_namespace s where s.pnpubid = p.oid),
      'publish (' || nullif(concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end), 'insert, update, delete, truncate') || ')',
      case when p.pubviaroot then 'via root' end),
    obj_description(p.oid, 'pg_publication'), 0
  from pg_publication p`;

export const OTHERS = [
  ...[SCHEMAS, EXTENSIONS, STATISTICS, DICTIONARIES, CONFIGURATIONS, EVENT_TRIGGERS, PUBLICATIONS],
  ...[...ROUTINES, ...TYPES],
] as const;
