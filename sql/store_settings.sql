-- SPDX-License-Identifier: PostgreSQL
-- What is loaded does not depend on the session, nor on how the columns of the source are called or stored.
\set tests :DBNAME
CREATE DATABASE clientele_store_settings ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_store_settings
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store(time_zone => 'Asia/Shanghai');
SELECT clientele.store_time_zone();

-- One source, loaded under many settings.
-- A server that was built without ICU knows no such collation.
SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') AS icu \gset
\if :icu
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
\else
CREATE COLLATION loose FROM "C";
\endif
CREATE TABLE mixed (customer text COLLATE loose, local timestamp, day date, at text, event text COLLATE loose, item double precision,
                    amount real, exact double precision, more jsonb, span interval, bytes bytea, price money);
INSERT INTO mixed VALUES
  ('Anna', '2026-03-05 08:00', '2026-03-05', '05/03/2026 08:00', 'Buy', 0.1, 123456.78, 0.1, '{"a": 1}', '1 day 02:03', '\x01', 1),
  ('anna', '2026-03-05 09:00', '2026-03-05', '2026-03-05 09:00', 'buy', 1e20, 9999999, 12345678.25, '{"a": 2}', '1 mon', '\xff', 2),
  ('ANNA', '2026-03-05 23:30', '2026-03-06', '2026-03-05 23:30+01', 'BUY', 16777215, 16777215, 19.99, NULL, '-1 day', '\x5c', 3),
  ('bob', NULL, NULL, '31/03/2026', 'Buy', 0.3, 0.1, 1e5, NULL, '1 year', '\x00', 4),
  (E'b\\ob', '0044-03-15 BC', '0044-03-15 BC', 'never', E'it''s', 0.3, 0.1, 'NaN', NULL, '1 year', '\x00', 4);
CREATE TABLE seen (setting text, fingerprint text);
CREATE PROCEDURE load_under(setting text) LANGUAGE plpgsql AS $$
DECLARE id bigint; of_kind text; col text; print text := '';
BEGIN
  FOREACH col IN ARRAY '{local,at}'::text[] LOOP
    of_kind := setting || ' ' || col;
    CALL clientele.load_events('public.mixed', at => col, item => 'item', amount => CASE col WHEN 'at' THEN 'exact' ELSE 'amount' END,
                               properties => 'more', channel => CASE col WHEN 'at' THEN 'span' ELSE 'bytes' END,
                               identity_kind => of_kind, date_order => 'DMY', run_id => id);
    print := print || (SELECT coalesce(string_agg(concat_ws('|', i.value, extract(epoch FROM e.at), e.channel, e.event, e.item, e.amount,
                                                            e.properties), ';' ORDER BY i.value COLLATE "C", e.at), '')
                       FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id) WHERE i.kind = of_kind)
                   || (SELECT string_agg(r.reason || r.content::text, ';' ORDER BY r.reject_id) FROM clientele_data.rejects r WHERE r.run_id = id);
  END LOOP;
  INSERT INTO public.seen VALUES (setting, print);
