#!/bin/sh
# A kubectl of a cluster in which the database never gets ready. HANG holds the commands that never end, and
# MARK the file that the first of them makes.
case "${1:-}" in --namespace) shift 2 ;; esac
for hanging in ${HANG:-}; do
  if [ "$1" = "$hanging" ]; then
    : >"$MARK"
    exec sleep 60
  fi
done
case "$*" in
'config current-context') echo test ;;
'get --raw'*) echo ok ;;
'get statefulset/'*)
  echo '{"kind":"StatefulSet","metadata":{"name":"postgres"},"spec":{"replicas":1},"status":{"observedGeneration":1}}'
  ;;
'get namespace/'*) echo '{"kind":"Namespace","metadata":{"name":"diabrisk"},"status":{"phase":"Active"}}' ;;
apply*) echo '{"items":[]}' ;;
*) ;;
esac
