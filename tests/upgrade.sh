#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A store of an older version, with data in it, is upgraded in two ways: by ALTER EXTENSION UPDATE and upgrade_store(), and by a dump that
# is restored into this version and upgrade_store(). Afterwards its catalog is that of a new store, and all its answers are those of before.
# The install script of the older version is taken from the history of the repository; its functions are those of the present library.
# Needs a server in whose installation the caller may put files, as ./run has one.
# The last line is `upgrade: N passed, N failed, N skipped`.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
bin=$(dirname "${CLIENTELE_PSQL:-$(command -v psql)}")
scripts=$("$bin/pg_config" --sharedir)/extension
work=$(mktemp -d)
databases=(upgrade_old upgrade_next upgrade_new upgrade_restored)
roles=(upgrade_owner upgrade_bi)
passed=0 failed=0 skipped=0

run() { PGOPTIONS='-c client_min_messages=warning' PGDATABASE=$1 "$bin/psql" -XqAt -v ON_ERROR_STOP=1 "${@:2}" 2>&1; }
clean() {
  local one
  for one in "${databases[@]}"; do run postgres -c "DROP DATABASE IF EXISTS $one WITH (FORCE)"; done
  for one in "${roles[@]}"; do run postgres -c "DROP ROLE IF EXISTS $one"; done
}
end() {
  clean
  rm -rf "$work"
  [[ -z ${old:-} ]] || rm -f "$scripts/clientele--$old.sql"
}
trap end EXIT

# same NAME WANTED GOT: two files
same() {
  if [[ -s $2 ]] && cmp -s "$2" "$3"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'not ok: %s\n' "$1"
    diff "$2" "$3" | cut -c 1-300 | head -n 30
  fi
}

# has NAME PATTERN TEXT
has() {
  if grep -qE -- "$2" <<<"$3"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'not ok: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$(head -c 1000 <<<"$3")"
  fi
}

database() { # database NAME [TEMPLATE]
  run postgres -c "CREATE DATABASE $1 TEMPLATE ${2:-template0}" -c "GRANT CREATE ON DATABASE $1 TO upgrade_owner"
}
answers() { run "$1" -v old="$2" -f "$root/tests/upgrade/answers.sql" >"$work/$3"; }
catalog() { run "$1" -f "$root/tests/catalog.sql" >"$work/$2"; }
schema() { PGDATABASE=$1 "$bin/pg_dump" --schema-only | grep -v '^\\.*restrict ' >"$work/$2"; }
upgrade() { run "$1" -c 'SET ROLE upgrade_owner' -c 'CALL clientele.upgrade_store()'; }

# from VERSION COMMIT
from() {
  local said
  old=$1
  if ! git -c safe.directory='*' -C "$root" cat-file -e "$2:Makefile" 2>/dev/null; then
    printf 'skipped: commit %s of version %s is not in the history that is here\n' "$2" "$1"
    skipped=$((skipped + 1))
    return
  fi
  mkdir "$work/$1" && git -c safe.directory='*' -C "$root" archive "$2" Makefile src clientele.control | tar -x -C "$work/$1" &&
    make -s -C "$work/$1" PG_CONFIG="$bin/pg_config" "clientele--$1.sql" >"$work/make" 2>&1 &&
    cp "$work/$1/clientele--$1.sql" "$scripts" || cat "$work/make"

  clean
  run postgres -c 'CREATE ROLE upgrade_owner' -c 'CREATE ROLE upgrade_bi'
  database upgrade_old
  run upgrade_old -c "CREATE EXTENSION clientele VERSION '$1'" -c 'GRANT ALL ON SCHEMA public TO upgrade_owner' \
    -f "$root/tests/upgrade/store.sql" >"$work/store" || tail -n 3 "$work/store"
  answers upgrade_old 1 before
  has 'every question is answered' '^type\|[0-9]+\|[0-9]+$' "$(tail -n 1 "$work/before")"
  PGDATABASE=upgrade_old "$bin/pg_dump" >"$work/dump"
  database upgrade_next upgrade_old
  run upgrade_next -f "$root/tests/upgrade/next.sql" >"$work/next"
  has 'what comes next succeeds' '^value.spent>50\|[0-9]+$' "$(tail -n 1 "$work/next")"

  # A new store, of the same owner and with the same rights.
  database upgrade_new
  run upgrade_new -c 'CREATE EXTENSION clientele' -c 'SET ROLE upgrade_owner' -c "CALL clientele.create_store('Asia/Shanghai')" \
    -c "CALL clientele.grant_bi('upgrade_bi')"
  catalog upgrade_new catalog

  # The extension is updated: what has changed says what to do, and all else goes on.
  has "$1 is updated" '^$' "$(run upgrade_old -c 'ALTER EXTENSION clientele UPDATE')"
  for one in "CALL clientele.load_events('public.raw')" 'SELECT clientele.refresh_tags()' 'SELECT clientele.tags_of(1)'; do
    has "$one says what to do" 'HINT: +CALL clientele.upgrade_store\(\)' "$(run upgrade_old -c 'SET ROLE upgrade_owner' -c "$one")"
  done
  has 'a question about journeys is answered' '^3$' "$(run upgrade_old -c 'SET ROLE upgrade_owner' \
    -c "SELECT count(*) FROM clientele_bi.funnel(clientele.funnel_def('{view_item,cart,purchase}'))")"
  has 'only the owner upgrades the store' 'HINT: +SET ROLE upgrade_owner' "$(run upgrade_old -c 'SET clientele.trusted_owners = upgrade_owner' -c 'CALL clientele.upgrade_store()')"
  said=$(upgrade upgrade_old)
  has 'it says what it changed' 'INFO:  changed table clientele_data.load_runs: columns' "$said"
  has 'nothing goes wrong' '^0$' "$(grep -cvE '^(psql:.*)?INFO: ' <<<"$said")"
  schema upgrade_old upgraded
  has 'the second time there is nothing to do' '^INFO:  the store is up to date$' "$(upgrade upgrade_old)"
  schema upgrade_old again
  same 'the second time nothing changes' "$work/upgraded" "$work/again"
  answers upgrade_old 0 after
  same 'an upgraded store answers as before' "$work/before" "$work/after"
  catalog upgrade_old updated
  same 'its catalog is that of a new store' "$work/catalog" "$work/updated"

  database upgrade_restored
  has 'the dump is restored' '^0$' "$(run upgrade_restored -f "$work/dump" | grep -c ERROR:)"
  has 'a restored store says what it changed' 'INFO:  changed table clientele_data.load_runs: columns' "$(upgrade upgrade_restored)"
  answers upgrade_restored 0 restored
  same 'a restored store answers as before' "$work/before" "$work/restored"
  catalog upgrade_restored dumped
  same 'its catalog is that of a new store, too' "$work/catalog" "$work/dumped"

  for one in upgrade_old upgrade_restored; do
    run $one -f "$root/tests/upgrade/next.sql" >"$work/next_$one"
    same "what comes next in $one is what would have come" "$work/next" "$work/next_$one"
  done
}

while read -r version commit; do
  from "$version" "$commit"
  rm -f "$scripts/clientele--$version.sql"
done <"$root/tests/upgrade/released.txt"

printf 'upgrade: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
