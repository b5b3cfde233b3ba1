#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A load with many different customers and items keeps none of them in memory, so that there is no limit to
# their number. CLIENTELE_MANY_KEYS=620000 makes more of them than one value can hold, 1.2 GB of each; it needs 8 GB
# of disk and some minutes. The last line is `many_keys: N passed, N failed, N skipped`.
set -euo pipefail

keys=${CLIENTELE_MANY_KEYS:-40000}
psql=("${CLIENTELE_PSQL:-psql}" -XqAt -v ON_ERROR_STOP=1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/counts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../counts.sh"

"${psql[@]}" <<SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clientele;
CALL clientele.create_store();
CREATE TABLE visits AS
SELECT concat('c', i, repeat('customer ', 210)) AS customer, timestamptz '2026-01-01Z' + i * interval '1 s' AS at,
       concat('https://shop.example/p/', i, '?q=', repeat('utm_source=newsletter&', 80)) AS url
FROM generate_series(1, $keys) i;
SQL
: >"$work/out" # it must be there before the program in the background opens it
"${psql[@]}" >"$work/out" <<SQL &
SET work_mem = '4MB';
SET maintenance_work_mem = '16MB';
SELECT pg_backend_pid();
CALL clientele.load_events('visits', event => NULL, item => 'url');
CALL clientele.load_events('visits', event => NULL, item => 'url');
SQL
loader=$!
peak=0
while kill -0 "$loader" 2>/dev/null; do
  backend=$(head -n 1 "$work/out")
  now=$(sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/${backend:-none}/status" 2>/dev/null || true)
  if ((${now:-0} > peak)); then peak=$now; fi
  sleep 0.05
done
wait "$loader" || same 'the load fails' 0 "$?"
echo "$keys customers and items; the server process had $((peak / 1024)) MB of its own"
if ((peak == 0)); then skip 'the memory of the server cannot be read'; else same 'memory' 1 "$((peak / 1024 < 120))"; fi
same 'customers' "$keys" "$("${psql[@]}" -c 'SELECT count(*) FROM clientele_data.identities')"
same 'customers without identity' "$keys" "$("${psql[@]}" -c 'SELECT count(*) FROM clientele_data.customers')"
same 'items' "$keys" "$("${psql[@]}" -c 'SELECT count(*) FROM clientele_data.items')"
same 'packed' "$keys $keys" "$("${psql[@]}" -c 'SELECT string_agg(rows_packed::text, $$ $$) FROM clientele_data.load_runs')"
same 'events' "$((2 * keys))" "$("${psql[@]}" -c 'SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys')"
same 'numbered in the order of keys' 0 "$("${psql[@]}" -c 'SELECT count(*) FROM (SELECT item_id - lag(item_id) OVER (ORDER BY key COLLATE "C") AS d FROM clientele_data.items) x WHERE d <> 1')"
"${psql[@]}" -c 'DROP TABLE visits' -c 'CALL clientele.drop_store()'
end many_keys
