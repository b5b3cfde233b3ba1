#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Spend, contracts and hold-outs against textbook formulas, another maximiser and published figures.

usage: spend_contracts.py [SEED [COUNT]]      (default: a fresh seed, 40 random data sets of each kind)

The likelihoods are written as the papers print them, with lgamma, and are maximised by Nelder and
Mead's simplex; expectations are exact fractions or plain sums. Serial plans, parallel plans, shuffled
rows and states merged in any order must give the same bits. Then the published figures on CDNOW,
Online Retail and the retention table, if the data is there.
"""
import fractions
import gzip
import json
import math
import random
import sys

from checks import DATA, FORCED, Checks, copy

DATABASE = "clientele_spend_differential"
BOX = 14  # logarithms of the estimates lie between -14 and 14, with money in units of its geometric mean
checks = Checks("spend_contracts", DATABASE)
check, psql = checks.check, checks.psql


def near(what, got, want, tolerance):
    check(what, abs(float(got) - want) <= tolerance, f"{got} instead of {want}")


def simplex(f, start, size=1.0, rounds=2000):
    """The minimum of f by Nelder and Mead (1965), started again until it stays."""
    best, value = list(start), f(start)
    while True:
        points = [best] + [[v + (size if i == k else 0) for i, v in enumerate(best)] for k in range(len(best))]
        table = sorted((f(p), p) for p in points)
        for _ in range(rounds):
            if table[-1][0] - table[0][0] < 1e-10:
                break
            middle = [sum(p[i] for _, p in table[:-1]) / len(best) for i in range(len(best))]
            def at(step):
                p = [m + step * (w - m) for m, w in zip(middle, table[-1][1])]
                return f(p), p
            tried = at(-1)
            if tried[0] < table[0][0]:
                table[-1] = min(tried, at(-2))
            elif tried[0] < table[-2][0]:
                table[-1] = tried
            else:
                inner = min(at(-.5), at(.5))
                if inner[0] < min(tried[0], table[-1][0]):
                    table[-1] = inner
                else:
                    low = table[0][1]
                    table = [table[0]] + [(f(q), q) for _, p in table[1:] for q in [[(a + b) / 2 for a, b in zip(low, p)]]]
            table.sort()
        gained = value - table[0][0]
        value, best = table[0]
        if gained < 1e-8:
            return value, best


def spend_likelihood(rows, p, q, v):
    """Note 025, eq. 1a."""
    return sum(math.lgamma(p * x + q) - math.lgamma(p * x) - math.lgamma(q) + q * math.log(v) + (p * x - 1) * math.log(m) +
               p * x * math.log(x) - (p * x + q) * math.log(x * m + v) for x, m in rows)


def contract_likelihood(rows, alpha, beta):
    """Fader and Hardie (2007), by the recursion of P(T = t)."""
    last = max(t for t, _ in rows)
    gone, there = [0, alpha / (alpha + beta)], [1, beta / (alpha + beta)]
    for t in range(2, last + 1):
        gone.append(gone[-1] * (beta + t - 2) / (alpha + beta + t - 1))
        there.append(there[-1] * (beta + t - 1) / (alpha + beta + t - 1))
    return sum(math.log(gone[t] if churned else there[t]) for t, churned in rows)


def fits(table, call, group="g", order=""):
    return {int(g): json.loads(model) if model else None
            for g, model in psql(f"SELECT {group}, clientele.{call} FROM {table} GROUP BY 1 {order}")}


def same_bits(label, table, fit, state):
    """Serial, parallel, shuffled and merged in parts; `fit` and `state` name the arguments."""
    name, arguments = fit.split("(", 1)
    want = psql(f"SET max_parallel_workers_per_gather = 0; SELECT g, clientele.{fit} FROM {table} GROUP BY 1 ORDER BY 1")
    plans = {"parallel": FORCED + f"SELECT g, clientele.{fit} FROM {table} GROUP BY 1 ORDER BY 1",
             "shuffled": f"SELECT g, clientele.{name}({arguments[:-1]} ORDER BY random()) FROM {table} GROUP BY 1 ORDER BY 1",
             "merged": f"SELECT g, joined_{state}(s ORDER BY random()) FROM (SELECT g, id % 5 AS part, state_{state}({arguments[:-1]}) AS s "
                       f"FROM {table} GROUP BY 1, 2) p GROUP BY 1 ORDER BY 1"}
    for plan, script in plans.items():
        got = psql(script)
        check(f"{label} {plan}", got == want and len(want) > 0, f"{sum(a != b for a, b in zip(got, want))} of {len(want)} differ")
    # All groups as one: enough rows for workers to matter.
    one = psql(f"SET max_parallel_workers_per_gather = 0; SELECT clientele.{fit} FROM {table}")
    plan = "\n".join(line for line, in psql(FORCED + f"EXPLAIN SELECT clientele.{fit} FROM {table}"))
    check(f"{label} plan", "Partial Aggregate" in plan, plan)
    check(f"{label} all", psql(FORCED + f"SELECT clientele.{fit} FROM {table}") == one)


def random_spend(rng, count):
    rows, sets = [], {}
    for g in range(count):
        p, q, v = math.exp(rng.uniform(-.5, 2.5)), 1 + math.exp(rng.uniform(-1, 2)), math.exp(rng.uniform(-3, 6))
        mean_x, sets[g] = rng.choice([1, 2, 5]), []
        for i in range(rng.choice([15, 40, 120])):
            x = min(int(rng.expovariate(1 / mean_x)), 60)
            m = rng.gammavariate(p * x, 1 / rng.gammavariate(q, 1 / v)) / x if x else rng.choice([None, 7.0])
            if x and rng.random() < .1:
                m = rng.choice([None, 0.0, -3.5])
            if x and m and m > 0:
                if rng.random() < .2 and sets[g]:
                    x, m = rng.choice(sets[g])
                sets[g].append((x, m))
            rows.append((g, i, x, m))
    rng.shuffle(rows)
    return rows, sets


def spend(rng, count):
    rows, sets = random_spend(rng, count)
    psql("CREATE TABLE spend (g int, id int, x float8, m float8);\n" + copy("spend", rows) + "ALTER TABLE spend SET (parallel_workers = 2); ANALYZE spend;")
    same_bits("spend", "spend", "spend_fit(x, m)", "spend")
    models, at_bound, placed = fits("spend", "spend_fit(x, m)"), 0, 0
    for g, says in sets.items():
        model = models[g]
        if not says:
            check(f"spend {g}: nobody", model is None)
            continue
        p, q, v = (model["parameters"][k] for k in "pqv")
        got = spend_likelihood(says, p, q, v)
        # Near a bound lgamma of large numbers loses digits.
        large = sum(abs(math.lgamma(p * x + q)) + abs(math.lgamma(p * x)) + abs(math.lgamma(q)) + abs(q * math.log(v)) for x, _ in says)
        near(f"spend {g}: its likelihood", model["log_likelihood"], got, 1e-7 * (1 + abs(got)) + 1e-15 * large)
        check(f"spend {g}: counts", model["customers"] == len(says) and model["groups"] == len(set(says)), model)
        unit = math.exp(sum(math.log(m) for _, m in says) / len(says))
        def loss(at):
            if any(abs(a) > BOX for a in at):
                return math.inf
            return -spend_likelihood(says, math.exp(at[0]), math.exp(at[1]), math.exp(at[2]) * unit)
        other = min(simplex(loss, start) for start in ([0, .7, 0], [2, 1, -1], [3, 2, 1]))
        if "at_bound" in model:
            at_bound += 1
        check(f"spend {g}: the maximum", got >= -other[0] - (1e-3 if "at_bound" in model else 1e-6), f"{got} {-other[0]} at {other[1]}, {model}")
        # On a ridge the place is not determined, as the standard errors show.
        errors = [model["standard_errors"][k] for k in "pqv"]
        if "at_bound" not in model and None not in errors and abs(got + other[0]) < 1e-6:
            for a, b, value, error in zip(other[1], (math.log(p), math.log(q), math.log(v / unit)), (p, q, v), errors):
                check(f"spend {g}: the place", abs(a - b) < .005 + .005 * error / value, f"{other[1]} {model}")
                placed += 1
        xs, ms = [x for x, _ in says], [m for _, m in says]
        mx, mm, n = sum(xs) / len(says), sum(ms) / len(says), len(says)
        scale = math.sqrt(sum((x - mx)**2 for x in xs) * sum((m - mm)**2 for m in ms))
        near(f"spend {g}: correlation", model["correlation"], sum((x - mx) * (m - mm) for x, m in says) / scale if scale > 1e-9 else 0, 1e-9)
    print(f"{at_bound} of {len(sets)} spend models at a bound, {placed} estimates compared")
    expected_spend(rng)


def expected_spend(rng):
    F = fractions.Fraction
    asked = []
    for _ in range(600):
        p, q, v = (math.exp(rng.uniform(-4, 5)) for _ in range(3))
        x = rng.choice([0, 1, 2, 7, 100, 2**31 - 1])
        asked.append((p, q, v, x, math.exp(rng.uniform(-5, 8))))
    got = psql("CREATE TABLE asked (n serial, p float8, q float8, v float8, x float8, m float8);\n" +
               copy("asked (p, q, v, x, m)", asked) +
               """SELECT coalesce(clientele.expected_spend(x, m, jsonb_build_object('model', 'Gamma-Gamma', 'parameters',
                    jsonb_build_object('p', p, 'q', q, 'v', v))::text::clientele.spend_model)::text, 'NULL') FROM asked ORDER BY n""")
    for (p, q, v, x, m), (answer,) in zip(asked, got):
        below = F(p) * x + F(q) - 1
        if below <= 0:
            check(f"expected spend {p} {q} {v} {x} {m}", answer == "NULL", answer)
            continue
        want = F(p) * (F(v) + x * F(m)) / below
        # q - 1 loses digits where q is near 1 and x is 0
        check(f"expected spend {p} {q} {v} {x} {m}", answer != "NULL" and abs(F(float(answer)) / want - 1) < F(1, 10**12) * max(1, 1 / below), f"{answer} {float(want)}")


def contracts(rng, count):
    rows, sets = [], {}
    for g in range(count):
        alpha, beta, last = math.exp(rng.uniform(-1, 2)), math.exp(rng.uniform(-1, 2)), rng.choice([2, 3, 7, 30])
        sets[g] = []
        for i in range(rng.choice([20, 100, 400])):
            theta = rng.betavariate(alpha, beta)
            seen, t = rng.randint(1, last), 1
            while t < seen and rng.random() >= theta:
                t += 1
            churned = rng.random() < theta if t == seen else True
            sets[g].append((t, churned))
            rows.append((g, i, t, churned))
        rows += [(g, 1000, 0, False), (g, 1001, None, True), (g, 1002, 3, None)]
    rng.shuffle(rows)
    psql("CREATE TABLE contracts (g int, id int, t int, c bool);\n" + copy("contracts", rows) + "ALTER TABLE contracts SET (parallel_workers = 2); ANALYZE contracts;")
    same_bits("contracts", "contracts", "contract_fit(t, c)", "contract")
    models, at_bound = fits("contracts", "contract_fit(t, c)"), 0
    for g, says in sets.items():
        model = models[g]
        alpha, beta = model["parameters"]["alpha"], model["parameters"]["beta"]
        got = contract_likelihood(says, alpha, beta)
        near(f"contract {g}: its likelihood", model["log_likelihood"], got, 1e-7 * (1 + abs(got)))
        check(f"contract {g}: counts", model["customers"] == len(says) and model["groups"] == len(set(says)), model)
        def loss(at):
            return math.inf if any(abs(a) > 12 for a in at) else -contract_likelihood(says, math.exp(at[0]), math.exp(at[1]))
        other = min(simplex(loss, start) for start in ([0, 0], [2, 2], [-1, 1]))
        at_bound += "at_bound" in model
        check(f"contract {g}: the maximum", got >= -other[0] - 1e-6, f"{got} {-other[0]} at {other[1]}, {model}")
    print(f"{at_bound} of {len(sets)} contract models at a bound")
    asked = [(math.exp(rng.uniform(-3, 4)), math.exp(rng.uniform(-3, 4)), rng.randint(1, 40), rng.choice([.02, .1, .5, 3.0])) for _ in range(150)]
    got = psql("CREATE TABLE plans (n serial, a float8, b float8, t int, d float8);\n" + copy("plans (a, b, t, d)", asked) +
               """SELECT clientele.contract_survival(m, t), clientele.contract_retention(m, t), clientele.churn_prob(t, m), clientele.contract_residual_lifetime(m, t, d)
