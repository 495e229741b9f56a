import type { Client } from "pg";

interface Described {
  readonly parent: string;
  readonly line: string;
  readonly comment: string | null;
}

/** Everything in schema public in words, in a stable order: what a reviewer reads and what migrations are compared by. */
export async function describeSchema(client: Client): Promise<string> {
  const tables = await objects(client, TABLES);
  const parts = [await objects(client, COLUMNS), await objects(client, CONSTRAINTS)];
  parts.push(await objects(client, INDEXES), await objects(client, TRIGGERS));
  const text = tables.map((table) => {
    const members = parts.map((part) =>
      part
        .filter(({ parent }) => parent === table.parent)
        .map(indented)
        .join(""),
    );
    return print(table) + members.filter(Boolean).join("\n");
  });
  const functions = (await objects(client, FUNCTIONS)).map(print);
  const others = (await objects(client, OTHERS)).map(print);
  return [...text, ...functions, ...others].join("\n");
}

const objects = async (client: Client, sql: string) => (await client.query<Described>(sql)).rows;

const print = ({ line, comment }: Described) => `${line}\n${comment === null ? "" : `    -- ${comment}\n`}`;
const indented = (object: Described) => print(object).replace(/^/gm, "  ").replace(/ +$/, "");

const TABLES = `
  select relname as parent,
    'table ' || relname || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') as line,
    obj_description(oid, 'pg_class') as comment
  from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`;

const COLUMNS = `
  select c.relname as parent, col_description(c.oid, a.attnum) as comment,
    rpad(quote_ident(a.attname), 18) || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end
      || case a.attidentity when 'a' then ' generated always as identity' when 'd' then ' identity' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  order by c.relname, a.attnum`;

const CONSTRAINTS = `
  select c.relname as parent, obj_description(k.oid, 'pg_constraint') as comment,
    'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid, true) as line
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  where c.relnamespace = 'public'::regnamespace
  order by c.relname, array_position(array['p', 'u', 'f', 'c'], k.contype::text), k.conname`;

const INDEXES = `
  select c.relname as parent, obj_description(i.indexrelid, 'pg_class') as comment,
    regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX (\\S+) ON \\S+ USING ', '\\1index \\2 ') as line
  from pg_index i join pg_class c on c.oid = i.indrelid
  where c.relnamespace = 'public'::regnamespace
    and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))
  order by c.relname, i.indexrelid::regclass::text`;

const TRIGGERS = `
  select c.relname as parent, obj_description(t.oid, 'pg_trigger') as comment,
    regexp_replace(pg_get_triggerdef(t.oid, true), '^CREATE TRIGGER (\\S+) (.*) ON \\S+ ', 'trigger \\1 \\2 ') as line
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
  order by c.relname, t.tgname`;

const FUNCTIONS = `
  select '' as parent, obj_description(p.oid, 'pg_proc') as comment,
    'function ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ') returns ' || pg_get_function_result(p.oid)
      || ' language ' || l.lanname
      || case p.provolatile when 'i' then ' immutable' when 's' then ' stable' else '' end
      || case p.proparallel when 's' then ' parallel safe' else '' end
      || case when p.proisstrict then ' strict' else '' end
      || case when p.prosecdef then ' security definer' else '' end
      || coalesce(' set ' || array_to_string(p.proconfig, ', '), '')
      || coalesce(' acl ' || array_to_string(p.proacl, ', '), '') as line
  from pg_proc p join pg_language l on l.oid = p.prolang
  where p.pronamespace = 'public'::regnamespace order by p.proname`;

/** Sequences that no table owns, views, types. None is wanted. */
const OTHERS = `
  select '' as parent, null as comment, 'relation ' || relname || ' of kind ' || relkind::text as line
  from pg_class c where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
    and not exists (select from pg_depend where objid = c.oid and deptype = 'i')
  union all
  select '', null, 'type ' || typname from pg_type t
  where typnamespace = 'public'::regnamespace and typrelid = 0 and typelem = 0
  order by line`;
