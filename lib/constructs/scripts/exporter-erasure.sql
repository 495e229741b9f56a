-- Documents that nobody has deleted yet, in one row that is always there: no row would be no alert.
select
  count(*)::float8 as documents,
  coalesce(extract(epoch from now() - min(erased_at)), 0)::float8 as oldest_document_seconds
from erasure.documents
where deleted_at is null
