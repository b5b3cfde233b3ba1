#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A store whose owner made it his own survives pg_dump and restore whole, byte by byte.
# Works in the database that PGDATABASE names and in two copies of it, which it removes.
# The last line is `dump_restore: N passed, N failed, N skipped`.
set -euo pipefail

source_db=${PGDATABASE:?names the database to work in}
plain=${source_db}_plain custom=${source_db}_custom
bin=$(dirname "${CLIENTELE_PSQL:-$(command -v psql)}")
work=$(mktemp -d)
chmod 755 "$work"
cleanup() {
  for db in "$plain" "$custom"; do run "$source_db" -c "DROP DATABASE IF EXISTS \"$db\""; done
  rm -rf "$work"
}
trap cleanup EXIT
run() { PGOPTIONS='-c client_min_messages=warning' PGDATABASE=$1 "$bin/psql" -XqAt -v ON_ERROR_STOP=1 "${@:2}"; }

# shellcheck source=tests/counts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../counts.sh"
run "$source_db" <<'SQL'
SET timezone = 'UTC';
CREATE EXTENSION IF NOT EXISTS clientele;
CALL clientele.create_store();
CREATE TABLE public.raw AS
  SELECT 'customer ' || g % 100 AS customer, '2026-01-01'::timestamptz + g * interval '61.000001 s' AS at,
         (ARRAY['view', 'search', '购买'])[1 + g % 3] AS event, (ARRAY['web', 'app', NULL])[1 + g % 3] AS channel,
         CASE WHEN g % 4 = 0 THEN 'item ' || g % 37 END AS item,
         CASE WHEN g % 5 = 0 THEN (g::numeric * 1000003 % 999999999999) / 1000000 END AS amount
  FROM generate_series(1, 20000) g
  UNION ALL SELECT 'extreme', t, 'limit', NULL, NULL, a FROM (VALUES
    ('0001-01-01 00:00:00.000001Z'::timestamptz, 999999999999.999999), ('9999-12-31 23:59:59.999999Z', -999999999999.999999)) v (t, a)
  UNION ALL SELECT '', now(), 'rejected', NULL, NULL, NULL;
CALL clientele.load_events('raw', channel => 'channel', item => 'item', amount => 'amount');
-- a journey of 1,000,000 events, with a tail
SELECT clientele.customer_ids('customer', '{long}');
CREATE TEMP TABLE part AS
  SELECT (clientele.customer_ids('customer', '{long}'))[1] AS customer_id,
         clientele.journey('2025-01-01Z'::timestamptz + g * g % 1000003 * interval '7.000007 s', (g % 3)::int + 1, g % 1000, (g % 100000)::numeric / 1000) AS journey
  FROM generate_series(1::bigint, 1000000) g;
SELECT clientele.merge_journeys('pg_temp.part');
UPDATE pg_temp.part SET journey = '{1@2026-05-05T05:05:05.000005Z#77=0.000001}';
SELECT clientele.merge_journeys('pg_temp.part');
INSERT INTO clientele_data.journeys SELECT (clientele.customer_ids('customer', '{empty}'))[1], '{}';
-- what an owner does with tables
ALTER TABLE clientele_data.customers ADD COLUMN segment text DEFAULT 'new', ADD COLUMN born date;
UPDATE clientele_data.customers SET segment = '重要', born = '1990-02-28' WHERE customer_id % 2 = 0;
COMMENT ON COLUMN clientele_data.customers.segment IS 'ours';
CREATE INDEX customers_segment_idx ON clientele_data.customers (segment, born);
ALTER TABLE clientele_data.stored_journeys ADD COLUMN seen_at timestamptz, ADD CONSTRAINT not_tiny CHECK (octet_length(body::bytea) > 0);
UPDATE clientele_data.stored_journeys SET seen_at = '2026-01-01Z' WHERE customer_id = 3;
ALTER TABLE clientele_data.event_types ADD COLUMN title text;
UPDATE clientele_data.event_types SET title = 'T' || event_type_id;
CREATE INDEX ON clientele_data.event_types USING gin (properties);
ALTER TABLE clientele_data.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON clientele_data.customers FOR SELECT USING (segment <> 'secret');
ALTER TABLE clientele_data.stored_journeys ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON clientele_data.stored_journeys USING (customer_id < 1000) WITH CHECK (customer_id > 0);
GRANT SELECT ON clientele_bi.events, clientele_data.event_types TO pg_monitor;
CREATE FUNCTION public.note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER note BEFORE UPDATE ON clientele_data.customers FOR EACH ROW EXECUTE FUNCTION public.note_change();
SELECT clientele.define_tag('busy', 'event_count(journey) > 3', time_zone => 'Asia/Shanghai');
SELECT clientele.refresh_tags();
UPDATE clientele_data.tags SET defined_by = 'pg_monitor';
CREATE TEMP TABLE later AS SELECT customer_id, clientele.journey('2026-01-01 00:00Z'::timestamptz, 1) AS journey
FROM clientele_data.stored_journeys WHERE customer_id < 5 GROUP BY 1;
SELECT clientele.merge_journeys('later');
CREATE VIEW clientele_bi.per_segment AS
  SELECT c.segment, count(*) AS events FROM clientele_bi.events e JOIN clientele_data.customers c USING (customer_id) GROUP BY 1;
