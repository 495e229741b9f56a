#!/bin/sh
# Keeps the exporter's password file equal to the mounted Secret. The exporter reads a password only once, at its start,
# but its driver reads such a file for each connection. It ignores one that the group may read, as it may a mount.
# The assignments of ../postgres-exporter-files.ts stand before it.
set -eu
trap 'exit 0' TERM INT
umask 077

while :; do
  line="*:*:*:*:$(sed 's/[\\:]/\\&/g' "$LOGIN_FILE")"
  if [ "$line" != "$(cat "$PASSFILE" 2> /dev/null)" ]; then
    printf '%s\n' "$line" > "$PASSFILE.new"
    mv "$PASSFILE.new" "$PASSFILE"
    echo "$(date -u '+%F %T') UTC LOG: new connections use the password of $LOGIN_FILE"
  fi
  # In the background, so that a signal is obeyed at once.
  sleep 5 &
  wait $!
done