FROM plans, LATERAL (SELECT jsonb_build_object('model', 'sBG', 'parameters', jsonb_build_object('alpha', a, 'beta', b))::text::clientele.contract_model AS m) x ORDER BY n""")
    for (a, b, t, d), answers in zip(asked, got):
        survival, retention, churn, residual = map(float, answers)
        there = 1.0
        for k in range(1, t + 1):
            there *= (b + k - 1) / (a + b + k - 1)
        near(f"survival {a} {b} {t}", survival / there, 1, 1e-11)
        near(f"retention {a} {b} {t}", retention, (b + t - 1) / (a + b + t - 1), 1e-14)
        near(f"churn {a} {b} {t}", churn / (a / (a + b + t - 1)), 1, 1e-13)
        total, term, k = 0.0, 1.0, 0
        while True:
            term *= (b + t - 1 + k) / (a + b + t - 1 + k)
            total += term
            k += 1
            term /= 1 + d
            if term < 1e-17 * total * d:
                break
        near(f"residual {a} {b} {t} {d}", residual / total, 1, 1e-10)


def holdouts(rng, count):
    F = fractions.Fraction
    rows, sets = [], {}
    for g in range(count):
        sets[g] = []
        for i in range(rng.choice([1, 2, 9, 60, 300])):
            e = rng.choice([0.0, .5, rng.expovariate(1), rng.expovariate(.1)])
            a = float(rng.choice([0, 0, 1, 2, int(2 * e)]) if e > 0 or rng.random() < .1 else 0)
            sets[g].append((e, a))
            rows.append((g, i, e, a))
        rows += [(g, 1000, None, 1.0), (g, 1001, 1.0, None)]
    rng.shuffle(rows)
    psql("CREATE TABLE holdouts (g int, id int, e float8, a float8);\n" + copy("holdouts", rows) + "ALTER TABLE holdouts SET (parallel_workers = 2); ANALYZE holdouts;")
    same_bits("hold-outs", "holdouts", "holdout_quality(e, a)", "holdout")
    got = {int(g): rest for g, *rest in psql("SELECT g, (clientele.holdout_errors(clientele.holdout_quality(e, a))).* FROM holdouts GROUP BY g")}
    bins = {}
    for g, *rest in psql("SELECT g, c.* FROM (SELECT g, clientele.holdout_quality(e, a) AS q FROM holdouts GROUP BY g) s, clientele.holdout_calibration(q) c"):
        bins.setdefault(int(g), []).append(tuple(map(float, rest)))
    for g, pairs in sets.items():
        n, customers, expected, actual, mae, rmse, bias, correlation, deviance = len(pairs), *got[g]
        es, acts = [F(e) for e, _ in pairs], [F(a) for _, a in pairs]
        check(f"hold-out {g}: sums", int(customers) == n and abs(float(expected) - float(sum(es))) < 1e-9 * (1 + float(sum(es))) and float(actual) == float(sum(acts)))
        near(f"hold-out {g}: mae", mae, float(sum(abs(e - a) for e, a in zip(es, acts)) / n), 1e-12 * (1 + float(mae)))
        near(f"hold-out {g}: rmse", rmse, math.sqrt(sum((e - a)**2 for e, a in zip(es, acts)) / n), 1e-12 * (1 + float(rmse)))
        if sum(acts):
            near(f"hold-out {g}: bias", bias, float(sum(es) / sum(acts)), 1e-12 * (1 + float(bias)))
        else:
            check(f"hold-out {g}: no bias", bias == "")
        me, ma = sum(es) / n, sum(acts) / n
        ee, aa = sum((e - me)**2 for e in es), sum((a - ma)**2 for a in acts)
        if ee and aa:
            near(f"hold-out {g}: correlation", correlation, float(sum((e - me) * (a - ma) for e, a in zip(es, acts))) / math.sqrt(ee * aa), 1e-9)
        else:
            check(f"hold-out {g}: no correlation", correlation == "", correlation)
        if any(e == 0 and a > 0 for e, a in pairs):
            check(f"hold-out {g}: no deviance", deviance == "")
        else:
            near(f"hold-out {g}: deviance", deviance, sum(2 * ((a * math.log(a / e) if a else 0) - a + e) for e, a in pairs) / n, 1e-10 * (1 + float(deviance)))
        want = {}
        for e, a in pairs:
            want.setdefault(1 + 10 * sum(other < e for other, _ in pairs) // n, []).append((e, a))
        check(f"hold-out {g}: bins", [b[:2] for b in bins[g]] == [(b, len(want[b])) for b in sorted(want)], bins[g])
        for b, _, e, a in bins[g]:
            near(f"hold-out {g}: bin {b}", e, sum(x for x, _ in want[b]) / len(want[b]), 1e-9 * (1 + e))
            near(f"hold-out {g}: bin {b} actual", a, sum(y for _, y in want[b]) / len(want[b]), 1e-9 * (1 + a))


def there(name):
    return DATA / name if checks.there(name) else None


def parameters(label, model, want, likelihood, customers, digits=5e-5):
    for name, value in want.items():
        near(f"{label}: {name}", model["parameters"][name], value, digits * max(1, abs(value)))
    near(f"{label}: log-likelihood", model["log_likelihood"], likelihood, 6e-4)
    check(f"{label}: customers", model["customers"] == customers and model["converged"], model)


def cdnow():
    sample, master = there("cdnow_sample.csv"), there("cdnow_master.csv")
    if not sample or not master:
        return
    psql(f"""CREATE TABLE sample (master int, id int, day date, n int, value float8);
