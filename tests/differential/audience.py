#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Audiences against Python's sets, scores against dictionaries, and both against plain SQL.

usage: audience.py [SEED [COUNT]]      (default: a fresh seed, 40 pairs of sets)

Random sets of ids, sparse, dense and in runs, about 2^16, 2^32, 2^62 and 2^63: every operator, size,
aggregate, cast and sample; plans by one process and by several. Random numbers of customers: ranges,
summaries and joins against rows of the same numbers. Then sets made by plain SQL on a million rows.
"""
import fractions
import random
import sys

from checks import Checks

DATABASE = "clientele_audience_differential"
checks = Checks("audience", DATABASE)
check, psql = checks.check, checks.psql

BORDERS = [0, 1 << 16, 5 << 16, 1 << 32, (7 << 32) - 70000, 1 << 62, (1 << 63) - 400000]


def random_set(rng, others=()):
    ids = set()
    for _ in range(rng.randrange(4)):
        base = rng.choice(BORDERS) + rng.randrange(3) * 32768
        if others and rng.random() < 0.5:
            base = min(others)
        kind = rng.randrange(5)
        if kind == 0:
            ids |= {rng.getrandbits(rng.randrange(64)) for _ in range(rng.randrange(60))}
        elif kind == 1:
            ids |= {base + rng.randrange(70000) for _ in range(rng.randrange(400))}
        elif kind == 2:
            ids |= set(range(base, base + rng.randrange(4090, 4103) * (step := rng.randrange(1, 6)), step))
        elif kind == 3:
            length, gap = rng.randrange(1, 5), rng.randrange(1, 20)
            for i in range(rng.choice([rng.randrange(40), rng.randrange(2040, 2056)])):
                ids |= set(range(base + i * (length + gap), base + i * (length + gap) + length))
        else:
            ids |= set(range(base, base + rng.choice([65536, rng.randrange(70000)])))
            ids -= {base + rng.randrange(70000)}
        if rng.random() < 0.1:
            ids.add((1 << 63) - 1)
    return {i for i in ids if i < 1 << 63}


def text(ids):
    """The text form, by itself."""
    parts, ids = [], sorted(ids)
    i = 0
    while i < len(ids):
        k = i
        while k + 1 < len(ids) and ids[k + 1] == ids[k] + 1:
            k += 1
        if k - i > 1:
            parts.append(f"{ids[i]}-{ids[k]}")
        else:
            parts += [str(v) for v in ids[i:k + 1]]
        i = k + 1
    return "{" + ",".join(parts) + "}"


def of_text(form):
    ids = set()
    for part in form[1:-1].split(",") if form != "{}" else []:
        first, _, last = part.partition("-")
        ids |= set(range(int(first), int(last or first) + 1))
    return ids


def sets(rng, count):
    pairs, rows = [], []
    for n in range(count):
        a = random_set(rng)
        pairs.append((a, set(a) if rng.random() < 0.05 else random_set(rng, a)))
        for side, ids in enumerate(pairs[-1]):
            ids = list(ids)
            rng.shuffle(ids)
            rows += [f"{n}\t{side}\t{i}\n" for i in ids + ids[:3]]
    psql("CREATE TABLE ids (n int, side int, id bigint);\nCOPY ids FROM stdin;\n" + "".join(rows) + "\\.\n"
         "ALTER TABLE ids SET (parallel_workers = 2); ANALYZE ids;"
         "CREATE TABLE typed (n int, a audience, b audience);\nCOPY typed FROM stdin;\n" +
         "".join(f"{n}\t{text(a)}\t{text(b)}\n" for n, (a, b) in enumerate(pairs)) + "\\.\n"
         "CREATE TABLE gathered AS SELECT n, COALESCE((SELECT audience(id) FROM ids WHERE ids.n = g AND side = 0), '{}') AS a,"
         f" COALESCE((SELECT audience(id) FROM ids WHERE ids.n = g AND side = 1), '{{}}') AS b FROM generate_series(0, {count - 1}) g(n), LATERAL (SELECT n AS g) x;"
         "ALTER TABLE gathered SET (parallel_workers = 2);")
    same = psql("SELECT count(*) FROM typed JOIN gathered g USING (n, a, b) WHERE typed.a::text = g.a::text;")
    check("gathered is what is written", same == [[str(count)]], same)
    answers = psql("SELECT n, a, b, a & b, a | b, a - b, a # b, a = b, a @> b, a <@ b, a && b, cardinality(a), and_cardinality(a, b),"
                   " or_cardinality(a, b), without_cardinality(a, b), xor_cardinality(a, b), jaccard(a, b), first_member(a), last_member(a),"
                   " a @> last_member(b), COALESCE(first_member(b), -1) <@ a, sample(a, cardinality(b), n),"
                   " (SELECT count(*) FROM members(a)), (SELECT sum(m::numeric) FROM members(a) m),"
                   " a::bigint[]::audience = a, audience_send(a) = audience_send(a | (a & b)) FROM gathered ORDER BY n;")
    yes = {True: "t", False: "f"}
    for row, (a, b) in zip(answers, pairs):
        n = row[0]
        for name, got, expected in zip(("a", "b", "&", "|", "-", "#"), row[1:7], (a, b, a & b, a | b, a - b, a ^ b)):
            check(f"{n}: {name}", got == text(expected), got)
        expected = [yes[a == b], yes[a >= b], yes[a <= b], yes[bool(a & b)], str(len(a)), str(len(a & b)), str(len(a | b)),
                    str(len(a - b)), str(len(a ^ b)), None, str(min(a)) if a else "", str(max(a)) if a else "",
                    yes[max(b) in a] if b else "", yes[bool(b) and min(b) in a], None, str(len(a)), str(sum(a)) if a else "", "t", "t"]
        for place, (got, value) in enumerate(zip(row[7:], expected)):
            check(f"{n}: answer {place}", value is None or got == value, f"{got} is not {value}")
        check(f"{n}: jaccard", float(row[16]) == (len(a & b) / len(a | b) if a | b else 1), row[16])
        drawn = of_text(row[21])
        check(f"{n}: sample", drawn <= a and len(drawn) == min(len(a), len(b)), row[21])
    unions = psql("SELECT audience_union(a), audience_intersection(a | '{3,65536}') FROM gathered;")
    alone = [text(set().union(*(a for a, _ in pairs))), text(set.intersection(*(a | {3, 65536} for a, _ in pairs)))]
    check("union and intersection of all", unions == [alone])
    several = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;"
    check("the same by several processes", psql(several + "SELECT audience_union(a), audience_intersection(a | '{3,65536}') FROM gathered;") == [alone])
    check("gathered by several processes", psql(several + "SELECT audience(id) FROM ids WHERE side = 0;")[0] == alone[:1])
    plan = psql(several + "EXPLAIN (COSTS off) SELECT audience(id) FROM ids WHERE side = 0;")
    check("there are several", any("Partial Aggregate" in row[0] for row in plan), plan)
    windows = psql("SELECT n, audience(n) OVER w, audience_union(a & '{0-100000}') OVER w FROM gathered WINDOW w AS (ORDER BY n ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY n;")
    for n, row in enumerate(windows):
        near = range(max(0, n - 2), n + 1)
        check(f"{n}: window", row[1] == text(near) and row[2] == text({i for k in near for i in pairs[k][0] if i <= 100000}), row)


def random_scores(rng, ids):
    decimals = rng.randrange(7)
    width = rng.randrange(1, 39)
    scores = {}
    for i in ids:
        value = rng.getrandbits(width) * rng.choice([1, 1, -1])
        scores[i] = fractions.Fraction(value, 10**decimals) if rng.random() < 0.95 else fractions.Fraction(rng.randrange(-9, 9))
    return scores


def decimal(value):
    """An exact decimal of a fraction that has one."""
    for places in range(40):
        if (value * 10**places).denominator == 1:
            digits = str(abs(int(value * 10**places))).zfill(places + 1)
            return ("-" if value < 0 else "") + (digits[:-places] + "." + digits[-places:] if places else digits)
    raise ValueError(value)


def score_text(scores):
    return "{" + ",".join(f"{i}:{decimal(v)}" for i, v in sorted(scores.items())) + "}"


def numbers(rng, count):
    psql("CREATE TABLE scored (n int, side int, id bigint, v numeric); ALTER TABLE scored SET (parallel_workers = 2);")
    for n in range(count):
        ids = sorted(random_set(rng))[:rng.choice([20, 300, 5000])]
        scores, more = random_scores(rng, ids), random_scores(rng, rng.sample(ids, len(ids) // 3))
        more.update(random_scores(rng, rng.sample(range(1000), rng.randrange(9))))
        among = set(rng.sample(ids, len(ids) // 2)) | {1, 2, 3}
        rows = [f"{n}\t{side}\t{i}\t{decimal(v)}\n" for side, of in enumerate((scores, more)) for i, v in of.items()]
        rng.shuffle(rows)
        low, high = (rng.choice(list(scores.values())) if scores and rng.random() < 0.8 else fractions.Fraction(rng.randrange(-99, 99), 7 * 10**3).limit_denominator(1000)
                     for _ in range(2))
        low, high = fractions.Fraction(round(low * 10**8), 10**8), fractions.Fraction(round(high * 10**8), 10**8)
        lows, highs = decimal(low), decimal(high)
        s = f"(SELECT COALESCE(tag_scores(id, v), '{{}}') FROM scored WHERE n = {n} AND side = 0)"
        m = f"(SELECT COALESCE(tag_scores(id, v), '{{}}') FROM scored WHERE n = {n} AND side = 1)"
        answer = psql("COPY scored FROM stdin;\n" + "".join(rows) + "\\.\n"
                      f"SELECT s, scored(s), score_count(s), scores_below(s, {lows}), scores_at_most(s, {lows}), scores_above(s, {lows}), scores_at_least(s, {lows}),"
                      f" scores_between(s, {lows}, {highs}), score_summary(s, among), s - among, s & among, s | m, '{score_text(scores)}' = s,"
                      f" (SELECT sum(score) FROM scores(s)), (SELECT count(*) FROM scored x WHERE n = {n} AND side = 0 AND score_of(s, id) = v), s | m | s = m | s"
                      f" FROM {s} a(s), {m} b(m), (VALUES (audience '{text(among)}')) c(among);")[0]
        where = lambda holds: text(i for i, v in scores.items() if holds(v))
        expected = [score_text(scores), text(scores), str(len(scores)), where(lambda v: v < low), where(lambda v: v <= low),
                    where(lambda v: v > low), where(lambda v: v >= low), where(lambda v: low <= v <= high), None,
                    score_text({i: v for i, v in scores.items() if i not in among}), score_text({i: v for i, v in scores.items() if i in among}),
                    score_text({**scores, **more}), "t", None, str(len(scores)), "t"]
        for place, (got, value) in enumerate(zip(answer, expected)):
            check(f"scores {n}: answer {place}", value is None or got == value, f"{got} is not {value}")
        check(f"scores {n}: sum", fractions.Fraction(answer[13] or 0) == sum(scores.values()))
        some = sorted(v for i, v in scores.items() if i in among)
        parts = answer[8].strip("()").split(",")
        if some:
            middle = (some[(len(some) - 1) // 2] + some[len(some) // 2]) / 2
            exact = [fractions.Fraction(parts[k]) for k in (0, 1, 3, 4, 5)]
            check(f"scores {n}: summary", exact == [len(some), sum(some), some[0], middle, some[-1]], parts)
            mean = sum(some) / len(some)
            check(f"scores {n}: average", abs(fractions.Fraction(parts[2]) - mean) <= abs(mean) / 10**12 + fractions.Fraction(1, 10**15), parts)
        else:
            check(f"scores {n}: nobody", parts == ["0", "", "", "", "", ""], parts)


MILLION = """
CREATE TABLE customers AS SELECT i::bigint * 37 % 1000003 AS id, i % 1000 AS spend, i % 7 = 0 AS vip, i % 11 < 3 AS lost FROM generate_series(1, 1000000) i;
ALTER TABLE customers SET (parallel_workers = 2);
CREATE TABLE tags AS SELECT audience(id) FILTER (WHERE vip) AS vip, audience(id) FILTER (WHERE lost) AS lost, audience(id) AS all_of_them,
  tag_scores(id, spend / 8.0) AS spend FROM customers;
