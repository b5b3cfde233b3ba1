#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Statements that are large in every argument of every function: none runs on, none eats the server.

usage: large.py [SEED [COUNT]]      (default: a fresh seed, 500 statements and those written by hand)

CLIENTELE_LARGE=all asks every function with every large value of every argument, and gives each statement 2 s instead of
0.5 s (or CLIENTELE_LARGE_SECONDS). Each runs under that statement_timeout in a backend that may take 2 GB more than it has at
its start. It must end with an answer or an error, at most half a second of work after the timeout; the backend must survive,
and must not keep what it took.
"""
import collections
import os
import random
import select
import subprocess
import sys
import time

from checks import PSQL, Checks

GIGABYTE = 1 << 30
TICK = os.sysconf("SC_CLK_TCK")
ALL = os.environ.get("CLIENTELE_LARGE") == "all"
SECONDS = float(os.environ.get("CLIENTELE_LARGE_SECONDS", 2 if ALL else 0.5))
checks = Checks("large.py")

SETUP = r"""
SET client_min_messages = warning;
SET TimeZone = 'UTC';
DROP SCHEMA IF EXISTS clientele_data, clientele_bi, large CASCADE;
CREATE SCHEMA large;
SET search_path = large, clientele, public;
CALL create_store();
INSERT INTO clientele_data.customers SELECT generate_series(1, 50);
INSERT INTO clientele_data.event_types (event_type_id, channel, event, properties) OVERRIDING SYSTEM VALUE
SELECT n, (ARRAY['', 'web', 'app'])[1 + n % 3], 'event ' || n, CASE WHEN n % 7 = 0 THEN '{"kind": "x"}' ELSE '{}' END::jsonb
FROM generate_series(1, 20000) n;
INSERT INTO clientele_data.event_types (event_type_id, channel, event) OVERRIDING SYSTEM VALUE
VALUES (20001, '', 'purchase'), (20002, '', 'view_item'), (20003, '', 'search');
SELECT setval(pg_get_serial_sequence('clientele_data.event_types', 'event_type_id'), 30000);
INSERT INTO clientele_data.journeys (customer_id, journey)
SELECT n, (SELECT journey('2026-01-01'::timestamptz + i * interval '1 h', 1 + i % 20) FROM generate_series(1, 50) i) FROM generate_series(1, 50) n;
DO $do$ BEGIN
  PERFORM define_tag('vip', 'SELECT 5::bigint'), define_tag('age', 'SELECT 5::bigint, 34'), refresh_tags();
END $do$;

