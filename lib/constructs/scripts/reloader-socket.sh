#!/bin/sh
# Begins the reloader beside the server, which logs in over its socket: reloader-roles.sh and reloader-certificate.sh follow.
# It brings the server in line with the mounted Secrets whenever they change: the certificate, and the passwords of existing
# roles. It needs no restart. The assignments of ../postgres-reloader-script.ts stand before it.
# shellcheck disable=SC2034 # The parts that follow read the variables.
# Only this shell's memory holds passwords: `\password` reads one from a pipe and sends its SCRAM verifier.

LC_ALL=C
NEWLINE='
'
export PGHOST PGPORT PGUSER PGDATABASE=postgres PGAPPNAME=reloader
# Keeps even the verifiers of passwords out of the log and pg_stat_activity.
PGOPTIONS='-c track_activities=off -c log_statement=none -c log_min_duration_statement=-1'
export PGOPTIONS="$PGOPTIONS -c log_min_error_statement=panic -c lock_timeout=10s -c statement_timeout=20s"
# Connects as a client that trusts only the mounted authority. Naming the certificate and key makes libpq check that they
# belong together, as the server does. The server never asks for them.
AS_CLIENT="host=$SERVER_NAME hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=$AUTHORITY sslcert=$CERTIFICATE sslkey=$KEY"
trap 'exit 0' TERM INT

