#!/bin/sh
# Brings the server in line with the mounted Secrets whenever they change: the certificate, and the passwords of existing
# roles. It needs no restart. The assignments of ../postgres-reloader-script.ts stand before it.
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

# Sets `text` to what a file holds, less one line break at its end.
contents() { # FILE
  text=$(cat "$1" 2> /dev/null && echo .)
  text=${text%.}
  text=${text%"$NEWLINE"}
}

# Prints a text unless it was the last one about its subject. An empty text prints nothing.
report() { # SUBJECT TEXT
  said=
  eval "said=\${said_$1-}"
  [ "$said" = "$2" ] || [ -z "$2" ] || echo "$2"
  eval "said_$1=\$2"
}

# Sets `rows` to each role that may log in, with a digest of its verifier. Fails if there is none, for instance while
# initdb's own server runs.
roles() {
  if rows=$(psql -AtqX -F ' ' -c "select rolname, md5(coalesce(rolpassword, '')) from pg_authid
      where rolcanlogin and rolname !~ '[^a-z_]' and current_setting('listen_addresses') <> ''" 2>&1); then
    report server ''
  else
    report server "the server does not answer yet: ${rows%%"$NEWLINE"*}"
    rows=
  fi
  [ -n "$rows" ]
}

# Sets a role's password, unless neither the Secret nor the server has changed since the last time.
converge() { # ROLE DIGEST
  case $SECRETS in
    *" $1:"*) secret=${SECRETS#*" $1:"} secret=${secret%% *} ;;
    *) return 0 ;;
  esac
  [ -e "$ROLES/$1" ] || {
    report "$1" "$1: its Secret $secret is missing, so the server keeps the password it has; deploy again to make it"
    return 0
  }
  contents "$ROLES/$1/$LOGIN_FILE"
  eval "known=\${known_$1-}"
  [ "$known" = "$2 $text" ] && return
  case $text in
    '') report "$1" "$1: the password in its Secret is empty or missing, so the server keeps the one it has"; return ;;
    *[!\ -~]*) report "$1" "$1: the password in its Secret is not all printable ASCII, so the server keeps the one it has"; return ;;
  esac
  if problem=$(printf '%s\n%s\n' "$text" "$text" | psql -qX -c "\\password $1" 2>&1); then
    echo "$1: password set from its Secret"
    report "$1" ''
    eval "set_$1=\$text"
    changed=yes
  else
    report "$1" "$1: the password could not be set: ${problem##*: }"
  fi
}

# Remembers the server's verifier of a password that was just set.
remember() { # ROLE DIGEST
  eval "known=\${set_$1-}"
  [ -z "$known" ] || eval "known_$1=\"\$2 \$known\" set_$1="
}

each_role() { # FUNCTION
  while read -r role digest; do "$1" "$role" "$digest"; done << END
$rows
END
}

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
