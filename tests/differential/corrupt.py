#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Corrupt values: every function gives an error or an answer, never a crash and never invalid text.

usage: corrupt.py [SEED [COUNT [VALUES]]]

Default: a fresh seed, 4000 stored values, and $CLIENTELE_CORRUPT_VALUES values (200,000) for input,
receive and cast functions; ten million take a quarter of an hour at most.

First, values stored with corrupt bytes. Input functions and casts check what they take, so the bytes
are planted by a superuser's function that calls bytea's substring a journey. What is found wrong must
be reported with SQLSTATE XX001 (or the code of a mistake in what the corrupt value then says, such as
22023), not XX000. Every answer must be text of the database.

Then corrupt text and bytes for the input, receive and cast functions of all packed types, in a loop of
tests/boundary/corrupting.c, which is compiled and loaded as tests/boundary/throwing.cpp is. What they
accept must be itself again through its text and its binary form.
"""
import json
import os
import random
import subprocess
import sys
import time

from checks import PSQL, Checks, build_module

SETUP = r"""
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS corrupt CASCADE;
CREATE SCHEMA corrupt;
SET search_path = corrupt, public, clientele;
SET TimeZone = 'UTC';
SELECT setseed(%(seed)s);
DROP SCHEMA IF EXISTS clientele_data, clientele_bi CASCADE;
CALL create_store();  -- without one, some calls would end before they read anything
INSERT INTO clientele_data.customers VALUES (1), (5);
DO $do$ BEGIN
  PERFORM define_tag('vip', 'SELECT 5::bigint'), define_tag('age', 'SELECT 5::bigint, 34'), refresh_tags();
END $do$;
DO $do$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY '{%(types)s}'::text[] LOOP
    EXECUTE format('CREATE FUNCTION plant_%%1$s(bytea, int, int) RETURNS clientele.%%1$s LANGUAGE internal IMMUTABLE STRICT AS ''bytea_substr''', t);
    EXECUTE format('CREATE FUNCTION plant(bytea, clientele.%%1$s) RETURNS clientele.%%1$s LANGUAGE sql IMMUTABLE AS ''SELECT corrupt.plant_%%1$s($1, 1, octet_length($1))''', t);
  END LOOP;
END $do$;

CREATE TABLE good (kind text, bytes bytea);
-- Journeys: short and long, one type and many, items and amounts, all units of time.
INSERT INTO good
SELECT 'journey', clientele.journey_send(clientele.journey('2026-01-01'::timestamptz + floor(random() * span) * unit,
         (floor(random() * types) * stride)::int,
         CASE WHEN random() < items THEN floor(random() * 50)::bigint END,
         CASE WHEN random() < amounts THEN floor(random() * 10000)::numeric / 100 END))
FROM generate_series(1, 60) g,
     LATERAL (SELECT (ARRAY['1 microsecond', '1 ms', '1 s', '1 min', '1 h', '1 day']::interval[])[1 + g %% 6] AS unit,
                     (ARRAY[3, 100, 100000])[1 + g %% 3] AS span, (ARRAY[1, 2, 5, 20, 300, 3000])[1 + g %% 6] AS types,
                     (ARRAY[0, 0.5, 1])[1 + g / 3 %% 3] AS items, (ARRAY[0, 0.5, 1, 0])[1 + g / 9 %% 4] AS amounts,
                     (ARRAY[1, 1, 700000])[1 + g / 7 %% 3] AS stride, (ARRAY[1, 5, 40, 600, 3000])[1 + g %% 5] AS n) p,
     LATERAL generate_series(1, n)
GROUP BY g;
INSERT INTO good SELECT 'funnel_def', clientele.funnel_def_send(d) FROM (VALUES
  (clientele.funnel_def('{#1}')),
  (clientele.funnel_def('{#1,#0|#2}', '1 day')),
  (clientele.funnel_def('{#0,#1,#2|#0}', '2 days', 'strict', '{1 h,NULL}', '{#3@1-3,#4}', true, true, true, 'Asia/Shanghai')),
  (clientele.funnel_def('{#0,#1,#2|#0,#1|#3}', NULL, 'any', NULL, NULL, true)),
  (clientele.funnel_def('{#0,#0|#1,#0|#1,#2}', '5 days', 'ordered', '{NULL,2 days,1 day}', '{#4@2-3}'))) v (d);
INSERT INTO good SELECT 'pattern', clientele.pattern_send(p) FROM (VALUES ('#0'::clientele.pattern), ('#0 ... (?<x>#1|#2 !#3)* within 1 hour #4{2,3}?'),
  (clientele.pattern('^ . (#0+ after at least 1 second .)+ $', '1 day', '10 min'))) v (p);
INSERT INTO good SELECT 'path_def', clientele.path_def_send(d) FROM (VALUES
  (clientele.path_def()), (clientele.path_def('30 min', '#1', '#2', true, true, 5, false, 2, false)),
  (clientele.path_def(session_gap => '1 day', collapse => true)),
  (clientele.path_def(keep => '!#3', groups => ARRAY['一=#1|#2', '"a=b"=#0'], ends => true, top => 2, rest => '其他'))) v (d);
INSERT INTO good SELECT 'anomaly_def', clientele.anomaly_def_send(d) FROM (VALUES
  ('{}'::clientele.anomaly_def), ('{"season": "7 days", "scales": [1, 6], "calibrate": 30}'), ('{"measure": "ratio", "time_zone": "Asia/Shanghai"}')) v (d);
INSERT INTO good SELECT 'points_def', clientele.points_def_send(d) FROM (VALUES
  (clientele.points_def()), (clientele.points_def(0.5, '#0|#1', '#2', '1 day', '30 days', 'forgive', '{普通,b}', '{0,10}', '{1,1.25}', '5 days', '2 days'))) v (d);
INSERT INTO good SELECT 'retention_def', clientele.retention_def_send(d) FROM (VALUES
  (clientele.retention_def()), (clientele.retention_def('#0', '#1|#2', 'week', 'elapsed', 'every', 'on_or_after', 3, NULL, 2, '2026-01-01', '2026-02-01', true, 'Asia/Shanghai')),
  (clientele.retention_def('#0', period => 'hour', mode => 'on_or_before', brackets => '{0,1,5,40}', until => '2026-01-03'))) v (d);
INSERT INTO good SELECT 'activity_def', clientele.activity_def_send(d) FROM (VALUES
  (clientele.activity_def('#0|#1', until => '2026-06-30')), (clientele.activity_def('*', 'hour', 7, '{0,1,5}', '2025-12-31', '2026-01-03', 'Asia/Shanghai'))) v (d);
INSERT INTO good SELECT 'counts_def', clientele.counts_def_send(d) FROM (VALUES
  (clientele.counts_def('#0|#1', by => '{event_type}', time_zone => 'UTC')), (clientele.counts_def('*', 'hour of week', '{channel,event,类别}', '2025-12-31', '2026-01-03', '1 h', 'Asia/Shanghai'))) v (d);
INSERT INTO good SELECT 'interval_def', clientele.interval_def_send(d) FROM (VALUES
  (clientele.interval_def('#0', '#1', until => '2026-06-30')), (clientele.interval_def('#0|#2', '#0', 'first', '1 day', '2025-12-31', '2026-01-03'))) v (d);
INSERT INTO good SELECT 'lifecycle_def', clientele.lifecycle_def_send(d) FROM (VALUES
  (clientele.lifecycle_def('{访客=*,b=#0}', until => '2026-06-30')), (clientele.lifecycle_def('{a=#0,b=#1,c=#0}', '{1,2,1}', '{1 day,NULL,NULL}', '{NULL,NULL,1 h}', true, 'day', '2025-12-31', '2026-01-03', 'Asia/Shanghai'))) v (d);
INSERT INTO good SELECT 'counts_summary', clientele.counts_summary_send(clientele.event_counts(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.counts_def('#0|#1', by => '{event_type}', time_zone => 'UTC')), (2, clientele.counts_def(period => 'hour of week', by => '{channel}', time_zone => 'UTC'))) v (n, d) WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'activity_summary', clientele.activity_summary_send(clientele.activity(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.activity_def('#0|#1', until => '2026-06-30')), (2, clientele.activity_def(period => 'year', until => '2026-01-03'))) v (n, d) WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'interval_summary', clientele.interval_summary_send(clientele.event_intervals(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.interval_def('#0', '#1', until => '2026-06-30')), (2, clientele.interval_def('#0', '#0', 'first', until => '2026-01-03'))) v (n, d) WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'lifecycle_summary', clientele.lifecycle_summary_send(clientele.lifecycle(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.lifecycle_def('{访客=*,b=#0}', until => '2026-06-30')), (2, clientele.lifecycle_def('{a=#1}', period => 'year', until => '2026-01-03'))) v (n, d) WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'attribution_def', clientele.attribution_def_send(d) FROM (VALUES
  (clientele.attribution_def('#0', until => '2026-06-30')),
  (clientele.attribution_def('#0|#1', '#2', 'event', '{"搜索=#1",b=#2}', '{搜索}', NULL, true, '1 h', '{1,0,2}', true, false, '2025-12-31', '2026-01-03',
    '{last_non_direct,position_decay,time_decay,markov_1,markov_3,shapley,shapley_rate}'))) v (d);
