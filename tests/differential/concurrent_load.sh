#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Several sessions load rows of the same customers, event types and items at once, some of them in
# transactions that roll back. Afterwards the store holds exactly the rows that were committed.
# The last line is `concurrent_load: N passed, N failed, N skipped`.
set -euo pipefail

writers=4 rounds=${CLIENTELE_ROUNDS:-12} seed=${CLIENTELE_SEED:-$((RANDOM + 1))}
psql=("${CLIENTELE_PSQL:-psql}" -XqAt -v ON_ERROR_STOP=1)
echo "seed $seed (CLIENTELE_SEED repeats it)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${psql[@]}" <<SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clientele;
CALL clientele.create_store();
CREATE TABLE loaded (customer text, at timestamptz, channel text, event text, item text, amount numeric);
CREATE PROCEDURE load_rounds(writer int, rounds int, seed float8) LANGUAGE plpgsql AS \$\$
DECLARE
  run bigint;
BEGIN
  PERFORM setseed(seed);
  CREATE TEMP TABLE batch (LIKE loaded);
  COMMIT;
  FOR i IN 1 .. rounds LOOP
    TRUNCATE batch;
    INSERT INTO batch
      SELECT 'customer ' || floor(power(random(), 2) * 300), '2026-01-01Z'::timestamptz + random() * interval '100 days',
             (ARRAY['web', 'app', ''])[1 + floor(random() * 3)], 'event ' || floor(random() * 20 * i),
             CASE WHEN random() < 0.5 THEN 'item ' || floor(random() * 100 * i) END,
             CASE WHEN random() < 0.3 THEN (random() * 1000)::numeric(10, 2) END
      FROM generate_series(1, 500);
    -- dictionary entries one by one, in no order, before anything is locked
    PERFORM clientele.event_type('web', 'event ' || floor(random() * 20 * i)), clientele.item('item ' || floor(random() * 100 * i))
      FROM generate_series(1, 5);
    CALL clientele.load_events('pg_temp.batch', channel => 'channel', item => 'item', amount => 'amount', run_id => run);
    INSERT INTO public.loaded SELECT * FROM batch;
    IF random() < 0.25 THEN ROLLBACK; ELSE COMMIT; END IF;

  END LOOP;
END \$\$;
SQL

# shellcheck source=tests/counts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../counts.sh"
pids=()
for ((w = 1; w <= writers; w++)); do
  "${psql[@]}" -c "CALL load_rounds($w, $rounds, $(((seed * 31 + w * 7919) % 1000)) / 1000.0)" >"$work/$w.log" 2>&1 &
  pids+=($!)
done
for pid in "${pids[@]}"; do
  status=0
  wait "$pid" || status=$?
  same 'a writer ends' 0 "$status"
done
cat "$work"/*.log

check() { same "$1" 0 "$("${psql[@]}" -c "$2")"; }
packed="SELECT i.value, e.at, e.channel, e.event, e.item, e.amount FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id)"
check 'packed but not loaded' "SELECT count(*) FROM ($packed EXCEPT ALL SELECT * FROM loaded) d"
check 'loaded but not packed' "SELECT count(*) FROM (SELECT * FROM loaded EXCEPT ALL $packed) d"
check 'nothing was loaded' 'SELECT (count(*) < 1000)::int FROM loaded'
check 'event types twice' 'SELECT count(*) FROM (SELECT FROM clientele_data.event_types GROUP BY channel, event, properties HAVING count(*) > 1) d'
check 'customers without identity' 'SELECT count(*) FROM clientele_data.customers c WHERE NOT EXISTS (SELECT FROM clientele_data.identities i WHERE i.customer_id = c.customer_id)'
check 'runs that do not add up' "SELECT (sum(rows_packed) <> (SELECT count(*) FROM loaded))::int FROM clientele_data.load_runs"
"${psql[@]}" -c 'DROP TABLE loaded' -c 'DROP PROCEDURE load_rounds' -c 'CALL clientele.drop_store()'
end concurrent_load
