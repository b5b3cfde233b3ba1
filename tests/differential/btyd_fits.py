# SPDX-License-Identifier: PostgreSQL
"""Fits of random data sets, for tests/differential/btyd.py."""
import json
import math

import btyd_reference as reference
from btyd_checks import PARALLEL, check, near, psql
from btyd_published import parameters
from checks import SERIAL, copy

BOUND = 12  # of the logarithms of parameters, times in units of the mean age


def simulated(rng, kind, customers):
    """Customers as the model has them, times rounded down to whole units so that many are equal."""
    r, alpha, c, d = (math.exp(rng.uniform(math.log(.3), math.log(5))) for _ in range(4))
    rows, end = [], rng.choice([6, 12, 30])
    for _ in range(customers):
        age = rng.choice([end, end, rng.randint(1, end)])
        if kind == "BG/BB":
            p, leaves, bought = rng.betavariate(r, alpha), rng.betavariate(c, d), []
            for i in range(1, age + 1):
                if rng.random() < leaves:
                    break
                if rng.random() < p:
                    bought.append(i)
            rows.append((len(bought), max(bought, default=0), age))
            continue
        rate, bought, t = rng.gammavariate(r, 3 / alpha / end), [], 0.0
        lifetime = rng.expovariate(rng.gammavariate(c, 3 / d / end) + 1e-9) if kind == "Pareto/NBD" else math.inf
        p = rng.betavariate(c, d)
        if kind == "MBG/NBD" and rng.random() < p:
            lifetime = 0
        while True:
            t += rng.expovariate(rate + 1e-9)
            if t > min(age, lifetime):
                break
            bought.append(math.ceil(t))
            if kind in ("BG/NBD", "MBG/NBD") and rng.random() < p:
                break
        rows.append((len(bought), bought[-1] if bought else 0, age))
    return [tuple(map(float, row)) for row in rows]


def odd(rng, kind, customers):
    """Any histories, which no model has in mind."""
    rows = []
    for _ in range(customers):
        age = rng.randint(0, 9)
        t_x = rng.randint(0, age)
        x = rng.randint(1, t_x) if kind == "BG/BB" and t_x else rng.choice([0, 1, 2, 5]) if kind != "BG/BB" else 0
        rows.append((float(x), float(t_x if x else 0), float(age)))
    return rows


def counted(rows):
    groups = {}
    for row in rows:
        groups[row] = groups.get(row, 0) + 1
    return groups


def box(kind, rows):
    mean = sum(r[2] for r in rows) / len(rows) or 1
    unit = math.log(mean)
    times = {"Pareto/NBD": (1, 3), "BG/BB": ()}.get(kind, (1,))
    return [((unit if i in times else 0) - BOUND, (unit if i in times else 0) + BOUND) for i in range(4)]


def slack(found, bounds):
    """How much better another optimiser may be: where a parameter is all but at a bound, the likelihood is a ridge
    that is level except for rounding."""
    away = min(min(math.log(value) - low, high - math.log(value)) for value, (low, high) in zip(found, bounds))
    return 1e-6 if away > BOUND / 4 else 1e-4