INSERT INTO good SELECT 'attribution_summary', clientele.attribution_summary_send(clientele.attribution(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.attribution_def('#0', by => 'event', until => '2026-06-30')),
                   (2, clientele.attribution_def('#1', by => 'event', lookback => '1 h', until => '2026-06-30', models => '{markov_2,position_decay,shapley_rate}'))) v (n, d)
WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'attribution_summary', clientele.attribution_summary_send(clientele.attribution(path::text[], n, n * 1.5, 9 - n, '{"conversion": "#0", "models": ["last", "markov_1"]}'))
FROM (VALUES ('{上海,b,上海}', 3), ('{b}', 0), ('{}', 4)) v (path, n);
INSERT INTO good SELECT 'purchase_def', clientele.purchase_def_send(d) FROM (VALUES
  (clientele.purchase_def('2026-06-30', purchase => '#0')), (clientele.purchase_def('2026-06-30', '0', '1 h', '2026-12-31', '#1|#2', 'Asia/Shanghai')),
  (clientele.purchase_def('2026-01-01 00:00:30', '15 min', '1 day', NULL, '*', 'America/New_York'))) v (d);
INSERT INTO good SELECT 'churn_features_def', clientele.churn_features_def_send(d) FROM (VALUES
  (clientele.churn_features_def()), (clientele.churn_features_def('1 h', '1 s', '#0', '#1|#2', '#3', '#4', '#5', '#6', 'Asia/Shanghai'))) v (d);
INSERT INTO good SELECT 'classification_summary', clientele.classification_summary_send(clientele.classification(least(random() * (g %% 3), 1), random() < 0.3))
FROM generate_series(1, 6) g, generate_series(1, 3 * g * g) GROUP BY g;
INSERT INTO good SELECT 'survey_summary', clientele.survey_summary_send(clientele.survey(least(g * n %% 5 + 1, 5), scale))
FROM (VALUES ('nps'), ('csat'), ('ces')) v (scale), generate_series(1, 3) g, generate_series(1, 90 * g * g) n GROUP BY scale, g;
CREATE AGGREGATE path_state(clientele.journey, clientele.path_def) (SFUNC = clientele.path_links_accum, STYPE = clientele.path_summary);
CREATE AGGREGATE path_links_combine_all(clientele.path_summary) (SFUNC = clientele.path_links_combine, STYPE = clientele.path_summary, FINALFUNC = clientele.path_links_final);
INSERT INTO good SELECT 'path_summary', clientele.path_summary_send(path_state(j, d)) FROM (
  SELECT bytes::clientele.journey AS j, row_number() OVER (ORDER BY length(bytes), bytes) AS n FROM good WHERE kind = 'journey') r,
  (VALUES (clientele.path_def()), (clientele.path_def(collapse => true, times => false)), (clientele.path_def('1 min', by_step => false, start_at => '#0')),
  (clientele.path_def('1 min', ends => true, top => 1))) v (d)
  WHERE n < 30 GROUP BY d, n %% 3;
CREATE AGGREGATE path_count_state(clientele.journey, clientele.path_def) (SFUNC = clientele.path_counts_accum, STYPE = clientele.path_count_summary);
CREATE AGGREGATE path_counts_combine_all(clientele.path_count_summary) (SFUNC = clientele.path_counts_combine, STYPE = clientele.path_count_summary, FINALFUNC = clientele.path_counts_final);
INSERT INTO good SELECT kind, bytes FROM (
  SELECT clientele.path_count_summary_send(path_count_state(j, d)) AS counts, clientele.dwell_summary_send(clientele.dwell(j, d)) AS stays FROM (
    SELECT bytes::clientele.journey AS j, row_number() OVER (ORDER BY length(bytes), bytes) AS n FROM good WHERE kind = 'journey') r,
    (VALUES (clientele.path_def('1 min', top => 2)), (clientele.path_def(collapse => true, times => false)), (clientele.path_def('1 s', start_at => '#0'))) v (d)
  WHERE n < 30 GROUP BY d, n %% 3) s, LATERAL (VALUES ('path_count_summary', counts), ('dwell_summary', stays)) k (kind, bytes);
INSERT INTO good SELECT 'funnel_summary', clientele.funnel_summary_send(clientele.funnel(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.funnel_def('{#0,#1|#0,#0}')), (2, clientele.funnel_def('{#0|#1}')),
                   (3, clientele.funnel_def('{#0|#1,#1}', '1 h', 'any'))) v (n, d) WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'pattern_summary', clientele.pattern_summary_send(clientele.pattern_matches(bytes::clientele.journey, p))
FROM good, unnest(ARRAY['#0 ... (?<x>#1)', '(?<y>#0+ .)* (?<购>#2)? #1', '.']::clientele.pattern[]) p WHERE kind = 'journey' GROUP BY p;
INSERT INTO good SELECT 'bottleneck_summary', clientele.bottleneck_summary_send(clientele.bottlenecks(g.n, f)) FROM (
  SELECT length(bytes) %% 3 AS n, clientele.funnel(bytes::clientele.journey, '{#0,#1,#2}', NULL) AS f FROM good WHERE kind = 'journey' GROUP BY 1) r,
  unnest(ARRAY['a', '上海', NULL]) WITH ORDINALITY g (n, o) WHERE o <> r.n GROUP BY r.n;
INSERT INTO good SELECT 'correlation_summary', clientele.correlation_summary_send(clientele.funnel_correlation(bytes::clientele.journey, '{#0,#1,#2}', 1, n))
FROM good, generate_series(2, 3) n WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'retention_summary', clientele.retention_summary_send(clientele.retention_table(bytes::clientele.journey, d))
FROM good, (VALUES (1, clientele.retention_def('#0', until => '2026-06-01', time_zone => 'UTC')),
                   (2, clientele.retention_def('*', '#1', 'hour', cohort_by => 'every', until => '2026-01-02', amounts => true, time_zone => 'Asia/Shanghai')),
                   (3, clientele.retention_def('*', '*', 'month', mode => 'on_or_before', brackets => '{0,1,7}', until => '2027-01-01', time_zone => 'UTC'))) v (n, d)
WHERE kind = 'journey' GROUP BY n;
INSERT INTO good SELECT 'bottleneck_summary', clientele.bottleneck_summary_send(clientele.bottlenecks(g.n, f)) FROM (
  SELECT length(bytes) %% 3 AS n, clientele.funnel(bytes::clientele.journey, '{#0,#1,#2}', NULL) AS f FROM good WHERE kind = 'journey' GROUP BY 1) r,
  unnest(ARRAY['a', '上海', NULL]) WITH ORDINALITY g (n, o) WHERE o <> r.n GROUP BY r.n;
INSERT INTO good SELECT 'correlation_summary', clientele.correlation_summary_send(clientele.funnel_correlation(bytes::clientele.journey, '{#0,#1,#2}', 1, n))
FROM good, generate_series(2, 3) n WHERE kind = 'journey' GROUP BY n;

CREATE TABLE definitions AS SELECT d FROM (VALUES
  (clientele.rfm_cuts_def()), (clientele.rfm_cuts_def(3, 'kmeans')), (clientele.rfm_cuts_def(method => 'mean')),
  (clientele.rfm_cuts_def(method => 'fixed', recency_cuts => '{1 h,2 days}', frequency_cuts => '{1,2}'))) v (d);
CREATE AGGREGATE rfm_state(interval, float8, float8, clientele.rfm_cuts_def) (SFUNC = clientele.rfm_cuts_accum, STYPE = clientele.rfm_values);
INSERT INTO good SELECT 'rfm_cuts_def', clientele.rfm_cuts_def_send(d) FROM definitions;
INSERT INTO good SELECT kind, bytes FROM definitions, LATERAL (
  SELECT clientele.rfm_cuts_send(clientele.rfm_cuts(n * interval '1 h', n %% 7, n / 7.0, d)),
         clientele.rfm_values_send(rfm_state(n * interval '1 h', n %% 7, n / 7.0, d)) FROM generate_series(1, 20) n) x (cuts, state),
  LATERAL (VALUES ('rfm_cuts', cuts), ('rfm_values', state)) v (kind, bytes);

CREATE AGGREGATE spend_state(float8, float8) (SFUNC = clientele.spend_accum, STYPE = clientele.spend_values);
CREATE AGGREGATE contract_state(int, bool) (SFUNC = clientele.contract_accum, STYPE = clientele.contract_values);
INSERT INTO good SELECT kind, bytes FROM generate_series(3, 30, 9) top, LATERAL (
  SELECT clientele.spend_model_send(clientele.spend_fit(n %% 4, 10 + 5 * sin(n))), clientele.spend_values_send(spend_state(n %% 4, 10 + 5 * sin(n))),
         clientele.contract_model_send(clientele.contract_fit(n %% 5, n %% 2 = 1 AND n %% 5 > 0)), clientele.contract_values_send(contract_state(n %% 5, n %% 2 = 1 AND n %% 5 > 0)),
         clientele.holdout_summary_send(clientele.holdout_quality(n / 3.0, n %% 4)) FROM generate_series(1, top) n) x (a, b, c, d, e),
  LATERAL (VALUES ('spend_model', a), ('spend_values', b), ('contract_model', c), ('contract_values', d), ('holdout_summary', e)) v (kind, bytes);
