#!/bin/sh
# Runs an empty PostgreSQL that nobody outside of its pod can reach. The assignments of ../postgres-drill-pod.ts stand before it.
# Process 1 is this shell, as in postgres-supervisor.sh.
set -e

export POSTGRES_USER POSTGRES_DB
# The image asks for one. Inside the pod nobody needs it.
POSTGRES_PASSWORD=$(cat /proc/sys/kernel/random/uuid)
export POSTGRES_PASSWORD
# As the server's of the stage, but for the trust.
export POSTGRES_INITDB_ARGS='--encoding=UTF8 --locale=C --data-checksums --auth-local=trust --auth-host=trust'
POSTGRES_INITDB_ARGS="$POSTGRES_INITDB_ARGS -c huge_pages=off"

# SETTINGS is words.
# shellcheck disable=SC2086
docker-entrypoint.sh postgres $SETTINGS &
server=$!
trap 'kill -INT $server' INT TERM
status=0
wait "$server" || status=$?
# Waits again, since a signal ends the wait but not the server.
while kill -0 "$server" 2> /dev/null; do
  status=0
  wait "$server" || status=$?
done
# A finished Job's pod keeps its volume, and this is a decrypted copy.
rm -rf "$PGDATA"
exit "$status"