CREATE TABLE big_journey AS
SELECT 'many events' AS what, journey('2000-01-01'::timestamptz + n * interval '1 min', n % 20) AS v FROM generate_series(1, 1000000) n
UNION ALL SELECT 'many types', journey('2026-01-01'::timestamptz + n * interval '1 s', n % 20000, n::bigint * 7919 % 100000, n % 1000) FROM generate_series(1, 200000) n
UNION ALL SELECT 'one instant', journey('2026-01-01'::timestamptz, n % 2000) FROM generate_series(1, 100000) n
UNION ALL SELECT 'all of time', '{1@-4713-11-24T00:00:00Z, 2@2026-01-01T00:00:00Z, 1@+294276-12-31T23:59:59.999999Z}'::journey;
CREATE TABLE big_audience AS
SELECT 'all customers' AS what, '{0-68719476735}'::audience AS v
UNION ALL SELECT 'all but some', '{0-17179869183,17179869185-51539607551,51539607553-68719476735}'
UNION ALL SELECT 'every other', audience(2 * n::bigint) FROM generate_series(1, 1000000) n
UNION ALL SELECT 'far apart', audience(n::bigint * 65537 % 68719476736) FROM generate_series(1, 1000000) n;
CREATE TABLE big_tag_scores AS
SELECT 'many' AS what, tag_scores(n::bigint, (n::bigint * 7919 % 100003)::numeric / 100) AS v FROM generate_series(1, 300000) n
UNION ALL SELECT 'extremes', tag_scores(n, s) FROM (VALUES (0::bigint, -999999999999.999999), (68719476735, 999999999999.999999), (7, 0.000001)) x (n, s);
CREATE TABLE big_jsonb AS
SELECT 'long key' AS what, ('{"' || repeat('k', 1000000) || '": [' || (SELECT string_agg('1', ',') FROM generate_series(1, 20000)) || ']}')::jsonb AS v
UNION ALL SELECT 'deep', (repeat('{"a":', 3000) || '1' || repeat('}', 3000))::jsonb
UNION ALL SELECT 'deep array', (repeat('[', 5000) || '"x"' || repeat(']', 5000))::jsonb
UNION ALL SELECT 'many keys', jsonb_object_agg('key ' || n, n) FROM generate_series(1, 100000) n
UNION ALL SELECT 'long numbers', jsonb_agg(1e100000) FROM generate_series(1, 1000)
UNION ALL SELECT 'long text', to_jsonb(repeat('x', 10000000));
CREATE TABLE big_text AS
SELECT what, v FROM (VALUES ('letters', repeat('a', 10000000)), ('blanks', repeat(' ', 1000000)), ('quotes', repeat('"', 1000001)),
  ('digits', repeat('9', 1000000)), ('exponent', '1e999999999'), ('braces', repeat('{', 1000000)), ('brackets', repeat('[', 1000000)),
  ('round brackets', repeat('(', 1000000)), ('negations', repeat('!', 1000000) || 'a'), ('Chinese', repeat('上海', 500000)), ('backslashes', repeat('\', 1000000)),
  ('all numbers', (SELECT string_agg('#' || n, '|') FROM generate_series(1, 100000) n)), ('all names', repeat('*|', 20000) || '*'),
  ('stars', repeat('*', 100000)), ('stars and letters', repeat('*a', 10000)),
  ('and', repeat('a&', 300000) || 'a'), ('or', (SELECT string_agg('t' || n * 7919 % 100003, '|') FROM generate_series(1, 100000) n)),
  ('nested', repeat('!(a|b&', 900) || 'c' || repeat(')', 900)), ('a range', '{0-68719476735}'), ('ranges', '{' || (SELECT string_agg(3 * n || '-' || 3 * n + 1, ',') FROM generate_series(1, 200000) n) || '}'),
  ('object', '{' || (SELECT string_agg('"k' || n || '": ' || n, ', ') FROM generate_series(1, 100000) n) || '}'),
  ('deep object', repeat('{"steps":', 5000) || '1' || repeat('}', 5000)),
  ('funnel', '{"steps": [' || (SELECT string_agg('"#' || n || '"', ', ') FROM generate_series(1, 20000) n) || ']}'),
  ('journey', '{' || (SELECT string_agg(n % 1000 || '@2026-01-01T00:00:00Z', ', ') FROM generate_series(1, 200000) n) || '}'),
  ('hex', '\x' || repeat('ff', 1000000)), ('percent', repeat('%', 100000)), ('names', 'BG/NBD' || repeat('x', 1000000))) x (what, v);
CREATE TABLE big_text_array AS
SELECT what, v FROM (VALUES ('many', (SELECT array_agg('#' || n) FROM generate_series(1, 100000) n)), ('a thousand', (SELECT array_agg('#' || 1 + n % 20) FROM generate_series(1, 1000) n)),
  ('everything', array_fill('*'::text, ARRAY[1000])), ('the same', array_fill('purchase'::text, ARRAY[20000])), ('long', ARRAY[repeat('x', 10000000)]),
  ('two dimensions', array_fill('a'::text, ARRAY[300, 300])), ('hundred', array_fill('#1|#2|*'::text, ARRAY[100]))) x (what, v);
CREATE TABLE big_bytea AS
SELECT what, v FROM (VALUES ('zeros', decode(repeat('00', 10000000), 'hex')), ('ones', decode(repeat('ff', 10000000), 'hex')),
  ('counted', decode('01ffffffffffffffff7f' || repeat('01', 100000), 'hex'))) x (what, v);
CREATE TABLE big_tag_query AS
SELECT what, v::tag_query FROM (VALUES ('deep', repeat('!(a|b&', 900) || 'c' || repeat(')', 900)), ('wide', (SELECT string_agg('t' || n, '|') FROM generate_series(1, 60000) n)),
  ('numbers', (SELECT string_agg('age>' || n, '&') FROM generate_series(1, 20000) n)), ('mixed', (SELECT string_agg('(a' || n || '&!b' || n || ')', '|') FROM generate_series(1, 30000) n)), ('long', repeat('k', 1000000))) x (what, v);
CREATE TABLE big_funnel_def AS
SELECT what, v FROM (VALUES ('thousand steps', funnel_def((SELECT array_agg('#' || n) FROM generate_series(1, 1000) n))),
  ('one event', funnel_def(array_fill('#1'::text, ARRAY[1000]))), ('any', funnel_def(array_fill('#1|#2|#3'::text, ARRAY[300]), order_mode => 'any')),
  ('everything', funnel_def(array_fill('*'::text, ARRAY[300]))), ('strict', funnel_def(array_fill('*'::text, ARRAY[300]), order_mode => 'strict', same_item => true)),
  ('exclusions', funnel_def((SELECT array_agg('#' || 1 + n % 5) FROM generate_series(1, 60) n), exclusions => (SELECT array_agg('#' || n) FROM generate_series(1, 900) n))),
  ('ranges', funnel_def('{#1,#2,#3}', exclusions => (SELECT array_agg('#' || n || '@1-2') FROM generate_series(1, 1000) n))),
  ('windows', funnel_def(array_fill('#1'::text, ARRAY[500]), '1 day', step_windows => array_fill('1 h'::interval, ARRAY[499]), natural_day => true))) x (what, v);
CREATE TABLE big_pattern AS
SELECT what, v FROM (VALUES ('optional', pattern('#1{0,1000} .{1000}')), ('nested', pattern('((((.+ #1)+ #2)+ #3)+ #4)+ ... #9', '10000 days')),
  ('names', pattern((SELECT string_agg('#' || n, ' ... ') FROM generate_series(1, 5000) n))), ('waits', pattern('(. after at least 1 second within 10 days .{40})+ #9', '10000 days')),
  ('everything', pattern('(?<x><*>+|!<*>)*? $', session_gap => '1 second')), ('chain', pattern('.{64}'))) x (what, v);
CREATE TABLE big_path_def AS
SELECT what, v FROM (VALUES ('short sessions', path_def(session_gap => '1 microsecond')), ('long', path_def(max_length => 2147483647)), ('from anything', path_def('1 h', '*', '*|*|*', true, true))) x (what, v);
CREATE TABLE big_retention_def AS
SELECT what, v FROM (VALUES ('stretches', retention_def(cohort_by => 'every', mode => 'on_or_after', up_to => 9999)), ('hours', retention_def(period => 'hour', cohort_by => 'every', mode => 'on_or_before', up_to => 9999)),
  ('far', retention_def(period => 'year', brackets => '{0,1,2147483647}', until => '294276-12-31')), ('elapsed', retention_def(windows => 'elapsed', cohort_by => 'every', brackets => (SELECT array_agg(n) FROM generate_series(0, 10000) n)))) x (what, v);
CREATE TABLE big_attribution_def AS
SELECT what, v FROM (VALUES ('all models', attribution_def('#1', lookback => NULL, models => '{linear,time_decay,position_decay,markov_1,markov_3,shapley}')), ('short', attribution_def('#1|#2', lookback => '1 microsecond'))) x (what, v);
CREATE TABLE big_purchase_def AS
SELECT what, v FROM (VALUES ('fine', purchase_def('2026-06-30', '0', '1 h', purchase => '*')), ('old', purchase_def('4000-01-01 BC', purchase => '*')),
  ('far', purchase_def('290000-01-01', '0', '1 day', '294000-01-01', purchase => '*'))) x (what, v);
CREATE TABLE big_churn_def AS
SELECT what, v FROM (VALUES ('names', churn_def(names => (SELECT array_agg('f' || n) FROM generate_series(1, 200) n))), ('weight', churn_def(1e12, '1000000', true)), ('none', churn_def(0))) x (what, v);
CREATE TABLE big_churn_features_def AS
SELECT what, v FROM (VALUES ('everything', churn_features_def('1 h', '1 s', '*', '*', '*', '*', '*', '*')), ('long', churn_features_def('9000 days', '1 day'))) x (what, v);
CREATE TABLE big_rfm_cuts_def AS
SELECT what, v FROM (VALUES ('kmeans', rfm_cuts_def(10, 'kmeans')), ('mean', rfm_cuts_def(method => 'mean')), ('quantile', rfm_cuts_def(10))) x (what, v);
"""

# Large values of a type that are quickly written. The first is the usual one, which stands for the arguments that
# are not tried.
SIMPLE = {
    "boolean": ["true", "false", "NULL"],
    "smallint": ["1", "32767", "-32768"],
    "integer": ["3", "2147483647", "-2147483648", "0", "1000000"],
    "bigint": ["3", "9223372036854775807", "-9223372036854775808", "68719476735", "0", "100000000"],
    "double precision": ["2", "1e308", "-1e308", "'NaN'", "'Infinity'", "1e-308", "1e15", "0", "1e9"],
    "numeric": ["2", "1e1000", "'NaN'", "1e-1000", "9223372036854.775807", "'Infinity'"],
    "interval": ["'1 day'", "'178000000 years'", "'1 microsecond'", "'0'", "'-1 day'", "'2147483647 days'", "'1 month'"],
    "timestamp with time zone": ["'2026-06-01'", "'0001-01-01'", "'294276-12-31'", "'4713-01-01 BC'", "'infinity'", "'9999-12-31'"],
    "oid": ["10", "4294967295"],
    "regclass": ["'pg_class'", "'clientele_data.journeys'"],
    "boolean[]": ["'{t,f}'", "array_fill(true, ARRAY[1000])", "array_fill(true, ARRAY[1000000])"],
    "integer[]": ["'{1,2}'", "array_fill(1, ARRAY[1000000])", "array_fill(7, ARRAY[300, 300])"],
    "bigint[]": ["'{1,2}'", "(SELECT array_agg(n::bigint * 65537) FROM generate_series(1, 300000) n)", "'{68719476735}'",
                 "array_fill(1::bigint, ARRAY[3000000])"],
    "double precision[]": ["'{1,2}'", "array_fill(1e308::float8, ARRAY[1000000])", "array_fill('NaN'::float8, ARRAY[30])",
                           "(SELECT array_agg(n::float8) FROM generate_series(1, 200) n)"],
    "interval[]": ["'{1 day}'", "array_fill('1 day'::interval, ARRAY[100000])", "(SELECT array_agg(n * interval '1 s') FROM generate_series(1, 999) n)"],
    "timestamp with time zone[]": ["'{2026-01-01}'", "array_fill('2026-01-01'::timestamptz, ARRAY[100000])"],
    "jsonb[]": ["'{\"{}\"}'", "array_fill('{\"a\": 1}'::jsonb, ARRAY[100000])"],
    "bigint[][]": ["'{1,2}'"],
    "character varying": ["'a'", "repeat('a', 1000000)"],
    "rfm": ["ROW(1, 2, 3, 5)::clientele.rfm", "ROW(2147483647, -1, 3, 2147483647)::clientele.rfm"],
    "btyd_model": ["""'{"model": "BG/NBD", "parameters": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}'""",
                   """'{"model": "BG/NBD", "parameters": {"r": 1e300, "alpha": 1e-300, "a": 1e300, "b": 1e-300}}'""",
                   """'{"model": "Pareto/NBD", "parameters": {"r": 1e10, "alpha": 1e-10, "s": 1e10, "beta": 1e-10}}'""",
                   """'{"model": "BG/BB", "parameters": {"alpha": 1e8, "beta": 1e-8, "gamma": 1e8, "delta": 1e-8}}'"""],
    "spend_model": ["""'{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}'""",
                    """'{"model": "Gamma-Gamma", "parameters": {"p": 1e300, "q": 1e-300, "v": 1e300}}'"""],
    "contract_model": ["""'{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}'""",
                       """'{"model": "sBG", "parameters": {"alpha": 1e300, "beta": 1e-300}}'"""],
    "match_def": ["match_def('{a:name,b:code,c:exact}', '{d}')",
                  "match_def(ARRAY(SELECT repeat('x', 20000) || n || ':name' FROM generate_series(1, 20) n), '{d}', 10000000)"],
    "match_model": ["""'{"lambda": 0.25, "columns": [{"column": "a", "kind": "name", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "b", "kind": "code", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}, {"column": "c", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}], "block": ["d"]}'"""],
    "refcursor": ["'none'"],
    "journey": ["'{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}'"],
    "audience": ["'{1,5}'"],
    "tag_scores": ["'{1: 5}'"],
    "jsonb": ["'{\"a\": 1}'"],
    "text": ["'*'"],
    "text[]": ["'{#1,#2}'"],
    "bytea": ["'\\x01'"],
    "tag_query": ["'vip'"],
    "funnel_def": ["'{#1,#2}'"],
    "pattern": ["'#1 ... #2'"],
    "path_def": ["path_def()"],
    "retention_def": ["retention_def()"],
    "attribution_def": ["attribution_def('#1')", "attribution_def('#1', lookback => NULL, models => '{linear,time_decay,position_decay,markov_1,markov_3,shapley}')"],
    "activity_def": ["activity_def()", "activity_def('#1|*', 'hour', 2147483647, (SELECT array_agg(n) FROM generate_series(1, 100000) n), '0001-01-01', '290000-01-01')"],
    "counts_def": ["counts_def()", "counts_def('#1|*', 'hour', '{event_type}', '0001-01-01', '290000-01-01', '1 microsecond')"],
    "interval_def": ["interval_def('#1', '#2')", "interval_def('*|*|*', '*', 'first', '1 microsecond', '0001-01-01', '290000-01-01')"],
    "lifecycle_def": ["'{a=*,b=#1}'::lifecycle_def", "lifecycle_def((SELECT array_agg('s' || n || '=#' || n % 20) FROM generate_series(1, 32) n),"
                      " (SELECT array_agg(10000) FROM generate_series(1, 32)), (SELECT array_agg('1 day'::interval) FROM generate_series(1, 32)), NULL, true, 'hour')"],
    "purchase_def": ["purchase_def('2026-06-30', purchase => '*')"],
    "churn_def": ["churn_def()"],
    "uplift_def": ["uplift_def()"],
    "churn_features_def": ["churn_features_def()"],
    "rfm_cuts_def": ["rfm_cuts_def()"],
    "text_def": ["text_def()", "text_def(1, 8, 1048576, 1e-6, 1)"],
}
STORED = ["journey", "audience", "tag_scores", "jsonb", "text", "text[]", "bytea", "tag_query", "funnel_def", "pattern", "path_def", "retention_def", "attribution_def", "purchase_def",
          "churn_def", "churn_features_def", "rfm_cuts_def"]
# Values of these types come from an aggregate over rows, by `made_by` below.
MADE = {
    "attribution_summary": "(SELECT attribution(journey, attribution_def('#1', by => 'event', models => '{linear,markov_2,shapley}')) FROM clientele_data.journeys)",
    "retention_summary": "(SELECT retention_table(journey, retention_def(cohort_by => 'every', mode => 'on_or_after', up_to => 9999)) FROM clientele_data.journeys)",
    "pattern_summary": "(SELECT pattern_matches(journey, '(?<x>#1) ... #2') FROM clientele_data.journeys)",
    "funnel_summary": "(SELECT funnel(journey, '{#1,#2}') FROM clientele_data.journeys)",
    "bottleneck_summary": "(SELECT bottlenecks(n::text, f) FROM generate_series(1, 100000) n, (SELECT funnel(journey, '{#1,#2}') FROM clientele_data.journeys) v (f))",
    "correlation_summary": "(SELECT funnel_correlation(v, '{*,#2}', 1, 2) FROM big_journey WHERE what <> 'many events')",
    "effect_summary": "(SELECT campaign_outcome(n % 2 = 0, n % 3 = 0, n * 1e-300, n * 1e90) FROM generate_series(1, 100000) n)",
    "uplift_quality": "(SELECT uplift_curve(n / 100000.0, n % 2 = 0, n % 3 = 0) FROM generate_series(1, 100000) n)",
    "classification_summary": "(SELECT classification(n / 100000.0, n % 3 = 0) FROM generate_series(1, 100000) n)",
    "survey_summary": "(SELECT survey(n % 11, 'nps') FROM generate_series(1, 100000) n)",
    "rfm_cuts": "(SELECT rfm_cuts(n::float8, n % 7, n / 7.0, rfm_cuts_def()) FROM generate_series(1, 1000) n)",
    "holdout_summary": "(SELECT holdout_quality(n / 3.0, n % 4) FROM generate_series(1, 1000) n)",
    "rfm_values": "(SELECT large.rfm_state(n::bigint * 7919 % 1000003, n, n, rfm_cuts_def(10, 'kmeans')) FROM generate_series(1, 10000) n)",
    "spend_values": "(SELECT large.spend_state(n, n) FROM generate_series(1, 10000) n)",
    "contract_values": "(SELECT large.contract_state(n, n % 2 = 1) FROM generate_series(1, 10000) n)",
    "uplift_rows": "(SELECT large.uplift_state(ARRAY[n % 5, n % 11]::float8[], n % 2 = 0, n * 7919 % 13 < 6, uplift_def()) FROM generate_series(1, 10000) n)",
    "feedback_lexicon": "(SELECT feedback_lexicon('c' || n % 100, 'x' || n || repeat('y', n % 50), 1, 1) FROM generate_series(1, 15000) n)",
    "text_rows": "(SELECT large.text_state('word ' || n * 7919 % 1009 || ' 很', 'l' || n % 7, text_def()) FROM generate_series(1, 10000) n)",
    "text_model": "(SELECT text_fit('word ' || n * 7919 % 1009 || ' 很', 'l' || n % 7, text_def()) FROM generate_series(1, 1000) n)",
    "churn_rows": "(SELECT large.churn_state(ARRAY[n % 5, n % 11]::float8[], n * 7919 % 13 < 6, churn_def()) FROM generate_series(1, 10000) n)",
    "btyd_histories": "(SELECT large.btyd_state(n, n, 2 * n, 'Pareto/NBD') FROM generate_series(1, 10000) n)",
    "activity_summary": "(SELECT activity(v, activity_def(period => 'hour', until => '2300-01-01')) FROM big_journey)",
    "counts_summary": "(SELECT event_counts(v, counts_def(period => 'hour', by => '{event_type}')) FROM big_journey WHERE what <> 'many events')",
    "interval_summary": "(SELECT event_intervals(v, interval_def('#1', '#1|#2')) FROM big_journey)",
    "lifecycle_summary": "(SELECT lifecycle(v, lifecycle_def('{a=*,b=#1}', period => 'day', until => '2300-01-01')) FROM big_journey)",
    "path_count_summary": "(SELECT large.path_count_state(v, path_def('1 h')) FROM big_journey WHERE what <> 'many events')",
    "dwell_summary": "(SELECT dwell(v, path_def()) FROM big_journey)",
    "path_summary": "(SELECT large.path_state(v, path_def()) FROM big_journey WHERE what <> 'many events')",
    "purchase_summary": "ROW(2147483647, 1e308, 1e308, 1e308, 1, 'NaN', 1)",
    "uplift_model": "(SELECT uplift_fit(ARRAY[n % 5, n % 11]::float8[], n % 2 = 0, n * 7919 % 13 < 6, uplift_def()) FROM generate_series(1, 200) n)",
    "churn_model": "(SELECT churn_fit(ARRAY[n % 5, n % 11]::float8[], n * 7919 % 13 < 6, churn_def()) FROM generate_series(1, 200) n)",
}
MADE_STATES = """
SET search_path = large, clientele, public;
CREATE AGGREGATE rfm_state(float8, float8, float8, rfm_cuts_def) (SFUNC = rfm_cuts_accum, STYPE = rfm_values);
CREATE AGGREGATE spend_state(float8, float8) (SFUNC = spend_accum, STYPE = spend_values);
CREATE AGGREGATE contract_state(int, bool) (SFUNC = contract_accum, STYPE = contract_values);
CREATE AGGREGATE uplift_state(float8[], boolean, boolean, uplift_def) (SFUNC = uplift_fit_accum, STYPE = uplift_rows);
CREATE AGGREGATE churn_state(float8[], boolean, churn_def) (SFUNC = churn_fit_accum, STYPE = churn_rows);
CREATE AGGREGATE text_state(text, text, text_def) (SFUNC = text_fit_accum, STYPE = text_rows);
CREATE AGGREGATE btyd_state(float8, float8, float8, text) (SFUNC = btyd_accum, STYPE = btyd_histories);
CREATE AGGREGATE path_state(journey, path_def) (SFUNC = path_links_accum, STYPE = path_summary);
CREATE AGGREGATE path_count_state(journey, path_def) (SFUNC = path_counts_accum, STYPE = path_count_summary);
"""
# What is not a question: it makes or drops a store, waits for others, or is a part of these.
LEFT_OUT = {"create_store", "drop_store", "create_store_tables", "create_rfm_tables", "create_model_tables", "create_tag_tables",
            "create_store_views", "create_rfm_views", "create_model_views", "create_tag_views", "write_journeys", "lock_dictionaries"}

# More than one argument at a time, and shapes that no single argument has.
BY_HAND = [
    # exclusions, which multiply with steps
    "SELECT funnel_depth('{1@2026-01-01T00:00:00Z}', funnel_def((SELECT array_agg('#' || (1 + i % 5)) FROM generate_series(1, 20000) i), '1 day',"
    " exclusions => (SELECT array_agg('#' || i) FROM generate_series(1, 20000) i)))",
    "SELECT funnel_depth((SELECT v FROM big_journey WHERE what = 'many events'), funnel_def((SELECT array_agg('#' || (1 + i % 5)) FROM generate_series(1, 900) i),"
    " exclusions => '{*,#1,#2,#3}'))",
    "SELECT funnel_times((SELECT v FROM big_journey WHERE what = 'one instant'), funnel_def(array_fill('*'::text, ARRAY[900]), exclusions => '{#5000}'))",
    "SELECT array_length(funnel_times(v, (SELECT v FROM big_funnel_def WHERE what = 'exclusions')), 1) FROM big_journey",
    "SELECT window_funnel('1 day', '2026-01-01'::timestamptz + n * interval '1 s', VARIADIC array_fill(true, ARRAY[1000])) FROM generate_series(1, 20000) n",
    "SELECT window_funnel('1 day', '2026-01-01'::timestamptz, 'any', VARIADIC array_fill(true, ARRAY[1000])) FROM generate_series(1, 20000) n",
    "SELECT window_funnel('1 day', '2026-01-01'::timestamptz, 'strict_order,strict_deduplication', VARIADIC array_fill(true, ARRAY[1000]))" +
    " FROM generate_series(1, 20000) n",
    "SELECT window_funnel(NULL, '2026-01-01'::timestamptz, 'shared', VARIADIC array_fill(true, ARRAY[100000])) FROM generate_series(1, 20) n",
    "SELECT window_funnel(NULL, '2026-01-01'::timestamptz + n * interval '1 s', VARIADIC ARRAY(SELECT n * 7919 % (k + 2) = 0 FROM generate_series(1, 500) k)) FROM generate_series(1, 5000) n",
    "SELECT count(*) FROM (SELECT event_types_matching(repeat('*|', 50000) || '*')) x",
    "SELECT event_count((SELECT v FROM big_journey LIMIT 1), (SELECT string_agg('!#' || n, '|') FROM generate_series(1, 100000) n))",
    "SELECT event_count('{1@2026-01-01T00:00:00Z}', (SELECT string_agg('\"event ' || n || '\"', '|') FROM generate_series(1, 50000) n))",
    # sequences of rows
    "SELECT sequence_match_events(repeat('(?1)', 10000), '2026-01-01'::timestamptz + n * interval '1 s', n % 2 = 0, true) FROM generate_series(1, 300000) n",
    "SELECT sequence_count(repeat('(?1).*(?t!=5)', 3000) || '(?2)', '2026-01-01'::timestamptz + n * interval '1 s', true, n = 1) FROM generate_series(1, 300000) n",
    "SELECT sequence_match_events('(?1).*(?2).*(?1).*(?3)', '2026-01-01'::timestamptz, true, true, false) FROM generate_series(1, 3000000) n",
    "SELECT sequence_match('(?1)', now(), VARIADIC array_fill(true, ARRAY[1000000])) FROM generate_series(1, 10000)",
    "SELECT sequence_match(repeat('(?1)', 1000000), now(), true)",
    "SELECT length(sequence_next_node('forward', 'head', now(), repeat('x', 1000000) || n, true, true)) FROM generate_series(1, 3000) n",
    "SELECT sequence_next_node('backward', 'last_match', now(), 'x', true, VARIADIC array_fill(true, ARRAY[1000])) FROM generate_series(1, 100000)",
    "SELECT array_length(retention(VARIADIC array_fill(n % 2 = 0, ARRAY[1000000])), 1) FROM generate_series(1, 100) n",
    # tags
    "SELECT tag_match(v, (SELECT v FROM big_tag_query WHERE what = 'wide')) FROM big_jsonb",
    "SELECT tag_match(v, (SELECT v FROM big_tag_query WHERE what = 'long')) FROM big_jsonb",
    "SELECT tag_match((SELECT array_agg('x' || n) FROM generate_series(1, 300000) n), (SELECT v FROM big_tag_query WHERE what = 'wide'))",
    "SELECT tag_match((SELECT array_agg('age=' || n) FROM generate_series(1, 300000) n), (SELECT v FROM big_tag_query WHERE what = 'numbers'))",
    "SELECT tag_match(ARRAY['age=' || repeat('1', 10000000)], 'age>5')",
    "SELECT tag_match(jsonb_build_array('age=' || repeat('1', 10000000) || 'e-10000000'), 'age>5')",
    "SELECT (repeat('(', 1000) || 'a' || repeat(')', 1000))::tag_query",
    "SELECT length((repeat('!(a|', 333333) || 'a' || repeat(')', 333333))::tag_query::text)",
    "SELECT audience_size((SELECT v FROM big_tag_query WHERE what = 'mixed'))",
    # audiences, whose members are many more than their bytes
    "SELECT count(*) FROM members('{0-68719476735}'::audience)",
    "SELECT array_length('{0-68719476735}'::audience::bigint[], 1)",
    "SELECT length((v # '{0-68719476735}')::text) FROM big_audience",
    "SELECT cardinality('{0-68719476735}'::audience # '{1-68719476734}'::audience)",
    "SELECT cardinality((SELECT audience_union(a.v # b.v) FROM big_audience a, big_audience b))",
    "SELECT jaccard(a.v, b.v) FROM big_audience a, big_audience b",
    "SELECT cardinality(sample('{0-68719476735}'::audience, 68719476735))",
    "SELECT cardinality(sample('{0-68719476735}'::audience, 10000000))",
    "SELECT cardinality(control_group('{0-68719476735}'::audience, 0.5, 'x'))",
    "SELECT count(*) FROM audience_portrait('{0-68719476735}'::audience, '{0-68719476735}'::audience)",
    "SELECT length(('{' || (SELECT string_agg(n::bigint * 131072 || '-' || n::bigint * 131072 + 65535, ',') FROM generate_series(1, 300000) n) || '}')::audience::text)",
    "SELECT count(*) FROM unnest('{0-68719476735}'::audience::bigint[])",
    "SELECT cardinality(audience_intersection('{0-68719476735}'::audience)) FROM generate_series(1, 100000)",
    "SELECT cardinality(audience(n::bigint * 65536)) FROM generate_series(1, 1000000) n",
    "SELECT length((v & '{0-68719476735}'::audience)::text) FROM big_tag_scores",
    "SELECT count(*) FROM scores((SELECT v FROM big_tag_scores WHERE what = 'many'))",
    "SELECT score_summary(v, '{0-68719476735}') FROM big_tag_scores",
    # paths
    "SELECT array_length(journey_path(v, path_def()), 1) FROM big_journey",
    "SELECT count(*) FROM big_journey, journey_paths(v, path_def(session_gap => '1 microsecond'))",
    "SELECT count(*) FROM (SELECT (path_links(v, path_def())).* FROM big_journey) x",
    "SELECT count(*) FROM (SELECT path_links(v, path_def(by_step => true, max_length => 2147483647)) FROM big_journey) x",
    "SELECT cardinality(path_counts(v, path_def())) FROM big_journey",
    "SELECT cardinality(path_counts(v, path_def(session_gap => '1 microsecond', top => 1))) FROM big_journey",
    "SELECT count(*) FROM (SELECT dwell(v, path_def(collapse => true)) FROM big_journey) x, dwell_times(dwell)",
    "SELECT path_def(groups => (SELECT array_agg('g' || n || '=#' || n) FROM generate_series(1, 80000) n))",
    "SELECT cardinality(journey_path(v, path_def(groups => (SELECT array_agg('g' || n || '=#' || n) FROM generate_series(1, 50000) n)))) FROM big_journey",
    "SELECT journey_path(now() + n * interval '1 s', 'x' || n % 5000, path_def(groups => (SELECT array_agg('g' || n || '=x' || n || '*') FROM generate_series(1, 5000) n))) FROM generate_series(1, 20000) n",
    "SELECT journey_path(now(), repeat('x', 100000)) FROM generate_series(1, 20000)",
    "SELECT path_audience((SELECT v FROM big_text_array WHERE what = 'many'))",
    # activity and lifecycles
    "SELECT count(*) FROM active_periods((SELECT activity(v, activity_def(period => 'hour', window_periods => 2147483647, until => '290000-01-01')) FROM big_journey))",
    "SELECT count(*) FROM lifecycle_periods((SELECT activity(v, activity_def(period => 'year', until => '294276-12-31')) FROM big_journey))",
    "SELECT count(*) FROM count_periods((SELECT event_counts(v, counts_def(period => 'hour', session_gap => '1 microsecond')) FROM big_journey))",
    "SELECT count(*) FROM count_periods((SELECT event_counts(v, counts_def(period => 'all', by => '{event_type}')) FROM big_journey))",
    "SELECT count(*) FROM lifecycle_moves((SELECT lifecycle(v, lifecycle_def('{a=#1}', within => '{1 h}', period => 'hour')) FROM big_journey))",
    "SELECT count(*) FROM lifecycle_stages((SELECT lifecycle(v, lifecycle_def('{a=*}', period => 'hour', until => '290000-01-01')) FROM big_journey))",
    # journeys
    "SELECT length(journey_merge(v)::text) FROM big_journey, generate_series(1, 20)",
    "SELECT length((a.v || b.v)::text) FROM big_journey a, big_journey b",
    "SELECT count(*) FROM big_journey, events(v)",
    "SELECT count(*) FROM big_journey, sessions(v, '1 microsecond')",
    "SELECT day_count(v, '*', 'America/New_York') FROM big_journey",
    "SELECT journey('2026-01-01'::timestamptz + n * interval '1 s', n, n, 9223372036854) FROM generate_series(1, 3000000) n",
    "SELECT sum(sessionize) FROM (SELECT sessionize(at, '1 microsecond') OVER (ORDER BY at) FROM (SELECT now() + n * interval '1 s' FROM generate_series(1, 500000) n) x (at)) y",
    # values and scores
    "SELECT purchase_times(v, purchase_def('2100-01-01', '1 microsecond', '1 h', purchase => '*')) FROM big_journey",
    "SELECT purchase_summary('2026-01-01'::timestamptz + n * interval '1 s', 1e300, purchase_def('2100-01-01', '0', '1 h')) FROM generate_series(1, 1000000) n",
    "SELECT rfm_cuts((n::bigint * 7919 % 1000003)::float8, n, n, rfm_cuts_def(10, 'kmeans')) FROM generate_series(1, 200000) n",
    "SELECT count(*) FROM (SELECT rfm_score(n::float8, n, n, 10) OVER () FROM generate_series(1, 1000000) n) x",
    "SELECT btyd_fit(n % 1000, n % 1000, n, 'Pareto/NBD') FROM generate_series(1, 50000) n",
    "SELECT btyd_fit(n, n, 2 * n, 'BG/NBD') FROM generate_series(1, 50000) n",
    "SELECT btyd_fit(n, n, 2 * n, array_fill(n::float8, ARRAY[1000]), 'MBG/NBD') FROM generate_series(1, 2000) n",
    "SELECT btyd_fit(n % 100000, n % 100000, 100000, 'BG/BB') FROM generate_series(1, 50000) n",
    "SELECT spend_fit(n, n) FROM generate_series(1, 1000000) n",
    "SELECT contract_fit(n, n % 2 = 0) FROM generate_series(1, 1000000) n",
    # texts: one that is long, many, and marks that are to be ordered
    "SELECT count(*) FROM feedback_classes(repeat('不好 not good ', 60000), (SELECT feedback_lexicon(class, word, weight, polarity) FROM starter_feedback_words()))",
    "SELECT count(*) FROM feedback_classes(repeat(U&'\\0301\\0323', 200000), '{\"words\": []}')",
    "SELECT text_fit(repeat(md5(n::text), 30000), 'l' || n % 2, text_def(1, 8, 1048576)) FROM generate_series(1, 100) n",
    "SELECT text_fit(md5(n::text) || md5((n * 7)::text), 'l' || n % 200, text_def(least_customers => 1)) FROM generate_series(1, 100000) n",
    "SELECT text_fit(md5(n::text) || md5((n * 7)::text), 'l' || n % 20, text_def(penalty => 1e-6, least_customers => 1)) FROM generate_series(1, 20000) n",
    "SELECT churn_fit(array_fill(n::float8, ARRAY[2000]), n % 2 = 0, churn_def()) FROM generate_series(1, 2000) n",
    "SELECT churn_fit(ARRAY(SELECT (n * k * 7919 % 1009)::float8 FROM generate_series(1, 300) k), n % 2 = 0, churn_def(0)) FROM generate_series(1, 1000) n",
    "SELECT churn_fit(jsonb_build_object('a', 'level ' || n), n % 2 = 0, churn_def()) FROM generate_series(1, 100000) n",
    "SELECT churn_fit((SELECT v FROM big_jsonb WHERE what = 'many keys'), n % 2 = 0, churn_def()) FROM generate_series(1, 10) n",
    "SELECT churn_fit(jsonb_build_object('k' || n, n), n % 2 = 0, churn_def()) FROM generate_series(1, 100000) n",
    "SELECT count(*) FROM classification_calibration((SELECT classification(n / 1e6, n % 2 = 0) FROM generate_series(1, 1000000) n), 2147483647)",
    "SELECT count(*) FROM classification_lift((SELECT classification(n / 1e6, n % 2 = 0) FROM generate_series(1, 1000000) n), 2147483647)",
    "SELECT hypergeometric_p(9223372036854775807, 4611686018427387904, 4611686018427387904, 2305843009213693952)",
    "SELECT hypergeometric_p(68719476736, 34359738368, 34359738368, 17179869184)",
    # the dictionary
    "SELECT array_length(add_items((SELECT array_agg('item ' || n) FROM generate_series(1, 500000) n)), 1)",
    "SELECT array_length(add_event_types((SELECT array_agg('c') FROM generate_series(1, 300000) n), (SELECT array_agg('e' || n) FROM generate_series(1, 300000) n)), 1)",
    "SELECT array_length(customer_ids('email', (SELECT array_agg('a' || n) FROM generate_series(1, 300000) n)), 1)",
    "SELECT define_tag('deep', 'SELECT ' || repeat('(', 100000) || '1' || repeat(')', 100000))",
    "SELECT define_tag('long', 'SELECT 1 WHERE ' || repeat('true AND ', 20000) || 'true')",
    "SELECT define_tag(repeat('x', 1000000), 'SELECT 1::bigint')",
    "SELECT define_tag('q', repeat('vip & ', 100000) || 'vip', kind => 'tags')",
]


class Backend:
    """A session by psql, whose backend may take 2 GB more than it has at its start."""

    def __init__(self):
        self.psql = subprocess.Popen([PSQL, "-XAtq", "-v", "VERBOSITY=verbose"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
        self.marks, self.rest = 0, b""
        self.ask("LOAD 'clientele'; SET search_path = large, clientele, public; SET TimeZone = 'UTC'; "
                 "SET max_parallel_workers_per_gather = 0; SET jit = off; SET max_stack_depth = '2MB'")
        self.pid = int(self.ask("SELECT pg_backend_pid()")[0])
        limit = self.memory("VmSize") + 2 * GIGABYTE
        # Only the server's user may, where root lacks the right to.
        owner = os.stat(f"/proc/{self.pid}")
        become = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(["prlimit", "--pid", str(self.pid), f"--as={limit}"], check=True, **become)
        self.ask(f"SET statement_timeout = '{SECONDS} s'")

    def ask(self, statement, patience=60):
        """What psql prints for it, None if the backend or psql is gone or does not answer."""
        self.marks += 1
        mark = f"--mark {self.marks}--".encode()
        try:
            self.psql.stdin.write(statement.encode() + b"\n;\n\\echo " + mark + b"\n")
            self.psql.stdin.flush()
        except BrokenPipeError:
            return None
        end = time.monotonic() + patience
        while mark not in self.rest:
            ready, _, _ = select.select([self.psql.stdout], [], [], max(0, end - time.monotonic()))
            more = os.read(self.psql.stdout.fileno(), 1 << 16) if ready else b""
            if not more:
                return None
            self.rest += more
        answer, self.rest = self.rest.split(mark, 1)
        self.rest = self.rest.lstrip(b"\n")
        return answer.decode(errors="replace").splitlines()

    def memory(self, what):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what + ":"))

    def work(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def close(self):
        self.psql.kill()
        self.psql.wait()


def functions():
    """(name, kind, result is a set or a row, types of the arguments) of what the extension has."""
    rows = checks.psql("""
SET search_path = clientele, pg_catalog;
SELECT p.proname, p.prokind, p.proretset OR t.typtype IN ('c', 'p'), p.provariadic <> 0,
       (SELECT string_agg(format_type(a, NULL), ';' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY u (a, n))
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'clientele' JOIN pg_type t ON t.oid = p.prorettype
WHERE NOT 'internal'::regtype = ANY (p.proargtypes::oid[]) AND p.prorettype <> 'internal'::regtype
  AND p.prorettype NOT IN ('trigger'::regtype) AND p.prokind <> 'p'
ORDER BY p.proname, p.oid""")
    for name, kind, rich, variadic, types in rows:
        if name not in LEFT_OUT:
            yield name, kind, rich == "t", variadic == "t", types.split(";") if types else []


def expressions():
    """By type: the large values, the usual one first."""
    values = {name: list(some) for name, some in SIMPLE.items()}
    for name in STORED:
        table = "big_" + name.replace("[]", "_array")
        for (what,) in checks.psql(f"SELECT what FROM large.{table} ORDER BY 1"):
            values[name].append(f"(SELECT v FROM large.{table} WHERE what = '{what}')")
    for name, expression in MADE.items():
        values[name] = [expression]
    values["cstring"] = [f"textout({v})::cstring" for v in values["text"]]
    return values


def statements(values):
    strange = set()
    for name, kind, rich, variadic, types in functions():
        known = [values.get(t) for t in types]
        if None in known:
            strange.update(t for t in types if t not in values)
            continue
        for place, some in enumerate(known):
            for value in some[0 if place == 0 else 1:]:
                arguments = [value if i == place else of[0] for i, of in enumerate(known)]
                typed = [f"CAST({a} AS {t})" if t != "cstring" else a for a, t in zip(arguments, types)]
                if variadic:
                    typed[-1] = "VARIADIC " + typed[-1]
                call = f"{name}({', '.join(typed)})"
                if kind == "a":
                    yield f"SELECT length(CAST(({call}) AS text)) FROM generate_series(1, 3)"
                elif kind == "w":
                    yield f"SELECT count(CAST(x AS text)) FROM (SELECT {call} OVER () FROM generate_series(1, 3)) x"
                elif rich:
                    yield f"SELECT count(CAST(x AS text)) FROM {call} x"
                elif types == ["cstring"] or name.endswith("_out") or name.endswith("_send"):
                    yield f"SELECT {call} IS NULL"
                else:
                    yield f"SELECT length(CAST({call} AS text))"
    if strange:
        print("no values of", ", ".join(sorted(strange)))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    print("seed", seed)
    rng = random.Random(seed)
    checks.psql(SETUP + MADE_STATES)
    everything = list(statements(expressions()))
    chosen = everything if ALL else rng.sample(everything, min(count, len(everything)))
    chosen += BY_HAND
    rng.shuffle(chosen)
    started = checks.psql("SELECT pg_postmaster_start_time()")
    endings, slow, most = collections.Counter(), [], 0
    backend = Backend()
    for number, statement in enumerate(chosen):
        if number % 100 == 99:
            backend.close()
            backend = Backend()
        backend.ask("BEGIN")
        before, at = backend.work(), time.monotonic()
        answer = backend.ask(statement)
        took = time.monotonic() - at
        if answer is None:
            checks.check("the backend survives", False, statement)
            backend.close()
            backend = Backend()
            continue
        work = backend.work() - before
        # What it did after the timeout, at the share of a processor that it had; on an idle machine it has all of one.
        late = (took - SECONDS) * min(1, work / took)
        checks.check("a statement ends in time", late <= 0.5 or work <= SECONDS + 0.5, f"{took:.1f} s, {work:.1f} s of work: {statement}")
        error = next((line[line.index("ERROR:"):] for line in answer if "ERROR:" in line), None)
        code = error.split()[1].rstrip(":") if error else "answer"
        endings[code] += 1
        checks.check("an error is clean", code != "XX000" or "invalid memory alloc" in error, f"{error} {statement}")
        if took > 0.5:
            slow.append((took, statement))
        backend.ask("ROLLBACK")
        kept = backend.memory("RssAnon")
        if kept > most + (64 << 20):
            most = kept
            # Of a million small pieces the C library keeps some 600 MB for the next ones; a leak would grow beyond.
            if kept > 1000 << 20:
                checks.check("memory is freed", False, f"{kept >> 20} MB after {statement}")
    backend.close()
    checks.check("the server has not restarted", checks.psql("SELECT pg_postmaster_start_time()") == started)
    print(len(chosen), "of", len(everything) + len(BY_HAND), "statements:", dict(endings.most_common()))
    for took, statement in sorted(slow, reverse=True)[:12]:
        print(f"{took:.1f} s {statement[:200]}")
    checks.psql("SET client_min_messages = warning; DROP SCHEMA large, clientele_data, clientele_bi CASCADE")
    checks.end()


if __name__ == "__main__":
    main()
