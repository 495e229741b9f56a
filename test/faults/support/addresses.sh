#!/bin/sh
# Runs a program in a network of its own, where only loopback is, and prints whether it answers at each address.
# $1: "ipv6", "ipv4" or "both", the kinds of address that the network has. The rest is the program.
ip link set lo up
case $1 in
ipv6) ip -4 address flush dev lo ;;
ipv4) ip -6 address flush dev lo ;;
esac
shift
"$@" >/dev/null &
program=$!
for address in '[::1]' 127.0.0.1; do
  if node -e '
    const [url] = process.argv.slice(1);
    const end = Date.now() + 15000;
    const ask = () =>
      fetch(url).then(
        () => process.exit(0),
        ({ cause }) => {
          if (cause?.code !== "ECONNREFUSED" || Date.now() > end) process.exit(1);
          setTimeout(ask, 100);
        },
      );
    ask();
  ' "https://$address:8080/healthz"; then
    echo "$address answers"
  fi
done
kill "$program"
