#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Functions called in ways they were not made for, by operators and aggregates of one's own: no crash, no internal error.

usage: mistaken.py [SEED [CALLS]]      (default: a fresh seed, 8000 calls; CLIENTELE_MISTAKEN=1000000 for many)

Every function of the extension is put into operators, aggregates (also as its combine, final and moving functions), wrappers
of other and of polymorphic types, by a superuser and by an ordinary role, and called with values of the right type, of domains
over it, NULL, empty and large ones, expanded and stored out of line. Estimators meet columns and constants of all types.
"""
import collections
import os
import random
import subprocess
import sys

from checks import PSQL, Checks

checks = Checks("mistaken.py")
ROLE = "clientele_mistaken"
LEFT_OUT = ("create_store drop_store create_store_tables create_rfm_tables create_model_tables create_tag_tables create_store_views "
            "create_rfm_views create_model_views create_tag_views write_journeys lock_dictionaries").split()

SETUP = f"""
SET client_min_messages = warning;
SET TimeZone = 'UTC';
DROP SCHEMA IF EXISTS clientele_data, clientele_bi, mistaken CASCADE;
DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE}; END IF;
END $do$;
CREATE SCHEMA mistaken;
GRANT ALL ON SCHEMA mistaken TO {ROLE};
SET search_path = mistaken, clientele, public;
CALL create_store();
GRANT USAGE ON SCHEMA clientele_data TO {ROLE};
GRANT SELECT ON ALL TABLES IN SCHEMA clientele_data TO {ROLE};
SELECT FROM (SELECT event_type('', e) FROM unnest('{{search,view_item,purchase}}'::text[]) e) x;
INSERT INTO clientele_data.customers VALUES (1), (5);
DO $do$ BEGIN
  PERFORM define_tag('vip', 'SELECT 5::bigint'), define_tag('age', 'SELECT 5::bigint, 34'), refresh_tags();