SELECT cardinality(vip - lost) = (SELECT count(*) FROM customers WHERE vip AND NOT lost), cardinality(all_of_them) = 1000000,
  and_cardinality(vip, lost) = (SELECT count(*) FROM customers WHERE vip AND lost), vip | lost = (SELECT audience(id) FROM customers WHERE vip OR lost),
  cardinality((vip | scores_at_least(spend, 100)) - lost) = (SELECT count(*) FROM customers WHERE (vip OR spend / 8.0 >= 100) AND NOT lost),
  scores_between(spend, 10.125, 20) = (SELECT audience(id) FROM customers WHERE spend / 8.0 BETWEEN 10.125 AND 20),
  (SELECT x.customers = y.n AND x.sum = y.s AND x.median::float8 = y.m FROM score_summary(spend, vip) x,
    (SELECT count(*) n, sum(spend / 8.0) s, percentile_cont(0.5) WITHIN GROUP (ORDER BY spend / 8.0) m FROM customers WHERE vip) y)
FROM tags;
"""


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(f"seed {seed}")
    rng = random.Random(seed)
    psql(f"DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
    psql(f"CREATE EXTENSION clientele; ALTER DATABASE {DATABASE} SET search_path = public, clientele;")
    sets(rng, count)
    numbers(rng, count // 3)
    for place, good in enumerate(psql(MILLION)[0]):
        check(f"a million customers: answer {place}", good == "t")
    psql(f"DROP DATABASE {DATABASE} WITH (FORCE);", "postgres")
    checks.end()


main()
