#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# pgspot over the install script, from a venv below the build directory. Without access to a registry
# of Python packages it is skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
venv=$CLIENTELE_BUILD/pgspot
release=0.9.4

if [[ ! -f $venv/$release ]]; then
  rm -rf "$venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q "pgspot==$release" && touch "$venv/$release"; }; then
    printf 'skipped: pgspot cannot be installed\n'
    printf 'pgspot: 0 passed, 0 failed, 1 skipped\n'
    exit
  fi
fi
exec "$venv/bin/python" tests/search_path.py "$CLIENTELE_BUILD/extension/clientele--$(sed -n 's/^EXTVERSION = //p' Makefile).sql" \
  clientele.control tests/search_path.ignored
