/** Excludes the server's own schemas and the migrator's record. */
const FOREIGN = `n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'migrate') and n.nspname !~ '^pg_(toast_)?temp_'`;

/** Functions for a table's size lock it (ACCESS SHARE) and would wait for one that is being rewritten. */
export const RELATIONS = (
  size: string,
) => `select c.oid::text as oid, n.nspname || '.' || c.relname as name, c.relkind::text as kind,
    coalesce(nullif(c.reltuples, -1)::float8, pg_stat_get_live_tuples(c.oid)::float8) as rows, ${size} as bytes,
    c.relpersistence = 'u' as unlogged, c.relkind = 'm' and not c.relispopulated as empty, (select amname::text from pg_am where oid = c.relam) as "accessMethod",
    (select spcname::text from pg_tablespace where oid = coalesce(nullif(c.reltablespace, 0), d.dattablespace)) as tablespace,
    i.indrelid::text as "table", i.indexprs is not null or i.indpred is not null as computed, i.indisunique as "unique",
    (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = i.indrelid and a.attnum > 0
      and (a.attnum = any (i.indkey) or exists (select from pg_depend u where u.classid = 'pg_class'::regclass
        and u.objid = c.oid and u.refobjid = i.indrelid and u.refobjsubid = a.attnum))) as uses,
    (select array_agg(distinct u.refobjid::text) from pg_rewrite r join pg_depend u on u.objid = r.oid
      where r.ev_class = c.oid and c.relkind in ('v', 'm') and r.rulename = '_RETURN' and u.classid = 'pg_rewrite'::regclass
      and u.refclassid = 'pg_class'::regclass and u.refobjid <> c.oid) as reads,
    exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN')
      or exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 64 <> 0) as redirected,
    array(select 'trigger ' || tgname from pg_trigger where tgrelid = c.oid and not tgisinternal
      union all select 'policy ' || polname from pg_policy where polrelid = c.oid
      union all select 'rule ' || rulename from pg_rewrite where ev_class = c.oid) as attached,
    pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' as "isDefaultPartition",
    (select array_agg(a.attname::text) from pg_partitioned_table k join pg_attribute a on a.attrelid = k.partrelid and a.attnum = any (k.partattrs)
      where k.partrelid = c.oid and k.partexprs is null) as "partitionKey",
    (select array_agg(h.inhrelid::text) from pg_inherits h where h.inhparent = c.oid) as children
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
    join pg_database d on d.datname = current_database()
  where ${FOREIGN} and c.relkind in ('r', 'p', 'i', 'I', 'v', 'm', 'S', 'f')`;

export const EXACT_SIZE = "case when c.relkind in ('r', 'm') then pg_total_relation_size(c.oid)::float8 end";
export const LAST_SIZE = "case when c.relkind in ('r', 'm') then c.relpages * 8192::float8 end";

export const COLUMNS = `select a.attrelid::text as oid, a.attname::text as name, t.typname::text as type, a.attnotnull as "notNull",
    case t.typname when 'interval' then nullif(concat_ws(',', case when a.atttypmod >= 0 then (a.atttypmod >> 16) & 32767 end,
        case when a.atttypmod >= 0 then nullif(a.atttypmod & 65535, 65535) end), '')
      else substring(format_type(a.atttypid, a.atttypmod) from '\\(([0-9,]+)\\)') end as modifiers,
    (select nullif(collname, 'default')::text from pg_collation where oid = a.attcollation) as collation
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
  where ${FOREIGN} and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'i', 'I', 'm', 'f') order by a.attrelid, a.attnum`;

export const CONSTRAINTS = `select k.conrelid::text as oid, k.conname::text as name, k.contype::text as type, k.convalidated as valid,
    (select array_agg(a.attname::text order by array_position(k.conkey, a.attnum)) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns,
    (select array_agg(a.attname::text order by array_position(k.confkey, a.attnum)) from pg_attribute a where a.attrelid = k.confrelid and a.attnum = any (k.confkey)) as referenced,
    exists (select from pg_constraint p where p.oid = k.conparentid and p.conrelid <> k.conrelid) as inherited, k.connoinherit and k.contype = 'c' as "noInherit",
    nullif(k.confrelid, 0)::text as target, case k.contype when 'c' then pg_get_constraintdef(k.oid) end as definition
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${FOREIGN}`;

export const FUNCTIONS = `select p.proname::text as name, max(array_position(array['i', 's', 'v'], p.provolatile::text)) as volatility,
    bool_or(${FOREIGN}) as own,
    case when count(*) = 1 then min(case when l.lanname = 'sql' and ${FOREIGN} and not p.prosecdef and not p.proretset
      and not p.proisstrict and p.proconfig is null then coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) end) end as body
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where p.prokind = 'f' group by p.proname`;

/** An operator does what its function does. */
export const OPERATORS = `select o.oprname::text as name, array_position(array['i', 's', 'v'], p.provolatile::text) as volatility
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace join pg_proc p on p.oid = o.oprcode where ${FOREIGN}`;

/** A domain over other domains has their constraints too. */
export const DOMAINS = `with recursive base (domain, type) as (
    select t.oid, t.oid from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'd' and ${FOREIGN}
    union all select b.domain, t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd')
  select d.typname::text as name, pg_get_expr(d.typdefaultbin, 0) as value, exists (select from base b join pg_type t on t.oid = b.type
      where b.domain = d.oid and (t.typnotnull or exists (select from pg_constraint where contypid = t.oid))) as constrained
  from pg_type d where d.oid in (select domain from base)`;

export interface RelationRow {
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly table: string | null;
  readonly isDefaultPartition: boolean | null;
  readonly partitionKey: readonly string[] | null;
  readonly children: readonly string[] | null;
  readonly unlogged: boolean;
  readonly empty: boolean;
  readonly accessMethod: string | null;
  readonly tablespace: string | null;
  readonly computed: boolean;
  readonly unique: boolean | null;
  readonly uses: readonly string[] | null;
  readonly reads: readonly string[] | null;
  readonly redirected: boolean;
  readonly attached: readonly string[];
}

export interface ColumnRow {
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly modifiers: string | null;
  readonly collation: string | null;
}

export interface ConstraintRow {
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly valid: boolean;
  readonly columns: readonly string[] | null;
  readonly referenced: readonly string[] | null;
  readonly target: string | null;
  readonly definition: string | null;
  readonly inherited: boolean;
  readonly noInherit: boolean;
}

export interface RoutineRow {
  readonly name: string;
  readonly volatility: number;
  readonly own: boolean;
  /** The body of a function in SQL that the planner may put in the place of its calls. */
  readonly body?: string | null;
}

export interface DomainRow {
  readonly name: string;
  readonly constrained: boolean;
  readonly value: string | null;
}
