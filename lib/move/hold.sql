-- Refuses every change of the schema while the database moves: logical replication does not carry it to the other server.
-- The dump of the schema takes this along, so the new server holds them, too.
begin;
create schema engine_move;
comment on schema engine_move is 'Holds changes of the schema while the database moves to another engine. See npm run move.';
create function engine_move.refuse() returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The move's own.
  if tg_tag ~ '(PUBLICATION|SUBSCRIPTION)$' then
    return;
  end if;
  raise exception '% is refused while this database moves to another engine', tg_tag using
    errcode = 'object_not_in_prerequisite_state',
    hint = 'Finish or abandon the move first: npm run move -- --help.';
end
$$;
create event trigger engine_move_hold on ddl_command_start execute function engine_move.refuse();
commit;
