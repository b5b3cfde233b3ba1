#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""RFM scores and cuts against plain SQL and exact fractions.

usage: rfm.py [SEED [COUNT]]      (default: a fresh seed, 600 random data sets)

Random data sets with ties, NULLs, zeros and all three kinds of recency, 2 to 10 buckets: the window
function against ranks in plain SQL, quantile cuts against the sorted rows, scores by cuts against the
window, means and clusters against exact fractions and every way to part the values, serial against
forced parallel plans and states merged in any order. Then the Online Retail data, if it is there.
"""
import fractions
import gzip
import itertools
import json
import random
import re
import statistics
import sys

from checks import DATA, FORCED, SERIAL, Checks

DATABASE = "clientele_rfm_differential"
checks = Checks("rfm", DATABASE)
check, psql = checks.check, checks.psql
# column of recency: its order from the worst value, the key of its cuts, text to an exact number.
KINDS = {"days": "DESC", "ago": "DESC", "at": "ASC"}
CUT_KEYS = {"days": "recency_cuts_number", "ago": "recency_cuts", "at": "recency_cuts_at",
            "f": "frequency_cuts", "m": "monetary_cuts"}


def copy(table, rows):
    return (f"COPY {table} FROM stdin;\n" +
            "".join("\t".join(r"\N" if v is None else repr(v) for v in row) + "\n" for row in rows) + "\\.\n")


def column(rng, n, kind):
    """n values of one column, None for NULL. Days and amounts are doubles, times whole microseconds."""
    spread = rng.choice([1, 2, 5, 30, 10**6])
    unit = rng.choice([1, 1, 0.1, 1 / 3, 1e-7, 1e12]) if kind in ("days", "m") else 1
    if kind in ("ago", "at"):
        unit = rng.choice([1, 1000, 86_400_000_000])
    nulls = rng.choice([0, 0, 0.2, 0.9])
    base = rng.choice([0, 0, 10**14]) if kind == "at" else 0
    values = []
    for _ in range(n):
        v = rng.randrange(spread) * unit
        if kind == "m" and rng.random() < .2:
            v = -v
        if rng.random() < .05:
            v = 0 if rng.random() < .5 or kind in ("ago", "at") else v * 1000
        values.append(None if rng.random() < nulls else (base + v if kind in ("ago", "at") else float(v)))
    return values


def data_sets(rng, count):
    rows, sets = [], []
    for g in range(count):
        n = rng.choice([1, 2, 3, 5, 9, 10, 20, 50, 120])
        columns = [column(rng, n, k) for k in ("days", "ago", "at", "f", "m")]
        sets.append((g, rng.randint(2, 10)))
        rows += [(g, i, *values) for i, values in enumerate(zip(*columns))]
    rng.shuffle(rows)
    return rows, sets


SETUP = """
SET client_min_messages = warning; SET TimeZone = 'UTC';
CREATE EXTENSION clientele;
CREATE TABLE sets (g int PRIMARY KEY, b int);
CREATE TABLE loaded (g int, id int, days float8, ago bigint, at bigint, f float8, m float8);
%s
CREATE TABLE t AS SELECT g, id, days, ago * interval '1 us' AS ago, timestamptz '2000-01-01 00:00Z' + at * interval '1 us' AS at,
  f, m, b, clientele.rfm_cuts_def(b) AS quantile, clientele.rfm_cuts_def(least(b, 6), 'kmeans') AS kmeans,
  clientele.rfm_cuts_def(method => 'mean') AS mean FROM loaded JOIN sets USING (g);
ALTER TABLE t SET (parallel_workers = 2);
ANALYZE t;
-- The definition: 1 + floor(b * strictly worse / n), by the ranks of plain SQL.
CREATE TABLE want AS SELECT g, id, b,
""" + ",\n".join(f"""  CASE WHEN {c} IS NOT NULL THEN (1 + b * (rank() OVER (PARTITION BY g, {c} IS NULL ORDER BY {c} {order}) - 1)
    / count({c}) OVER (PARTITION BY g))::int END AS {c}""" for c, order in {**KINDS, "f": "ASC", "m": "ASC"}.items()) + """
