#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# ./run as scripts use it: what goes to standard output, exit codes, one private server.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
run=$root/run
# shellcheck source=tests/counts.sh
source "$root/tests/counts.sh"
# These calls must not use the server of the test.
unset PGHOST PGPORT PGUSER PGDATABASE

# is NAME GOT WANTED
is() { same "$1" "$3" "$2"; }

# status COMMAND...: its exit code, without its output
status() {
  "$@" >/dev/null 2>&1
  echo $?
}

# A cluster of its own, which begins with nothing and may be killed.
scratch=$(mktemp -d)
chmod 711 "$scratch"
export CLIENTELE_CLUSTER=$scratch/cluster CLIENTELE_RESULTS=$scratch/results
trap '"$run" stop; rm -rf "$scratch"' EXIT

# killed SECONDS COMMAND...: kills it, and all that it has started, at that time or when it ends
killed() {
  local seconds=$1 process
  shift
  setsid "$@" >/dev/null 2>&1 </dev/null &
  process=$!
  sleep "$seconds"
  kill -KILL -- "-$process" 2>/dev/null
  wait "$process" 2>/dev/null
}

# ran COMMAND...: nothing if it succeeds, otherwise the end of its output
ran() { "$@" >"$scratch/log" 2>&1 </dev/null || tail -n 20 "$scratch/log"; }

# again NAME COMMAND...: it succeeds, and succeeds again after it was killed in the middle; with CLIENTELE_LONG
# it also succeeds twice in a row, and after it was killed at ten moments
again() {
  local name=$1 start took part
  shift
  start=$(date +%s%N)
  is "$name" "$(ran "$@")" ''
  took=$((($(date +%s%N) - start) / 1000000))
  [[ -z ${CLIENTELE_LONG:-} ]] || is "$name, twice" "$(ran "$@")" ''
  for part in ${CLIENTELE_LONG:+5 15 25 35 45 55 65 75 85} $((RANDOM % 100)); do
    killed "$(printf '%d.%03d' $((took * part / 100000)) $((took * part / 100 % 1000)))" "$@"
    is "$name, after it was killed at $part % of $took ms" "$(ran "$@")" ''
  done
}

is 'nothing is made to be stopped' "$(status "$run" stop)$(ls "$scratch")" 0
is 'help' "$("$run" --help 2>/dev/null | head -n 1)" 'Usage: ./run COMMAND [ARGUMENTS]'
is 'no command is help' "$("$run" 2>/dev/null | head -n 1)" 'Usage: ./run COMMAND [ARGUMENTS]'
is 'an unknown command is an error' "$(status "$run" nonsense)" 1
is 'an unknown kind of test is an error' "$(status "$run" test nonsense)" 1

is 'a version that is not supported is an error' "$(PG_MAJOR=14 "$run" stop 2>&1)" \
  'run: PG_MAJOR is one of 15, 16, 17 and 18, not 14'
is 'so is what is not a version' "$(PG_MAJOR='15; ' "$run" stop 2>&1)" \
  'run: PG_MAJOR is one of 15, 16, 17 and 18, not 15; '

# The cluster is made by a run that is killed several times.
for moment in 0.5 1 1.5 2 2.5 3; do killed "$moment" "$run" psql -XAtc 'SELECT 1'; done
is 'psql after it was killed' "$("$run" psql -XAtc 'SELECT 1' 2>/dev/null)" 1
is 'psql prints the answer only' "$("$run" psql -XAtc 'SELECT 6 * 7' 2>/dev/null)" 42
is 'a failing statement is a failure' "$(status "$run" psql -Xc 'SELECT 1/0')" 1
is 'psql reads standard input' "$(echo 'SELECT 1;' | "$run" psql -XAt)" 1
echo "SELECT 'from a file'" >"$scratch/question.sql"
is 'relative paths are the caller'"'"'s' "$(cd "$scratch" && "$run" psql -XAtf question.sql)" 'from a file'
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

# The events of a file: two customers, one of them twice.
printf 'customer,time,event,amount\nann,2026-01-02 10:00,visit,\nann,2026-01-03 10:00,purchase,10\n%s\n' \
  'bob,2026-01-04 10:00,visit,' >"$scratch/events.csv"
again 'demo' "$run" demo --customers 300 --days 60
again 'demo of a file' "$run" demo "$scratch/events.csv"
again 'psql' "$run" psql -Xc 'SELECT 1'
again 'bench' "$run" bench --events 20000 --runs 1 --slow-runs 1
again 'bench --models' "$run" bench --models --customers 10000 --runs 1 --only purchases
again 'bench --tags' "$run" bench --tags --customers 10000 --journeys 1000 --runs 1 --slow-runs 1
again 'a kind of test' "$run" test isolation
again 'help' "$run" help
is 'a demo after a benchmark' "$(ran "$run" demo --customers 300 --days 60)" ''

is 'stop' "$(status "$run" stop)" 0
is 'it has stopped' "$(find "$socket" -type s)" ''
is 'stopping twice is not an error' "$(status "$run" stop)" 0
is 'psql starts it again' "$("$run" psql -XAtc 'SELECT 1' 2>/dev/null)" 1
killed 0.1 "$run" stop
is 'psql after a stop that was killed' "$("$run" psql -XAtc 'SELECT 1' 2>/dev/null)" 1

end commands
