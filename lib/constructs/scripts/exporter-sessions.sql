-- Clients' sessions, one row for each role that has any. Background workers and the server's own processes are none.
select
  a.usename,
  count(*)::float8 as connections,
  coalesce(max(extract(epoch from clock_timestamp() - a.xact_start)), 0)::float8 as oldest_transaction_seconds,
  coalesce(max(extract(epoch from clock_timestamp() - a.state_change))
    filter (where a.state like 'idle in transaction%'), 0)::float8 as idle_in_transaction_seconds,
  coalesce(max(extract(epoch from clock_timestamp() - w.since)), 0)::float8 as lock_wait_seconds,
  -- The socket of the pod has no address and no TLS.
  count(*) filter (where a.client_addr is not null and not coalesce(s.ssl, false))::float8 as without_tls
from pg_catalog.pg_stat_activity a
left join pg_catalog.pg_stat_ssl s on s.pid = a.pid
left join (
  select pid, min(waitstart) as since from pg_catalog.pg_locks where not granted group by pid
) w on w.pid = a.pid
where a.backend_type = 'client backend'
group by a.usename
