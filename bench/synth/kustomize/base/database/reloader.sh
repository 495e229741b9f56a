# Passwords of the roles that exist, and the certificate: whenever a mounted Secret changes, without a restart.
LC_ALL=C
NEWLINE='
'
export PGHOST=/var/run/postgresql PGPORT=5432 PGUSER=diabrisk PGDATABASE=postgres PGAPPNAME=reloader
# Neither the log nor pg_stat_activity is to hold even what passwords are checked by.
PGOPTIONS='-c track_activities=off -c log_statement=none -c log_min_duration_statement=-1'
export PGOPTIONS="$PGOPTIONS -c log_min_error_statement=panic -c lock_timeout=10s -c statement_timeout=20s"
trap 'exit 0' TERM INT

# What a file holds, less one line break at its end.
contents() { # FILE
  text=$(cat "$1" 2>/dev/null && echo .)
  text=${text%.}
  text=${text%"$NEWLINE"}
}

# Says a thing once, until there is something else to say of its subject.
report() { # SUBJECT TEXT
  eval "said=\${said_$1-}"
  [ "$said" = "$2" ] || echo "$2"
  eval "said_$1=\$2"
}

# Each role that may log in, with a digest of what its password is checked by. No role while initdb's own server runs.
roles() {
  if rows=$(psql -AtqX -F ' ' -c "select rolname, md5(coalesce(rolpassword, '')) from pg_authid
      where rolcanlogin and rolname !~ '[^a-z_]' and current_setting('listen_addresses') <> ''" 2>&1); then
    said_server=
  else
    report server "the server does not answer yet: ${rows%%"$NEWLINE"*}"
    rows=
  fi
  [ -n "$rows" ]
}

# Sets a role's password, unless that was done and nobody has changed either side since.
converge() { # ROLE DIGEST
  [ -e "/etc/diabrisk/roles/$1" ] || return 0
  contents "/etc/diabrisk/roles/$1/password"
  eval "known=\${known_$1-}"
  [ "$known" = "$2 $text" ] && return
  case $text in
    '') report "$1" "$1: the password in its Secret is empty or missing, so the server keeps the one it has"; return ;;
    *[!\ -~]*) report "$1" "$1: the password in its Secret is not all printable ASCII, so the server keeps the one it has"; return ;;
  esac
  if problem=$(printf '%s\n%s\n' "$text" "$text" | psql -qX -c "\\password $1" 2>&1); then
    echo "$1: password set from its Secret"
    eval "said_$1= set_$1=\$text"
    changed=yes
  else
    report "$1" "$1: the password could not be set: ${problem##*: }"
  fi
}

# Remembers what the server made of a password that was just set.
remember() { # ROLE DIGEST
  eval "known=\${set_$1-}"
  [ -z "$known" ] || eval "known_$1=\"\$2 \$known\" set_$1="
}

each_role() { # FUNCTION
  while read -r role digest; do "$1" "$role" "$digest"; done <<END
$rows
END
}

der() { sed '/-----END/q' /etc/diabrisk/tls/tls.crt | grep -v -- ----- | base64 -d 2>/dev/null; }
hexadecimal() { od -An -v -tx1 | tr -d ' \n'; }

# Whether the server shows the mounted certificate to whoever connects, asked with the first messages of TLS 1.2.
served() {
  mounted=$(der | hexadecimal)
  shown=$({ printf '\000\000\000\010\004\322\026\057'; sleep 1; printf '\026\003\001\000\117\001\000\000\113\003\003\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\004\300\053\300\057\001\000\000\036\000\012\000\006\000\004\000\027\000\035\000\013\000\002\001\000\000\015\000\012\000\010\004\003\005\003\010\004\004\001'; sleep 2; } | nc -w 5 127.0.0.1 5432 | hexadecimal)
  case $shown in *"${mounted:-none}"*) ;; *) return 1 ;; esac
}

# Has the server read its certificate again whenever the files change, and every minute while it does not take them.
certificate() {
  files=$(cat /etc/diabrisk/tls/tls.crt /etc/diabrisk/tls/tls.key /etc/diabrisk/tls/ca.crt 2>/dev/null | sha256sum)
  [ "$files" = "${good-}" ] && return
  [ "$files" = "${tried-}" ] && [ $((look % 12)) != 0 ] && return
  tried=$files
  psql -qX -o /dev/null -c 'select pg_reload_conf()' 2>/dev/null || return
  if served; then
    good=$files
    echo "certificate: the server serves the mounted one, SHA-256 $(der | sha256sum | cut -c 1-64)"
  else
    report certificate "certificate: the server does not serve the mounted one; its own log says why"
  fi
}

look=0
while :; do
  : > /tmp/alive
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
