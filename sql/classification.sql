-- SPDX-License-Identifier: PostgreSQL
-- How good predictions are: the aggregate classification and its measures.
\set tests :DBNAME
CREATE DATABASE clientele_classification ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_classification
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

CREATE TABLE scores (name text, p float8, churned boolean);
INSERT INTO scores VALUES ('Anna', 0.9, true), ('Bob', 0.8, false), ('王芳', 0.8, true), ('李娜', 0.6, true), ('Eve', 0.35, false),
  ('陈静', 0.3, true), ('Max', 0.2, false), ('张伟', 0, false), ('Zoe', NULL, true), ('Tim', 0.5, NULL), (NULL, NULL, NULL);
CREATE VIEW judged AS SELECT classification(p, churned) AS c FROM scores;

-- Of 4 x 4 pairs 12 are ranked rightly, and one is a tie.
SELECT classification_auc(c) = 12.5 / 16 AS auc, classification_auc(c), classification_average_precision(c) FROM judged;
SELECT abs(classification_log_loss(c) + (ln(0.9) + ln(0.2) + ln(0.8) + ln(0.6) + ln(0.65) + ln(0.3) + ln(0.8) + ln(1.0)) / 8) < 1e-14 AS log_loss,
       classification_log_loss(c), round(classification_brier(c)::numeric, 12) AS brier FROM judged;
SELECT classification_accuracy(c), classification_accuracy(c, 0.8), classification_accuracy(c, threshold => 1), classification_accuracy(c, 0) FROM judged;
SELECT m.* FROM judged, unnest('{0,0.3,0.5,0.8,0.9,1}'::float8[]) t, classification_at(c, t) m;
SELECT (classification_at(c)).f1, precision FROM judged, classification_at(c);
SELECT bins.* FROM judged, classification_calibration(c, 3) AS bins;
SELECT bin, customers, mean_probability, rate, low, high FROM judged, classification_calibration(c, bins => 4, by_quantile => false);
SELECT bucket, customers, positives, rate, lift, cumulative_share FROM judged, classification_lift(c, 4);
-- The two with 0.8 are one half each of a positive.
SELECT bucket, customers, positives, lift FROM judged, classification_lift(c, 8);
SELECT count(*), sum(customers), sum(positives), max(cumulative_share) FROM judged, classification_lift(c, 10000);

-- Nothing, one class only, certain mistakes.
SELECT classification(p, churned) IS NULL AS nothing FROM scores WHERE false;
SELECT classification(p, churned) IS NULL AS nothing FROM scores WHERE p IS NULL OR churned IS NULL;
SELECT classification_auc(NULL), classification_at(NULL), (SELECT count(*) FROM classification_lift(NULL)) AS lift, (SELECT count(*) FROM classification_calibration(NULL)) AS calibration;
SELECT classification_auc(c), classification_average_precision(c), classification_at(c, 0.4), (SELECT count(lift) FROM classification_lift(c)) AS lift
FROM (SELECT classification(p, false) AS c FROM scores) x;
SELECT classification_auc(c), classification_average_precision(c), classification_at(c, 0.4), classification_at(c, 1) FROM (SELECT classification(p, true) AS c FROM scores) x;
SELECT round(classification_log_loss(c)::numeric, 6) AS log_loss, classification_brier(c), classification_auc(c)
FROM (SELECT classification(p, p < 0.5) AS c FROM unnest('{0,1,-0}'::float8[]) p) x;

-- Hostile input.
SELECT classification(1.0000000000000002, true);
SELECT classification(-1e-300, true);
SELECT classification('NaN', false);
SELECT classification('infinity', false);
SELECT classification('NaN', NULL) IS NULL AS passed_over;
SELECT classification_at(c, 50) FROM judged;
SELECT classification_accuracy(c, 'NaN') FROM judged;
SELECT * FROM judged, classification_lift(c, 0);
SELECT * FROM judged, classification_calibration(c, 10001);
SELECT classification_accum(NULL, 0.5, true);
SELECT '\x00'::classification_summary;
SELECT ''::text::classification_summary;
SELECT 'x'::classification_summary;

-- A summary is a value: text, varchar, binary, equality, parts that are joined.
SELECT c::text::classification_summary = c AND c::text::varchar::classification_summary = c AS same, c <> classification(1, true) AS other, c::text
FROM judged, scores GROUP BY c;
CREATE TABLE kept AS SELECT churned AS part, classification(p, churned ORDER BY p DESC) AS c FROM scores GROUP BY churned;
SELECT part, c IS NULL AS empty, classification_auc(c) FROM kept ORDER BY part;
SELECT classification_merge(kept.c) = (SELECT c FROM judged) AS same FROM kept;
SELECT classification_merge(kept.c) IS NULL AS nothing FROM kept WHERE part IS NULL;
SELECT count(DISTINCT classification_auc(x)) FROM (SELECT classification_merge(c) OVER (ORDER BY part NULLS FIRST) AS x FROM kept) w;
-- As a window; the state is not changed by asking.
SELECT name, round(classification_brier(classification(p, churned) OVER (ORDER BY name COLLATE "C" ROWS BETWEEN 2 PRECEDING AND CURRENT ROW))::numeric, 6) AS brier
FROM scores WHERE name < 'a' ORDER BY name COLLATE "C";
\copy (SELECT c FROM judged) TO results/clientele_classification.bin WITH (FORMAT binary)
CREATE TABLE back (c classification_summary);
\copy back FROM results/clientele_classification.bin WITH (FORMAT binary)
SELECT judged.c = back.c AS same FROM judged, back;

-- The same bytes from one process and from three; more different probabilities than are kept.
CREATE TABLE many AS SELECT (i * 7919 % 1000003) / 1000003.0::float8 AS p, i * 31 % 17 < 5 AS y FROM generate_series(1, 40000) i;
INSERT INTO many SELECT NULL, true FROM generate_series(1, 100);
ALTER TABLE many SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT classification(p, y) AS c FROM many;
SELECT classification(p, y) = (SELECT c FROM serial) AS same FROM (SELECT * FROM many ORDER BY md5(p::text)) x;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT classification(p, y) FROM many;
SELECT classification(p, y) = (SELECT c FROM serial) AS same, count(p) FROM many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
CREATE TABLE wide AS SELECT g, classification((i * 2 + g) / 1300000.0, i % 3 = 0) AS c FROM generate_series(0, 1) g, generate_series(0, 649999) i GROUP BY g;
SELECT classification_merge(c) = classification_merge(c ORDER BY -g) AS same, length(classification_summary_send(classification_merge(c))) < 12000000 AS small,
       abs(classification_brier(classification_merge(c)) - (SELECT avg(power(i / 1300000.0 - ((i / 2) % 3 = 0)::int, 2)) FROM generate_series(0, 1299999) i)) < 1e-5 AS near
FROM wide;

\c :tests
DROP DATABASE clientele_classification;
