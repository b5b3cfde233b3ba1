#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# ./run as scripts use it: what goes to standard output, exit codes, one private server.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
run=$root/run
passed=0 failed=0
# The test's own server must not leak into these calls.
unset PGHOST PGPORT PGUSER PGDATABASE

# is NAME GOT WANTED
is() {
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'not ok  %s\n        got:    %s\n        wanted: %s\n' "$1" "$2" "$3"
  fi
}

# status COMMAND...: its exit code, without its output
status() {
  "$@" >/dev/null 2>&1
  echo $?
}

# Stopping it is tried only where nobody may be using it.
was_running=yes
! "$run" psql -XAtc 'SELECT 1' 2>&1 >/dev/null | grep -q 'starting its server' || was_running=no

is 'help' "$("$run" --help 2>/dev/null | head -n 1)" 'Usage: ./run COMMAND [ARGUMENTS]'
is 'no command is help' "$("$run" 2>/dev/null | head -n 1)" 'Usage: ./run COMMAND [ARGUMENTS]'
is 'an unknown command is an error' "$(status "$run" nonsense)" 1
is 'an unknown kind of test is an error' "$(status "$run" test nonsense)" 1

is 'psql prints the answer only' "$("$run" psql -XAtc 'SELECT 6 * 7' 2>/dev/null)" 42
is 'a failing statement is a failure' "$(status "$run" psql -Xc 'SELECT 1/0')" 1
is 'psql reads standard input' "$(echo 'SELECT 1;' | "$run" psql -XAt)" 1
scratch=$(mktemp -d)
echo "SELECT 'from a file'" >"$scratch/question.sql"
is 'relative paths are the caller'"'"'s' "$(cd "$scratch" && "$run" psql -XAtf question.sql)" 'from a file'
rm -r "$scratch"
is 'functions need no prefix' "$("$run" psql -XAtc "SELECT event_count('{3@2026-01-02T03:04:05Z}'::journey)")" 1
is 'it is the demo database' "$("$run" psql -XAtc 'SELECT current_database()')" clientele_demo
is 'the server listens on no network' "$("$run" psql -XAtc 'SHOW listen_addresses')" ''
is 'settings are the defaults' "$("$run" psql -XAtc "SELECT count(*) FROM pg_settings
  WHERE name IN ('work_mem', 'jit', 'fsync', 'synchronous_commit', 'max_parallel_workers_per_gather')
    AND setting <> boot_val")" 0
socket=$("$run" psql -XAtc 'SHOW unix_socket_directories')
is 'the socket is private' "$(stat -c %a "$socket")" 700
is 'text is UTF-8' "$("$run" psql -XAtc "SELECT length('客户')" </dev/null)" 2
started=$("$run" psql -XAtc 'SELECT pg_postmaster_start_time()')
is 'a second call finds the same server' "$("$run" psql -XAtc 'SELECT pg_postmaster_start_time()')" "$started"

if [[ $was_running == no ]]; then
  is 'stop' "$(status "$run" stop)" 0
  is 'it has stopped' "$(find "$socket" -type s)" ''
  is 'stopping twice is no error' "$(status "$run" stop)" 0
  is 'psql starts it again' "$("$run" psql -XAtc 'SELECT 1' 2>/dev/null)" 1
  "$run" stop
fi

printf 'commands: %d passed, %d failed, %d skipped\n' "$passed" "$failed" 0
((failed == 0))