END $do$;
CREATE TABLE members AS
SELECT p.oid, p.proname AS name, p.prokind AS kind, p.prorettype AS result, p.proretset AS rows, p.provariadic <> 0 AS variadic,
       p.pronargs AS n, ARRAY(SELECT unnest(p.proargtypes)) AS types
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'clientele'
WHERE p.prokind <> 'p' AND NOT p.proname = ANY ('{{{",".join(LEFT_OUT)}}}') AND p.prorettype <> 'trigger'::regtype;
CREATE TABLE pool (type oid, expression text);
INSERT INTO pool
SELECT v.type::regtype, v.expression FROM (VALUES
  ('journey', $$'{{}}'$$), ('journey', $$'{{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z}}'$$),
  ('journey', $$(SELECT journey('2026-01-01'::timestamptz + n * interval '1 h', n % 40, n % 7, n) FROM generate_series(1, 4000) n)$$),
  ('audience', $$'{{}}'$$), ('audience', $$'{{1,5-9,68719476735}}'$$), ('audience', $$(SELECT audience(n::bigint * 3) FROM generate_series(1, 3000) n)$$),
  ('tag_scores', $$'{{}}'$$), ('tag_scores', $$(SELECT tag_scores(n::bigint, n / 7.0) FROM generate_series(1, 300) n)$$),
  ('tag_query', $$'vip'$$), ('tag_query', $$'!(a|b&age>3)&c.*'$$), ('text', $$''$$), ('text', $$'*'$$), ('text', $$repeat('x', 3000)$$), ('text', $$'{{1}}'$$),
  ('text', $$'BG/NBD'$$), ('text', $$'UTC'$$), ('varchar', $$'vip'$$), ('text[]', $$'{{}}'$$), ('text[]', $$'{{a,NULL,vip}}'$$), ('text[]', $$'{{{{a,b}},{{c,d}}}}'$$),
  ('text[]', $$ARRAY(SELECT 't' || n FROM generate_series(1, 2000) n)$$), ('text[]', $$'[5:6]={{a,b}}'$$), ('text[]', $$ARRAY['a','b']::varchar[]$$),
  ('jsonb', $$'{{}}'$$), ('jsonb', $$'[1, true, {{"a": [null, {{"b": "x"}}]}}]'$$), ('jsonb', $$'7'$$), ('jsonb', $$jsonb_build_object('a', repeat('x', 5000))$$),
  ('bytea', $$'\\x'$$), ('bytea', $$'\\x01ffffff'$$), ('boolean', $$true$$), ('boolean[]', $$'{{t,NULL,f}}'$$), ('integer', $$0$$), ('integer', $$-7$$), ('integer', $$2147483647$$),
  ('bigint', $$5$$), ('bigint', $$-1$$), ('bigint', $$9223372036854775807$$), ('bigint[]', $$'{{1,NULL,5}}'$$), ('bigint[]', $$'{{{{1,2}},{{3,4}}}}'$$),
  ('float8', $$0.5$$), ('float8', $$'NaN'$$), ('float8', $$1e308$$), ('float8[]', $$'{{1,NULL,2}}'$$), ('float8[]', $$'{{}}'$$), ('float8[]', $$array_fill(1::float8, ARRAY[30])$$),
  ('numeric', $$1.5$$), ('numeric', $$'NaN'$$), ('interval', $$'1 day'$$), ('interval', $$'-1 month'$$), ('interval[]', $$'{{1 day,NULL}}'$$), ('timestamptz', $$'2026-06-01'$$),
  ('timestamptz', $$'infinity'$$), ('timestamptz[]', $$'{{2026-06-01}}'$$), ('integer[]', $$'{{1,NULL}}'$$), ('jsonb[]', $$'{{"{{}}",NULL}}'$$), ('smallint', $$7$$),
  ('oid', $$10$$), ('regclass', $$'pg_class'$$), ('rfm', $$ROW(1, 2, NULL, 5)$$), ('rfm', $$ROW(NULL, NULL, NULL, NULL)$$), ('purchase_summary', $$ROW(1, 2, 3, NULL, NULL, NULL, NULL)$$),
  ('funnel_def', $$'{{"steps": ["search", "purchase"]}}'$$), ('funnel_def', $$funnel_def('{{#1,#2}}', '1 day', 'any')$$), ('path_def', $$path_def()$$), ('retention_def', $$retention_def()$$),
  ('attribution_def', $$attribution_def('#1')$$), ('attribution_def', $$attribution_def('#1', models => '{{last,markov_2}}')$$), ('pattern', $$'#1 ... #2'$$),
  ('attribution_summary', $$(SELECT attribution('{{1@2026-01-01T00:00:00Z}}'::journey, attribution_def('#1')))$$),
  ('pattern_summary', $$(SELECT pattern_matches('{{1@2026-01-01T00:00:00Z}}'::journey, '#1'))$$),
  ('retention_summary', $$(SELECT retention_table('{{1@2026-01-01T00:00:00Z}}'::journey, retention_def()))$$),
  ('activity_def', $$activity_def()$$), ('activity_def', $$activity_def('#1', 'week', bins => '{{0,2}}')$$), ('counts_def', $$counts_def()$$), ('counts_def', $$counts_def('#1', 'hour of week', by => '{{channel}}')$$),
  ('counts_summary', $$(SELECT event_counts('{{1@2026-01-01T00:00:00Z}}'::journey, counts_def()))$$), ('interval_def', $$interval_def('#1', '#2')$$), ('lifecycle_def', $$'{{a=*,b=#1}}'$$),
  ('activity_summary', $$(SELECT activity('{{1@2026-01-01T00:00:00Z}}'::journey, activity_def()))$$), ('interval_summary', $$(SELECT event_intervals('{{1@2026-01-01T00:00:00Z}}'::journey, interval_def('#1', '#2')))$$),
  ('lifecycle_summary', $$(SELECT lifecycle('{{1@2026-01-01T00:00:00Z}}'::journey, '{{a=*}}'))$$),
  ('purchase_def', $$purchase_def('2026-06-30', purchase => '#1')$$), ('churn_def', $$churn_def()$$), ('text_def', $$text_def()$$), ('feedback_lexicon', $$'{{"words": [{{"class": "a", "word": "x*", "polarity": -1}}]}}'$$),
  ('text_model', $$(SELECT text_fit('t' || n % 5, (n % 2)::text, text_def()) FROM generate_series(1, 40) n)$$), ('churn_features_def', $$churn_features_def()$$),
  ('rfm_cuts_def', $$rfm_cuts_def()$$), ('funnel_summary', $$(SELECT funnel('{{1@2026-01-01T00:00:00Z}}'::journey, '{{#1,#2}}'::text[], NULL))$$),
  ('bottleneck_summary', $$(SELECT bottlenecks('a', f) FROM (SELECT funnel('{{1@2026-01-01T00:00:00Z}}'::journey, '{{#1,#2}}'::text[], NULL)) v (f))$$),
  ('correlation_summary', $$(SELECT funnel_correlation('{{1@2026-01-01T00:00:00Z}}', '{{#1,#2}}', 1, 2))$$),
  ('effect_summary', $$(SELECT campaign_outcome(n % 2 = 0, n % 3 = 0, n) FROM generate_series(1, 9) n)$$), ('uplift_def', $$uplift_def()$$),
  ('uplift_model', $$(SELECT uplift_fit(ARRAY[n % 5]::float8[], n % 2 = 0, n % 3 = 0, uplift_def()) FROM generate_series(1, 60) n)$$),
  ('uplift_quality', $$(SELECT uplift_curve(n / 9.0, n % 2 = 0, n % 3 = 0) FROM generate_series(1, 9) n)$$),
  ('classification_summary', $$(SELECT classification(n / 9.0, n % 2 = 0) FROM generate_series(1, 9) n)$$), ('rfm_cuts', $$(SELECT rfm_cuts(n::float8, n, n, rfm_cuts_def()) FROM generate_series(1, 9) n)$$),
  ('classification_summary', $$(SELECT classification(n / 9.0, n % 2 = 0) FROM generate_series(1, 9) n)$$), ('survey_summary', $$(SELECT survey(n, 'nps') FROM generate_series(1, 9) n)$$),
  ('rfm_cuts', $$(SELECT rfm_cuts(n::float8, n, n, rfm_cuts_def()) FROM generate_series(1, 9) n)$$),
  ('holdout_summary', $$(SELECT holdout_quality(n, n) FROM generate_series(1, 9) n)$$), ('btyd_model', $${{}}$$), ('churn_model', $$(SELECT churn_fit(ARRAY[n % 5]::float8[], n % 3 = 0, churn_def()) FROM generate_series(1, 40) n)$$),
  ('match_def', $$match_def('{{a:name,b:code,c:exact}}', '{{d}}')$$), ('refcursor', $$'none'$$), ('match_model', $$'{{"lambda": 0.25, "columns": [{{"column": "a", "kind": "name", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}}, {{"column": "b", "kind": "code", "m": [0.7, 0.1, 0.1, 0.1], "u": [0.1, 0.1, 0.1, 0.7]}}, {{"column": "c", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}}], "block": ["d"]}}'$$),
  ('btyd_model', $$'{{"model": "BG/NBD", "parameters": {{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}}}}'$$),
  ('spend_model', $$'{{"model": "Gamma-Gamma", "parameters": {{"p": 6.25, "q": 3.74, "v": 15.44}}}}'$$), ('contract_model', $$'{{"model": "sBG", "parameters": {{"alpha": 0.668, "beta": 3.806}}}}'$$)
) v (type, expression) WHERE v.expression <> '{{}}';
-- Tables give values that are toasted, and domains are types of their own.
CREATE DOMAIN text_domain AS text;
CREATE DOMAIN journey_domain AS journey;
CREATE DOMAIN query_domain AS tag_query;
CREATE DOMAIN tags_domain AS text[];
CREATE DOMAIN audience_domain AS audience;
INSERT INTO pool SELECT t.base::regtype, p.expression || '::mistaken.' || t.name FROM (VALUES ('text', 'text_domain'), ('journey', 'journey_domain'),
  ('tag_query', 'query_domain'), ('text[]', 'tags_domain'), ('audience', 'audience_domain')) t (base, name) JOIN pool p ON p.type = t.base::regtype