INSERT INTO good VALUES ('spend_model', clientele.spend_model_send('{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}')),
  ('contract_model', clientele.contract_model_send('{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}'));
CREATE TABLE match_rows AS SELECT n AS id, 'name ' || n %% 7 AS a, n %% 11 AS b, n %% 3 AS c, n %% 5 AS d FROM generate_series(1, 40) n;
INSERT INTO good SELECT 'match_def', clientele.match_def_send(d) FROM (VALUES (clientele.match_def('{a:name,b:code,c:exact}', '{d}')),
  (clientele.match_def('{a:name,b:code,c:exact,月:name}', '{d,"a+d"}', 7, -3))) v (d);
INSERT INTO good SELECT 'match_model', clientele.match_model_send(m) FROM (VALUES (clientele.match_fit('match_rows', clientele.match_def('{a:name,b:code,c:exact}', '{d}'))),
  ('{"lambda": 0.25, "columns": [{"column": "a", "kind": "name", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "b", "kind": "code", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "c", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}], "block": ["d"]}'::clientele.match_model)) v (m);
INSERT INTO good SELECT 'effect_summary', clientele.effect_summary_send(s) FROM (
  SELECT clientele.campaign_outcome(n %% 3 = 0, n %% 5 = 0) FROM generate_series(1, 9) n
  UNION ALL SELECT clientele.campaign_outcome(n %% 3 = 0, n %% 5 = 0, n / 7.0) FROM generate_series(1, 9) n
  UNION ALL SELECT clientele.campaign_outcome(n %% 3 = 0, n %% 5 = 0, n * 1e9, -n) FROM generate_series(1, 99) n) x (s);
INSERT INTO good SELECT 'uplift_quality', clientele.uplift_quality_send(clientele.uplift_curve(n %% 7 / 10.0, n %% 3 = 0, n %% k / 2.0)) FROM (VALUES (2), (9)) v (k), generate_series(1, 30) n GROUP BY k;
CREATE AGGREGATE uplift_state(jsonb, boolean, boolean, clientele.uplift_def) (SFUNC = clientele.uplift_fit_accum, STYPE = clientele.uplift_rows);
CREATE AGGREGATE uplift_fit_combine_all(clientele.uplift_rows) (SFUNC = clientele.uplift_fit_combine, STYPE = clientele.uplift_rows, FINALFUNC = clientele.uplift_fit_final);
INSERT INTO good SELECT v.kind, v.bytes FROM (VALUES (clientele.uplift_def()), (clientele.uplift_def(method => 'class', penalty => 3))) d (d), LATERAL (
  SELECT clientele.uplift_model_send(clientele.uplift_fit(row, n %% 2 = 0, n * 7919 %% 13 < 6, d)) AS m, clientele.uplift_rows_send(uplift_state(row, n %% 2 = 0, n * 7919 %% 13 < 6, d)) AS s
  FROM (SELECT n, jsonb_build_object('a', n, 'b', nullif(n %% 3, 0) / 3.0, 'c', (ARRAY['x', 'y', '月', NULL])[1 + n %% 4]) AS row FROM generate_series(1, 40) n) r) x,
  LATERAL (VALUES ('uplift_def', clientele.uplift_def_send(d)), ('uplift_model', m), ('uplift_rows', s)) v (kind, bytes);
INSERT INTO good SELECT 'uplift_def', clientele.uplift_def_send(clientele.uplift_def(calibrate => false, names => '{a,上海}'));
CREATE AGGREGATE text_state(text, text, clientele.text_def) (SFUNC = clientele.text_fit_accum, STYPE = clientele.text_rows);
CREATE AGGREGATE text_state(text, text, bigint, clientele.text_def) (SFUNC = clientele.text_fit_accum, STYPE = clientele.text_rows);
INSERT INTO good SELECT 'feedback_lexicon', clientele.feedback_lexicon_send(d) FROM (VALUES ('{"words": []}'::clientele.feedback_lexicon),
  ('{"words": [{"class": "a", "word": "坏*", "weight": 2, "polarity": -1}, {"class": "(negator)", "word": "不"}, {"class": "*", "word": "good", "polarity": 0.5}]}')) v (d);
INSERT INTO good SELECT 'text_def', clientele.text_def_send(d) FROM (VALUES (clientele.text_def()), (clientele.text_def(2, 4, 64, 1, 1))) v (d);
INSERT INTO good SELECT kind, bytes FROM (SELECT clientele.text_model_send(clientele.text_fit(t, l, d)), clientele.text_rows_send(text_state(t, l, d)),
  clientele.text_rows_send(text_state(t, l, n, d)) FROM (SELECT n::bigint, 'word ' || n %% 7 || ' 很' AS t, (ARRAY['a', '月'])[1 + n %% 2] AS l, clientele.text_def(buckets => 16, least_customers => 1) AS d
  FROM generate_series(1, 20) n) r) x (m, s, c), LATERAL (VALUES ('text_model', m), ('text_rows', s), ('text_rows', c)) v (kind, bytes);
CREATE TABLE churn_definitions AS SELECT d FROM (VALUES (clientele.churn_def()), (clientele.churn_def(0.5, '3', true)),
  (clientele.churn_def(class_weight => 'balanced'))) v (d);
CREATE AGGREGATE churn_state(jsonb, boolean, clientele.churn_def) (SFUNC = clientele.churn_fit_accum, STYPE = clientele.churn_rows);
CREATE AGGREGATE churn_state(float8[], boolean, clientele.churn_def) (SFUNC = clientele.churn_fit_accum, STYPE = clientele.churn_rows);
INSERT INTO good SELECT 'churn_def', clientele.churn_def_send(d) FROM (TABLE churn_definitions UNION ALL SELECT clientele.churn_def(0, names => '{a,b}')
  UNION ALL SELECT clientele.churn_def(features => clientele.churn_features_def('1 h', purchase => '#0', time_zone => 'Asia/Shanghai'))) v (d);
INSERT INTO good SELECT kind, bytes FROM churn_definitions, LATERAL (
  SELECT clientele.churn_model_send(clientele.churn_fit(row, churned, d)), clientele.churn_rows_send(churn_state(row, churned, d)),
         clientele.churn_model_send(clientele.churn_fit(numbers, churned, d)), clientele.churn_rows_send(churn_state(numbers, churned, d))
  FROM (SELECT jsonb_build_object('a', n, 'b', nullif(n %% 3, 0) / 3.0, 'c', (ARRAY['x', 'y', '月', NULL])[1 + n %% 4], 'd', 7) AS row,
               ARRAY[n %% 5, n * 1000, n / 7.0, nullif(n %% 2, 0)]::float8[] AS numbers, n * 7919 %% 13 < 6 AS churned FROM generate_series(1, 40) n) r) x (m1, s1, m2, s2),
  LATERAL (VALUES ('churn_model', m1), ('churn_rows', s1), ('churn_model', m2), ('churn_rows', s2)) v (kind, bytes);

CREATE AGGREGATE churn_state(clientele.journey, boolean, timestamptz, clientele.churn_def) (SFUNC = clientele.churn_fit_accum, STYPE = clientele.churn_rows);
INSERT INTO good SELECT kind, b FROM (
  SELECT clientele.churn_model_send(clientele.churn_fit(j, n %% 3 = 0, '2026-02-01', d)) AS m, clientele.churn_rows_send(churn_state(j, n %% 3 = 0, '2026-02-01', d)) AS s
  FROM (SELECT bytes::clientele.journey AS j, row_number() OVER (ORDER BY bytes) AS n FROM good WHERE kind = 'journey') r,
       (VALUES (clientele.churn_def()), (clientele.churn_def(features => clientele.churn_features_def('1 h', purchase => '#0')))) v (d) GROUP BY d) x,
  LATERAL (VALUES ('churn_model', m), ('churn_rows', s)) v (kind, b);
INSERT INTO good SELECT 'btyd_model', clientele.btyd_model_send(m::clientele.btyd_model) FROM (VALUES
  ('{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}'),
  ('{"model": "MBG/NBD", "parameters": {"r": 1, "alpha": 2, "a": 3, "b": 4}, "purchase_effects": [0.5, -1], "dropout_effects": [0, 0.25]}'),
  ('{"model": "BG/BB", "parameters": {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78}}')) v (m);
CREATE AGGREGATE btyd_state(float8, float8, float8, text) (SFUNC = clientele.btyd_accum, STYPE = clientele.btyd_histories);
CREATE AGGREGATE btyd_state(float8, float8, float8, float8[], text) (SFUNC = clientele.btyd_accum, STYPE = clientele.btyd_histories);
INSERT INTO good SELECT kind, bytes FROM unnest('{BG/NBD,Pareto/NBD,BG/BB}'::text[]) model, LATERAL (
  SELECT clientele.btyd_model_send(clientele.btyd_fit(n %% 4, n %% 4, 3 + n %% 5, model)), clientele.btyd_histories_send(btyd_state(n %% 4, n %% 4, 3 + n %% 5, model)),
         clientele.btyd_histories_send(btyd_state(n %% 4, n %% 4, 3 + n %% 5, array[n %% 2, n %% 3], 'MBG/NBD')) FROM generate_series(1, 20) n) x (fit, state, features),
  LATERAL (VALUES ('btyd_model', fit), ('btyd_histories', state), ('btyd_histories', features)) v (kind, bytes);