\\copy sample FROM '{sample}' WITH (FORMAT csv, HEADER)
CREATE TABLE tracked AS SELECT id, (s).*, times
FROM (SELECT id, clientele.purchase_summary(day, value, d) AS s, clientele.purchase_times(day, d) AS times
      FROM sample, clientele.purchase_def('1997-09-30', holdout_until => '1998-06-30', time_zone => 'UTC') d GROUP BY id) x;
SET client_min_messages = warning;
CALL clientele.create_store();
SELECT clientele.save_model('cdnow', clientele.btyd_fit(x, t_x, age, m)) FROM tracked, unnest('{{BG/NBD,Pareto/NBD,MBG/NBD}}'::text[]) WITH ORDINALITY u (m, n) GROUP BY n, m ORDER BY n;
SELECT clientele.save_model('spend', clientele.spend_fit(x, monetary)) FROM tracked;""")
    (model,), = psql("SELECT clientele.spend_fit(x, monetary) FROM tracked")
    parameters("CDNOW", json.loads(model), {"p": 6.24957, "q": 3.74422, "v": 15.44352}, -4055.9177, 946)
    near("CDNOW: mean spend", psql("SELECT clientele.expected_spend('spend')")[0][0], 35.1704, 5e-5)
    got = [float(v) for v, in psql("""SELECT clientele.expected_spend(x, monetary, '{"model": "Gamma-Gamma", "parameters": {"p": 6.25, "q": 3.74, "v": 15.44}}') FROM tracked WHERE id <= 10 ORDER BY id""")]
    for i, (a, b) in enumerate(zip(got, [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]), 1):
        near(f"note 025, customer {i}", a, b, .1)
    want = {"BG/NBD": (1653.41, .78545, .6256), "Pareto/NBD": (1665.51, .75452, .6302), "MBG/NBD": (1576.73, .76478, .6273)}
    for kind, customers, expected, actual, mae, correlation in psql("SELECT kind, customers, expected, actual, mean_absolute_error, correlation FROM clientele.compare_models('cdnow', 'tracked')"):
        check(f"hold-out {kind}", customers == "2357" and actual == "1882")
        for name, value, wanted, tolerance in zip(("sum", "mae", "correlation"), (expected, mae, correlation), want[kind], (.005, 5e-6, 5e-5)):
            near(f"hold-out {kind}: {name}", value, wanted, tolerance)
    check("the best is Pareto/NBD", psql("SELECT clientele.choose_model('cdnow', 'tracked')") == [["2"]])
    for version, total in ((1, 4160.6), (2, 4270.0), (3, 4050.0)):
        (ended, actual, expected), = psql(f"SELECT ended, cumulative_actual, cumulative_expected FROM clientele.track_purchases('cdnow@{version}', 'tracked') ORDER BY period DESC LIMIT 1")
        check(f"tracking {version}", actual == "4339" and abs(float(ended) - 545 / 7) < 1e-9, (ended, actual))
        near(f"tracking {version}: expected", expected, total, .06)
    (good,), = psql("""SELECT bool_and(t.cumulative_actual = (SELECT count(*) FROM (SELECT id, day, min(day) OVER (PARTITION BY id) AS first FROM sample GROUP BY id, day) p
      WHERE day > first AND day - date '1997-01-01' <= 7 * t.period)) FROM clientele.track_purchases('cdnow', 'tracked') t""")
    check("tracking by plain SQL", good == "t")
    psql(f"""CREATE TABLE master (id int, day date, n int, value float8);