END $$;
CALL load_under('none');
SELECT regexp_split_to_table(fingerprint, ';') FROM seen;
SET timezone = 'America/New_York'; CALL load_under('timezone'); RESET timezone;
SET datestyle = 'German, DMY'; CALL load_under('datestyle'); RESET datestyle;
SET datestyle = 'SQL, YMD'; CALL load_under('datestyle ymd'); RESET datestyle;
SET extra_float_digits = 3; CALL load_under('digits 3'); SET extra_float_digits = -15; CALL load_under('digits -15'); RESET extra_float_digits;
SET intervalstyle = 'iso_8601'; CALL load_under('intervalstyle'); RESET intervalstyle;
SET bytea_output = 'escape'; CALL load_under('bytea_output'); RESET bytea_output;
SET search_path = public, clientele, pg_catalog; CALL load_under('search_path'); RESET search_path;
SET search_path = ''; CALL public.load_under('no search_path'); RESET search_path;
SET session_replication_role = 'replica'; CALL load_under('replica'); RESET session_replication_role;
SET row_security = off; CALL load_under('row_security'); RESET row_security;
SET work_mem = '64kB'; SET maintenance_work_mem = '1MB'; CALL load_under('memory'); RESET work_mem; RESET maintenance_work_mem;
SET client_min_messages = error; CALL load_under('messages'); RESET client_min_messages;
SET client_min_messages = warning;
SET enable_hashjoin = off; SET enable_mergejoin = off; CALL load_under('nestloop'); RESET enable_hashjoin; RESET enable_mergejoin;
SET enable_nestloop = off; CALL load_under('no nestloop'); SELECT current_setting('enable_nestloop') AS nestloop; RESET enable_nestloop;
SET default_transaction_isolation = 'serializable'; CALL load_under('serializable'); RESET default_transaction_isolation;
SET constraint_exclusion = on; SET transform_null_equals = on; CALL load_under('planner'); RESET constraint_exclusion; RESET transform_null_equals;
SET lc_monetary = 'C.UTF-8'; SET lc_numeric = 'C.UTF-8'; CALL load_under('locale'); RESET lc_monetary; RESET lc_numeric;
SET jit = on; SET jit_above_cost = 0; SET xmlbinary = 'hex'; SET array_nulls = off; CALL load_under('others');
RESET jit; RESET jit_above_cost; RESET xmlbinary; RESET array_nulls;
SELECT count(*) AS settings, count(DISTINCT fingerprint) AS answers FROM seen;
SELECT setting AS differs FROM seen WHERE fingerprint <> (SELECT fingerprint FROM seen WHERE setting = 'none');
-- The functions themselves are compiled under this setting, so a session of its own.
\c
SET client_min_messages = warning;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
CALL load_under('strings');
SELECT setting AS differs FROM seen WHERE fingerprint <> (SELECT fingerprint FROM seen WHERE setting = 'none');
SELECT clientele.customer_ids('x', '{a}') IS NOT NULL AS a, clientele.event_type('w', 'x', '{}') > 0 AS b, clientele.item('x') > 0 AS c;
RESET standard_conforming_strings;
RESET escape_string_warning;

-- The time zone and the order of dates can be said.
SET timezone = 'UTC';
CREATE TABLE local_times AS SELECT 'c'::text AS customer, '03/05/2026 08:00'::text AS at, 'x'::text AS event;
CALL clientele.load_events('local_times', identity_kind => 'z0');
CALL clientele.load_events('local_times', identity_kind => 'z1', time_zone => 'America/New_York');
CALL clientele.load_events('local_times', identity_kind => 'z2', date_order => 'DMY');
CALL clientele.load_events('local_times', identity_kind => 'z3', date_order => 'YMD');
SELECT i.kind, e.at FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id) WHERE i.kind LIKE 'z_' ORDER BY 1;
SELECT time_zone, times_read_as FROM clientele_data.load_runs ORDER BY run_id DESC LIMIT 3;
CALL clientele.load_events('local_times', time_zone => 'Nowhere');
CALL clientele.load_events('local_times', date_order => 'mdy');
CALL clientele.load_events('mixed', at => 'local', amount => 'price');

-- Days in views are those of the store: here two purchases on one day by UTC.
CREATE TABLE evening AS SELECT 'night owl'::text AS customer, t AS at, 1 AS amount FROM unnest('{2020-01-01 15:30Z,2020-01-01 16:30Z}'::timestamptz[]) t;
CALL clientele.load_events('evening', event => NULL, default_event => 'purchase', amount => 'amount');
SELECT (SELECT frequency FROM clientele_bi.rfm) AS days, (SELECT string_agg(day::text, ' ' ORDER BY day) FROM clientele_bi.daily_activity WHERE event = 'purchase') AS which;
SET timezone = 'Asia/Shanghai';
SELECT (SELECT frequency FROM clientele_bi.rfm) AS days, (SELECT string_agg(day::text, ' ' ORDER BY day) FROM clientele_bi.daily_activity WHERE event = 'purchase') AS which;
SET timezone = 'UTC';

