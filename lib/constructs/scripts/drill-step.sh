#!/bin/sh
# Runs one step of the drill and notes its exit code and seconds for the report. The assignments of ../postgres-drill-pod.ts
# stand before it. It ends with 0 whatever came of the step: otherwise the pod would end there, and nothing would report it.
set -u

# Nothing can be proven after a failed step that the others build on.
if [ -e "$STEPS/failed" ]; then
  echo "skipped, since $(cat "$STEPS/failed") failed"
  exit 0
fi
mkdir -p "$STEPS" || exit 1
began=$(date +%s)
# Errors quote values, and their details rows, over several lines where these have any. Both are health data.
{ "$@" 2>&1; echo $? > "$STEPS/$STEP.code"; } | awk '
  /^(DETAIL|CONTEXT|QUERY|STATEMENT):/ { quoting = 1; next }
  /^pg_[a-z]+: |^(HINT|ERROR|WARNING): / { quoting = 0 }
  quoting { next }
  /ERROR: .*: "/ { quoting = sub(/: ".*/, ": (a value)") }
  { print; fflush() }
'
code=$(cat "$STEPS/$STEP.code") || exit 1
if [ "$NEEDED" = yes ] && [ "$code" != 0 ]; then echo "$STEP" > "$STEPS/failed"; fi
echo "$code $(($(date +%s) - began))" > "$STEPS/$STEP"