\\copy master FROM '{master}' WITH (FORMAT csv, HEADER)
CREATE TABLE masters AS SELECT id, clientele.purchase_summary(day, value, d) AS s
FROM master, clientele.purchase_def('1997-09-30', holdout_until => '1998-06-30', time_zone => 'UTC') d GROUP BY id;
ALTER TABLE masters SET (parallel_workers = 2); ANALYZE masters;""")
    (model,), = psql("SELECT clientele.spend_fit(s) FROM masters")
    parameters("CDNOW master", json.loads(model), {"p": 6.27536, "q": 3.62445, "v": 14.98369}, -40763.4763, 9450)
    check("CDNOW master in parallel", psql(FORCED + "SELECT clientele.spend_fit(s) FROM masters") == [[model]])
    psql("SET client_min_messages = warning; CALL clientele.drop_store()")


def online_retail():
    path = there("online_retail.csv.gz")
    if not path:
        return
    header = gzip.open(path, "rt", encoding="utf-8").readline().strip().split(",")
    columns = ", ".join(f'"{c}" text' for c in header)
    psql(f"""CREATE TABLE lines ({columns});
\\copy lines FROM program 'gzip -dc {path}' WITH (FORMAT csv, HEADER)
CREATE TABLE bought AS SELECT "CustomerID"::int AS id, "InvoiceDate"::timestamp AT TIME ZONE 'UTC' AS at, ("Quantity"::numeric * "UnitPrice"::numeric)::float8 AS value
FROM lines WHERE "CustomerID" <> '' AND "Quantity"::numeric > 0 AND "UnitPrice"::numeric > 0;""")
    for until, want, likelihood, customers in (("2011-12-09", {"p": 2.1033, "q": 3.4512, "v": 485.906}, -19083.331, 2790),
                                               ("2011-06-30", {"p": 2.8522, "q": 3.1978, "v": 321.16}, -10666.676, 1556)):
        (model,), = psql(f"""SET TimeZone = 'UTC'; SELECT clientele.spend_fit(s) FROM (SELECT clientele.purchase_summary(at, value, d) AS s
FROM bought, clientele.purchase_def('{until}', time_zone => 'UTC') d GROUP BY id) x""")
        parameters(f"Online Retail until {until}", json.loads(model), want, likelihood, customers)


def retention():
    path = there("sbg_retention.csv")
    if not path:
        return
    table = [line.split(",") for line in path.read_text().split()[1:]]
    published = {1: ("Regular", {7: (.7041, 1.1820, -1680.265), 4: (.7637, 1.2958, -1401.559)}),
                 2: ("High End", {7: (.6681, 3.8061, -1611.158), 4: (1.2810, 7.7904, -1225.135)})}
    for column, (cohort, fitted) in published.items():
        left = [round(10 * float(row[column])) for row in table]
        for years, (alpha, beta, likelihood) in fitted.items():
            rows = [f"({t}, true, {left[t - 1] - left[t]})" for t in range(1, years + 1)] + [f"({years}, false, {left[years]})"]
            (model,), = psql(f"SELECT clientele.contract_fit(t, c) FROM (VALUES {', '.join(rows)}) v (t, c, n), generate_series(1, n)")
            parameters(f"{cohort}, {years} years", json.loads(model), {"alpha": alpha, "beta": beta}, likelihood, 1000)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(f"spend_contracts: seed {seed}, {count} random data sets of each kind")
    rng = random.Random(seed)
    checks.new_database()
    psql("""SET client_min_messages = warning; CREATE EXTENSION clientele;
CREATE AGGREGATE state_spend(float8, float8) (SFUNC = clientele.spend_accum, STYPE = clientele.spend_values);
CREATE AGGREGATE joined_spend(clientele.spend_values) (SFUNC = clientele.spend_combine, STYPE = clientele.spend_values, FINALFUNC = clientele.spend_fit_final);
CREATE AGGREGATE state_contract(int, bool) (SFUNC = clientele.contract_accum, STYPE = clientele.contract_values);
CREATE AGGREGATE joined_contract(clientele.contract_values) (SFUNC = clientele.contract_combine, STYPE = clientele.contract_values, FINALFUNC = clientele.contract_fit_final);
CREATE AGGREGATE state_holdout(float8, float8) (SFUNC = clientele.holdout_accum, STYPE = clientele.holdout_summary);
CREATE AGGREGATE joined_holdout(clientele.holdout_summary) (SFUNC = clientele.holdout_combine, STYPE = clientele.holdout_summary);""")
    spend(rng, count)
    contracts(rng, count)
    holdouts(rng, count)
    cdnow()
    online_retail()
    retention()
    checks.drop_database()
    checks.end()


main()
