#!/bin/sh
# Loads the dump into the restored server. The assignments of server-container.ts stand before it.
set -u

status=$(mktemp)
# Errors quote values, and their details rows, over several lines where these have any. Both are health data.
{
  # Privileges are bootstrap's: those of a former client's role would fail.
  pg_restore --exit-on-error --no-privileges --no-password --dbname "$PGDATABASE" "$DUMP" 2>&1
  echo $? > "$status"
} | awk '
  /^(DETAIL|CONTEXT|QUERY|STATEMENT):/ { quoting = 1; next }
  /^pg_[a-z]+: |^(HINT|ERROR|WARNING): / { quoting = 0 }
  quoting { next }
  /ERROR: .*: "/ { quoting = sub(/: ".*/, ": (a value)") }
  { print; fflush() }
'
code=$(cat "$status")
# The pod may wait for days, and should not keep a plain copy of everything beside the database.
rm -f "$DUMP"
[ "$code" != 0 ] || echo 'loaded'
exit "$code"
