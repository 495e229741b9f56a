#!/bin/sh
# Ends the reloader that reaches the server over the network. reloader-roles.sh stands before it. The operator follows the
# certificate and the superuser's password itself.
# shellcheck disable=SC2034,SC2154 # The parts before set or read the variables.

LC_ALL=C
NEWLINE='
'
export PGHOST PGPORT PGUSER PGSSLMODE PGSSLROOTCERT PGPASSWORD PGDATABASE=postgres PGAPPNAME=reloader PGCONNECT_TIMEOUT=10
# Keeps even the verifiers of passwords out of the log and pg_stat_activity.
PGOPTIONS='-c track_activities=off -c log_statement=none -c log_min_duration_statement=-1'
export PGOPTIONS="$PGOPTIONS -c log_min_error_statement=panic -c lock_timeout=10s -c statement_timeout=20s"
trap 'exit 0' TERM INT

while :; do
  : > "$HEARTBEAT"
  contents "$ROLES/$PGUSER/$LOGIN_FILE"
  PGPASSWORD=$text
  if roles; then
    : > "$REACHED"
    changed=
    each_role converge
    if [ -n "$changed" ] && roles; then each_role remember; fi
  fi
  sleep 5 &
  wait $!
done
