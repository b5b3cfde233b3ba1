# SPDX-License-Identifier: PostgreSQL
"""What must be refused, and what must be answered however far out, for tests/differential/btyd.py."""
import time

from btyd_checks import check, psql
from btyd_published import written

MODEL = written("BG/NBD", .243, 4.414, .793, 2.426)
BB = written("BG/BB", 1.2, .75, .66, 2.78)
SPEND = '\'{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}\'::spend_model'
EFFECTS = MODEL.replace("}}'", '}, "purchase_effects": [1, 2], "dropout_effects": [0, 1]}\'')
FIT = "SELECT btyd_fit({}, 'BG/NBD') FROM (VALUES (1)) v (i)"
TWO = "SELECT btyd_fit({}) FROM (VALUES (1), (2)) v (i)"

ERRORS = [
    # Fits
    ("22023", FIT.format("1, 1, 2").replace("BG/NBD", "NBD")), ("22023", FIT.format("1, 1, 2").replace("BG/NBD", "Gamma-Gamma")),
    ("22023", TWO.format("1, 1, 2, CASE i WHEN 1 THEN 'BG/NBD' ELSE 'MBG/NBD' END")), ("22023", FIT.format("1.5, 1, 2")),
    ("22023", FIT.format("1, 3, 2")), ("22023", FIT.format("0, 1, 2")), ("22023", FIT.format("-1, 1, 2")), ("22023", FIT.format("1, -1, 2")),
    ("22023", FIT.format("1, 1, -2")), ("22003", FIT.format("'NaN', 1, 2")), ("22003", FIT.format("1, 'NaN', 2")), ("22003", FIT.format("1, 1, 'NaN'")),
    ("22003", FIT.format("1, 1, 'infinity'")), ("22003", FIT.format("1, '-infinity', 2")), ("22003", FIT.format("1, 1, 1.1e12")),
    ("22023", FIT.format("4000000001, 1, 2")), ("22003", FIT.format("2e12, 1, 2")),
    ("22023", FIT.format("1, 1.5, 2").replace("BG/NBD", "BG/BB")), ("22023", FIT.format("3, 2, 4").replace("BG/NBD", "BG/BB")),
    ("22023", FIT.format("1, 1, 2000000").replace("BG/NBD", "BG/BB")), ("22023", FIT.format("ROW(-1, 0, 2, NULL, NULL, NULL, NULL)::purchase_summary")),
    ("22003", FIT.format("ROW(1, 'NaN', 2, NULL, NULL, NULL, NULL)::purchase_summary")),
    ("22023", FIT.format("1, 1, 2, array[1]").replace("BG/NBD", "BG/BB")), ("22023", FIT.format("1, 1, 2, '{}'::float8[]")),
    ("22004", FIT.format("1, 1, 2, array[1, NULL]")), ("22003", FIT.format("1, 1, 2, array['NaN'::float8]")), ("22003", FIT.format("1, 1, 2, array['infinity'::float8]")),
    ("22023", FIT.format("1, 1, 2, array_fill(1::float8, array[31])")),
    ("22023", TWO.format("1, 1, 2, CASE i WHEN 1 THEN array[1] ELSE array[1, 2] END, 'BG/NBD'")),
    ("22004", FIT.format("ROW(1, 1, 2, NULL, NULL, NULL, NULL)::purchase_summary, array[NULL]::float8[]")),
    ("54000", "SELECT btyd_fit(1 + i % 3, 1, 2, array[i, random()], 'BG/NBD') FROM generate_series(1, 2200000) i"),
    ("22023", f"SELECT btyd_model_for({EFFECTS}, array[1])"), ("22023", f"SELECT btyd_model_for({EFFECTS}, '{{}}')"),
    ("22023", f"SELECT btyd_model_for({MODEL}, array[1])"), ("22004", f"SELECT btyd_model_for({EFFECTS}, array[1, NULL])"),
    ("22003", f"SELECT btyd_model_for({EFFECTS}, array[1, 'NaN'::float8])"), ("22003", f"SELECT btyd_model_for({EFFECTS}, array['infinity'::float8, 1])"),
    # Models
    ("22023", "SELECT '{\"model\": \"BG/NBD\"}'::btyd_model"), ("22023", "SELECT '{}'::btyd_model"), ("22023", f"SELECT {MODEL.replace('0.793', '-1')}"),
    ("22023", f"SELECT {MODEL.replace('0.793', '0')}"), ("22023", f"SELECT {MODEL.replace('0.793', '1e31')}"), ("22023", f"SELECT {MODEL.replace('BG/NBD', 'sBG')}"),
    ("22023", "SELECT " + MODEL.replace('"a"', '"c"')), ("22P02", "SELECT 'BG/NBD'::btyd_model"), ("22P02", "SELECT '{'::btyd_model"),
    ("22023", "SELECT " + EFFECTS.replace("[0, 1]", "[0]")), ("22023", "SELECT " + EFFECTS.replace("[0, 1]", "[0, 101]")),
    # Predictions
    *((code, f"SELECT {f}") for f, code in (
        (f"churn_prob(1, 3, 2, {MODEL})", "22023"), (f"churn_prob(1.5, 1, 2, {MODEL})", "22023"), (f"churn_prob(0, 1, 2, {MODEL})", "22023"),
        (f"churn_prob(-1, 1, 2, {MODEL})", "22023"), (f"churn_prob('NaN', 1, 2, {MODEL})", "22003"), (f"churn_prob(1, 'NaN', 2, {MODEL})", "22003"),
        (f"churn_prob(1, 1, 'infinity', {MODEL})", "22003"), (f"churn_prob(3, 2, 4, {BB})", "22023"), (f"churn_prob(1, 1.5, 4, {BB})", "22023"),
        (f"expected_purchases(1, 1, 2, {MODEL}, -1)", "22023"), (f"expected_purchases(1, 1, 2, {MODEL}, 'NaN')", "22003"),
        (f"expected_purchases(1, 1, 2, {MODEL}, 'infinity')", "22003"), (f"expected_purchases(1, 1, 2, {MODEL}, 1.1e12)", "22003"),
        (f"expected_purchases(1, 1, 2, {BB}, 2e6)", "22023"), (f"expected_purchases({MODEL}, -1)", "22023"), (f"expected_purchases({MODEL}, 'NaN')", "22003"),
        (f"expected_purchases({MODEL}, 1e13)", "22003"), (f"repurchase_prob(1, 1, 2, {MODEL}, -1)", "22023"), (f"repurchase_prob(1, 1, 2, {MODEL}, 'NaN')", "22003"),
        (f"repurchase_prob(1, 1, 2, {MODEL}, '-infinity')", "22003"), (f"repurchase_prob(1, 1, 2, {MODEL}, 2e12)", "22003"),
        (f"time_to_purchase(1, 1, 2, {MODEL}, 0)", "22023"), (f"time_to_purchase(1, 1, 2, {MODEL}, 1)", "22023"),
        (f"time_to_purchase(1, 1, 2, {MODEL}, 'NaN')", "22023"), (f"time_to_purchase(1, 1, 2, {MODEL}, -3)", "22023"),
        (f"discounted_purchases(1, 1, 2, {MODEL}, -.1)", "22023"), (f"discounted_purchases(1, 1, 2, {MODEL}, 0)", "22023"),
        (f"discounted_purchases(1, 1, 2, {MODEL}, 1e-320)", "22023"), (f"discounted_purchases(1, 1, 2, {MODEL}, 'NaN')", "22003"),
        (f"discounted_purchases(1, 1, 2, {MODEL}, .1, -1)", "22023"), (f"discounted_purchases(1, 1, 2, {MODEL}, .1, 'NaN')", "22003"),
        (f"discounted_purchases(1, 1, 2, {MODEL}, 1e7)", "22023"), (f"purchase_count_prob({MODEL}, -1, 1)", "22023"),
        (f"purchase_count_prob({MODEL}, 'NaN', 1)", "22003"), (f"purchase_count_prob({BB}, 2e6, 1)", "22023"),
        (f"customer_value(1, 1, 2, 'NaN', {MODEL}, {SPEND}, 10)", "22003"), (f"customer_value(1, 1, 2, 10, {MODEL}, {SPEND}, 'infinity')", "22023"),
        (f"customer_value(1, 2, 2, 1e308, {written('BG/NBD', 1e30, 1, 1, 1)}, {SPEND}, 1e12)", "22003"),
        (f"customer_value(1, 3, 2, 1, {MODEL}, {SPEND}, 10)", "22023"), (f"customer_value(1, 1, 2, 10, {MODEL}, {SPEND}, 10, -1)", "22023"),
        ("churn_prob(1, 1, 2, 'churn')", "42P01"), (f"churn_prob(1, 1, 2, ({SPEND})::text)", "22023"))),
]

