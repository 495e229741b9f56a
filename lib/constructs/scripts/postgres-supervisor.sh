#!/bin/sh
# Runs PostgreSQL as the main container of its pod, looks after its volume, and ends with its exit code.
# The assignments of ../postgres-supervisor.ts stand before it. PGDATA comes from the container.
#
# This shell stays process 1. PostgreSQL as process 1 inherits every orphan of the container, for instance that of a
# `kubectl exec` whose shell was killed. It takes one that ends with a failure for a crashed backend, and ends every session.
set -e

# MiB of the file that is given up for a recovery which would find no room.
BALLAST_SIZE=64
BALLAST=$VOLUME/ballast
# MiB without which a recovery cannot write its log: two segments.
RECOVERY=32
# MiB that lift the read-only default again: room for the ballast, and a distance from RESERVE.
ENOUGH=$((2 * RESERVE + BALLAST_SIZE))
# A new volume is initialised here, until that is complete.
UNFINISHED=$PGDATA.unfinished

# The image's entrypoint reads them while the volume is empty, and never again.
export POSTGRES_USER_FILE POSTGRES_PASSWORD_FILE POSTGRES_DB
# The locale C: text sorts differently in every libc otherwise, and a different order corrupts indexes.
export POSTGRES_INITDB_ARGS='--encoding=UTF8 --locale=C --data-checksums --auth-local=trust --auth-host=scram-sha-256'

free_mebibytes() { df -Pk "$VOLUME" | awk 'END { print int($4 / 1024) }'; }
tell() { echo "$(date -u '+%F %T') UTC $1" >&2; }

# Makes new transactions read-only while the volume is nearly full, since a server that cannot extend its log panics.
# Succeeds if that changed, and the server has to read its configuration again.
guard() {
  room=$(free_mebibytes)
  if [ "$room" -lt "$RESERVE" ] && [ ! -s "$NEARLY_FULL_CONFIG" ]; then
    echo 'default_transaction_read_only = on' > "$NEARLY_FULL_CONFIG"
    tell "WARNING: the volume has $room MiB left: transactions are read-only until it has $ENOUGH"
  elif [ "$room" -ge "$ENOUGH" ] && { [ -s "$NEARLY_FULL_CONFIG" ] || [ ! -e "$BALLAST" ]; }; then
    : > "$NEARLY_FULL_CONFIG"
    [ -e "$BALLAST" ] || dd if=/dev/zero of="$BALLAST" bs=1M count="$BALLAST_SIZE" 2> /dev/null || rm -f "$BALLAST"
    tell "LOG: the volume has $room MiB left: transactions may write"
  else
    return 1
  fi
}

# Initialises a new volume, all of it or nothing.
#
# initdb that is killed leaves a folder with which no server starts, and an entrypoint that is killed after it one without
# the database. Both pass for complete the next time. So this works in a folder of another name, begins it anew every time,
# and renames it when it is complete. The server that ends it has no network, so no client has ever written there.
first_start() { # COMMAND ARGUMENTS
  rmdir "$PGDATA" 2> /dev/null || [ ! -e "$PGDATA" ] || {
    tell "FATAL: $PGDATA is neither empty nor a database; move it away"
    exit 1
  }
  rm -rf "$UNFINISHED"
  PGDATA=$UNFINISHED "$@" -c listen_addresses= &
  first=$!
  trap 'exit 1' INT TERM
  # The entrypoint runs servers of its own, as other processes, before it becomes the server itself.
  until [ "$(head -n 1 "$UNFINISHED/postmaster.pid" 2> /dev/null)" = "$first" ]; do
    kill -0 "$first" 2> /dev/null || { wait "$first"; exit 1; }
    sleep 0.2
  done
  while kill -INT "$first" 2> /dev/null; do sleep 0.2; done
  wait "$first"
  mv "$UNFINISHED" "$PGDATA"
  sync
}

# The lock files name a process of a container that is gone. Another process of this one may have its number, and PostgreSQL
# would refuse to start for as long as that runs. The StatefulSet promises that one pod at a time has the volume.
rm -f "$PGDATA/postmaster.pid" "$RUN_FOLDER"/.s.PGSQL.*.lock
: >> "$NEARLY_FULL_CONFIG"
guard || :
[ "$(free_mebibytes)" -ge "$RECOVERY" ] || { rm -f "$BALLAST"; tell 'WARNING: the volume is full: the ballast file is removed'; }

set -- docker-entrypoint.sh postgres -c "config_file=$CONFIG_FOLDER/postgresql.conf" -c "hba_file=$CONFIG_FOLDER/pg_hba.conf"
if [ ! -s "$PGDATA/PG_VERSION" ]; then first_start "$@"; fi
"$@" &
server=$!
trap 'kill -INT $server' INT TERM
while sleep 5; do if guard; then pg_ctl reload --silent || :; fi; done &
status=0
wait "$server" || status=$?
# A signal ends the wait, not the server.
while kill -0 "$server" 2> /dev/null; do
  status=0
  wait "$server" || status=$?
done
exit "$status"
