#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Models of uplift and their curves, against an oracle that shares no code with them.

usage: uplift.py [--long] [SEED [COUNT]]      (default: a fresh seed, 250 cases and 6 models; 10,000 and 100 with --long)

Curves: each case is a group of one query. Models: two models are those of churn_fit for each group, a class model fulfils the equations of
the weighted likelihood. Values must be the same bytes in serial, in parallel, in reverse and joined from parts. If scikit-uplift can be
imported, its areas are compared, too.
"""
import json
import math
import os
import random
import sys

from checks import FORCED, SERIAL, Checks, changed_bytes, copy
from oracles import load_oracle

DATABASE = "clientele_uplift_differential"
checks = Checks("uplift", DATABASE, "SET search_path = public, clientele; SET client_min_messages = warning;\n")
check, psql = checks.check, checks.psql


def near(got, want, tolerance=1e-9):
    if want is None or got == "":
        return want is None and got == ""
    return abs(float(got) - want) <= tolerance * max(1, abs(want))


def same_row(got, want):
    return len(got) == len(want) and all(near(g, w) for g, w in zip(got, want))


def curves(cases, rng, intervals):
    rows = [(i, None if s is None else repr(s), None if t is None else bool(t), None if o is None else repr(float(o)))
            for i, c in enumerate(cases) for s, t, o in c["rows"]]
    rng.shuffle(rows)
    psql("DROP TABLE IF EXISTS scored, serial, asked;\nCREATE TABLE scored (id int, score float8, treated boolean, outcome float8);\n" + copy("scored", rows)
         + "CREATE TABLE asked (id int, buckets int);\n" + copy("asked", [(i, c["buckets"]) for i, c in enumerate(cases)])
         + "ALTER TABLE scored SET (parallel_workers = 2); ANALYZE scored;\n"
         "CREATE TABLE serial AS SELECT id, uplift_curve(score, treated, outcome) AS q FROM scored GROUP BY id;")
    measures, points, tops, buckets = {}, {}, {}, {}
    for i, name, value, customers, treated, control in psql("SELECT id, measure, value, customers, treated, control FROM serial, uplift_measures(q, 0);"):
        measures.setdefault(int(i), {})[name] = (value, int(customers), int(treated), int(control))
    for i, *row in psql("SELECT id, p.* FROM serial, uplift_points(q) WITH ORDINALITY p ORDER BY id, ordinality;"):
        points.setdefault(int(i), []).append(row[:3])
    for i, share, customers, uplift in psql("SELECT id, share, t.customers, t.uplift FROM serial, unnest('{0.1,0.3,1}'::float8[]) share, uplift_top(q, share, 0) t ORDER BY id, share;"):
        tops.setdefault(int(i), []).append((share, customers, uplift))
    for i, *row in psql("SELECT id, b.* FROM serial JOIN asked USING (id), uplift_buckets(q, buckets) WITH ORDINALITY b ORDER BY id, ordinality;"):
        buckets.setdefault(int(i), []).append(row[:10])
    for i, c in enumerate(cases):
        if not c["customers"]:
            check("no customers", i not in measures)
            continue
        got = measures[i]
        check("counts", got["qini"][1:] == (c["customers"], c["treated"], c["control"]), f"{c} {got}")
        for name in ("effect", "uplift_area", "qini_area", "auuc", "auuc_gain", "qini"):
            check(name, near(got[name][0], c[name]), f"wanted {c[name]}, got {got[name]} of {c['rows']}")
        if c["points"] is None:
            check("no points", i not in points)
            continue
        check("points", len(points[i]) == len(c["points"]) and all(map(same_row, points[i], c["points"])), f"wanted {c['points']}, got {points[i]}")
        check("top", all(map(same_row, tops[i], c["top"])), f"wanted {c['top']}, got {tops[i]}")
        check("buckets", len(buckets[i]) == len(c["bucket_rows"]) and all(same_row(g[:8], w) for g, w in zip(buckets[i], c["bucket_rows"])),
              f"wanted {c['bucket_rows']}, got {buckets[i]}")
        known = [r for r in c["rows"] if None not in r]
        shares = all(r[2] in (0, 1) for r in known)
        ordered = sorted((r[0] for r in known), reverse=True)
        for row in buckets[i]:
            place = lambda s: int((ordered.index(s) + (ordered.count(s) - 1) / 2 + 0.5) * c["buckets"] / len(ordered))
            arms = [[r[2] for r in known if r[1] == g and place(r[0]) == int(row[0]) - 1] for g in (1, 0)]
            if shares:
                want = intervals.newcombe(sum(arms[0]), len(arms[0]), sum(arms[1]), len(arms[1]))[1:]
            else:
                want = intervals.welch(*arms)[4:]
            check("interval of a bucket", near(row[8], want[0]) and near(row[9], want[1]), f"wanted {want}, got {row}")


def plans():
    aggregate = "SELECT id, uplift_curve(score, treated, outcome%s) AS q FROM scored GROUP BY id"
    asked = {"parallel": (FORCED, aggregate % ""), "reversed": (SERIAL, aggregate % " ORDER BY score DESC, outcome, treated"),
             "shuffled": (SERIAL, aggregate % " ORDER BY hashfloat8(score + outcome)"),
             "merged": (FORCED, "SELECT id, uplift_curve_merge(q ORDER BY part DESC) AS q FROM (SELECT id, abs(hashfloat8(outcome)) % 5 AS part,"
                                " uplift_curve(score, treated, outcome) AS q FROM scored GROUP BY 1, 2) x GROUP BY id")}
    for name, (settings, query) in asked.items():
        (good, bad), = psql(f"""{settings}SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM (
          SELECT coalesce(uplift_quality_send(a.q) = uplift_quality_send(b.q), a.q IS NULL AND b.q IS NULL) AS same
          FROM ({query}) a FULL JOIN serial b USING (id)) x;""")
        check(f"{name} plan", int(good) > 0 and bad == "0", f"{good} same, {bad} differ", int(good))
    (good, bad), = psql("""SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM (
      SELECT (SELECT array_agg(m ORDER BY m.measure) FROM uplift_measures(a.q, 20, 7) m) = (SELECT array_agg(m ORDER BY m.measure) FROM uplift_measures(b.q, 20, 7) m) AS same
      FROM (SELECT id, uplift_curve(score, treated, outcome ORDER BY outcome DESC) AS q FROM scored GROUP BY id) a JOIN serial b USING (id) WHERE a.q IS NOT NULL) x;""")
    check("samples depend on rows and seed only", int(good) > 0 and bad == "0", f"{good} same, {bad} differ", int(good))


CORRUPT = ("uplift_quality", "SELECT q::text FROM serial WHERE q IS NOT NULL ORDER BY length(q::text) LIMIT 200",
           ["m.* FROM uplift_measures(v, 0) m", "b.* FROM uplift_buckets(v, 3) b", "p.* FROM uplift_points(v) p",
            "uplift_curve_merge(x) FROM (VALUES (v), (v)) y (x)"])


# Models

def log_odds(model, features):
    total = model["intercept"]
    for f in model["features"]:
        v = features.get(f["name"])
        if "levels" in f:
            total += next((level["coefficient"] for level in f["levels"] if level["level"] == v), 0)
            if v is None:
                total += f.get("missing", {}).get("coefficient", 0)
        elif v is None:
            total += f["coefficient"] * f["mean"] + f["missing"]["coefficient"] if "missing" in f else f["coefficient"] * f["mean"]
        else:
            total += f["coefficient"] * v
    scale = model.get("calibration", {"slope": 1, "intercept": 0})
    return scale["slope"] * total + scale["intercept"]


def probability(model, features):
    return 1 / (1 + math.exp(-log_odds(model, features)))


def models(rng, count):
    rows, data = [], {}
    for i in range(count):
        e, effect = rng.choice([0.2, 0.5, 0.8]), rng.choice([0, 0.3])
        texts, missing = rng.random() < 0.5, rng.choice([0, 0.2])
        data[i] = []
        for _ in range(rng.choice([60, 200])):
            f = {"a": round(rng.gauss(0, 1), 1), "b": rng.randrange(3)}
            if texts:
                f["c"] = rng.choice(["x", "y", "上海"])
            if rng.random() < missing:
                f["a"] = None
            treated = rng.random() < e
            outcome = rng.random() < 0.3 + (effect if treated and f["b"] == 2 else 0)
            data[i].append((f, treated, outcome))
        rows += [(i, json.dumps(f, ensure_ascii=False), t, y) for f, t, y in data[i]]
    rng.shuffle(rows)
    psql("DROP TABLE IF EXISTS tested, fitted;\nCREATE TABLE tested (id int, f jsonb, treated boolean, outcome boolean);\n" + copy("tested", rows)
         + "ALTER TABLE tested SET (parallel_workers = 2); ANALYZE tested;\n"
         "CREATE TABLE fitted AS SELECT id, uplift_fit(f, treated, outcome, uplift_def()) AS two, uplift_fit(f, treated, outcome, uplift_def(method => 'class', penalty => 3)) AS one,"
         " churn_fit(f, outcome, churn_def()) FILTER (WHERE treated) AS t, churn_fit(f, outcome, churn_def()) FILTER (WHERE NOT treated) AS c FROM tested GROUP BY id;")
    found = {}
    for i, two, one, t, c in psql("SELECT * FROM fitted ORDER BY id;"):
        two, one = found[i] = json.loads(two), json.loads(one)
        check("two models are those of churn_fit", two["treated"] == json.loads(t) and two["control"] == json.loads(c), f"{two}")
        mine = data[int(i)]
        share = sum(treated for _, treated, _ in mine) / len(mine)
        weights = [0.5 / share if treated else 0.5 / (1 - share) for _, treated, _ in mine]
        model = one["class"]
        residuals = [w * ((outcome == treated) - probability(model, f)) for w, (f, treated, outcome) in zip(weights, mine)]
        # The slope of the penalised likelihood is 0: in the intercept, and in each standardised column.
        check("the intercept's equation", abs(sum(residuals)) < 1e-6 * len(mine), f"{sum(residuals)} {one}")
        for feature in model["features"]:
            if "levels" in feature:
                terms = [(level, [float(f.get(feature["name"]) == level["level"]) for f, _, _ in mine]) for level in feature["levels"]]
            else:
                terms = [(feature, [feature["mean"] if f.get(feature["name"]) is None else f[feature["name"]] for f, _, _ in mine])]
            for term, column in terms:
                slope = sum(r * (x - term["mean"]) / term["sd"] for r, x in zip(residuals, column)) - 3 * term["coefficient"] * term["sd"]
                check("a coefficient's equation", abs(slope) < 1e-6 * len(mine), f"{slope} {feature}")
    for i, f, two, one in psql("SELECT id, f, uplift(f, two), uplift(f, one) FROM tested JOIN fitted USING (id);"):
        (m2, m1), f = found[i], json.loads(f)
        check("uplift by two models", near(two, probability(m2["treated"], f) - probability(m2["control"], f), 1e-11))
        check("uplift by class", near(one, 2 * probability(m1["class"], f) - 1, 1e-11))
    aggregate = "SELECT id, uplift_fit(f, treated, outcome, uplift_def(){0}) AS two, uplift_fit(f, treated, outcome, uplift_def(method => 'class', penalty => 3){0}) AS one FROM tested GROUP BY id"
    for name, settings, order in (("parallel", FORCED, ""), ("reversed", SERIAL, " ORDER BY f DESC, treated"), ("shuffled", SERIAL, " ORDER BY hashtext(f::text)")):
        (good, bad), = psql(f"""{settings}SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM (
          SELECT uplift_model_send(a.two) = uplift_model_send(b.two) AND uplift_model_send(a.one) = uplift_model_send(b.one) AS same
          FROM ({aggregate.format(order)}) a JOIN fitted b USING (id)) x;""")
        check(f"models, {name} plan", int(good) > 0 and bad == "0", f"{good} same, {bad} differ", int(good))
    (same,), = psql("SELECT bool_and(uplift_model_send(two) = uplift_model_send(two::text::uplift_model) AND one = one::text::uplift_model) FROM fitted;")
    check("the text form is exact", same == "t")
    # States of parts, through their bytes, in two orders.
    (same,), = psql("""SELECT bool_and(a = b) FROM (
      SELECT rows_joined(s::text::uplift_rows ORDER BY part) AS a, rows_joined(s ORDER BY part DESC) AS b FROM (
        SELECT id, abs(hashtext(f::text)) % 3 AS part, rows_of(f, treated, outcome, uplift_def()) AS s FROM tested GROUP BY 1, 2) x GROUP BY id) w;""")
    check("states of parts", same == "t", same)


SETUP = """
CREATE EXTENSION clientele;
CREATE AGGREGATE public.rows_of(jsonb, boolean, boolean, clientele.uplift_def) (
  SFUNC = clientele.uplift_fit_accum, STYPE = clientele.uplift_rows, COMBINEFUNC = clientele.uplift_fit_combine, PARALLEL = SAFE);
CREATE AGGREGATE public.rows_joined(clientele.uplift_rows) (SFUNC = clientele.uplift_fit_combine, STYPE = clientele.uplift_rows);
"""


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    long = "--long" in sys.argv or os.environ.get("CLIENTELE_LONG") == "1"
    seed = int(arguments[0]) if arguments else random.randrange(2**32)
    count = int(arguments[1]) if len(arguments) > 1 else 10000 if long else 250
    print(f"seed {seed}")
    oracle, intervals = load_oracle("uplift", checks), load_oracle("intervals", checks)
    rng = random.Random(seed)
    checks.new_database(SETUP)
    for first in range(0, count, 2500):
        curves([oracle.case(rng) for _ in range(min(2500, count - first))], rng, intervals)
        plans()
    (wrong,), = psql(changed_bytes(*CORRUPT, rng.random(), 20000 if long else 500))
    check("corrupt bytes are refused, or become what stays itself", wrong == "0", wrong)
    models(rng, 100 if long else 6)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