FROM t;
"""

def differing(label, got, want, by="g"):
    """Counts the data sets on which two queries agree."""
    (good, bad), = psql(f"""SET TimeZone = 'UTC';
CREATE TEMP TABLE a AS {got}; CREATE TEMP TABLE b AS {want};
WITH wrong AS ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a))
SELECT count(DISTINCT {by}) FILTER (WHERE {by} NOT IN (SELECT {by} FROM wrong)), (SELECT count(DISTINCT {by}) FROM wrong) FROM b;""")
    checks.count(good, bad)
    if int(bad) or not int(good):
        checks.count(0, not int(good))
        print(f"{label}: {good} agree, {bad} differ")


def scores():
    frames = ["PARTITION BY g", "PARTITION BY g ORDER BY m, id",
              "PARTITION BY g ORDER BY f ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING EXCLUDE GROUP"]
    for kind in KINDS:
        want = f"SELECT g, id, ROW({kind}, f, m, b)::clientele.rfm AS s FROM want"
        for frame in frames:
            differing(f"window {kind} {frame}", f"SELECT g, id, clientele.rfm_score({kind}, f, m, b) OVER ({frame}) AS s FROM t", want)
        for plan, settings in (("serial", SERIAL), ("parallel", FORCED)):
            psql(f"SET TimeZone = 'UTC'; {settings}" + "".join(
                f"CREATE TABLE cuts_{kind}_{method}_{plan} AS SELECT g, clientele.rfm_cuts({kind}, f, m, {method}) AS cuts "
                f"FROM t GROUP BY g;" for method in ("quantile", "kmeans", "mean")))
        for method in ("quantile", "kmeans", "mean"):
            differing(f"parallel {kind} {method}", f"SELECT g, clientele.rfm_cuts_send(cuts) FROM cuts_{kind}_{method}_parallel",
                      f"SELECT g, clientele.rfm_cuts_send(cuts) FROM cuts_{kind}_{method}_serial")
        # Without any value there are no cuts, and no scores.
        differing(f"stored cuts {kind}", f"""SELECT g, id, clientele.rfm_score({kind}, f, m, cuts) AS s
            FROM t JOIN cuts_{kind}_quantile_serial USING (g)""",
                  f"{want} WHERE g IN (SELECT g FROM t GROUP BY g HAVING count({kind}) + count(f) + count(m) > 0) "
                  f"UNION ALL SELECT g, id, NULL FROM t WHERE g NOT IN (SELECT g FROM t GROUP BY g HAVING count({kind}) + count(f) + count(m) > 0)")
        differing(f"text of cuts {kind}", f"SELECT g, clientele.rfm_cuts_send(cuts::text::clientele.rfm_cuts) FROM cuts_{kind}_kmeans_serial",
                  f"SELECT g, clientele.rfm_cuts_send(cuts) FROM cuts_{kind}_kmeans_serial")
    merges()


def merges():
    """The state of five parts of a data set, merged in two orders, some of them flat."""
    psql("""CREATE AGGREGATE state_of(interval, float8, float8, clientele.rfm_cuts_def) (SFUNC = clientele.rfm_cuts_accum, STYPE = clientele.rfm_values);
CREATE AGGREGATE merged(clientele.rfm_values) (SFUNC = clientele.rfm_cuts_combine, STYPE = clientele.rfm_values, FINALFUNC = clientele.rfm_cuts_final);
CREATE AGGREGATE merged_state(clientele.rfm_values) (SFUNC = clientele.rfm_cuts_combine, STYPE = clientele.rfm_values);""")
    for method in ("quantile", "kmeans"):
        psql(f"""CREATE TABLE parts_{method} AS SELECT g, id % 5 AS part, state_of(ago, f, m, {method}) AS state FROM t GROUP BY 1, 2;
CREATE TABLE orders_{method} AS SELECT g, clientele.rfm_cuts_send(merged(state ORDER BY part)) AS up, clientele.rfm_cuts_send(merged(state ORDER BY -part)) AS down,
  clientele.rfm_values_send(merged_state(state ORDER BY part)) AS state_up, clientele.rfm_values_send(merged_state(state ORDER BY md5(part::text))) AS state_down
