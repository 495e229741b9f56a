#!/bin/sh
# Reports the drill and ends with the report's exit code. The assignments of ../postgres-drill-pod.ts stand before it.
set -u

"$@"
status=$?
# A finished Job's pod keeps its volume, and this is a decrypted copy.
rm -f "$DUMP"
exit "$status"