WHERE p.expression NOT LIKE '%varchar%';
GRANT SELECT ON members, pool TO {ROLE};

-- An expression of this type, often NULL, sometimes of another type.
CREATE FUNCTION any_value(wanted oid) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  e text;
  of oid := CASE WHEN random() < 0.05 THEN (SELECT p.type FROM mistaken.pool p ORDER BY random() LIMIT 1) ELSE wanted END;
BEGIN
  IF random() < 0.15 THEN
    RETURN 'NULL';
  END IF;
  SELECT p.expression INTO e FROM mistaken.pool p WHERE p.type = of ORDER BY random() LIMIT 1;
  IF e IS NULL THEN
    RETURN CASE WHEN random() < 0.5 THEN 'NULL' ELSE '''x''' END;
  END IF;
  RETURN CASE WHEN e LIKE '%domain' THEN e ELSE format('CAST(%s AS %s)', e, format_type(of, NULL)) END;
END $$;
CREATE FUNCTION any_values(types oid[], variadic_last boolean DEFAULT false) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(CASE WHEN variadic_last AND n = cardinality(types) AND random() < 0.7 THEN 'VARIADIC ' ELSE '' END || mistaken.any_value(t), ', ' ORDER BY n)
  FROM unnest(types) WITH ORDINALITY u (t, n)
