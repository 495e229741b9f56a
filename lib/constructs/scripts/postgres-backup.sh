#!/bin/sh
# Dumps the database into $WORK: dump.pgc, and at last contents.json, which tells what the dump holds and that it is whole.
# The assignments of ../postgres-backup-script.ts stand before it. postgres-backup.sql is the session with the server.
set -eu

LC_ALL=C
DUMP=$WORK/dump.pgc
RESULT=$WORK/contents.json
# The finding of one session, and its messages. The latter are not on the volume, which may be full.
FOUND=$WORK/found.json
SAID=$TMP/said
export LC_ALL WORK DUMP PGHOST PGPORT PGDATABASE PGSSLROOTCERT PGSSLMODE PGCONNECT_TIMEOUT=10
# A migration that waits for the dump names it by this.
export PGAPPNAME=postgres-backup

tell() { echo "$(date -u '+%F %T') UTC $1" >&2; }
fail() {
  tell "FATAL: $1"
  exit 1
}
said() { grep -q -- "$1" "$SAID"; } # TEXT

# Runs a command that a signal to this shell ends, too.
run() { # COMMAND ARGUMENTS
  "$@" &
  child=$!
  wait "$child"
}
trap 'kill "$child" 2> /dev/null; exit 143' TERM INT
# The volume outlives the container, and the dump is not encrypted.
trap '[ -e "$RESULT" ] || rm -f "$DUMP"' EXIT
child=

# Reads the credential anew for each try, since a rotated one arrives while the pod runs.
credential() {
  if ! PGUSER=$(cat "$CREDENTIAL/$USER_KEY") || ! PGPASSWORD=$(cat "$CREDENTIAL/$LOGIN_KEY"); then
    fail "the Secret $ORIGIN lacks $USER_KEY or $LOGIN_KEY. See npm run secrets -- check STAGE"
  fi
  export PGUSER PGPASSWORD
}

# One session with the server. Succeeds once the dump and its description are there.
session() {
  rm -f "$DUMP" "$FOUND" "$WORK/counted.json"
  status=0
  run psql -XqAtw -v ON_ERROR_STOP=1 -v contents="$SQL/contents.sql" -v counted="$WORK/counted.json" -v found="$FOUND" -v lock="$LOCK_MILLISECONDS" \
    -f "$SQL/session.sql" 2> "$SAID" || status=$?
  cat "$SAID" >&2
  [ "$status" = 0 ] && [ -s "$FOUND" ]
}

# Says why the last session failed, and how long to wait before the next; ends if another cannot help.
judge() { # SECONDS SINCE THE START
  if said 'No space left on device'; then
    fail "the volume $WORK is too small for the dump. Raise backup.scratch of the stage, which is $SCRATCH, and deploy"
  elif said 'permission denied'; then
    fail "the role $PGUSER may not read everything, and a dump without it would not be whole. Run the migration Job again, which grants it: npm run deploy -- STAGE"
  elif said 'large objects'; then
    fail 'nothing could prove that large objects are whole, so they are not dumped. Keep their contents in columns of type bytea'
  elif said 'password authentication failed'; then
    [ "$1" -lt "$LOGIN_SECONDS" ] || fail "the server has refused the password in the Secret $ORIGIN for $LOGIN_SECONDS s. Its own log, and that of its container reloader, say more: kubectl logs postgres-0 --container reloader"
    reason='the password is refused; a new one reaches server and pods at different times'
  elif said 'lock timeout'; then
    [ "$1" -lt "$LOCKED_SECONDS" ] || fail "another session has locked a table for $LOCKED_SECONDS s, probably a migration. Look at its Job: kubectl get jobs --selector app=migrate. The next backup tries again"
    reason='another session has locked a table, probably a migration'
  elif [ "$status" = 2 ] && ! said 'pg_dump: error' && [ "$1" -lt "$LOGIN_SECONDS" ]; then
    reason='the server cannot be reached'
  else
    failures=$((failures + 1))
    [ "$failures" -lt "$TRIES" ] || fail "$TRIES tries have failed; the messages above say why"
    reason='the session failed'
  fi
}

# Few builds lack zstd. pg_dump says so before it looks for a server.
COMPRESSION=zstd:3
if pg_dump --format=custom --compress=$COMPRESSION --dbname='host=/nowhere' 2>&1 | grep -q 'does not support compression'; then
  COMPRESSION=gzip:6
  tell 'LOG: this pg_dump has no zstd, so gzip compresses'
fi
export COMPRESSION

started=$(date -u '+%FT%TZ')
began=$(date +%s)
failures=0
# Files of an earlier container of this pod are nobody's.
rm -f "$WORK"/dump.pgc "$WORK"/*.json || fail "the volume $WORK cannot be written"

while credential; ! session; do
  judge $(($(date +%s) - began))
  tell "LOG: $reason; tries again"
  run sleep "$PAUSE_SECONDS" || :
done

# Reads every block: a list of the contents alone would not notice a dump that ends early.
run pg_restore -f /dev/null "$DUMP" || fail 'pg_restore refuses the dump that pg_dump has just written'
bytes=$(wc -c < "$DUMP") || fail "$DUMP cannot be read"
hash=$(sha256sum "$DUMP") || fail "$DUMP cannot be read"
{
  printf '{"startedAt":"%s","dump":{"bytes":%d,"sha256":"%s"},' "$started" "$bytes" "${hash%% *}"
  sed 's/^{//' "$FOUND"
} > "$RESULT.new" || fail "$RESULT cannot be written"
rm -f "$FOUND" "$SAID" "$WORK/counted.json" "$WORK/sequences"
sync
mv "$RESULT.new" "$RESULT"
sync
tell "LOG: dumped $bytes bytes in $(($(date +%s) - began)) s, SHA-256 ${hash%% *}"