CREATE MATERIALIZED VIEW clientele_bi.daily AS SELECT * FROM clientele_bi.daily_activity;
SELECT clientele.item('wasted') IN (SELECT item_id FROM clientele_data.items);
SELECT clientele.add_job('每日', 'SELECT 1', schedule => '30 4 * * *', time_zone => 'Asia/Shanghai', notify => '失败', jitter => '1 min');
SELECT clientele.add_job('monthly', 'SELECT 2', every => '1 mon', starting => '2020-01-31Z', missed => 'skip');
SELECT clientele.add_job('following', 'CALL clientele.ingest()', after => '{monthly,每日}');
SELECT clientele.end_run(clientele.begin_manual_run('每日'), 'failed', '22012', E'division\nby zero', 'DETAIL: "x"', 3);
SELECT clientele.end_run(clientele.begin_manual_run('每日'), 'succeeded');
SELECT clientele.begin_manual_run('monthly'), clientele.queue_run(2, 'schedule', now()), clientele.queue_run(1, 'schedule', '2026-01-01Z', 7);
ALTER TABLE clientele_data.jobs ADD COLUMN team text DEFAULT 'ours';
SQL

contents="SELECT
  (SELECT md5(string_agg(customer_id || md5(body::bytea) || coalesce(md5(tail::bytea), '-') || coalesce(seen_at::text, '-'), ',' ORDER BY customer_id)) FROM clientele_data.stored_journeys),
  (SELECT md5(string_agg(customer_id || md5(journey::bytea), ',' ORDER BY customer_id)) FROM clientele_data.journeys),
  (SELECT sum(clientele.event_count(journey)) FROM clientele_data.journeys),
  (SELECT md5(string_agg(t::text, ',' ORDER BY event_type_id)) FROM clientele_data.event_types t),
  (SELECT md5(string_agg(i::text, ',' ORDER BY item_id)) FROM clientele_data.items i),
  (SELECT md5(string_agg(c::text, ',' ORDER BY customer_id)) FROM clientele_data.customers c),
  (SELECT md5(string_agg(i::text, ',' ORDER BY kind, value)) FROM clientele_data.identities i),
  (SELECT md5(string_agg(r::text, ',' ORDER BY run_id)) FROM clientele_data.load_runs r),
  (SELECT md5(string_agg(r::text, ',' ORDER BY reject_id)) FROM clientele_data.rejects r),
  (SELECT md5(string_agg(c::text, ',' ORDER BY batch, customer_id)) FROM clientele_data.journey_changes c),
  (SELECT string_agg(s::text, ',' ORDER BY change_set) FROM clientele_data.journey_change_sets s),
  (SELECT string_agg(t::text, ',' ORDER BY name) FROM clientele_data.tags t),
  (SELECT md5(string_agg(s::text, ',' ORDER BY segment)) FROM clientele_bi.per_segment s),
  (SELECT md5(string_agg(j::text, ',' ORDER BY job_id)) FROM clientele_data.jobs j),
  (SELECT md5(string_agg(r::text, ',' ORDER BY run_id)) FROM clientele_data.job_runs r),
  (SELECT md5(string_agg(s::text, ',' ORDER BY name)) FROM clientele_data.settings s),
  (SELECT md5(string_agg(d::text, ',' ORDER BY day, channel, event)) FROM clientele_bi.daily d)"
definitions() { # the schema as pg_dump sees it
  PGDATABASE=$1 "$bin/pg_dump" --schema-only | grep -v -e '^-- Dumped' -e '^\\restrict' -e '^\\unrestrict'
}
next_numbers="SELECT clientele.event_type('web', 'next'), clientele.item('next'), clientele.customer_ids('email', '{next}'),
  nextval('clientele_data.journey_batches'), nextval('clientele_data.load_runs_run_id_seq'), nextval('clientele_data.rejects_reject_id_seq')"

same 'a tail exists' t "$(run "$source_db" -c 'SELECT count(*) = 1 FROM clientele_data.stored_journeys WHERE tail IS NOT NULL')"
run "$source_db" -c "CREATE DATABASE \"$plain\" TEMPLATE template0" -c "CREATE DATABASE \"$custom\" TEMPLATE template0"
PGDATABASE=$source_db "$bin/pg_dump" >"$work/plain.sql"
run "$plain" -f "$work/plain.sql" >/dev/null
PGDATABASE=$source_db "$bin/pg_dump" --format=custom >"$work/custom.dump"
"$bin/pg_restore" --exit-on-error --dbname="$custom" "$work/custom.dump"