$$;
"""

# Each makes something of a function m and returns the statement that uses it; all is rolled back at the end of a batch.
WAYS = """
CREATE FUNCTION mistaken.way(m mistaken.members, powers boolean) RETURNS text[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  what text := 'clientele.' || quote_ident(m.name);
  named text := 'o' || floor(random() * 1e9)::bigint;
  state text := format_type(m.types[1], NULL);
  rest oid[] := m.types[2:];
  extra text := '';
  call text;
  o mistaken.members;
BEGIN
  CASE floor(random() * 7)::int
    WHEN 0 THEN  -- as it is, perhaps over rows
      call := format('%s(%s)', what, mistaken.any_values(m.types, m.variadic));
      RETURN ARRAY[CASE WHEN m.kind = 'w' THEN format('SELECT %s OVER () FROM generate_series(1, 2)', call)
                        WHEN m.rows THEN format('SELECT (x)::text FROM %s x', call) WHEN m.kind = 'a' AND random() < 0.5 THEN format('SELECT %s OVER (ORDER BY g ROWS 2 PRECEDING)::text FROM generate_series(1, 5) g', call)
                        ELSE format('SELECT (%s)::text FROM generate_series(1, 2)', call) END];
    WHEN 1, 2 THEN  -- as an operator
      IF m.n NOT IN (1, 2) THEN RETURN NULL; END IF;
      IF powers AND m.n = 2 AND m.result = 'boolean'::regtype THEN
        extra := ', RESTRICT = clientele.tag_query_selectivity, JOIN = contjoinsel';
      END IF;
      RETURN ARRAY[
        format('CREATE OPERATOR mistaken.@@@ (%s RIGHTARG = %s, FUNCTION = %s%s)', CASE WHEN m.n = 2 THEN format('LEFTARG = %s,', state) ELSE '' END,
               format_type(m.types[m.n], NULL), what, extra),
        format('SELECT (%s OPERATOR(mistaken.@@@) %s)', CASE WHEN m.n = 2 THEN mistaken.any_value(m.types[1]) ELSE '' END, mistaken.any_value(m.types[m.n]))];
    WHEN 3, 4, 5 THEN  -- as a part of an aggregate
      IF m.n < 1 OR m.result <> m.types[1] THEN RETURN NULL; END IF;
      IF random() < 0.4 THEN
        -- A receive function takes a buffer of the protocol, as those of PostgreSQL do: it looks the same as another internal
        -- value, and only a superuser can have an aggregate hand it one.
        SELECT f.* INTO o FROM mistaken.members f WHERE f.n = 1 AND f.types[1] = m.types[1] AND f.name !~ '_recv$' ORDER BY random() LIMIT 1;
        IF o.name IS NOT NULL THEN extra := extra || format(', FINALFUNC = clientele.%I', o.name); END IF;
      END IF;
      IF random() < 0.4 THEN
        SELECT f.* INTO o FROM mistaken.members f WHERE f.n = 2 AND f.types[1] = m.types[1] AND f.types[2] = m.types[1] AND f.result = m.types[1] ORDER BY random() LIMIT 1;
        IF o.name IS NOT NULL THEN extra := extra || format(', COMBINEFUNC = clientele.%I, PARALLEL = SAFE', o.name); END IF;
      END IF;
      IF random() < 0.3 THEN extra := extra || format(', MSFUNC = %1$s, MINVFUNC = %1$s, MSTYPE = %2$s', what, state); END IF;
      IF random() < 0.2 THEN extra := extra || ', INITCOND = ''{}'''; END IF;
      RETURN ARRAY[
        format('CREATE AGGREGATE mistaken.%I(%s) (SFUNC = %s, STYPE = %s%s)', named, coalesce(nullif((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) FROM unnest(rest) WITH ORDINALITY u (t, n)), ''), '*'),
               what, state, extra),
        format('SELECT (mistaken.%I(%s)%s)::text FROM generate_series(1, 4) g', named, coalesce(mistaken.any_values(rest), '*'),
               CASE WHEN random() < 0.4 THEN ' OVER (ORDER BY g ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)' ELSE '' END)];
    ELSE  -- through a polymorphic function, which keeps what the inner one keeps from call to call
      IF m.kind <> 'f' OR m.n < 1 THEN RETURN NULL; END IF;
      RETURN ARRAY[
        format('CREATE FUNCTION mistaken.%I(VARIADIC a anyarray) RETURNS text LANGUAGE plpgsql AS ''DECLARE r text; BEGIN FOR i IN 1 .. 2 LOOP SELECT (%s(%s))::text INTO r; END LOOP; RETURN r; END''', named, what,
               (SELECT string_agg(CASE WHEN n = 1 THEN 'a[1]' ELSE replace(mistaken.any_value(t), '''', '''''') END, ', ' ORDER BY n) FROM unnest(m.types) WITH ORDINALITY u (t, n))),
        format('SELECT mistaken.%I(%s, %s)', named, mistaken.any_value(m.types[1]), mistaken.any_value(m.types[1]))];
  END CASE;
END $$;
CREATE FUNCTION mistaken.run(calls int, seed float8, powers boolean, OUT code text, OUT n bigint, OUT example text) RETURNS SETOF record LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  m mistaken.members;
  statements text[];
  s text;
  codes jsonb := '{}';
  examples jsonb := '{}';
  done int := 0;
  c text;
BEGIN
  PERFORM setseed(seed);
  WHILE done < calls LOOP
    FOR m IN SELECT * FROM mistaken.members ORDER BY random() LIMIT 200 LOOP
      statements := mistaken.way(m, powers);
      CONTINUE WHEN statements IS NULL;
      done := done + 1;
      c := '00000';
      BEGIN
        FOREACH s IN ARRAY statements LOOP
          EXECUTE s;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'PM001';  -- takes back what was made
      EXCEPTION WHEN query_canceled THEN
        RAISE;
      WHEN OTHERS THEN
        c := SQLSTATE;
        IF c LIKE 'XX%' AND NOT examples ? c THEN examples := examples || jsonb_build_object(c, SQLERRM || ': ' || array_to_string(statements, '; ')); END IF;
      END;
      codes := codes || jsonb_build_object(c, coalesce((codes ->> c)::bigint, 0) + 1);
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT j.key, j.value::bigint, translate(left(examples ->> j.key, 1000), E'\n\t', '  ') FROM jsonb_each_text(codes) j;
END $$;
"""

# Columns with statistics of all kinds against constants of all kinds, by an operator that names our estimator.
ESTIMATES = """
CREATE TABLE mistaken.columns AS SELECT n AS c1, ARRAY[n % 10] AS c2, ARRAY['t' || n % 10] AS c3, ARRAY['t' || n % 10]::varchar[] AS c4, jsonb_build_object('t', n) AS c5,
  't' || n % 10 AS c6, n::float8 AS c7, to_tsvector('simple', 't' || n % 5) AS c8, ARRAY[n % 10 = 0] AS c9, int4range(n, n + 5) AS c10, ARRAY['t' || n % 10]::mistaken.tags_domain AS c11,
  ARRAY['t1', NULL, 't' || n]::mistaken.text_domain[] AS c12, ARRAY['t' || n % 9]::name[] AS c13 FROM generate_series(1, 500) n;
ANALYZE mistaken.columns;
CREATE FUNCTION mistaken.estimate(calls int, seed float8, OUT code text, OUT n bigint, OUT example text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  l record;
  v text;
  c text;
  codes jsonb := '{}';
  done int := 0;
  plan json;
  place text;
BEGIN
  PERFORM setseed(seed);
  WHILE done < calls LOOP
    SELECT a.attname AS name, a.atttypid AS type INTO l FROM pg_attribute a WHERE a.attrelid = 'mistaken.columns'::regclass AND a.attnum > 0 ORDER BY random() LIMIT 1;
    SELECT p.type, p.expression INTO c, v FROM mistaken.pool p WHERE NOT p.expression LIKE '%SELECT%' ORDER BY random() < 0.6 AND p.type = 'clientele.tag_query'::regtype DESC, random() LIMIT 1;
    v := format('CAST(%s AS %s)', CASE WHEN random() < 0.1 THEN 'NULL' ELSE v END, format_type(c::oid, NULL));
    done := done + 1;
    BEGIN
      EXECUTE format('CREATE FUNCTION mistaken.f(%1$s, %2$s) RETURNS boolean LANGUAGE plpgsql STABLE AS ''BEGIN RETURN false; END''', format_type(l.type, NULL), format_type(c::oid, NULL));
      EXECUTE format('CREATE FUNCTION mistaken.f(%2$s) RETURNS boolean LANGUAGE plpgsql STABLE AS ''BEGIN RETURN false; END''', NULL, format_type(c::oid, NULL));
      EXECUTE format('CREATE OPERATOR mistaken.@@@ (LEFTARG = %s, RIGHTARG = %s, FUNCTION = mistaken.f, RESTRICT = clientele.tag_query_selectivity)', format_type(l.type, NULL), format_type(c::oid, NULL));
      EXECUTE format('CREATE OPERATOR mistaken.@@@ (RIGHTARG = %s, FUNCTION = mistaken.f, RESTRICT = clientele.tag_query_selectivity)', format_type(c::oid, NULL));
      place := CASE WHEN random() < 0.1 THEN format('OPERATOR(mistaken.@@@) %s', v) ELSE format('%I OPERATOR(mistaken.@@@) %s', l.name, v) END;
      EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM mistaken.columns WHERE ' || place INTO plan;
      IF NOT (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float8 BETWEEN 1 AND 500 THEN RAISE EXCEPTION 'a strange estimate' USING ERRCODE = 'XX999'; END IF;
      RAISE EXCEPTION USING ERRCODE = 'PM001';
    EXCEPTION WHEN OTHERS THEN
      codes := codes || jsonb_build_object(SQLSTATE, coalesce((codes ->> SQLSTATE)::bigint, 0) + 1);
    END;
  END LOOP;
  RETURN QUERY SELECT j.key, j.value::bigint, NULL FROM jsonb_each_text(codes) j;
END $$;
"""


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("CLIENTELE_MISTAKEN", 8000))
    print("seed", seed)
    rng = random.Random(seed)
    checks.psql(SETUP + WAYS + ESTIMATES)
    started = checks.psql("SELECT pg_postmaster_start_time()")
    endings = collections.Counter()
    step = 1000
    for batch in range(max(1, calls // step)):
        role = "RESET ROLE" if batch % 2 == 0 else f"SET ROLE {ROLE}"
        what = f"mistaken.run({step}, {rng.uniform(-1, 1)}, {batch % 2 == 0})" if batch % 6 else f"mistaken.estimate({step}, {rng.uniform(-1, 1)})"
        script = (f"SET search_path = mistaken, clientele, public; SET TimeZone = 'UTC'; SET client_min_messages = error;\n{role};\n"
                  f"SET clientele.trusted_owners = 'postgres';\nBEGIN;\nSELECT * FROM {what};\nROLLBACK;\n")
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t"], input=script,
                              capture_output=True, text=True, check=False)
        checks.check("a batch of calls ends", done.returncode == 0, f"batch {batch}, {what}: {done.stderr[-400:]}")
        for line in done.stdout.splitlines():
            code, n, example = line.split("\t")
            endings[code] += int(n)
            checks.check("no call ends in an internal error", not code.startswith("XX") or code == "XX001", f"{n} times {code}: {example}", weight=int(n))
    checks.check("the server has not restarted", checks.psql("SELECT pg_postmaster_start_time()") == started)
    print(sum(endings.values()), "calls:", dict(endings.most_common()))
    checks.psql(f"SET client_min_messages = warning; DROP SCHEMA mistaken, clientele_data, clientele_bi CASCADE; DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
    checks.end()


if __name__ == "__main__":
    main()