# Every combination of these, for each model; what they return is possible, and never NaN.
FAR = """
CREATE TABLE extreme_models AS SELECT row_number() OVER () AS id, kind, json_build_object('model', kind, 'parameters', json_build_object(
    CASE kind WHEN 'BG/BB' THEN 'alpha' ELSE 'r' END, p, CASE kind WHEN 'BG/BB' THEN 'beta' ELSE 'alpha' END, q,
    CASE kind WHEN 'BG/BB' THEN 'gamma' WHEN 'Pareto/NBD' THEN 's' ELSE 'a' END, r, CASE kind WHEN 'BG/BB' THEN 'delta' WHEN 'Pareto/NBD' THEN 'beta' ELSE 'b' END, s))::text::btyd_model AS m
FROM unnest('{BG/NBD,MBG/NBD,Pareto/NBD,BG/BB}'::text[]) kind, unnest(%(values)s::float8[]) p, unnest(%(values)s::float8[]) q,
     unnest(%(values)s::float8[]) r, unnest(%(values)s::float8[]) s;
CREATE TABLE extreme_customers AS SELECT row_number() OVER () AS id, * FROM (
  SELECT DISTINCT x, CASE WHEN x = 0 THEN 0 ELSE share * age END AS t_x, age, false AS whole
  FROM unnest('{0,1,2,300,4e9}'::float8[]) x, unnest('{0,1e-9,1,1000,1e12}'::float8[]) age, unnest('{0,.5,1}'::float8[]) share
  UNION ALL SELECT x, greatest(x, floor(share * age)), age, true
  FROM unnest('{0,1,40,10000}'::float8[]) x, unnest('{0,1,50,10000}'::float8[]) age, unnest('{.5,1}'::float8[]) share WHERE x <= age AND (x > 0 OR share * age < 1)) v;
"""
ASKED = """
SELECT count(*), count(*) FILTER (WHERE gone >= 0 AND gone <= 1), count(*) FILTER (WHERE e >= 0 AND e < 'infinity'), count(*) FILTER (WHERE again >= 0 AND again <= 1),
  count(*) FILTER (WHERE ever >= again - 1e-9 AND ever <= 1 AND ever <= 1 - gone + 1e-9), count(*) FILTER (WHERE worth >= 0 AND worth <= e * (1 + 1e-6) + 1e-290),
  count(*) FILTER (WHERE again <= e * (1 + 1e-9) + 1e-9), count(*) FILTER (WHERE lasting >= worth * (1 - 1e-6) AND lasting < 'infinity'),
  left(string_agg(m || ' ' || x || ' ' || t_x || ' ' || age || ' ' || h || ': ' || concat_ws(' ', gone, e, again, ever, worth, lasting), E'\\n') FILTER (WHERE NOT coalesce(
    gone >= 0 AND gone <= 1 AND e >= 0 AND e < 'infinity' AND again >= 0 AND again <= 1 AND ever >= again - 1e-9 AND ever <= 1 AND ever <= 1 - gone + 1e-9 AND worth >= 0 AND worth <= e * (1 + 1e-6) + 1e-290
    AND again <= e * (1 + 1e-9) + 1e-9 AND lasting >= worth * (1 - 1e-6) AND lasting < 'infinity', false)), 900)
FROM (SELECT m.m, x, t_x, age, h, churn_prob(x, t_x, age, m.m) AS gone, expected_purchases(x, t_x, age, m.m, h) AS e, repurchase_prob(x, t_x, age, m.m, h) AS again,
        repurchase_prob(x, t_x, age, m.m, 'infinity') AS ever, discounted_purchases(x, t_x, age, m.m, .01, h) AS worth, discounted_purchases(x, t_x, age, m.m, .01) AS lasting
      FROM extreme_models m JOIN extreme_customers c ON whole = (kind = 'BG/BB'), unnest(%(horizons)s::float8[]) h WHERE kind = '%(kind)s' AND %(sample)s) v;
"""
WAITED = """
SELECT count(*), count(*) FILTER (WHERE coalesce(t >= 0 AND t <= 1e12, true)),
  count(*) FILTER (WHERE t IS NULL OR repurchase_prob(x, t_x, age, m, t) >= .3 - 1e-6) FROM (
SELECT *, time_to_purchase(x, t_x, age, m, .3) AS t FROM extreme_models JOIN extreme_customers ON whole = (kind = 'BG/BB') WHERE kind = '%(kind)s' AND %(sample)s) v;
SELECT count(*), count(*) FILTER (WHERE p >= 0 AND p <= 1) FROM (SELECT purchase_count_prob(m, h, n) AS p
  FROM extreme_models, unnest(%(horizons)s::float8[]) h, unnest('{-1,0,1,7,1000,2147483647}'::int[]) n WHERE kind = '%(kind)s') v;
SELECT count(*), count(*) FILTER (WHERE e >= 0 AND e < 'infinity') FROM (SELECT expected_purchases(m, h) AS e FROM extreme_models, unnest(%(horizons)s::float8[]) h WHERE kind = '%(kind)s') v;
"""


