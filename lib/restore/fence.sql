-- Ends all writing for good, while this session goes on: nobody can connect to the database any more, not even a superuser.
-- psql runs it, and a second psql shuts the database: no session may shut the one that it is connected to.
\! psql -AtqX -v ON_ERROR_STOP=1 -U "$PGUSER" -d postgres -c "alter database $PGDATABASE with allow_connections false"
select datallowconn as open from pg_database where datname = current_database() \gset
\if :open
  do $$ begin raise exception 'the database still takes connections'; end $$;
\endif

-- Ends the sessions that were there before. A session that was just logging in appears within a moment, so nobody has to be
-- there twice in a row.
do $$
declare
  quiet integer := 0;
begin
  for look in 1..60 loop
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(pid, 2000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender');
    quiet := case when found then 0 else quiet + 1 end;
    exit when quiet = 3;
    perform pg_sleep(0.5);
  end loop;
  if quiet < 3 then
    raise exception 'sessions could not be ended: select * from pg_stat_activity';
  end if;
  if exists (select from pg_prepared_xacts where database = current_database()) then
    raise exception 'a prepared transaction may still commit: select * from pg_prepared_xacts, and end each';
  end if;
end $$;
