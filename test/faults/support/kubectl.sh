#!/bin/sh
# A kubectl of a cluster in which the database never gets ready. HANG holds the commands that never end, and
# MARK the file that the first of them makes.
while case "${1:-}" in --context | --namespace) true ;; *) false ;; esac; do shift 2; done
for hanging in ${HANG:-}; do
  if [ "$1" = "$hanging" ]; then
    : >"$MARK"
    exec sleep 60
  fi
done
case "$*" in
'config current-context') echo test ;;
'config view'*) echo '{"current-context":"test","clusters":[{"cluster":{"server":"https://127.0.0.1:1"}}]}' ;;
'get --raw /readyz'*) echo ok ;;
'get --raw /api'*)
  resources=
  for kind in Namespace LimitRange ResourceQuota ConfigMap Secret Service ServiceAccount PersistentVolumeClaim \
    NetworkPolicy StatefulSet Deployment PodDisruptionBudget Job CronJob; do
    resources="$resources${resources:+,}{\"kind\":\"$kind\"}"
  done
  echo "{\"resources\":[$resources]}"
  ;;
'get storageclasses'*)
  echo '{"items":[{"kind":"StorageClass","metadata":{"name":"local","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}]}'
  ;;
'get endpointslices'*)
  echo '{"items":[{"kind":"EndpointSlice","metadata":{"name":"kubernetes"},"endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"port":6443}]}]}'
  ;;
'get pods'* | 'get resourcequotas'* | 'get configmaps'*) echo '{"items":[]}' ;;
'get statefulset/'*)
  echo '{"kind":"StatefulSet","metadata":{"name":"postgres"},"spec":{"replicas":1},"status":{"observedGeneration":1}}'
  ;;
# The namespace is there once something has been applied.
'get namespace/'*)
  [ ! -e "$0.applied" ] || echo '{"kind":"Namespace","metadata":{"name":"diabrisk"},"status":{"phase":"Active"}}'
  ;;
apply*)
  : >"$0.applied"
  echo '{"items":[]}'
  ;;
*) ;;
esac