-- Digits as times: all values of one length are read alike, as the calendar where they look like it.
SELECT v, clientele.time_form(v) AS form, clientele.parse_time(v) AT TIME ZONE 'UTC' AS alone
FROM unnest('{20260305,2026030509,202603050905,20260305090507,20260305090507123,20260231,2026030524,1772701507,1772701507123,
  1772701507123456,20260305.0,20260305.5,-20260305,1234567,123456789012345678,x,1e9}'::text[]) v;
CREATE TABLE digits (way text, at text);
INSERT INTO digits VALUES ('day', '20260305'), ('day', '20260306'), ('day', '20260231'),
  ('hour', '2026030509'), ('hour', '2026030510'), ('hour', '2026030525'), ('minute', '202603050905'), ('second', '20260305090507'),
  ('milli', '20260305090507123'), ('epoch', '1772701507'), ('epoch', '1772701508'), ('epoch', '1970010100'),
  ('epoch ms', '1772701507123'), ('epoch ms', '99999999999'), ('epoch ms', '0'), ('epoch us', '1772701507123456'),
  ('many', '20260305'), ('many', '20260305090507'), ('many', '1772701507');
CREATE PROCEDURE load_digits(way text, type_name text) LANGUAGE plpgsql AS $$
DECLARE id bigint; source text := format('%s as %s', way, type_name);
BEGIN
  EXECUTE format('CREATE VIEW %I AS SELECT ''c''::text AS customer, d.at::%s AS at FROM digits d WHERE d.way = %L', source, type_name, way);
  CALL clientele.load_events(format('public.%I', source)::regclass, event => NULL, default_event => source, time_zone => 'UTC', run_id => id);
END $$;
CREATE PROCEDURE load_all_digits(type_name text) LANGUAGE plpgsql AS $$
DECLARE w text;
BEGIN
  FOR w IN SELECT DISTINCT d.way FROM digits d WHERE type_name <> 'double precision' OR d.way <> 'milli' ORDER BY 1 LOOP
    CALL load_digits(w, type_name);
  END LOOP;
END $$;
CALL load_all_digits('text');
CALL load_all_digits('bigint');
CALL load_all_digits('numeric(20,2)');
CALL load_all_digits('double precision');
SELECT r.source, r.rows_rejected AS rejected, string_agg(e.at::text, ', ' ORDER BY e.at) AS times
FROM clientele_data.load_runs r LEFT JOIN clientele_bi.events e ON quote_ident(e.event) = replace(r.source, 'public.', '')
WHERE r.source ~ ' as (text|bigint)' GROUP BY r.run_id ORDER BY r.run_id;
-- The other types are read as bigint is.
SELECT e.event AS differs, e.at FROM clientele_bi.events e WHERE e.event LIKE '% as %' AND e.event NOT LIKE '% as text'
  AND e.at NOT IN (SELECT b.at FROM clientele_bi.events b WHERE b.event = split_part(e.event, ' as ', 1) || ' as bigint');
-- A real is what it shows.
CREATE TABLE reals AS SELECT 'c'::text AS customer, 1772701507::real AS at, v::real AS amount
FROM unnest('{19.99,12345.67,123456.78,9999999,16777215}'::float8[]) v;
CALL clientele.load_events('reals', event => NULL, amount => 'amount', default_event => 'real');
SELECT e.at, e.amount FROM clientele_bi.events e WHERE e.event = 'real' ORDER BY 2;

-- Names of columns: any. Rejects keep the whole row.
CREATE TABLE names (source_row text, v text, r text, s text, c1 text, reason text, content text, "at" text, "Customer" text, "cus""tomer" text,
                    "客户" text, "a b" text, "select" text, "%s" text, "$1" text, "tab'le" text, no_time boolean, "row" int);
