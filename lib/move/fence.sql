-- Ends the sessions of everybody, and waits until no role that may be kept out is there any more. A session that was just
-- logging in appears within a moment, so nobody has to be there three times in a row.
do $$
declare
  quiet integer := 0;
begin
  for look in 1..50 loop
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
    -- Superusers may come back, to a database that is read-only.
    perform from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
      where datname = current_database() and backend_type = 'client backend' and not rolsuper;
    quiet := case when found then 0 else quiet + 1 end;
    exit when quiet = 3;
    perform pg_sleep(0.1);
  end loop;
  if quiet < 3 then
    raise exception 'sessions could not be ended: select * from pg_stat_activity';
  end if;
  if exists (select from pg_prepared_xacts where database = current_database()) then
    raise exception 'a prepared transaction may still commit: select * from pg_prepared_xacts, and end each';
  end if;
end $$