LOAD = """CREATE TABLE sets (g int PRIMARY KEY, kind text);
CREATE TABLE loaded (n int, g int, x float8, t_x float8, age float8);
{copy}
CREATE TABLE rows AS SELECT n, g, kind, x, t_x, age, ROW(x::int, t_x, age, NULL, NULL, NULL, NULL)::purchase_summary AS s FROM loaded JOIN sets USING (g) ORDER BY n;
ALTER TABLE rows SET (parallel_workers = 2);
ANALYZE rows;
CREATE AGGREGATE state_of(float8, float8, float8, text) (SFUNC = clientele.btyd_accum, STYPE = clientele.btyd_histories);
CREATE AGGREGATE merged(clientele.btyd_histories) (SFUNC = clientele.btyd_combine, STYPE = clientele.btyd_histories, FINALFUNC = clientele.btyd_fit_final);
CREATE AGGREGATE merged_state(clientele.btyd_histories) (SFUNC = clientele.btyd_combine, STYPE = clientele.btyd_histories);
"""
ROWS = "SELECT g, btyd_fit(x, t_x, age, kind) AS m FROM rows GROUP BY g"
# Each way to the same models, bit by bit.
WAYS = {
    "again": (SERIAL, ROWS),
    "sorted": (SERIAL + "SET enable_hashagg = off;\n", ROWS),
    "parallel": (PARALLEL, ROWS),
    "another order": (SERIAL, "SELECT g, btyd_fit(x, t_x, age, kind ORDER BY md5(n::text)) AS m FROM rows GROUP BY g"),
    "backwards": (SERIAL, "SELECT g, btyd_fit(x, t_x, age, kind ORDER BY n DESC) AS m FROM rows GROUP BY g"),
    "purchase_summary": (SERIAL, "SELECT g, btyd_fit(s, kind) AS m FROM rows GROUP BY g"),
    "purchase_summary, parallel": (PARALLEL, "SELECT g, btyd_fit(s, kind) AS m FROM rows GROUP BY g"),
    "with NULLs between": (SERIAL, """SELECT g, btyd_fit(x, t_x, age, kind) AS m FROM (SELECT g, x, t_x, age, kind FROM rows
       UNION ALL SELECT g, NULL, t_x, age, kind FROM rows UNION ALL SELECT g, x, NULL, age, kind FROM rows UNION ALL SELECT g, x, t_x, NULL, kind FROM rows
       UNION ALL SELECT g, x, t_x, age, NULL FROM rows) v GROUP BY g"""),
    "merged": (SERIAL, "SELECT g, merged(state ORDER BY part) AS m FROM (SELECT g, n % 5 AS part, state_of(x, t_x, age, kind) AS state FROM rows GROUP BY 1, 2) v GROUP BY g"),
    "merged the other way": (SERIAL, """SELECT g, merged(state ORDER BY part DESC) AS m FROM (SELECT g, part / 3 AS part, merged_state(state ORDER BY part DESC) AS state
       FROM (SELECT g, n % 7 AS part, state_of(x, t_x, age, kind) AS state FROM rows GROUP BY 1, 2) v GROUP BY 1, 2) w GROUP BY g"""),
    "stored states": (SERIAL, "SELECT g, merged(state::text::btyd_histories) AS m FROM states GROUP BY g"),
    "window": (SERIAL, "SELECT DISTINCT ON (g) g, btyd_fit(x, t_x, age, kind) OVER (PARTITION BY g) AS m FROM rows ORDER BY g"),
    "frame": (SERIAL, "SELECT DISTINCT ON (g) g, btyd_fit(x, t_x, age, kind) OVER (PARTITION BY g ORDER BY n / 1000) AS m FROM rows ORDER BY g, n DESC"),
    "text": (SERIAL, "SELECT g, m::text::btyd_model AS m FROM fits"),
}


def fits(rng, count):
    sets = []
    for g in range(count):
        kind = reference.MODELS[g % 4]
        customers = rng.choice([1, 2, 10, 30, 60, 60, 150])
        sets.append((kind, (odd if rng.random() < .25 else simulated)(rng, kind, customers)))
    rows = [(g, *row) for g, (_, data) in enumerate(sets) for row in data]
    rng.shuffle(rows)
    psql(LOAD.format(copy=copy("sets", [(g, kind) for g, (kind, _) in enumerate(sets)]) + copy("loaded", [(n, *row) for n, row in enumerate(rows)])))
    psql(SERIAL + f"CREATE TABLE fits AS {ROWS};\nCREATE TABLE states AS SELECT g, n % 3 AS part, state_of(x, t_x, age, kind) AS state FROM rows GROUP BY 1, 2;")
    plan = psql(PARALLEL + f"EXPLAIN (COSTS OFF) {ROWS};")
    check("the parallel plan is one", any("Partial" in line[0] for line in plan), plan)
    for way, (settings, query) in WAYS.items():
        (same, other), = psql(settings + f"""CREATE TEMP TABLE got AS {query};
SELECT count(*) FILTER (WHERE btyd_model_send(a.m) = btyd_model_send(b.m)), count(*) FILTER (WHERE btyd_model_send(a.m) IS DISTINCT FROM btyd_model_send(b.m))
FROM got a FULL JOIN fits b USING (g);""")
        check(f"models by way of {way}", int(same) == count and other == "0", (same, other))
    states_agree()
    for (g, text), (kind, data) in zip(psql("SELECT g, m FROM fits ORDER BY g;"), sets):
        against_nelder_mead(rng, kind, data, json.loads(text))


def states_agree():
    """The bytes of a state depend on the multiset of rows only."""
    (same, other), = psql("""SELECT count(*) FILTER (WHERE btyd_histories_send(a.state) = btyd_histories_send(b.state)),
  count(*) FILTER (WHERE btyd_histories_send(a.state) IS DISTINCT FROM btyd_histories_send(b.state))
FROM (SELECT g, state_of(x, t_x, age, kind ORDER BY md5(n::text)) AS state FROM rows GROUP BY g) a
FULL JOIN (SELECT g, merged_state(state ORDER BY part DESC) AS state FROM states GROUP BY g) b USING (g);""")
    check("states merged and not", int(same) > 0 and other == "0", (same, other))


