#!/bin/sh
# Functions of every reloader: they set the passwords of existing roles to those of the mounted Secrets.
# shellcheck disable=SC2034 # The parts that follow read the variables.

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

