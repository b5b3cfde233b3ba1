-- SPDX-License-Identifier: PostgreSQL
-- Models that find the label of a text.
\set tests :DBNAME
CREATE DATABASE clientele_text_models ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_text_models
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET client_min_messages = warning;
SET extra_float_digits = -3;
CREATE EXTENSION clientele;
SET search_path = public, clientele;

-- How to fit is a value.
SELECT text_def(), text_def(2, 4, 1024, 1, 1) AS other, text_def(NULL, NULL, NULL, NULL, NULL) = text_def() AS null_is_default,
       '{"max_n": 3}'::varchar::text_def = text_def() AS same, text_def(max_n => 2)::text::text_def <> text_def() AS differs;
SELECT text_def(0);
SELECT text_def(3, 2);
SELECT text_def(buckets => 1);
SELECT text_def(penalty => 0);
SELECT text_def(penalty => 'NaN');
SELECT text_def(least_customers => 0);
SELECT '{"n": 1}'::text_def;

CREATE TABLE reviews AS
  SELECT i, CASE i % 3 WHEN 0 THEN '价格' WHEN 1 THEN 'delivery' ELSE 'staff' END AS label,
         CASE i % 3 WHEN 0 THEN '太贵了,不划算' WHEN 1 THEN 'the parcel is late ' ELSE 'A rude clerk ' END || CASE WHEN i % 7 = 0 THEN '很' || (i % 5) ELSE '' END AS text
  FROM generate_series(1, 240) i;