INSERT INTO good SELECT 'tag_query', clientele.tag_query_send(q::clientele.tag_query) FROM (VALUES
  ('vip & !(churn | blocked) & city=上海 & age between 30 and 40'), ('x.* | "two words"!="a=b" | n<=1e9 & !(a & (b | c | !d))'), ('vip')) v (q);

CREATE UNLOGGED TABLE bad (id int, kind text, bytes bytea);

CREATE TABLE calls (kind text, call text);
INSERT INTO calls
SELECT 'journey', unnest(ARRAY[
  'journey_out($1)::text', 'journey_send($1)', 'journey_hash($1)', '$1 = ''{}''', '$1 <> $1', '$1 || $1',
  '$1 || ''{1@2026-01-01T00:00:00Z#5=1.5}''', 'journey_minus($1, $1)', 'journey_minus($1, ''{}'')', 'journey_merge($1)', 'count(*) FROM events($1)', 'event_count($1)',
  'event_count($1, ''#1'')', 'event_count($1, ''#0|#700000'')', 'first_at($1)', 'last_at($1)',
  'journey_slice($1, ''2026-01-01 00:00:05'', ''2026-02-01'')', 'journey_slice($1)', 'journey_filter($1, ''#0|#2'')',
  'session_count($1, ''1 min'')', 'max(waited) FROM complaint_answers($1, ''#0|#1'', ''#2'')', 'count(*) FROM sessions($1, ''1 min'')', 'journey_path($1, path_def())',
  'count(*) FROM journey_paths($1, path_def(''10 min'', ''#0'', ''#1'', true, true))', 'path_links($1, path_def())', 'path_links_summary($1, path_def())',
  'path_counts($1, path_def(''1 min''))', 'dwell($1, path_def(top => 1))',
  'path_links($1, path_def(session_gap => ''1 min'', by_step => false, times => false))',
  'journey_matches($1, ''#0 ... #1'')', 'journey_match_count($1, pattern(''#0 .* (#1|#2 #0)'', ''1 h'', ''10 min''))',
  'count(*) FROM journey_match_times($1, ''(?<x>#0+) within 1 hour after at least 1 second (?<y>#1)'')', 'pattern_matches($1, ''(?<x>#0) ... #1'')',
  'funnel_depth($1, ''{#0,#1}'', ''1 day'')', 'funnel_times($1, funnel_def(''{#0,#1,#2,#0}'', NULL))',
  'funnel_times($1, funnel_def(''{#0,#1}'', ''1 min''))', 'funnel_depth($1, funnel_def(''{#0,#1,#2}'', ''1 min''))',
  '(SELECT count(*) FROM funnel_steps((SELECT funnel($1, funnel_def(''{#0,#1}'')))))',
  '(SELECT count(*) FROM correlation_events((SELECT funnel_correlation($1, ''{#0,#1}'', 1, 2)), 0))',
  'funnel($1, ''{#0,#1|#0}'', ''1 h'')', 'purchase_summary($1, purchase_def(''2026-01-02'', ''1 h'', purchase => ''#0|#1''))',
  'purchase_times($1, purchase_def(''2026-01-01'', ''0'', ''1 s'', ''2027-01-01'', ''#0|#2''))',
  'churn_features($1, ''2026-01-01 00:10'', churn_features_def(''1 min'', purchase => ''#0'', return => ''#1'', promotion => ''#2'', answer => ''#0|#3''))',
  'churn_features_json($1, ''2030-01-01'')', 'churned($1, ''2026-01-01 00:10'', ''1 h'')', 'churned($1, ''2026-01-02'', ''1 day'', ''#0|#1'')',
  'churn_fit($1, n %% 2 = 0, ''2026-02-01'', churn_def()) FROM generate_series(1, 4) n',
  'churn_prob($1, ''{"features": [{"name": "events", "coefficient": 0.1}], "features_def": {"time_zone": "UTC"}}'', ''2026-02-01'')',
  'count(*) FROM retention_of($1, retention_def(''#0'', ''*'', cohort_by => ''every'', amounts => true, until => ''2026-02-01''))',
  '(SELECT count(*) FROM retention_periods((SELECT retention_table($1, retention_def(mode => ''on_or_after'', until => ''2026-01-02'')))))',
  'attribution($1, attribution_def(''#0'', by => ''event'', until => ''2026-02-01'', models => ''{linear,time_decay,markov_2,shapley_rate}''))',
  'activity($1, activity_def(until => ''2026-02-01''))', 'count(*) FROM lifecycle_periods((SELECT activity($1, activity_def(''#0|#1'', ''hour'', until => ''2026-01-02''))))',
  'event_counts($1, counts_def(by => ''{event_type}''))', 'count(*) FROM count_periods((SELECT event_counts($1, counts_def(''#0|#1'', ''hour'', ''{channel,event}''))))',
  'event_intervals($1, interval_def(''#0'', ''#1|#0''))', 'lifecycle($1, lifecycle_def(''{a=*,b=#0}'', ''{1,2}'', until => ''2026-02-01''))',
  'lifecycle_stage($1, ''{a=*,b=#0}'', ''2026-01-02'')',
  'amount_sum($1, ''#0|#1'')', 'day_count($1, ''#0'', ''UTC'')', 'usual_hour($1, ''#0|#1'', ''Asia/Shanghai'')', 'usual_weekday($1, ''!#0'', ''UTC'')',
  'hour_share($1, ''#0|#1'', 22, 6, ''UTC'')', 'weekday_share($1, ''#0'', ''{6,7}'', ''UTC'')', 'top_event($1, ''#0|#1'')', 'top_channel($1, ''#0'')',
  'top_property($1, ''category'', ''#0'')', 'top_item($1, ''#0|#2'')', 'channels($1, ''#0'')'])
UNION ALL
SELECT 'journey', format('funnel_times($1, %%L)', clientele.funnel_def('{#0|#700000,#1|#0,#2|#0}', w, o, s, e, item, up, day))
FROM (VALUES ('1 h'::interval), (NULL)) w (w), (VALUES ('ordered'), ('strict')) o (o),
     (VALUES (NULL::interval[]), ('{NULL,1 min}')) s (s), (VALUES (NULL::text[]), ('{#3,#2@1-3}')) e (e),
     (VALUES (true), (false)) i (item), (VALUES (true), (false)) u (up), (VALUES (true), (false)) d (day)
