import { escapeIdentifier, escapeLiteral } from "pg";
import { createExtension, type Extension } from "./extensions";

/**
 * SQL that deletes everything in a database but `kept` extensions, with their objects and schemas. It makes those that
 * a file has dropped again.
 */
export function emptying(kept: readonly Extension[]): string {
  const schemas = kept.flatMap(({ schema }) =>
    schema === null ? [] : `create schema if not exists ${escapeIdentifier(schema)};`,
  );
  return `begin;
do $$
declare
  kept constant name[] := array[${kept.map(({ name }) => escapeLiteral(name)).join(", ")}]::name[];
  spared oid[];
  name text;
begin
  -- An event trigger would fire for all that follows.
  for name in select evtname from pg_catalog.pg_event_trigger t where ${foreign("pg_event_trigger")} loop
    execute pg_catalog.format('drop event trigger %I', name);
  end loop;
  for name in select pubname from pg_catalog.pg_publication loop
    execute pg_catalog.format('drop publication %I', name);
  end loop;
  for name in select extname from pg_catalog.pg_extension where oid >= 16384 and extname <> all (kept) loop
    execute pg_catalog.format('drop extension if exists %I cascade', name);
  end loop;
  for name in select srvname from pg_catalog.pg_foreign_server t where ${foreign("pg_foreign_server")} loop
    execute pg_catalog.format('drop server %I cascade', name);
  end loop;
  for name in select fdwname from pg_catalog.pg_foreign_data_wrapper t where ${foreign("pg_foreign_data_wrapper")} loop
    execute pg_catalog.format('drop foreign data wrapper %I cascade', name);
  end loop;
  perform pg_catalog.lo_unlink(oid) from pg_catalog.pg_largeobject_metadata;
  spared := array(select extnamespace from pg_catalog.pg_extension where extname = any (kept)
    union all select objid from pg_catalog.pg_depend where classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and deptype = 'e');
  for name in select nspname from pg_catalog.pg_namespace
    where oid <> all (spared) and nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute pg_catalog.format('drop schema %I cascade', name);
  end loop;
  -- An identity column's sequence goes with its table alone, so sequences come last.
  for name in select pg_catalog.format('%s if exists %s cascade', pg_catalog.replace(o.type, ' object', ''), o.identity)
    from pg_catalog.pg_depend d
      join (select 1) one on d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = any (spared)
        and d.deptype = 'n' and d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
      cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
    where not exists (select from pg_catalog.pg_depend m where m.classid = d.classid and m.objid = d.objid and m.deptype = 'e')
    order by o.type = 'sequence' loop
    execute 'drop ' || name;
  end loop;
  if pg_catalog.to_regnamespace('public') is null then
    create schema public authorization pg_database_owner;
    grant usage on schema public to public;
  end if;
end $$;
comment on schema public is 'standard public schema';
${schemas.join("")}${kept.map((extension) => createExtension(extension)).join("")}
commit`;
}

/** True for objects of no extension. */
function foreign(catalogue: string): string {
  return `not exists (select from pg_catalog.pg_depend m
      where m.classid = 'pg_catalog.${catalogue}'::pg_catalog.regclass and m.objid = t.oid and m.deptype = 'e')`;
}