def errors():
    psql("""CREATE FUNCTION refused(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE code text; why text; answer text;
BEGIN EXECUTE query INTO answer; RETURN 'answered ' || coalesce(answer, 'NULL');
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, why = MESSAGE_TEXT; RETURN code || ' ' || why; END $$;""")
    for code, query in ERRORS:
        got = psql(f"SELECT refused($query${query}$query$);")[0][0]
        check(f"{query[:150]} is error {code}", got.startswith(code + " "), got)


def far():
    psql(FAR % {"values": "array[exp(-12), 1, exp(12)]"})
    for kind in ("BG/NBD", "MBG/NBD", "Pareto/NBD", "BG/BB"):
        horizons = "array[0, 1, 1000]" if kind == "BG/BB" else "array[0, 1e-9, 1, 1e12]"
        # BG/BB goes through opportunities one by one.
        asked = {"kind": kind, "horizons": horizons, "sample": f"(m.id + c.id) % {5 if kind == 'BG/BB' else 29} = 0"}
        started = time.time()
        *counts, wrong = psql(ASKED % asked)[0]
        check(f"far out, {kind}", len(set(counts)) == 1 and int(counts[0]) > 500, f"{counts} {wrong}")
        asked["sample"] = "(extreme_models.id + extreme_customers.id) % 13 = 0"
        for row in psql(WAITED % asked):
            check(f"far out, {kind}, waiting and counting", len(set(row)) == 1 and int(row[0]) > 0, row)
        print(f"far out, {kind}: {counts[0]} customers, {time.time() - started:.0f} s", flush=True)


def everything():
    errors()
    far()