wanted=$(run "$source_db" -c "$contents")
wanted_definitions=$(definitions "$source_db")
for db in "$plain" "$custom"; do
  same "$db: contents" "$wanted" "$(run "$db" -c "$contents")"
  same "$db: definitions" "$wanted_definitions" "$(definitions "$db")"
  same "$db: the journeys can be queried" "$(run "$source_db" -c "SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{view,search}', within => '1 day'))")" \
    "$(run "$db" -c "SELECT * FROM clientele_bi.funnel(clientele.funnel_def('{view,search}', within => '1 day'))")"
  same "$db: nothing of the store belongs to the extension" 0 "$(run "$db" -c "SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
    WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relnamespace::regnamespace::text IN ('clientele_data', 'clientele_bi')")"
done
# A copy runs nothing until resume_jobs() is called, and then nothing of what was due or in progress before.
held="SELECT count(*), count(*) FILTER (WHERE held_back_by LIKE '%the database is a copy%') FROM clientele_bi.job_status"
same 'jobs of the source are not held back as those of a copy' '3|0' "$(run "$source_db" -c "$held")"
for db in "$plain" "$custom"; do
  same "$db: jobs are held back in a copy" '3|3' "$(run "$db" -c "$held")"
  same "$db: runs in progress are closed" 'monthly manual cancelled,每日 schedule skipped' "$(run "$db" -c 'SELECT clientele.resume_jobs()' \
    -c "SELECT string_agg(concat_ws(' ', job, kind, state), ',' ORDER BY run_id) FROM clientele_bi.job_runs WHERE message LIKE '%copy%'" | tail -n 1)"
  same "$db: jobs go on from there" '3|0|t|t|ours' "$(run "$db" -F '|' -c "SELECT count(*), count(*) FILTER (WHERE s.held_back_by LIKE '%copy%'),
    bool_and(s.next_due_at > now()), bool_and(j.since > now() - interval '1 hour'), min(j.team)
    FROM clientele_bi.job_status s JOIN clientele_data.jobs j ON j.name = s.job")"
  same "$db: a job is added" 4 "$(run "$db" -c "SELECT clientele.add_job('new', 'SELECT 3', every => '1 h')")"
done
numbers=$(run "$source_db" -c "$next_numbers")
for db in "$plain" "$custom"; do
  same "$db: numbers go on where they were" "$numbers" "$(run "$db" -c "$next_numbers")"
  same "$db: a rule of another role is still that role's" failed "$(run "$db" \
    -c "SELECT outcome FROM clientele.refresh_tags() WHERE error LIKE '%pg_monitor%'" | tail -n 1)"
  same "$db: only changed customers are evaluated" incremental "$(run "$db" -c "UPDATE clientele_data.tags SET defined_by = current_user" \
    -c 'SELECT outcome FROM clientele.refresh_tags()' | tail -n 1)"
  same "$db: loading goes on" '2' "$(run "$db" -c "CREATE TEMP TABLE more AS SELECT 'customer 1' AS customer, now() AS at, g::text AS event FROM generate_series(1, 2) g" \
    -c "CALL clientele.load_events('more')" -c "SELECT \"rows\" FROM clientele.load_summary() WHERE outcome = 'packed'" | tail -n 1)"
  same "$db: the view can be written" 1 "$(run "$db" -c "WITH d AS (DELETE FROM clientele_data.journeys WHERE customer_id = 1 RETURNING 1) SELECT count(*) FROM d")"
  if run "$db" -c 'CALL clientele.drop_store()' 2>/dev/null; then same "$db: drop_store() refuses" refused dropped; else same '' '' ''; fi
  run "$db" -c 'CALL clientele.drop_store(cascade => true)' -c 'DROP EXTENSION clientele'
  same "$db: then all is gone" 0 "$(run "$db" -c "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'clientele%'")"
done

# COPY, text and binary
for format in text binary; do
  run "$source_db" -c "\\copy clientele_data.stored_journeys (customer_id, body, tail) TO '$work/copy' (FORMAT $format)" \
    -c 'CREATE TABLE public.copied (LIKE clientele_data.stored_journeys)' \
    -c "\\copy public.copied (customer_id, body, tail) FROM '$work/copy' (FORMAT $format)"
  same "COPY $format" "$(run "$source_db" -c "SELECT md5(string_agg(customer_id || md5(body::bytea) || coalesce(md5(tail::bytea), '-'), ',' ORDER BY customer_id)) FROM clientele_data.stored_journeys")" \
    "$(run "$source_db" -c "SELECT md5(string_agg(customer_id || md5(body::bytea) || coalesce(md5(tail::bytea), '-'), ',' ORDER BY customer_id)) FROM public.copied")"
  run "$source_db" -c 'DROP TABLE public.copied'
done
run "$source_db" -c 'CALL clientele.drop_store(cascade => true)' -c 'DROP TABLE public.raw' -c 'DROP FUNCTION public.note_change'

end dump_restore
