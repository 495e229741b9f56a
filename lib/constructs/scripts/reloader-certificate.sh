#!/bin/sh
# Ends the reloader beside the server: follows passwords and the certificate.
# shellcheck disable=SC2154 # The parts before set the variables.

# SHA-256 of the mounted certificate, as certificate tools print it.
fingerprint() { sed '/-----END/q' "$CERTIFICATE" | grep -v -- ----- | base64 -d 2> /dev/null | sha256sum | cut -c 1-64; }

# Makes the server read its files again, and waits for that. Later connections meet the outcome: the postmaster finishes
# a reload before it accepts another connection.
reread() {
  before=$(psql -AtqX -c 'select pg_conf_load_time() from pg_reload_conf()' 2> /dev/null) || return
  tries=0
  until [ "$(psql -AtqX -c "select pg_conf_load_time() > '$before'" 2> /dev/null)" = t ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 25 ] || return
    sleep 0.2
  done
}

# Makes the server read its certificate again whenever the files change, and every minute until it accepts them.
certificate() {
  files=$(cat "$CERTIFICATE" "$KEY" "$AUTHORITY" 2> /dev/null | sha256sum)
  [ "$files" = "${good-}" ] && return
  [ "$files" = "${tried-}" ] && [ $((look % 12)) != 0 ] && return
  tried=$files
  if ! reread; then
    report certificate 'certificate: the server has not read its files again; its own log says why'
  elif pg_isready -q -d "$AS_CLIENT"; then
    good=$files
    report certificate ''
    echo "certificate: the server serves the mounted one, SHA-256 $(fingerprint)"
  else
    problem=$(psql -wX -d "$AS_CLIENT" -c '' 2>&1)
    report certificate "certificate: the server does not serve the mounted one: ${problem#*failed: }"
  fi
}

look=0
while :; do
  : > "$HEARTBEAT"
  if roles; then
    changed=
    each_role converge
    if [ -n "$changed" ] && roles; then each_role remember; fi
    certificate
  fi
  look=$((look + 1))
  sleep 5 &
  wait $!
done
