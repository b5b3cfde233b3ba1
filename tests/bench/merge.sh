#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# What merging does to the size of the store: many customers, random batches, two writers at a time, a
# journey of 1 MB in every batch, and a snapshot that is held open for a part of the batches.
# Prints sizes and WAL; the last line is `merge: N passed, N failed, N skipped`.
# The database that psql finds by PGDATABASE and so on must hold the extension and no store.
set -euo pipefail

customers=1000000 batches=1000 batch=10000 big=400000
usage="Usage: $0 [--customers N] [--batches N] [--batch N] [--small]"
while (($#)); do
  case $1 in
    --customers) customers=$2 && shift 2 ;;
    --batches) batches=$2 && shift 2 ;;
    --batch) batch=$2 && shift 2 ;;
    --small) customers=20000 batches=40 batch=200 && shift ;;
    *) echo "$usage" >&2 && exit 2 ;;
  esac
done

psql=("${CLIENTELE_PSQL:-psql}" -XqAt -v ON_ERROR_STOP=1)
ask() { "${psql[@]}" -c "SET client_min_messages = warning" -c "$1"; }
merged=$((batches + 2 * (batches / 4) - batches / 2)) # two writers do a quarter each, rounded down
# shellcheck source=tests/counts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../counts.sh"
check() { same "$1" t "$(ask "SELECT $2")"; } # check NAME SQL-CONDITION

# Journeys of 70 events are about 350 bytes; a thousand different ones serve for all customers.
"${psql[@]}" <<SQL
SET client_min_messages = warning;
CALL clientele.create_store();
SELECT setseed(0.5);
INSERT INTO clientele_data.customers (customer_id) SELECT g FROM generate_series(1, $customers) g;
CREATE TABLE bench_shapes AS
  SELECT s AS n, clientele.journey(date_trunc('milliseconds', '2025-01-01Z'::timestamptz + random() * interval '300 days'), (random() * 11)::int) AS journey
  FROM generate_series(0, 999) s, generate_series(1, 70) GROUP BY s;
INSERT INTO clientele_data.stored_journeys (customer_id, body)
  SELECT g, s.journey FROM generate_series(2, $customers) g JOIN bench_shapes s ON s.n = g % 1000 ORDER BY g;
INSERT INTO clientele_data.stored_journeys (customer_id, body)
  SELECT 1, clientele.journey(date_trunc('milliseconds', '2025-01-01Z'::timestamptz + random() * interval '300 days'), (random() * 11)::int)
  FROM generate_series(1, $big);
-- A part is two events; customer 1 is in every batch.
CREATE TABLE bench_parts AS
  SELECT p AS n, clientele.journey(date_trunc('milliseconds', '2025-11-01Z'::timestamptz + random() * interval '30 days'), (random() * 11)::int) AS journey
  FROM generate_series(0, 999) p, generate_series(1, 2) GROUP BY p;
CREATE VIEW bench_batch AS
  SELECT CASE WHEN g.g = 1 THEN 1 ELSE 1 + floor(random() * $customers)::bigint END AS customer_id, p.journey
  FROM generate_series(1, $batch) g JOIN bench_parts p ON p.n = g.g % 1000;
CREATE TABLE bench_start AS
  SELECT sum(clientele.event_count(journey)) AS events, pg_relation_size('clientele_data.stored_journeys') AS heap,
         (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()) AS deadlocks
  FROM clientele_data.journeys;
CREATE PROCEDURE bench_run(batches int, seed float8) LANGUAGE plpgsql AS \$\$
BEGIN
  PERFORM setseed(seed);
  FOR i IN 1 .. batches LOOP
    PERFORM clientele.merge_journeys('bench_batch');
    COMMIT;
  END LOOP;
END \$\$;
VACUUM ANALYZE clientele_data.stored_journeys;
CHECKPOINT;
SQL

printf '%-32s %8s %8s %6s %9s %9s %8s %16s\n' phase batches 'heap MB' ratio 'index MB' 'toast MB' 'WAL MB' 'of it pages MB'
# The WAL of the whole server. Most of it are images of pages that are changed for the first time after
# a checkpoint: max_wal_size and wal_compression govern that, not how journeys are stored.
report() { # report NAME BATCHES WAL-START, the latter as `wal` gives it
  sleep 1 # until statistics are sent
  ask "SELECT format('%-32s %8s %8s %6s %9s %9s %8s %16s', '$1', $2,
      pg_relation_size(c.oid) / 1000000, round(pg_relation_size(c.oid)::numeric / s.heap, 3),
      pg_indexes_size(c.oid) / 1000000, pg_total_relation_size(c.reltoastrelid) / 1000000,
      round((w.wal_bytes - ${3% *}) / 1000000), (w.wal_fpi - ${3#* }) * 8192 / 1000000)
    FROM pg_class c, bench_start s, pg_stat_wal w WHERE c.oid = 'clientele_data.stored_journeys'::regclass"
}
wal() { sleep 1 && ask "SELECT wal_bytes || ' ' || wal_fpi FROM pg_stat_wal"; }

report 'at the start' 0 "$(wal)"

# Two writers at once: the random batches overlap.
begin=$SECONDS wal=$(wal)
"${psql[@]}" -c "CALL bench_run($((batches / 4)), 0.1)" &
first=$!
"${psql[@]}" -c "CALL bench_run($((batches / 4)), 0.2)" &
second=$!
wait "$first" && wait "$second"
report 'two writers' $((batches / 2)) "$wal"
check 'the heap keeps its size' "pg_relation_size('clientele_data.stored_journeys') <= 1.3 * heap FROM bench_start"

wal=$(wal)
"${psql[@]}" -c "CALL bench_run($((batches - batches / 2 - batches / 10)), 0.3)"
report 'one writer' $((batches - batches / 2 - batches / 10)) "$wal"
check 'the heap keeps its size' "pg_relation_size('clientele_data.stored_journeys') <= 1.3 * heap FROM bench_start"

wal=$(wal)
coproc HOLDER { "${psql[@]}"; }
printf 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM bench_start;\n' >&"${HOLDER[1]}"
read -r _ <&"${HOLDER[0]}"
"${psql[@]}" -c "CALL bench_run($((batches / 10)), 0.4)"
report 'one writer, an open snapshot' $((batches / 10)) "$wal"
printf 'COMMIT;\n\\q\n' >&"${HOLDER[1]}"
wait "$HOLDER_PID"

ask "SELECT format('%s updates of %s customers, %s of them HOT (%s %%)', n_tup_upd, $customers, n_tup_hot_upd,
    round(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0), 1)) FROM pg_stat_user_tables WHERE relname = 'stored_journeys'"
ask "SELECT format('the long journey: body %s bytes, tail %s bytes', pg_column_size(body), pg_column_size(tail))
  FROM clientele_data.stored_journeys WHERE customer_id = 1"
echo "$((SECONDS - begin)) s"
check 'no deadlock' "deadlocks = (SELECT s.deadlocks FROM bench_start s) FROM pg_stat_database WHERE datname = current_database()"
check 'no event is lost' "sum(clientele.event_count(journey)) = (SELECT events + 2::bigint * $batch * $merged FROM bench_start) FROM clientele_data.journeys"
check 'all changes are logged' "count(DISTINCT batch) = $merged FROM clientele_data.journey_changes"

ask "DROP VIEW bench_batch" >/dev/null
ask "DROP TABLE bench_start, bench_parts, bench_shapes" >/dev/null
ask "DROP PROCEDURE bench_run" >/dev/null
ask "CALL clientele.drop_store()" >/dev/null
end merge