FROM parts_{method} GROUP BY g;""")
        differing(f"merged {method}", f"SELECT g, up, down FROM orders_{method}",
                  f"SELECT g, clientele.rfm_cuts_send(cuts), clientele.rfm_cuts_send(cuts) AS again FROM cuts_ago_{method}_serial")
        differing(f"merged states {method}", f"SELECT g, state_up FROM orders_{method}",
                  f"SELECT g, clientele.rfm_values_send(state_of(ago, f, m, {method})) FROM t GROUP BY g")
        differing(f"order of states {method}", f"SELECT g, state_up FROM orders_{method}", f"SELECT g, state_down FROM orders_{method}")


def micros_of(text):
    """A cut's text as microseconds: 48:00:00.25, or 2026-01-01T00:00:00Z since 2000."""
    if "T" not in text:
        h, m, s = text.split(":")
        whole, _, part = s.partition(".")
        return (int(h) * 3600 + int(m) * 60 + int(whole)) * 10**6 + int((part + "000000")[:6])
    y, mo, d, h, mi, s, part = re.fullmatch(r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:\.(\d+))?Z", text).groups()
    import datetime
    days = (datetime.date(int(y), int(mo), int(d)) - datetime.date(2000, 1, 1)).days
    return ((days * 24 + int(h)) * 3600 + int(mi) * 60 + int(s)) * 10**6 + int(((part or "") + "000000")[:6])


def keyed(name, values):
    """Values as exact numbers that are larger where better."""
    sign = -1 if name in ("days", "ago") else 1
    return [sign * fractions.Fraction(v) for v in values]


def cuts_of(name, cuts):
    values = cuts.get(CUT_KEYS[name])
    if values is None:
        return None
    return keyed(name, [micros_of(v) if isinstance(v, str) else v for v in values])


def spread(group):
    mean = sum(group) / len(group)
    return sum((v - mean)**2 for v in group)


def least_spread(values, k):
    """Over every way to part the different values, sorted, into k runs."""
    different = sorted(set(values))
    counts = [values.count(v) for v in different]
    k = min(k, len(different))
    best = None
    for borders in itertools.combinations(range(1, len(different)), k - 1):
        edges = (0, *borders, len(different))
        total = sum(spread([v for v, c in zip(different[a:b], counts[a:b]) for _ in range(c)]) for a, b in zip(edges, edges[1:]))
        best = total if best is None or total < best else best
    return best


