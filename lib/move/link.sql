-- How far a link is, as its sender sees it. :name is its name.
select json_build_object(
  'published', exists (select from pg_publication where pubname = :name),
  'slot', (select json_build_object(
      'active', active,
      'lost', wal_status = 'lost',
      'lagBytes', coalesce(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), confirmed_flush_lsn), 0)::float8)
    from pg_replication_slots where slot_name = :name)
)
