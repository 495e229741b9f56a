-- Partitions of audit_logs for $1 months before this one. The migrations make later ones alone.
select audit_logs_add_partition(
  to_char(month, '"logs_"YYYY_MM'), month, month + interval '1 month', 'Rows of a benchmark.'
)
from generate_series(
  date_trunc('month', now()) - $1::int * interval '1 month', date_trunc('month', now()) - interval '1 month', interval '1 month'
) as month