SELECT text_fit(text, label, text_def()) AS m FROM reviews \gset
SELECT :'m'::jsonb - '{labels,kept,idf,fit}'::text[] AS model, (:'m'::jsonb -> 'fit') - '{log_likelihood,null_log_likelihood,gradient_norm,iterations}'::text[] AS fit,
       round((:'m'::jsonb #>> '{fit,null_log_likelihood}')::numeric, 6) = round(240 * ln(1 / 3.0), 6) AS null_likelihood;
SELECT x ->> 'label' AS label, x -> 'rows' AS rows FROM jsonb_array_elements(:'m'::jsonb -> 'labels') x;
-- The text form is the whole value; no order of rows matters.
SELECT text_model_send(:'m'::text_model) = text_model_send(:'m'::text_model::text::text_model) AS text_is_the_value,
       text_model_send(text_fit(text, label, text_def() ORDER BY md5(i::text))) = text_model_send(:'m'::text_model) AS order_does_not_matter FROM reviews;
SELECT count(*) FILTER (WHERE text_class(text, :'m'::text_model) = label) AS right, count(*) FROM reviews;
SELECT label, round(probability::numeric, 2) AS probability FROM text_probs('这个clerk太贵', :'m'::text_model);
SELECT text_class('Ｌａｔｅ ＰＡＲＣＥＬ', :'m'::text_model), text_class('', :'m'::text_model) IS NOT NULL AS empty, text_class(NULL, :'m'::text_model) IS NULL AS nothing;
SELECT label, ngram, round(contribution::numeric, 4) > 0 AS speaks_for FROM text_reasons('太贵', :'m'::text_model);
SELECT text_prob('太贵', :'m'::text_model, '价格') = (SELECT max(probability) FROM text_probs('太贵', :'m'::text_model)) AS prob, text_prob('太贵', :'m'::text_model, 'nobody') AS unknown;
SELECT count(*) FROM text_reasons('太贵', :'m'::text_model, 'staff', 0);
SELECT * FROM text_reasons('x', :'m'::text_model, 'nobody');
SELECT * FROM text_reasons('x', :'m'::text_model, max_reasons => -1);
-- The parts of a score: contributions and the intercept make the odds between two labels.
SELECT abs(exp((SELECT sum(contribution) FROM text_reasons('late clerk 贵', :'m'::text_model, 'staff', 1000))
             - (SELECT sum(contribution) FROM text_reasons('late clerk 贵', :'m'::text_model, 'delivery', 1000))
             + (SELECT (a.x -> 'intercept')::float8 FROM jsonb_array_elements(:'m'::jsonb -> 'labels') a (x) WHERE a.x ->> 'label' = 'staff')
             - (SELECT (a.x -> 'intercept')::float8 FROM jsonb_array_elements(:'m'::jsonb -> 'labels') a (x) WHERE a.x ->> 'label' = 'delivery'))
           - (SELECT max(probability) FILTER (WHERE label = 'staff') / max(probability) FILTER (WHERE label = 'delivery') FROM text_probs('late clerk 贵', :'m'::text_model))) < 1e-9 AS adds_up;

-- No model holds what fewer than five customers have written.
SELECT text_fit(text, label, customer, text_def()) AS few FROM (
  SELECT text, label, i % 40 AS customer FROM reviews UNION ALL SELECT 'unmistakable', 'staff', c FROM generate_series(1, 20) i, generate_series(1, 4) c) r \gset
SELECT (:'few'::jsonb #> '{fit,rows}') AS rows, (:'few'::jsonb #> '{fit,customers}') AS customers, (:'few'::jsonb #> '{fit,dropped}')::int > 0 AS dropped,
       count(*) FILTER (WHERE ngram = 'unm') AS secret FROM text_reasons('unmistakable', :'few'::text_model, 'staff', 1000);

-- Empty and wrong input.
SELECT text_fit(text, label, text_def()) IS NULL AS nothing, text_fit(NULL, label, text_def()) IS NULL AS nulls FROM reviews WHERE false;
SELECT text_fit(NULL, label, text_def()) IS NULL AS nulls, text_fit(text, label, NULL::bigint, text_def()) IS NULL AS nobody FROM reviews;
SELECT text_fit(text, 'same', text_def()) FROM reviews;
SELECT text_fit(text, '', text_def()) FROM reviews;
SELECT text_fit(text, repeat('x', 201), text_def()) FROM reviews;
SELECT text_fit(text, i::text, text_def()) FROM reviews;
SELECT text_fit(text, label, text_def(buckets => 100 + i)) FROM reviews;
SELECT text_fit(repeat('x', 1000001), label, text_def()) FROM reviews;
SELECT '{"model": "BG/NBD"}'::text_model;
SELECT '{"definition": {}, "labels": [{"label": "a", "weights": []}], "kept": [], "idf": []}'::text_model;
SELECT '{"definition": {}, "labels": [{"label": "b", "weights": []}, {"label": "a", "weights": []}], "kept": [], "idf": []}'::text_model;
SELECT '{"definition": {}, "labels": [{"label": "a", "weights": [1]}, {"label": "b", "weights": []}], "kept": [1], "idf": [1]}'::text_model;
SELECT * FROM text_probs('x', '{"definition": {}, "labels": [{"label": "a", "weights": []}, {"label": "b", "weights": []}], "kept": [], "idf": []}'::text_model);
-- As an aggregate over a window, and in parallel.
SELECT count(DISTINCT length(m::text)) AS models FROM (SELECT text_fit(text, label, text_def()) OVER (PARTITION BY i % 2) AS m FROM reviews) w;
-- Under a name.
SELECT text_class('x', 'topics');
CALL create_store();
SELECT text_class('x', 'topics');
SELECT save_model('topics', :'m'::text_model, note => 'first') AS version;
SELECT save_model('topics', :'few') AS second_by_its_text;
SELECT name, version, type, kind, customers, current, parameters FROM clientele_bi.models ORDER BY version;
SELECT text_class('太贵', 'topics') AS named, text_class('太贵', 'topics@1') AS first, text_prob('太贵', 'topics', '价格') > .5 AS prob,
       (SELECT label FROM text_probs('太贵', 'topics') LIMIT 1) AS probs, (SELECT label FROM text_reasons('太贵', 'topics') LIMIT 1) AS reasons;
SELECT text_class('太贵', 'topics@9');
SELECT churn_prob('{}'::jsonb, 'topics');
SELECT version, customers, mean_absolute_error < .1 AS good FROM compare_models('topics', 'reviews');
SELECT * FROM compare_models('topics', 'SELECT text FROM reviews');
\c :tests
DROP DATABASE clientele_text_models;
