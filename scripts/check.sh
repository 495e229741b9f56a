#!/usr/bin/env bash
# `npm run check`: every linter, the alerts, `npm test`, and the release before on this schema. Says how long each step took, and stops at the first that fails.
set -euo pipefail
for step in typecheck lint lint:sql lint:sh lint:imports lint:unused test:alerts test test:before; do
  began=$SECONDS
  npm run --silent "$step"
  printf '=== %s: %d s\n' "$step" $((SECONDS - began))
done
printf '=== check: %d s\n' "$SECONDS"
