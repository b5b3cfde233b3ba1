#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Measures of predictions against their definitions in exact fractions, and against scikit-learn.

usage: classification.py [SEED [COUNT]]      (default: a fresh seed, 120 random data sets)

Random data sets with ties, certain predictions, tiny probabilities, one class only and NULLs. Every
measure is computed from the rows, without the runs of equal probabilities that the extension keeps.
Serial, parallel, shuffled and merged plans must give the same bytes, also where there are more
different probabilities than are kept. scikit-learn is compared, too, if Python can import it.
"""
import bisect
import fractions
import math
import random
import sys

from checks import PARALLEL, Checks

DATABASE = "clientele_classification_differential"
checks = Checks("classification", DATABASE)
check, psql = checks.check, checks.psql
THRESHOLDS = [0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 1]
PARTS = [1, 2, 3, 7, 10, 100]
Z = 1.959963984540054


def copy(table, rows):
    return (f"COPY {table} FROM stdin;\n" +
            "".join("\t".join(r"\N" if v is None else repr(v) for v in row) + "\n" for row in rows) + "\\.\n")


def probability(rng, kind):
    p = rng.random()
    return {"any": p, "ties": rng.randrange(5) / 4, "tenths": rng.randrange(11) / 10, "one": 0.3, "certain": float(p < .5),
            "tiny": p * 10.0**-rng.randrange(300), "high": 1 - p * 2.0**-rng.randrange(50), "mixed": rng.choice([p, 0.5, round(p, 1)])}[kind]


def data_sets(rng, count):
    rows = []
    for g in range(count):
        kind = rng.choice(["any", "ties", "tenths", "one", "certain", "tiny", "high", "mixed"])
        base, nulls = rng.choice([0, 0.02, 0.3, 0.5, 1]), rng.choice([0, 0, 0.3])
        trust = rng.choice([0, 1])  # whether outcomes follow the probabilities
        for _ in range(rng.choice([1, 2, 3, 10, 50, 200])):
            p = probability(rng, kind)
            outcome = rng.random() < (p if trust and 0 < base < 1 else base)
            rows.append((g, None if rng.random() < nulls else p, None if rng.random() < nulls else outcome))
    rng.shuffle(rows)
    return rows


UNSORTED = PARALLEL + "SET enable_sort = off;\n"
SETUP = """
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CREATE TABLE t (g int, p float8, y boolean);
%s
ALTER TABLE t SET (parallel_workers = 2);
ANALYZE t;
CREATE TABLE serial AS SELECT g, clientele.classification(p, y) AS c FROM t GROUP BY g;
"""


def same_bytes(rng, label, source):
    """The same bytes whatever the plan and the order of rows."""
    plans = {"parallel": (UNSORTED, f"SELECT g, clientele.classification(p, y) AS c FROM {source} GROUP BY g"),
             "sorted": ("", f"SELECT g, clientele.classification(p, y ORDER BY p DESC, y) AS c FROM {source} GROUP BY g"),
             "shuffled": ("", f"SELECT g, clientele.classification(p, y ORDER BY hashfloat8(p + {rng.random()})) AS c FROM {source} GROUP BY g"),
             "merged": (UNSORTED, f"""SELECT g, clientele.classification_merge(c ORDER BY part) AS c FROM (
                SELECT g, abs(hashfloat8(p)) %% 5 AS part, clientele.classification(p, y) AS c FROM {source} GROUP BY 1, 2) x GROUP BY g""".replace("%%", "%"))}
    for name, (settings, query) in plans.items():
        (good, bad), = psql(f"""{settings}SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM (
          SELECT coalesce(clientele.classification_summary_send(a.c) = clientele.classification_summary_send(b.c), a.c IS NULL AND b.c IS NULL) AS same
          FROM ({query}) a FULL JOIN (SELECT * FROM {label}) b USING (g)) x;""")
        check(f"{label} {name}", int(good) > 0 and bad == "0", f"{good} same, {bad} differ")
    (plan,) = psql(UNSORTED + f"EXPLAIN (COSTS OFF, FORMAT json) SELECT g, clientele.classification(p, y) FROM {source} GROUP BY g")[0:1] or [[""]]
    check(f"{label} runs in parallel", any("Gather" in line[0] for line in psql(
        UNSORTED + f"EXPLAIN (COSTS OFF) SELECT g, clientele.classification(p, y) FROM {source} GROUP BY g")), plan)


def near(got, want, tolerance=1e-12):
    if want is None or got == "":
        return want is None and got == ""
    return abs(float(got) - float(want)) <= tolerance * (1 + abs(float(want)))


def wilson(x, n):
    """Where the score test stops rejecting, by bisection."""
    def edge(low, high):
        for _ in range(200):
            middle = (low + high) / 2
            inside = abs(middle - x / n) <= Z * math.sqrt(middle * (1 - middle) / n)
            if low < high:
                low, high = (low, middle) if inside else (middle, high)
            else:
                low, high = (low, middle) if inside else (middle, high)
        return (low + high) / 2
    return edge(0.0, x / n), edge(1.0, x / n)


def measures(rows):
    """Everything by its definition, from the rows."""
    n = len(rows)
    positives = [p for p, y in rows if y]
    negatives = sorted(p for p, y in rows if not y)
    want = {"auc": None, "average_precision": None}
    if positives and negatives:
        twice = sum(bisect.bisect_left(negatives, p) + bisect.bisect_right(negatives, p) for p in positives)
        want["auc"] = fractions.Fraction(twice, 2 * len(positives) * len(negatives))
    ordered = sorted(p for p, _ in rows)
    good = sorted(positives)
    if positives:
        above = lambda values, p: len(values) - bisect.bisect_left(values, p)
        want["average_precision"] = sum(fractions.Fraction(above(good, p), above(ordered, p)) for p in positives) / len(positives)
    clip = lambda p: min(max(p, 1e-15), 1 - 1e-15)
    want["log_loss"] = math.fsum(-math.log(clip(p)) if y else -math.log1p(-clip(p)) for p, y in rows) / n
    want["brier"] = sum((fractions.Fraction(p) - y)**2 for p, y in rows) / n
    return want


def at(rows, threshold):
    tp = sum(p >= threshold and y for p, y in rows)
    fp = sum(p >= threshold and not y for p, y in rows)
    fn = sum(p < threshold and y for p, y in rows)
    tn = len(rows) - tp - fp - fn
    ratio = lambda a, b: fractions.Fraction(a, b) if b else None
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    f1 = ratio(2 * tp, 2 * tp + fp + fn)
    if precision and recall:
        assert f1 == 2 / (1 / precision + 1 / recall)
    return [tp, fp, tn, fn, ratio(tp + tn, len(rows)), precision, recall, f1, ratio(tn, tn + fp)]


def calibration(rows, bins, by_quantile):
    groups = {}
    ordered = sorted(rows)
    for p, y in rows:
        if by_quantile:
            first, last = bisect.bisect_left(ordered, (p, False)), bisect.bisect_right(ordered, (p, True))
            b = math.floor(fractions.Fraction(first + last, 2 * len(rows)) * bins)
        else:
            b = max(i for i in range(bins) if i / bins <= p)
        groups.setdefault(min(b, bins - 1), []).append((p, y))
    result = []
    for b, inside in sorted(groups.items()):
        x, n = sum(y for _, y in inside), len(inside)
        result.append([b + 1, n, math.fsum(p for p, _ in inside) / n, x / n, *wilson(x, n)])
    return result


def lift(rows, buckets):
    ordered = sorted(rows, key=lambda row: -row[0])
    ties = {}
    for p, y in rows:
        n, x = ties.get(p, (0, 0))
        ties[p] = n + 1, x + y
    total, n = sum(y for _, y in rows), len(rows)
    result, place, found = [], 0, fractions.Fraction(0)
    for b in range(buckets):
        size = n // buckets + (b < n % buckets)
        if size == 0:
            break
        x = sum(fractions.Fraction(ties[p][1], ties[p][0]) for p, _ in ordered[place:place + size])
        place, found = place + size, found + x
        result.append([b + 1, size, x, x / size, x / size / fractions.Fraction(total, n) if total else None, found / total if total else None])
    return result


def compare(rows):
    by_set = {}
    for g, p, y in rows:
        by_set.setdefault(g, [])
        if p is not None and y is not None:
            by_set[g].append((p + 0.0, y))
    names = ["auc", "average_precision", "log_loss", "brier"]
    for g, *got in psql("SELECT g, " + ", ".join(f"clientele.classification_{n}(c)" for n in names) + " FROM serial"):
        if not by_set[int(g)]:
            check(f"{g} is NULL", got == [""] * 4, got)
            continue
        want = measures(by_set[int(g)])
        for name, value in zip(names, got):
            check(f"{name} of {g}", near(value, want[name]), f"{value} {want[name] and float(want[name])}")
    listed = ",".join(map(repr, THRESHOLDS))
    for g, t, *got in psql(f"SELECT g, (m).*, clientele.classification_accuracy(c, t) FROM serial, unnest('{{{listed}}}'::float8[]) t, clientele.classification_at(c, t) m "
                           "WHERE c IS NOT NULL"):
        want = at(by_set[int(g)], float(t))
        check(f"{g} at {t}", all(near(a, b) for a, b in zip(got, want + [want[4]])) and len(got) == 10, f"{got} {want}")
    seen = {}
    for g, parts, quantile, *row in psql(f"SELECT g, b, q, m.* FROM serial, unnest('{{{','.join(map(str, PARTS))}}}'::int[]) b, "
                                         "(VALUES (true), (false)) v (q), clientele.classification_calibration(c, b, q) m ORDER BY g, b, q, bin"):
        seen.setdefault((int(g), int(parts), quantile == "t"), []).append(row)
    buckets = {}
    for g, parts, *row in psql(f"SELECT g, b, m.* FROM serial, unnest('{{{','.join(map(str, PARTS))}}}'::int[]) b, clientele.classification_lift(c, b) m ORDER BY g, b, bucket"):
        buckets.setdefault((int(g), int(parts)), []).append(row)
    alike = lambda got, want: len(got) == len(want) and all(near(a, b, 1e-9) for x, y in zip(got, want) for a, b in zip(x, y))
    for g, inside in by_set.items():
        for parts in PARTS:
            if not inside:
                check(f"nothing of {g}", (g, parts, True) not in seen and (g, parts) not in buckets)
                continue
            for quantile in (True, False):
                want = calibration(inside, parts, quantile)
                check(f"calibration of {g} {parts} {quantile}", alike(seen[g, parts, quantile], want), f"{seen[g, parts, quantile]} {want}")
            want = lift(inside, parts)
            check(f"lift of {g} {parts}", alike(buckets[g, parts], want), f"{buckets[g, parts]} {want}")
    return by_set


def scikit_learn(by_set):
    try:
        from sklearn import metrics
    except ImportError:
        checks.skip("scikit-learn is not there")
        return
    got = {int(g): v for g, *v in psql("SELECT g, clientele.classification_auc(c), clientele.classification_log_loss(c), clientele.classification_brier(c), "
                                       "clientele.classification_average_precision(c), clientele.classification_accuracy(c) FROM serial WHERE c IS NOT NULL")}
    asked = 0
    for g, inside in by_set.items():
        p, y = [r[0] for r in inside], [r[1] for r in inside]
        if len(set(y)) < 2:
            continue
        asked += 1
        auc, loss, brier, average, accuracy = got[g]
        check(f"roc_auc_score {g}", near(auc, metrics.roc_auc_score(y, p), 1e-9))
        check(f"brier_score_loss {g}", near(brier, metrics.brier_score_loss(y, p), 1e-9))
        check(f"average_precision_score {g}", near(average, metrics.average_precision_score(y, p), 1e-9))
        check(f"accuracy_score {g}", near(accuracy, metrics.accuracy_score(y, [v >= .5 for v in p]), 1e-9))
        if all(1e-15 <= v <= 1 - 1e-15 for v in p):  # releases clip at different places
            check(f"log_loss {g}", near(loss, metrics.log_loss(y, p), 1e-9), f"{loss} {metrics.log_loss(y, p)}")
    print(f"{asked} data sets compared with scikit-learn")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 120
    print(f"classification: seed {seed}, {count} random data sets", flush=True)
    rng = random.Random(seed)
    rows = data_sets(rng, count)
    psql(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
    psql(SETUP % copy("t", rows))
    same_bytes(rng, "serial", "t")
    scikit_learn(compare(rows))
    # More different probabilities than are kept, spread over few powers of two and over many.
    psql(f"""SELECT setseed({rng.random()});