def against_nelder_mead(rng, kind, data, fit):
    groups, found = counted(data), parameters(fit)
    what = f"{kind}, {len(data)} customers in {len(groups)} groups, {found}:"
    check(f"{what} counts", fit["customers"] == len(data) and fit["groups"] == len(groups), fit)
    check(f"{what} converged", fit["converged"], fit)
    near(f"{what} likelihood", fit["log_likelihood"], reference.log_likelihood(kind, found, groups), 1e-10, 1e-8)
    bounds = box(kind, data)

    def f(at):
        return reference.log_likelihood(kind, [math.exp(v) for v in at], groups)
    starts = [[rng.uniform(-2, 2) + (low + high) / 2 for low, high in bounds], [math.log(v) + rng.uniform(-.5, .5) for v in found]]
    best = max(reference.highest(f, start, bounds)[0] for start in starts)
    check(f"{what} another optimiser finds nothing better", best <= fit["log_likelihood"] + slack(found, bounds), (best, fit["log_likelihood"]))
    for name, value, (low, high) in zip(fit["parameters"], found, bounds):
        away, said = min(abs(math.log(value) - low), abs(math.log(value) - high)), name in fit.get("at_bound", [])
        check(f"{what} {name} at a bound or not", said == (away < 1e-9) or abs(away - 1e-9) < 1e-10, f"{away} {fit}")
    repeats = sum(x for x, _, _ in data)
    if repeats == 0:
        check(f"{what} no repeats", fit.get("remark") == "no repeat purchases", fit)
        return
    # No customer leaves: the same model without drop-out, by its own two parameters.
    lasting = {}
    for (x, _, age), n in groups.items():
        lasting[x, age] = lasting.get((x, age), 0) + n

    def simpler(at):
        a, b = math.exp(at[0]), math.exp(at[1])
        if kind == "BG/BB":
            return sum(n * (reference.log_rising(a, x) + reference.log_rising(b, age - x) - reference.log_rising(a + b, age)) for (x, age), n in lasting.items())
        return sum(n * (reference.log_rising(a, x) - a * math.log1p(age / b) - x * math.log(b + age)) for (x, age), n in lasting.items())
    # Far from the maximum the simplex may end on a slope that is all but level, so it begins near what was found, too.
    starts = [[rng.uniform(-1, 1) + (low + high) / 2 for low, high in bounds[:2]] for _ in range(2)]
    starts.append([math.log(v) + rng.uniform(-.5, .5) for v in found[:2]])
    best = max(reference.highest(simpler, start, bounds[:2])[0] for start in starts)
    near(f"{what} without drop-out", fit["log_likelihood_without_dropout"], best, 0, 2e-6)
    gain = fit["log_likelihood"] - fit["log_likelihood_without_dropout"]
    check(f"{what} remark", (fit.get("remark") == "no drop-out") == (gain < 1.355), fit)


def everything(rng, count):
    fits(rng, count)
    emptiness()


def emptiness():
    for query in ("SELECT btyd_fit(x, t_x, age, 'BG/NBD') IS NULL FROM rows WHERE false",
                  "SELECT btyd_fit(NULL::float8, t_x, age, 'BG/NBD') IS NULL FROM rows", "SELECT btyd_fit(x, t_x, age, NULL::text) IS NULL FROM rows",
                  "SELECT btyd_fit(NULL::purchase_summary, 'BG/NBD') IS NULL FROM rows",
                  "SELECT btyd_fit(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL)::purchase_summary, 'BG/NBD') IS NULL FROM rows",
                  "SELECT btyd_fit(x, t_x, age, NULL::float8[], 'BG/NBD') IS NULL FROM rows",
                  "SELECT bool_and(m IS NULL) FROM (SELECT btyd_fit(x, t_x, age, 'BG/NBD') OVER (ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS m FROM rows LIMIT 1) v"):
        check(query, psql(query + ";") == [["t"]])
        check(query + ", parallel", psql(PARALLEL + query + ";") == [["t"]])


def grid():
    """More groups than are kept: times on a grid, whatever the plan, as plain SQL rounds them."""
    psql("""SELECT setseed(.5);
CREATE TABLE many AS SELECT x, CASE WHEN x = 0 THEN 0 ELSE age * power(random(), 1 + 1.0 / x) END::float8 AS t_x, age
FROM (SELECT floor(-2 * ln(1 - random()) * -ln(1 - random())) AS x, 20 + random() * 30 AS age FROM generate_series(1, 4600000)) v;
ALTER TABLE many SET (parallel_workers = 2); ANALYZE many;""")
    query = "SELECT btyd_fit(x, t_x, age, 'MBG/NBD') AS m FROM many"
    psql(SERIAL + f"CREATE TABLE on_grid AS {query};")
    (same, text), = psql(PARALLEL + f"SELECT (SELECT btyd_model_send(m) FROM on_grid) = btyd_model_send(m), m FROM ({query}) v;")
    fit = json.loads(text)
    check("a grid, serial and parallel", same == "t" and fit["groups"] <= 2097152 and fit["customers"] == 4600000, text)
    (groups, finer), = psql(f"""SELECT count(DISTINCT (x, floor(t_x / g), floor(age / g))), count(DISTINCT (x, floor(2 * t_x / g), floor(2 * age / g)))
FROM many, (SELECT {fit['grid']!r}::float8 AS g) v;""")
    check("the finest grid that keeps few enough", int(groups) == fit["groups"] and int(finer) > 2097152, (groups, finer, text))
    print(f"grid: {text}")
    psql("DROP TABLE many;")
