#!/bin/sh
# Removes a folder when its standard input ends, and first stops the process whose number it read last.
folder=$1

pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -INT "$pid"
  while kill -0 "$pid"; do sleep 0.1; done
fi
# Tries again, since a dying server may still write files for a moment.
tries=0
until rm -rf "$folder" || [ "$tries" = 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