CREATE TABLE wide AS SELECT g, CASE g WHEN 0 THEN random() WHEN 1 THEN random() * power(2, -floor(random() * 900)) ELSE 1 - random() * power(2, -floor(random() * 40)) END AS p,
  random() < 0.2 AS y FROM generate_series(0, 2) g, generate_series(1, 1100000);
ALTER TABLE wide SET (parallel_workers = 2);
CREATE TABLE rounded AS SELECT g, clientele.classification(p, y) AS c FROM wide GROUP BY g;""")
    same_bytes(rng, "rounded", "wide")
    for g, brier, plain, loss, plain_loss in psql("""SELECT g, clientele.classification_brier(c), brier, clientele.classification_log_loss(c), loss
        FROM rounded JOIN (SELECT g, avg(power(greatest(abs(p - y::int), 1e-100), 2)) AS brier, avg(-ln(greatest(CASE WHEN y THEN p ELSE 1 - p END, 1e-15))) AS loss FROM wide GROUP BY g) x USING (g)"""):
        check(f"rounded brier {g}", abs(float(brier) - float(plain)) <= 2**-9, f"{brier} {plain}")
        check(f"rounded log loss {g}", abs(float(loss) - float(plain_loss)) <= 2**-8, f"{loss} {plain_loss}")
        print(f"rounded {g}: Brier score {float(brier) - float(plain):.2g} off, log loss {float(loss) - float(plain_loss):.2g}")
    psql(f"DROP DATABASE {DATABASE};", "postgres")
    checks.end()


main()
