#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# How many points a minute anomaly() judges: years of hours of many series, in as many sessions as there are cores.
# The database that psql finds by PGDATABASE and so on must hold the extension.
set -euo pipefail

series=400 hours=8736 sessions=$(nproc --all)
usage="Usage: $0 [--series N] [--hours N] [--sessions N]"
while (($#)); do
  case $1 in
    --series) series=$2 && shift 2 ;;
    --hours) hours=$2 && shift 2 ;;
    --sessions) sessions=$2 && shift 2 ;;
    *) echo "$usage" >&2 && exit 2 ;;
  esac
done
psql=${CLIENTELE_PSQL:-psql}

"$psql" -XqAt -v ON_ERROR_STOP=1 -c "
  SET client_min_messages = warning;
  DROP TABLE IF EXISTS anomaly_bench;
  CREATE UNLOGGED TABLE anomaly_bench AS
  SELECT s, timestamptz '2025-01-01 00:00Z' + h * interval '1 hour' AS at, (200 + h % 24 * 5 + (h * 7919 + s * 104729) % 29)::float8 AS value
  FROM generate_series(1, $series) s, generate_series(1, $hours) h ORDER BY 1, 2;
  CREATE INDEX ON anomaly_bench (s, at);
  ANALYZE anomaly_bench;"
"$psql" -XqAt -c 'VACUUM anomaly_bench'
for scales in '{1}' '{1,6}'; do
  began=$(date +%s%N)
  pids=()
  for ((n = 0; n < sessions; n++)); do
    "$psql" -XqAt -v ON_ERROR_STOP=1 -c "
      SELECT count(a) FROM (
        SELECT clientele.anomaly(at, value, NULL, clientele.anomaly_def(season => '7 days', scales => '$scales', time_zone => 'Europe/Berlin'))
                 OVER (PARTITION BY s ORDER BY at) AS a FROM anomaly_bench WHERE s % $sessions = $n) x" >/dev/null &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  nanos=$(($(date +%s%N) - began))
  printf 'scales %s: %d points in %d ms by %d sessions, %.1f million a minute\n' "$scales" $((series * hours)) $((nanos / 1000000)) "$sessions" \
    "$(awk -v n=$((series * hours)) -v t="$nanos" 'BEGIN { print n / t * 60e9 / 1e6 }')"
done
"$psql" -XqAt -c 'DROP TABLE anomaly_bench'
