#!/bin/sh
# Waits for the keys that `npm run restore` streams into this container's memory, fetches the backup, and forgets them.
# The assignments of pod.ts stand before it.
set -eu

trap 'exit 143' TERM INT
echo 'waiting for the keys'
until [ -e "$KEYS/complete" ]; do
  sleep 1 &
  wait $!
done
status=0
backup fetch "$ID" --target "$TARGET" --identity "$KEYS/identity" --to "$WORK" || status=$?
rm -f "$KEYS"/*
exit "$status"