UNION ALL
SELECT 'journey', format('funnel_times($1, %%L)', clientele.funnel_def('{#0|#700000,#1|#0,#2|#0}', w, 'any', NULL, NULL, item, up, day))
FROM (VALUES ('1 h'::interval), (NULL)) w (w), (VALUES (true), (false)) i (item), (VALUES (true), (false)) u (up), (VALUES (true), (false)) d (day);
INSERT INTO calls SELECT 'funnel_def', unnest(ARRAY['funnel_def_out($1)::text', 'funnel_def_send($1)', 'funnel_def_hash($1)',
  'funnel_depth(j, $1) FROM samples', 'funnel_times(j, $1) FROM samples', 'funnel(j, $1) FROM samples',
  '(SELECT count(*) FROM funnel_steps((SELECT funnel(j, $1) FROM samples)))', 'funnel_correlation(j, $1, 1, 2) FROM samples', 'funnel_audience($1, 1)',
  'define_question(''of a def'', $1, by => ''age'')', 'count(*) FROM explain_change($1, ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', min_customers => 1)']);
INSERT INTO calls SELECT 'retention_def', unnest(ARRAY['retention_def_out($1)::text', 'retention_def_send($1)', 'retention_def_hash($1)',
  'count(*) FROM samples, retention_of(j, $1)', '(SELECT count(*) FROM retention_periods((SELECT retention_table(j, $1) FROM samples)))',
  'define_question(''of a def'', $1, by => ''age'')', 'count(*) FROM explain_change($1, ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', min_customers => 1)']);
INSERT INTO calls SELECT 'retention_summary', unnest(ARRAY['retention_summary_out($1)::text', 'retention_summary_send($1)', 'count(*) FROM retention_periods($1)',
  'count(*) FROM retention_curve($1)', 'retention_merge($1)', 'retention_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'attribution_def', unnest(ARRAY['attribution_def_out($1)::text', 'attribution_def_send($1)', 'attribution_def_hash($1)',
  'attribution(j, $1) FROM samples', 'attribution(''{a,上海}'', 2, 1.5, 3, $1)',
  'define_question(''of a def'', $1)']);
INSERT INTO calls SELECT 'attribution_summary', unnest(ARRAY['attribution_summary_out($1)::text', 'attribution_summary_send($1)', 'count(*) FROM attribution_credits($1)',
  'count(*) FROM attribution_paths($1)', 'attribution_merge($1)', 'attribution_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'anomaly_def', unnest(ARRAY['anomaly_def_out($1)::text', 'anomaly_def_send($1)', 'anomaly_def_hash($1)',
  'string_agg(p::text, '' '') FROM (SELECT anomaly(timestamptz ''2026-01-01'' + n * interval ''1 hour'', n %% 3 / 3.0, 100, $1) OVER (ORDER BY n) AS p FROM generate_series(1, 60) n) s',
  'metric_judge($1, ''count'', ''1 hour'', ''UTC'')', 'define_metric(''of a def'', ''purchase'', judge => $1)']);
INSERT INTO calls SELECT 'points_def', unnest(ARRAY['points_def_out($1)::text', 'points_def_send($1)', 'points_def_hash($1)',
  'count(*) FROM samples, point_events(j, $1)', 'count(*) FROM samples, points_ledger(j, $1, ''2026-06-01'')',
  'count(*) FROM points_lots($1, ''[]'', ''2026-06-01'')', 'count(*) FROM points_tier_changes($1, ''[]'', ''2026-06-01'')',
  'define_points($1)', '(point_account_of($1, ''[]'', ''2026-06-01'')).tier',
  'points_balance($1, ''[{"kind": "purchase", "at": "2026-01-01", "amount": 50}, {"kind": "return", "of": 1, "at": "2026-01-02"}]'', ''2026-06-01'')']);
INSERT INTO calls SELECT 'path_def', unnest(ARRAY['path_def_out($1)::text', 'path_def_send($1)', 'path_def_hash($1)',
  'journey_path(j, $1) FROM samples', 'count(*) FROM samples, journey_paths(j, $1)', 'path_links(j, $1) FROM samples',
  'path_counts(j, $1) FROM samples', 'count(*) FROM (SELECT dwell(j, $1) AS d FROM samples) x, dwell_times(d)',
  'journey_path(''2026-01-01'', ''a'', $1)', 'path_audience(''{a}'', $1)',
  'define_question(''of a def'', $1)',
  'path_links_merge(s) FROM (SELECT path_links_summary(j, $1) AS s FROM samples) x']);
INSERT INTO calls SELECT 'activity_def', unnest(ARRAY['activity_def_out($1)::text', 'activity_def_send($1)', 'activity_def_hash($1)', 'activity(j, $1) FROM samples',
  'define_question(''of a def'', $1, by => ''age'')', 'count(*) FROM explain_change($1, ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', min_customers => 1)']);
INSERT INTO calls SELECT 'counts_def', unnest(ARRAY['counts_def_out($1)::text', 'counts_def_send($1)', 'counts_def_hash($1)', 'event_counts(j, $1) FROM samples',
  'define_question(''of a def'', $1, by => ''age'')', 'count(*) FROM explain_change($1, ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', min_customers => 1)']);
INSERT INTO calls SELECT 'counts_summary', unnest(ARRAY['counts_summary_out($1)::text', 'counts_summary_send($1)', 'counts_merge(x) FROM (VALUES ($1), ($1)) v (x)',
  'count(*) FROM count_periods($1)']);
INSERT INTO calls SELECT 'interval_def', unnest(ARRAY['interval_def_out($1)::text', 'interval_def_send($1)', 'interval_def_hash($1)', 'event_intervals(j, $1) FROM samples']);
INSERT INTO calls SELECT 'lifecycle_def', unnest(ARRAY['lifecycle_def_out($1)::text', 'lifecycle_def_send($1)', 'lifecycle_def_hash($1)', 'lifecycle(j, $1) FROM samples',
  'lifecycle_stage(j, $1, ''2026-01-02'') FROM samples', 'lifecycle_stage(j, $1) FROM samples']);
INSERT INTO calls SELECT 'activity_summary', unnest(ARRAY['activity_summary_out($1)::text', 'activity_summary_send($1)', 'activity_merge(x) FROM (VALUES ($1), ($1)) v (x)',
  'count(*) FROM lifecycle_periods($1)', 'count(*) FROM active_periods($1)', 'count(*) FROM stickiness($1)', 'count(*) FROM frequency($1)', 'count(*) FROM heat_map($1)']);
INSERT INTO calls SELECT 'interval_summary', unnest(ARRAY['interval_summary_out($1)::text', 'interval_summary_send($1)', 'interval_merge(x) FROM (VALUES ($1), ($1)) v (x)',
  'count(*) FROM interval_percentiles($1)']);
INSERT INTO calls SELECT 'lifecycle_summary', unnest(ARRAY['lifecycle_summary_out($1)::text', 'lifecycle_summary_send($1)', 'lifecycle_merge(x) FROM (VALUES ($1), ($1)) v (x)',
  'count(*) FROM lifecycle_moves($1)', 'count(*) FROM lifecycle_stages($1)']);
INSERT INTO calls SELECT 'purchase_def', unnest(ARRAY['purchase_def_out($1)::text', 'purchase_def_send($1)', 'purchase_def_hash($1)',
  'purchase_summary(j, $1) FROM samples', 'purchase_times(j, $1) FROM samples',
  'purchase_summary(at, 1.5, $1), purchase_times(at, $1) FROM samples, events(j) e']);
INSERT INTO calls SELECT 'path_summary', unnest(ARRAY['path_summary_out($1)::text', 'path_summary_send($1)', 'path_links_final($1)',
  'path_links_combine_all(x) FROM (VALUES ($1), ($1)) v (x)',
  'path_links_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'pattern', unnest(ARRAY['pattern_out($1)::text', 'pattern_send($1)', 'pattern_hash($1)', 'journey_matches(j, $1) FROM samples',
  'journey_match_count(j, $1) FROM samples', '(SELECT count(*) FROM samples, journey_match_times(j, $1))', 'pattern_matches(j, $1) FROM samples',
  'journey_matches(now(), ''a'', $1)', 'journey_match_count(now(), ''a'', $1)']);
INSERT INTO calls SELECT 'pattern_summary', unnest(ARRAY['pattern_summary_out($1)::text', 'pattern_summary_send($1)', 'count(*) FROM pattern_groups($1)',
  'pattern_merge($1)', 'pattern_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'path_count_summary', unnest(ARRAY['path_count_summary_out($1)::text', 'path_count_summary_send($1)', 'path_counts_final($1)',
  'path_counts_combine_all(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'dwell_summary', unnest(ARRAY['dwell_summary_out($1)::text', 'dwell_summary_send($1)', 'count(*) FROM dwell_times($1)',
  'dwell_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'funnel_summary', unnest(ARRAY['funnel_summary_out($1)::text', 'funnel_summary_send($1)',
  'count(*) FROM funnel_steps($1)', 'bottleneck_steps(bottlenecks(''a'', $1))', 'funnel_merge($1)', 'funnel_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'bottleneck_summary', unnest(ARRAY['bottleneck_summary_out($1)::text', 'bottleneck_summary_send($1)',
  'count(*) FROM bottleneck_steps($1, 0)', 'bottleneck_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'correlation_summary', unnest(ARRAY['correlation_summary_out($1)::text', 'correlation_summary_send($1)',
  'count(*) FROM correlation_events($1, 0)', 'correlation_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'churn_features_def', unnest(ARRAY['churn_features_def_out($1)::text', 'churn_features_def_send($1)', 'churn_features_def_hash($1)',
  'churn_features(j, ''2026-01-01 00:10'', $1) FROM samples', 'churn_features_json(j, ''2026-02-01'', $1) FROM samples']);
INSERT INTO calls SELECT 'classification_summary', unnest(ARRAY['classification_summary_out($1)::text', 'classification_summary_send($1)',
  'classification_summary_hash($1)', 'classification_auc($1)', 'classification_log_loss($1)', 'classification_brier($1)',
  'classification_average_precision($1)', 'classification_accuracy($1, 0.3)', 'classification_at($1)', 'count(*) FROM classification_calibration($1)',
  'count(*) FROM classification_calibration($1, 7, false)', 'count(*) FROM classification_lift($1)', 'classification_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'survey_summary', unnest(ARRAY['survey_summary_out($1)::text', 'survey_summary_send($1)', 'survey_summary_hash($1)', 'survey_result($1)',
  'survey_difference($1, $1)', 'survey_rest($1, $1)', 'survey_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'effect_summary', unnest(ARRAY['effect_summary_out($1)::text', 'effect_summary_send($1)', 'effect_summary_hash($1)',
  'count(*) FROM effect_result($1, 0.5, cost => 10)', 'count(*) FROM effect_result($1, final => false)', 'campaign_outcome_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'uplift_quality', unnest(ARRAY['uplift_quality_out($1)::text', 'uplift_quality_send($1)', 'uplift_quality_hash($1)',
  'count(*) FROM uplift_measures($1, 0)', 'count(*) FROM uplift_points($1)', 'count(*) FROM uplift_top($1, 0.3, 0)', 'count(*) FROM uplift_buckets($1, 3)',
  'uplift_curve_merge(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'uplift_def', unnest(ARRAY['uplift_def_out($1)::text', 'uplift_def_send($1)', 'uplift_def_hash($1)',
  'uplift_fit(ARRAY[n, n %% 3]::float8[], n %% 2 = 0, n * 7 %% 11 < 5, $1) FROM generate_series(1, 30) n',
  'uplift_fit(jsonb_build_object(''a'', n), n %% 2 = 0, n * 7 %% 11 < 5, $1) FROM generate_series(1, 30) n']);
INSERT INTO calls SELECT 'uplift_model', unnest(ARRAY['uplift_model_out($1)::text', 'uplift_model_send($1)', 'uplift_model_hash($1)',
  'uplift(''{"a": 3, "b": null, "c": "y"}''::jsonb, $1)', 'uplift(''{1,2,NULL}''::float8[], $1)']);
INSERT INTO calls SELECT 'uplift_rows', unnest(ARRAY['uplift_rows_out($1)::text', 'uplift_rows_send($1)', 'uplift_fit_final($1)',
  'uplift_fit_combine_all(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO good SELECT 'audience', clientele.audience_send(a::clientele.audience) FROM (VALUES ('{}'), ('{1,5,70000}'), ('{1-100000,9000000000}'),
  ('{3,9223372036854775807}'), ((SELECT '{' || string_agg((i * 3)::text, ',') || '}' FROM generate_series(1, 30000) i))) v (a);
INSERT INTO good SELECT 'tag_scores', clientele.tag_scores_send(s) FROM (VALUES (clientele.tag_scores '{}'), ('{5:10.5,7:-3}'), ('{1:2,3:999999999999.999999}'),
  ((SELECT clientele.tag_scores(i * 3, i %% 977 / 8.0) FROM generate_series(1, 9000) i))) v (s);
INSERT INTO calls SELECT 'audience', unnest(ARRAY['audience_out($1)::text', 'audience_send($1)', 'audience_hash($1)', 'cardinality($1)', 'after_merges($1)', 'count(*) FROM members($1)', 'count(*) FROM members_among($1, ''{1,5,70000}'')',
  'cardinality(audience_to_ids($1))', 'audience_and($1, ''{1-9}'')', 'audience_or(''{1-9}'', $1)', 'audience_without($1, ''{5}'')', 'audience_xor($1, $1)', 'audience_includes($1, ''{1}'')', 'audience_included($1, ''{1}'')',
  'audience_overlaps($1, ''{1}'')', 'audience_has($1, 5)', 'audience_held(5, $1)', 'audience_final($1)', 'audience_intersection_final($1)',
  'and_cardinality($1, $1)', 'or_cardinality($1, ''{1}'')', 'without_cardinality(''{1}'', $1)', 'xor_cardinality($1, ''{1}'')', 'jaccard($1, ''{1}'')', 'first_member($1)', 'last_member($1)',
  'sample($1, 3)', 'audience_union(x), audience_intersection(x) FROM (VALUES ($1), ($1)) v (x)', 'tag_scores_and(''{1:2,5:3}'', $1)', 'tag_scores_without(''{1:2,5:3}'', $1)', 'score_summary(''{1:2,5:3}'', $1)',
  'control_group($1, 0.5, ''双十一'')', 'save_audience(''x'', $1)', 'refresh_rules(1, now(), ''[]'', $1)', 'store_tag_answer(begin_tag_refresh(now(), false), now(), ''vip'', ''flag'', ARRAY[''''], ARRAY[$1], NULL, $1)', 'count(*) FROM audience_portrait($1)', 'count(*) FROM audience_portrait(''{1}'', $1)',
  'count(*) FROM persona($1)', 'count(*) FROM persona(''{1,5}'', $1)', 'count(*) FROM journey_map($1)', 'usual_stages($1, 3)']);
INSERT INTO calls SELECT 'tag_scores', unnest(ARRAY['tag_scores_out($1)::text', 'tag_scores_send($1)', 'tag_scores_hash($1)', 'scored($1)', 'score_count($1)', 'count(*) FROM scores($1)', 'count(*) FROM scores_among($1, ''{1,5,70000}'')',
  'scores_below($1, 3)', 'scores_at_most($1, 3)', 'scores_above($1, 3)', 'scores_at_least($1, 3)', 'scores_between($1, 3, 9)', 'score_of($1, 5)', 'score_summary($1)', 'tag_scores_without($1, ''{5}'')',
  'tag_scores_and($1, ''{5,6}'')', 'tag_scores_or($1, ''{5:1}'')', 'tag_scores_or(''{5:1}'', $1)', 'tag_scores_final($1)', 'store_tag_answer(begin_tag_refresh(now(), false), now(), ''age'', ''number'', NULL, NULL, $1, NULL)', 'tag_scores_combine_all(x) FROM (VALUES ($1), ($1)) v (x)',
  'count(*) FROM score_bands($1)', 'count(*) FROM score_quarters($1, ''{1,5}'')']);
CREATE AGGREGATE tag_scores_combine_all(clientele.tag_scores) (SFUNC = clientele.tag_scores_combine, STYPE = clientele.tag_scores, FINALFUNC = clientele.tag_scores_final);
INSERT INTO calls SELECT 'rfm_cuts', unnest(ARRAY['rfm_cuts_out($1)::text', 'rfm_cuts_send($1)', 'rfm_cuts_hash($1)',
  'rfm_score(3, 4, 5, $1)', 'rfm_score(''3 h''::interval, 4, 5, $1)', 'rfm_score(now(), 4, 5, $1)']);
INSERT INTO calls SELECT 'rfm_cuts_def', unnest(ARRAY['rfm_cuts_def_out($1)::text', 'rfm_cuts_def_send($1)', 'rfm_cuts_def_hash($1)',
  'rfm_cuts(''3 h''::interval, 4, 5, $1)', 'rfm_cuts(n, n, n, $1) FROM generate_series(1, 9) n']);
INSERT INTO calls SELECT 'rfm_values', unnest(ARRAY['rfm_values_out($1)::text', 'rfm_values_send($1)', 'rfm_cuts_final($1)',
  'rfm_cuts_combine_all(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'feedback_lexicon', unnest(ARRAY['feedback_lexicon_out($1)::text', 'feedback_lexicon_send($1)', 'feedback_lexicon_hash($1)',
  'feedback_lexicon_final($1)', 'count(*) FROM feedback_classes(''not 坏人, good'', $1)']);
INSERT INTO calls SELECT 'text_def', unnest(ARRAY['text_def_out($1)::text', 'text_def_send($1)', 'text_def_hash($1)',
  'text_fit(''word '' || n %% 3, (n %% 2)::text, $1) FROM generate_series(1, 20) n', 'text_fit(''word '' || n %% 3, (n %% 2)::text, n::bigint, $1) FROM generate_series(1, 20) n']);
INSERT INTO calls SELECT 'text_model', unnest(ARRAY['text_model_out($1)::text', 'text_model_send($1)', 'text_model_hash($1)', 'text_class(''word 很'', $1)',
  'text_prob(''word 很'', $1, ''a'')', 'count(*) FROM text_probs(''word 很'', $1)', 'count(*) FROM text_reasons(''word 很'', $1)', 'save_model(''model 3'', $1)']);
INSERT INTO calls SELECT 'text_rows', unnest(ARRAY['text_rows_out($1)::text', 'text_rows_send($1)', 'text_fit_final($1)', 'text_rows_hash($1)']);
INSERT INTO calls SELECT 'churn_def', unnest(ARRAY['churn_def_out($1)::text', 'churn_def_send($1)', 'churn_def_hash($1)',
  'churn_fit(ARRAY[n, n %% 3]::float8[], n * 7 %% 11 < 5, $1) FROM generate_series(1, 30) n',
  'churn_fit(jsonb_build_object(''a'', n), n * 7 %% 11 < 5, $1) FROM generate_series(1, 30) n',
  'churn_fit(j, n %% 3 = 0, ''2026-02-01'', $1) FROM (SELECT j, row_number() OVER () AS n FROM samples) s']);
INSERT INTO calls SELECT 'match_def', unnest(ARRAY['match_def_out($1)::text', 'match_def_send($1)', 'match_def_hash($1)', 'match_columns($1)',
  'match_fit(''match_rows'', $1)', 'match_fit($1)', 'match_fit_rows(''none'', $1)', 'count(*) FROM match_left_out(''match_rows'', $1)', 'count(*) FROM match_left_out_rows(''none'', $1)',
  'match_columns_of(''match_rows'', $1)', 'customer_match_query($1, true)']);
INSERT INTO calls SELECT 'match_model', unnest(ARRAY['match_model_out($1)::text', 'match_model_send($1)', 'match_model_hash($1)', 'match_model_def($1)',
  'count(*) FROM match_weights($1)', 'count(*) FROM match_pairs(''match_rows'', $1, 0)',
  'count(*) FROM match_pair_rows(''none'', $1, 0)', 'propose_merges($1)']);
INSERT INTO calls SELECT 'churn_model', unnest(ARRAY['churn_model_out($1)::text', 'churn_model_send($1)', 'churn_model_hash($1)',
  'churn_prob(''{"a": 3, "b": null, "c": "y"}''::jsonb, $1)', 'churn_prob(''{1,2,NULL,4}''::float8[], $1)',
  'count(*) FROM churn_reasons(''{"a": 3, "c": "y"}''::jsonb, $1)', 'count(*) FROM churn_reasons(''{1,2,NULL,4}''::float8[], $1)',
  'count(*) FROM churn_coefficients($1)', 'churn_prob(j, $1, ''2026-01-02'') FROM samples', 'count(*) FROM samples, churn_reasons(j, $1, ''2026-01-02'', 3)']);
INSERT INTO calls SELECT 'churn_rows', unnest(ARRAY['churn_rows_out($1)::text', 'churn_rows_send($1)', 'churn_fit_final($1)',
  'churn_fit_combine_all(x) FROM (VALUES ($1), ($1)) v (x)']);
CREATE AGGREGATE churn_fit_combine_all(clientele.churn_rows) (SFUNC = clientele.churn_fit_combine, STYPE = clientele.churn_rows, FINALFUNC = clientele.churn_fit_final);
CREATE AGGREGATE rfm_cuts_combine_all(clientele.rfm_values) (SFUNC = clientele.rfm_cuts_combine, STYPE = clientele.rfm_values, FINALFUNC = clientele.rfm_cuts_final);
INSERT INTO calls SELECT 'spend_model', unnest(ARRAY['spend_model_out($1)::text', 'spend_model_send($1)', 'spend_model_hash($1)',
  'expected_spend($1)', 'expected_spend(3, 20, $1)', 'expected_spend(ROW(3, 1, 2, 20, NULL, NULL, NULL)::purchase_summary, $1)', 'save_model(''model 1'', $1)',
  'customer_value(3, 1, 2, 20, ''{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}''::btyd_model, $1, 10)']);
INSERT INTO calls SELECT 'contract_model', unnest(ARRAY['contract_model_out($1)::text', 'contract_model_send($1)', 'contract_model_hash($1)',
  'contract_survival($1, 3)', 'contract_retention($1, 3)', 'contract_residual_lifetime($1, 3, 0.1)', 'contract_residual_lifetime($1, 3, 0)', 'churn_prob(3, $1)', 'save_model(''model 2'', $1)']);
INSERT INTO calls SELECT 'spend_values', unnest(ARRAY['spend_values_out($1)::text', 'spend_values_send($1)', 'spend_fit_final($1)', 'spend_all(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'contract_values', unnest(ARRAY['contract_values_out($1)::text', 'contract_values_send($1)', 'contract_fit_final($1)', 'contract_all(x) FROM (VALUES ($1), ($1)) v (x)']);
INSERT INTO calls SELECT 'holdout_summary', unnest(ARRAY['holdout_summary_out($1)::text', 'holdout_summary_send($1)', 'holdout_errors($1)', 'count(*) FROM holdout_calibration($1)',
  'holdout_merge(x) FROM (VALUES ($1), ($1)) v (x)',
  'holdout_figures(1, ''btyd'', true, $1)']);
CREATE AGGREGATE spend_all(clientele.spend_values) (SFUNC = clientele.spend_combine, STYPE = clientele.spend_values, FINALFUNC = clientele.spend_fit_final);
CREATE AGGREGATE contract_all(clientele.contract_values) (SFUNC = clientele.contract_combine, STYPE = clientele.contract_values, FINALFUNC = clientele.contract_fit_final);
INSERT INTO calls SELECT 'btyd_model', unnest(ARRAY['btyd_model_out($1)::text', 'btyd_model_send($1)', 'btyd_model_hash($1)', 'btyd_model_for($1, ''{1,0}'')',
  'btyd_model_for($1, ''{}'')', 'churn_prob(2, 3, 4, $1)', 'expected_purchases(2, 3, 4, $1, 5)', 'expected_purchases($1, 5)', 'repurchase_prob(0, 0, 4, $1, 5)',
  'time_to_purchase(2, 3, 4, $1)', 'discounted_purchases(2, 3, 4, $1, 0.01)', 'purchase_count_prob($1, 5, 2)',
  'customer_value(2, 3, 4, 5, $1, ''{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 3, "v": 15}}'', 5)',
  'count(*) FROM track_purchases($1, ''SELECT 5.0::float8 AS age, 2.0::float8 AS holdout_age, array[0, 1.5]::float8[] AS times'')']);
INSERT INTO calls SELECT 'btyd_histories', unnest(ARRAY['btyd_histories_out($1)::text', 'btyd_histories_send($1)', 'btyd_fit_final($1)',
  'btyd_combine_all(x) FROM (VALUES ($1), ($1)) v (x)']);
CREATE AGGREGATE btyd_combine_all(clientele.btyd_histories) (SFUNC = clientele.btyd_combine, STYPE = clientele.btyd_histories, FINALFUNC = clientele.btyd_fit_final);
INSERT INTO calls SELECT 'tag_query', unnest(ARRAY['tag_query_out($1)::text', 'tag_query_send($1)', 'tag_query_hash($1)', 'tag_query_names($1)',
  'tag_match(''{vip,city=上海,age=34,n=1}''::text[], $1)', '$1 @@ ''{x.y,a}''::text[]', 'tag_match(''{"vip": true, "age": 34}''::jsonb, $1)',
  'tag_match_commuted($1, ''{vip}'')', '(SELECT count(*) FROM tagged WHERE tags @@ $1)',
  'audience_of($1)', 'audience_size($1)',
  'define_question(''of a query'', ''SELECT 1'', of => $1)', 'save_question(''of a query'', ''counts'', ''{"by": ["event"]}'', $1, NULL, NULL, ''1 day'', ''1 day'', 5, ''en'')', 'count(*) FROM question_segments($1, ''age'', 3)', 'count(*) FROM segment_groups($1, ''age'', 3)', 'cells_source(''funnel'', ''{"steps": ["#0"]}'', $1, NULL, ''{age}'')', 'count(*) FROM explain_change(''of a query'', ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', min_customers => 1, of => $1)', 'count(*) FROM explain_change_of(''funnel'', ''{"steps": ["#0"]}'', $1, NULL, ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', ''{age}'', 1, true, ''en'')', 'count(*) FROM explain_saved_change(''of a query'', ''[2026-01-01,2026-01-02)'', ''[2026-01-02,2026-01-03)'', ''{age}'', NULL, $1, 1, true, ''en'')']);
CREATE TABLE tagged AS SELECT ARRAY['vip', 'age=' || n, CASE WHEN n %% 2 = 0 THEN 'x.' || n END] AS tags FROM generate_series(1, 40) n;
CREATE INDEX ON tagged USING gin (tags tag_ops);
CREATE TABLE samples AS SELECT bytes::clientele.journey AS j FROM good WHERE kind = 'journey' LIMIT 12;

-- Warnings, actions and campaigns.
INSERT INTO calls SELECT 'classification_summary', unnest(ARRAY['count(*) FROM warning_thresholds($1, 0.5)', 'count(*) FROM warning_quality($1, 0.7, 0.3, NULL)',
  'count(*) FROM warning_thresholds($1, warning_costs(100, 0.3, 10))']);
INSERT INTO calls SELECT 'churn_model', unnest(ARRAY['warning_predictions($1, ''2026-01-02'', ''1 day'', ''*'', ''1 day'')',
  'warning_refit($1, ''2026-01-02'', ''1 day'', ''*'', ''1 day'', 0)', 'warning_training_predictions($1, ''2026-01-02'', ''1 day'', ''*'', ''1 day'')']);
INSERT INTO calls SELECT 'tag_query', unnest(ARRAY['require_tags($1)', 'define_action(''of a query'', ''email'', ''{"to": "{customer_id}"}'', audience => $1)',
  'define_warning(''of a query'', ''none'', $1)', 'start_campaign(''of a query'', $1, ''none'', goal => ''*'')']);
INSERT INTO calls SELECT 'audience', unnest(ARRAY['count(*) FROM template_values(''age'', $1)', 'count(*) FROM warning_values(''none'', $1)',
  'count(*) FROM render_messages(''{"to": "{customer_id}"}'', $1)', 'run_action(1, ''2026-01-01'', $1)']);

-- Comparing is the same for all.
INSERT INTO calls SELECT kind, unnest(ARRAY[kind || '_cmp($1, $1)', kind || '_hash($1)', kind || '_hash_extended($1, 3)', '$1 < $1', 'count(DISTINCT x) FROM (VALUES ($1), ($1)) v (x)']) FROM (SELECT DISTINCT kind FROM good) k;

-- Every function that takes one of these values is called above, or calls for nothing.
SELECT 'not called: ' || p.oid::regprocedure FROM pg_proc p, unnest(p.proargtypes) a
WHERE p.pronamespace = 'clientele'::regnamespace
  AND a = ANY (ARRAY(SELECT ('clientele.' || t)::regtype FROM unnest('{%(types)s}'::text[]) t))
  AND NOT EXISTS (SELECT FROM calls WHERE call LIKE '%%' || p.proname || '(%%')
  AND p.prokind <> 'p'
  AND p.proname !~ '_(accum|combine|eq|ne|lt|le|gt|ge|concat)$';
SELECT 'no values of ' || t.typname FROM pg_type t WHERE t.typnamespace = 'clientele'::regnamespace AND t.typtype = 'b' AND t.typelem = 0
  AND typname NOT IN (SELECT kind FROM good);
-- Sets of rows are looked at and not just counted, where nothing else stands beside them.
UPDATE calls SET call = regexp_replace(call, '^count\(\*\) FROM ([a-z_]+\(.*\))$', 'string_agg(x::text, '' '') FROM \1 x')
WHERE call ~ '^count\(\*\) FROM [a-z_]+\(' AND call !~ 'generate_series|members|scores|events';

-- One corrupt value through some of its calls; a corrupt value may say what takes long.
CREATE FUNCTION is_text(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN convert_to(what, current_setting('server_encoding')) IS NOT NULL OR what IS NULL;
EXCEPTION WHEN character_not_in_repertoire THEN
  RETURN false;
END $$;
CREATE FUNCTION probe(which int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE b record; c text; code text; why text; said text := ''; answer record;
BEGIN
  SELECT * INTO b FROM bad WHERE id = which;
  FOR c IN SELECT call FROM calls WHERE kind = b.kind ORDER BY hashtext(call || which) LIMIT 12 LOOP
    BEGIN
      EXECUTE 'SELECT ' || replace(c, '$1', format('plant(%%L::bytea, NULL::clientele.%%I)', b.bytes, b.kind)) INTO answer;
      said := said || CASE WHEN is_text(answer::text) THEN '.' ELSE format(E'?%%s: no text for %%s\n', b.kind, c) END;
    EXCEPTION WHEN OTHERS OR query_canceled THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, why = MESSAGE_TEXT;
      said := said || CASE WHEN code = ANY (%(allowed)s::text[]) THEN '!'
                           ELSE format(E'?%%s %%s: %%s for %%s\n', b.kind, code, why, c) END;
    END;
  END LOOP;
  RETURN said;
END $$;
"""

# What bytes are planted in; each has good values above.
TYPES = """journey attribution_def attribution_summary pattern pattern_summary funnel_def funnel_summary bottleneck_summary correlation_summary retention_def
retention_summary path_def path_summary rfm_cuts rfm_cuts_def rfm_values purchase_def churn_def activity_def activity_summary counts_def counts_summary
interval_def interval_summary lifecycle_def lifecycle_summary path_count_summary dwell_summary survey_summary
churn_model churn_rows classification_summary churn_features_def
effect_summary uplift_def uplift_model uplift_rows uplift_quality
feedback_lexicon text_def text_model text_rows
spend_model contract_model spend_values contract_values holdout_summary btyd_model
points_def anomaly_def
btyd_histories audience tag_scores tag_query match_def match_model""".split()

# What a type's input may say of what it is given; XX001 is for what is stored.
ALLOWED_INPUT = {"21000", "22P02", "22P03", "22P05", "22021", "22023", "22003", "22007", "22008", "22009", "54000", "54001", "42601",
                 "0A000", "2202E", "22004", "08P01"}
ALLOWED = "'{XX001,54000,22023,0A000,22003,22008,42703,42704,42P01,22021,22P02,22P03,34000}'"


def psql(script):
    return subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True,
                          text=True)


def spoiled(rng, good):
    """Some bytes changed, some cut off, some added; the first ones more often than the rest."""
    b = bytearray(good)
    for _ in range(1 + int(rng.random() ** 3 * 6)):
        if not b:
            break
        at = int(rng.random() ** rng.choice([1, 4]) * len(b))
        kind = rng.randrange(8)
        if kind == 0:
            del b[at:]
        elif kind == 1:
            b += rng.randbytes(1 + at % 9)
        elif kind == 2:
            del b[at]
        elif kind == 3:
            b[at] = 255
        elif kind == 4:
            b[at] = rng.randrange(256)
        elif kind == 5:
            b[at:at + 8] = b"\xff" * 8
        elif kind == 6:
            b[at:at + 9] = b"\xff" * 8 + b"\x7f"
        else:
            b[at] ^= 1 << rng.randrange(8)
    return bytes(b)


def corrupt_inputs(rng, values, count):
    """Gives `count` corrupt values to input, receive and cast functions; what was wrong, as lines."""
    module = build_module("corrupting", [os.environ.get("CC", "gcc"), "-Wall"], ["tests/boundary/corrupting.c"])
    batch = max(1, min(5000, count // 400))
    casts = {}
    for line in psql("""SELECT casttarget::regtype, castsource::regtype FROM pg_cast
                        WHERE castsource IN ('text'::regtype, 'varchar'::regtype, 'bytea'::regtype)
                          AND casttarget IN (SELECT oid FROM pg_type WHERE typnamespace = 'clientele'::regnamespace)""").stdout.split("\n"):
        target, _, source = line.partition("|")
        casts.setdefault(target.removeprefix("clientele."), []).append({"character varying": "varchar"}.get(source, source))
    # Short values are spoiled as well by a change as long ones, and much more quickly.
    values = {kind: [b for b in all_of if len(b) <= 2000] or [min(all_of, key=len)] for kind, all_of in values.items()}
    ways = [(kind, way) for kind in sorted(values) for way in ["receive", "input", "stored", *casts.get(kind, [])]]
    script = ["SET client_min_messages = warning; SET search_path = corrupt, clientele, pg_catalog; SET TimeZone = 'UTC';",
              f"CREATE FUNCTION corrupting(regtype, text, bytea, bigint, int) RETURNS text LANGUAGE c AS '{module}', 'corrupting';"]
    for i in range(max(len(ways), -(-count // batch))):
        kind, way = ways[i % len(ways)]
        value = f"'\\x{rng.choice(values[kind]).hex()}'::bytea"
        if way in ("input", "text", "varchar"):
            value = f"convert_to(plant({value}, NULL::clientele.{kind})::text, current_setting('server_encoding'))"
        script.append(f"SELECT '{kind} {way}', corrupting('clientele.{kind}', '{way}', {value}, {rng.randrange(1 << 60)}, {batch});")
    asked = psql("\n".join(script))
    answers, errors, wrong = 0, {}, []
    for line in asked.stdout.splitlines():
        which, _, told = line.partition("|")
        for code, n in json.loads(told).items():
            if code == "answers":
                answers += n
            else:
                errors[code] = errors.get(code, 0) + n
                if code not in ALLOWED_INPUT and not (code == "XX001" and which.endswith(" stored")):
                    wrong.append(f"{which}: {n} times {code}")
    wrong += [line for line in asked.stderr.splitlines() if "wrong:" in line]
    if asked.returncode:
        wrong.append("the session ended: " + asked.stderr[-2000:])
    total = answers + sum(errors.values())
    print(f"{total:,} corrupt values for {len(ways)} input, receive, cast and output functions: {answers:,} accepted, "
          + ", ".join(f"{n:,} {code}" for code, n in sorted(errors.items(), key=lambda e: -e[1])))
    if total < count:
        wrong.append(f"only {total:,} of {count:,} values were tried")
    psql("DROP FUNCTION IF EXISTS corrupt.corrupting(regtype, text, bytea, bigint, int)")
    module.unlink(missing_ok=True)
    return wrong


def main():
    checks = Checks("corrupt")
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    inputs = int(sys.argv[3]) if len(sys.argv) > 3 else int(os.environ.get("CLIENTELE_CORRUPT_VALUES", 200_000))
    print(f"seed {seed}, {count} corruptions", flush=True)
    rng = random.Random(seed)
    made = psql(SETUP % dict(seed=rng.random(), allowed=ALLOWED, types=",".join(TYPES)))
    good = psql("SELECT kind, encode(bytes, 'hex') FROM corrupt.good ORDER BY 1, 2")
    if made.returncode or good.returncode or "not called" in made.stdout or "no values" in made.stdout:
        print(made.stdout, made.stderr, good.stderr)
        checks.count(0, 1)
        checks.end()
    values = {}
    for line in good.stdout.split():
        kind, _, digits = line.partition("|")
        values.setdefault(kind, []).append(bytes.fromhex(digits))
    # Journeys have most to read; each other kind gets an eighth.
    kinds = [k for k in values for _ in range(8 if k == "journey" else 1)]
    rows = [(i, kind, spoiled(rng, rng.choice(values[kind])))
            for i in range(count) for kind in [rng.choice(kinds)]]
    script = "".join(["SET search_path = corrupt, public, clientele; SET TimeZone = 'UTC';\n",
                      "SET statement_timeout = '60s'; SET client_min_messages = warning;\n",
                      "COPY corrupt.bad FROM STDIN;\n",
                      *(f"{i}\t{kind}\t\\\\x{b.hex()}\n" for i, kind, b in rows), "\\.\n",
                      *(f"SELECT probe({i});\n" for i in range(count))])
    asked = psql(script)
    lines = asked.stdout.splitlines()
    answers = sum(line.count(".") for line in lines if line[:1] in ".!?")
    errors = sum(line.count("!") for line in lines if line[:1] in ".!?")
    odd = [line for line in lines if "?" in line]
    failed = len(odd) + (asked.returncode != 0)
    print(f"{answers} answers, {errors} errors, {len(odd)} odd ones")
    for line in odd[:10]:
        print(line[line.index("?"):][:300])
    start = time.monotonic()
    wrong = corrupt_inputs(rng, values, inputs)
    print(f"in {time.monotonic() - start:.0f} s")
    failed += len(wrong)
    for line in wrong[:20]:
        print(line[:300])
    if asked.returncode != 0:
        print(f"the session ended at {rows[len([l for l in lines if l[:1] in '.!?'])]}")
        print(asked.stderr[-2000:])
    else:
        psql("SET client_min_messages = warning; DROP SCHEMA corrupt, clientele_data, clientele_bi CASCADE")
    checks.count(count + inputs - failed, failed)
    checks.end()


if __name__ == "__main__":
    main()