def exact_cuts(rows, sets):
    by_set = {}
    for g, _, days, ago, at, f, m in rows:
        by_set.setdefault(g, []).append({"days": days, "ago": ago, "at": at, "f": f, "m": m})
    buckets, brute = dict(sets), 0
    for kind in KINDS:
        found = {method: {int(g): json.loads(c) if c else {} for g, c in psql(
            f"SET TimeZone = 'UTC'; SELECT g, cuts FROM cuts_{kind}_{method}_serial ORDER BY g")} for method in ("quantile", "kmeans", "mean")}
        for g, lines in by_set.items():
            for name in (kind, "f", "m"):
                values = sorted(keyed(name, [line[name] for line in lines if line[name] is not None]))
                n, b = len(values), buckets[g]
                got = {method: cuts_of(name, found[method][g]) for method in found}
                if not n:
                    check(f"no cuts of {name} in {g}", not any(got.values()))
                    continue
                # percentile_disc(i / b) from the worst value on, without the rounding of i / b
                check(f"quantile {g} {name}", got["quantile"] == [values[-(-i * n // b) - 1] for i in range(1, b)], got["quantile"])
                mean, (cut,) = sum(values) / n, got["mean"]
                if name in ("ago", "at"):
                    check(f"mean {g} {name}", all((v > cut) == (v > mean) for v in values), f"{cut} {float(mean)}")
                else:
                    check(f"mean {g} {name}", cut == fractions.Fraction(float(mean)), f"{float(cut)!r} {float(mean)!r}")
                cuts, k = got["kmeans"], min(b, 6)
                scored = {}
                for v in values:
                    scored.setdefault(1 + sum(c < v for c in cuts), []).append(v)
                good = len(cuts) == k - 1 and cuts == sorted(cuts) and len(scored) == min(k, len(set(values)))
                if len(set(values)) <= 12 and n <= 30:
                    brute += 1
                    best = least_spread(values, k)
                    good = good and sum(map(spread, scored.values())) <= best * (1 + fractions.Fraction(1, 10**20))
                check(f"kmeans {g} {name} of {k}", good, f"{[float(v) for v in values]} {[float(c) for c in cuts]}")
    print(f"{brute} clusterings compared with every other one")


def online_retail():
    path = DATA / "online_retail.csv.gz"
    if not path.exists():
        checks.skip(f"{path} is not there")
        return
    header = gzip.open(path, "rt", encoding="utf-8").readline().strip().split(",")
    columns = ", ".join(f'"{c}" text' for c in header)
    psql(f"""SET TimeZone = 'UTC';
CREATE TABLE lines ({columns});
\\copy lines FROM program 'gzip -dc {path}' WITH (FORMAT csv, HEADER)
CREATE TABLE buyers AS SELECT "CustomerID"::int AS id, date '2011-12-10' - max("InvoiceDate"::timestamp::date) AS days,
  count(DISTINCT "InvoiceNo") AS f, sum("Quantity"::numeric * "UnitPrice"::numeric) AS m
FROM lines WHERE "CustomerID" <> '' AND "Quantity"::numeric > 0 AND "UnitPrice"::numeric > 0 GROUP BY 1;""")
    rows = [(int(i), int(d), int(f), float(m)) for i, d, f, m in psql("SELECT id, days, f, m FROM buyers")]
    known = {r[0]: r[1:] for r in rows}
    check("customers", len(rows) == 4338, len(rows))
    for i, want in {12346: (326, 1, 77183.60), 12347: (3, 7, 4310.00), 12348: (76, 4, 1797.24), 14646: (2, 73, 280206.02)}.items():
        check(f"customer {i}", known[i] == want, known[i])
    cuts = {m: json.loads(psql(f"SELECT clientele.rfm_cuts(days, f, m, {d}) FROM buyers")[0][0]) for m, d in {
        "mean": "clientele.rfm_cuts_def(method => 'mean')", "median": "clientele.rfm_cuts_def(2)", "kmeans": "clientele.rfm_cuts_def(5, 'kmeans')"}.items()}
    print("Online Retail:", cuts)
    for place, (key, mean, median) in enumerate((("recency_cuts_number", 93.0595, 51), ("frequency_cuts", 4.272, 2), ("monetary_cuts", 2054.2665, 674.485)), 1):
        values = [r[place] for r in rows]
        check(f"mean {key}", abs(cuts["mean"][key][0] - mean) < (.0005 if place == 2 else .00005), cuts["mean"][key])
        # percentile_disc takes the worse of the two in the middle
        worse = statistics.median_high(values) if place == 1 else statistics.median_low(values)
        check(f"median {key}", cuts["median"][key] == [worse] and abs(statistics.median(values) - median) < 1e-6, (cuts["median"][key], statistics.median(values)))
    for b in range(2, 11):
        wrong = psql(f"""WITH w AS (SELECT *, clientele.rfm_score(days, f, m, {b}) OVER () AS s FROM buyers),
  c AS (SELECT clientele.rfm_cuts(days, f, m, clientele.rfm_cuts_def({b})) AS c FROM buyers),
  r AS (SELECT *, rank() OVER (ORDER BY days DESC) - 1 AS dw, rank() OVER (ORDER BY f) - 1 AS fw, rank() OVER (ORDER BY m) - 1 AS mw FROM w)
SELECT count(*), count(*) FILTER (WHERE s IS DISTINCT FROM clientele.rfm_score(days, f, m, c)
  OR s IS DISTINCT FROM ROW(1 + {b} * dw / 4338, 1 + {b} * fw / 4338, 1 + {b} * mw / 4338, {b})::clientele.rfm) FROM r, c""")
        check(f"Online Retail, {b} buckets", wrong == [["4338", "0"]], wrong)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 600
    print(f"rfm: seed {seed}, {count} random data sets")
    rows, sets = data_sets(random.Random(seed), count)
    psql(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
    psql(SETUP % (copy("sets", sets) + copy("loaded", rows)))
    scores()
    exact_cuts(rows, sets)
    online_retail()
    psql(f"DROP DATABASE {DATABASE};", "postgres")
    checks.end()


main()