INSERT INTO names SELECT 'only this', 'v', 'r', 's', 'c1', 'reason', 'content', 'never', 'C', 'c', 'k', 'ab', 's', 'p', 'd', 't', true, 1;
CALL clientele.load_events('names', customer => 'Customer', event => 'cus"tomer', channel => '客户', item => '%s');
SELECT content = (SELECT to_jsonb(n) FROM names n) AS whole, reason FROM clientele_data.rejects ORDER BY reject_id DESC LIMIT 1;
-- Random ones; a column that was dropped, too. The seed is in the name of the source.
CREATE PROCEDURE load_random_names(seed int) LANGUAGE plpgsql AS $body$
DECLARE
  words CONSTANT text[] := '{s,v,r,c1,c2,c3,at,customer,event,item,amount,reason,content,source_row,no_time,key,value,n,t,k,d,i,m,old,new,excluded,opened,
    relation,batch,run_id,SELECT,Ünïcode,客户," ",.,"\"","\\",'',%,$1,$$,--,/*,;,E,json,record,ROW,"null",true}';
  picked text[]; id bigint; source text := format('names of seed %s', seed);
BEGIN
  PERFORM setseed(seed / 1000.0);
  SELECT array_agg(q.name) INTO picked FROM (
    SELECT DISTINCT left(words[1 + floor(random() * cardinality(words))::int] || words[1 + floor(random() * cardinality(words))::int], 60) AS name
    FROM generate_series(1, 30) LIMIT 8) q;
  EXECUTE format('CREATE TABLE %I (dropped int, %s)', source, (SELECT string_agg(format('%I text', p), ', ') FROM unnest(picked) p));
  EXECUTE format('ALTER TABLE %I DROP dropped', source);
  EXECUTE format('INSERT INTO %I SELECT %s', source, (SELECT string_agg('''2026-01-0' || n || '''', ', ') FROM generate_series(1, cardinality(picked)) n));
  EXECUTE format('INSERT INTO %I SELECT %s', source, (SELECT string_agg('''x' || n || '''', ', ') FROM generate_series(1, cardinality(picked)) n));
  CALL clientele.load_events(format('public.%I', source)::regclass, customer => picked[1], at => picked[2], event => picked[3], channel => picked[4],
                             item => picked[5], identity_kind => source, run_id => id);
  EXECUTE format('INSERT INTO wrong SELECT %L FROM %I n, clientele_data.rejects x
                  WHERE x.run_id = %s AND n.%I = ''x1'' AND x.content <> to_jsonb(n)', source, source, id, picked[1]);
  INSERT INTO wrong SELECT source WHERE (SELECT rows_packed <> 1 OR rows_rejected <> 1 FROM clientele_data.load_runs l WHERE l.run_id = id)
    OR NOT EXISTS (SELECT FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id) WHERE i.kind = source
      AND i.value = '2026-01-01' AND e.at = '2026-01-02 00:00+08' AND e.event = '2026-01-03' AND e.channel = '2026-01-04' AND e.item = '2026-01-05');
END $body$;
CREATE TABLE wrong (source text);
DO $$ BEGIN FOR seed IN 1 .. 12 LOOP CALL load_random_names(seed); END LOOP; END $$;
SELECT source AS wrong FROM wrong;

-- How a value is stored makes no difference: properties that are long but compress well.
CREATE TABLE stored AS SELECT 'c'::text AS customer, timestamptz '2026-01-01Z' AS at, 'x'::text AS event, jsonb_build_object('a', repeat('x', n)) AS more
FROM unnest('{1400,3000,100000}'::int[]) n;
CALL clientele.load_events('stored', properties => 'more');
SELECT outcome, "rows" FROM clientele.load_summary();

CALL clientele.drop_store();
\c :tests
DROP DATABASE clientele_store_settings;
