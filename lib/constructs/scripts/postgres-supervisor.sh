#!/bin/sh
# Runs PostgreSQL as the main container of its pod, looks after its volume, and ends with its exit code.
# The assignments of ../postgres-supervisor.ts stand before it. PGDATA comes from the container.
#
# This shell stays process 1. PostgreSQL as process 1 would inherit every orphan of the container, for instance after a
# killed `kubectl exec`. It takes an orphan that fails for a crashed backend, and ends every session.
set -e

# MiB of a file that is removed if a recovery needs the room.
BALLAST_SIZE=64
BALLAST=$VOLUME/ballast
# Free MiB that a recovery needs to write its log: two segments.
RECOVERY=32
# Free MiB at which transactions may write again: room for the ballast, and some distance from RESERVE.
ENOUGH=$((2 * RESERVE + BALLAST_SIZE))
# Folder in which a new volume is initialised. It is renamed once it is complete.
UNFINISHED=$PGDATA.unfinished

# shellcheck disable=SC2012 # It is one folder, and the options of stat differ between systems.
owner() { ls -nd "$1" | awk '{ print $3 }'; } # FOLDER
refuse_other_owner() { # FOLDER
  tell "FATAL: $1 belongs to uid $(owner "$1"), and this container is uid $(id -u), so the server cannot use it. Change the owner as docs/operations.md says under \"A volume of another user\", or give the pod its own volume back"
  exit 1
}

free_mebibytes() { df -Pk "$VOLUME" | awk 'END { print int($4 / 1024) }'; }
tell() { echo "$(date -u '+%F %T') UTC $1" >&2; }

# Refuses to be a second database: its volume would be another one, and its Service the same.
if [ "$POD_NAME" != "$ONLY_POD" ]; then
  tell "FATAL: $POD_NAME does not start: it would be a second, empty database beside $ONLY_POD, and there is no replication. Go back: kubectl scale statefulset ${POD_NAME%-*} --replicas=1; kubectl delete pvc $CLAIM-$POD_NAME (nothing was written to it)"
  exit 1
fi

# The image's entrypoint reads these variables only while the volume is empty.
export POSTGRES_USER_FILE POSTGRES_PASSWORD_FILE POSTGRES_DB
# Uses the locale C, which sorts alike in every libc: a different order corrupts indexes.
export POSTGRES_INITDB_ARGS='--encoding=UTF8 --locale=C --data-checksums --auth-local=trust --auth-host=scram-sha-256'
# On a node with huge pages, a pod that has not asked for them is killed with SIGBUS when it uses one.
POSTGRES_INITDB_ARGS="$POSTGRES_INITDB_ARGS -c huge_pages=off"

# Makes new transactions read-only while the volume is nearly full, since a server that cannot extend its log panics.
# Succeeds if the mode changed, so that the server has to read its configuration again.
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
# A killed initdb leaves a folder with which no server starts. An entrypoint killed later leaves one without the database.
# Both look complete the next time. So this begins anew in a folder of another name, and renames it when it is complete.
# Its last server has no network, so no client has written there before.
first_start() { # COMMAND ARGUMENTS
  rmdir "$PGDATA" 2> /dev/null || [ ! -e "$PGDATA" ] || {
    tell "FATAL: $PGDATA is neither empty nor a database; move it away"
    exit 1
  }
  rm -rf "$UNFINISHED"
  PGDATA=$UNFINISHED "$@" -c listen_addresses= &
  first=$!
  trap 'exit 1' INT TERM
  # Waits for the last server: the entrypoint runs others first, as processes of their own, and then becomes the server.
  until [ "$(head -n 1 "$UNFINISHED/postmaster.pid" 2> /dev/null)" = "$first" ]; do
    kill -0 "$first" 2> /dev/null || { wait "$first"; exit 1; }
    sleep 0.2
  done
  while kill -INT "$first" 2> /dev/null; do sleep 0.2; done
  wait "$first"
  mv "$UNFINISHED" "$PGDATA"
  sync
}

# Looks before the first file is touched, whose error would name neither user nor remedy.
[ -w "$VOLUME" ] && [ -x "$VOLUME" ] || refuse_other_owner "$VOLUME"
[ ! -e "$PGDATA" ] || [ "$(owner "$PGDATA")" = "$(id -u)" ] || refuse_other_owner "$PGDATA"

# Removes lock files of an earlier container. If a process here had the number that they name, PostgreSQL would not start.
# Removing them is safe, since the StatefulSet gives the volume to one pod at a time.
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
# Waits again, since a signal ends the wait but not the server.
while kill -0 "$server" 2> /dev/null; do
  status=0
  wait "$server" || status=$?
done
exit "$status"
