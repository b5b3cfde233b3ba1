#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Surveys, drivers and complaints against an independent implementation in Python.

usage: surveys.py [--long] [SEED [COUNT]]      (default: a fresh seed, 400 cases; with --long 10,000)

Results, intervals and differences are compared with the oracle intervals.py to 1e-9, p-values with counts in exact
fractions. A few data sets are collected serially, in parallel, reversed and from merged parts: the bytes must be the same.
The store has merged customers, several answers of one customer, anonymous answers and invitations; its views are
compared with what Python makes of the rows. Corrupt bytes give errors, or a value that is itself again. The coverage of the NPS
interval is computed exactly from all outcomes of n answers (n = 20 and 100), with --long also by simulation at n = 20, 100, 1,000.
"""
import bisect
import datetime
import fractions
import math
import random
import sys

from checks import FORCED, PARALLEL, SERIAL, Checks, copy
from oracles import load_oracle

DATABASE = "clientele_surveys_differential"
checks = Checks("surveys", DATABASE)
check, psql = checks.check, checks.psql
oracle = load_oracle("intervals", checks)
SCALES = {"nps": (0, 10, 6, 9), "csat": (1, 5, 2, 4), "ces": (1, 7, 3, 5)}
UTC = datetime.timezone.utc


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def packed(scale, counts):
    """The bytes of a summary, from the counts by score."""
    return r"\x" + (bytes([1, list(SCALES).index(scale)]) + b"".join(map(varint, counts))).hex()


def spread(rng, scale, favourable, neutral, unfavourable):
    """Counts by score that have these sums."""
    low, high, bad, good = SCALES[scale]
    counts = [0] * (high - low + 1)
    for number, scores in ((favourable, range(good, high + 1)), (neutral, range(bad + 1, good)), (unfavourable, range(low, bad + 1))):
        for score in scores:
            take = number if score == scores[-1] else rng.randint(0, number)
            counts[score - low] += take
            number -= take
    return counts


def sums(scale, counts):
    low, high, bad, good = SCALES[scale]
    return sum(counts[good - low:]), sum(counts[bad + 1 - low:good - low]), sum(counts[:bad + 1 - low])


def result(scale, counts):
    b, n, c = sums(scale, counts)
    return oracle.nps(b, n, c) if scale == "nps" else oracle.wilson(b, b + n + c)


def chance(scale, first, second):
    """Twice the smaller tail over all ways to deal the answers to the two groups."""
    (b, n, c), (x, y, z) = sums(scale, first), sums(scale, second)
    m, everyone = b + n + c, b + n + c + x + y + z
    if m == 0 or m == everyone:
        return 1.0
    if scale != "nps":
        return oracle.fisher(b, m, x, x + y + z)
    whole, up, down = math.comb(everyone, m), 0, 0
    for p in range(b + x + 1):
        for d in range(c + z + 1):
            rest = m - p - d
            if 0 <= rest <= n + y:
                ways = math.comb(b + x, p) * math.comb(c + z, d) * math.comb(n + y, rest)
                up += ways * (p - d >= b - c)
                down += ways * (p - d <= b - c)
    return float(min(fractions.Fraction(1), 2 * fractions.Fraction(min(up, down), whole)))


def near(got, want, tolerance=1e-9):
    if want is None or got == "":
        return want is None and got == ""
    return abs(float(got) - want) <= tolerance * max(1.0, abs(want))


def counts_of(rng, scale):
    size = rng.choice([0, 1, 2, 5, 20, 100, 300, 10**6])
    while True:
        one = lambda: rng.choice([0, size, rng.randint(0, size), rng.randint(0, size)])
        numbers = [one(), one(), one()]
        if sum(numbers) > 0:
            return spread(rng, scale, *numbers)
        size = max(size, 1)


def results(rng, count):
    rows, wanted = [], []
    for i in range(count):
        scale = rng.choice(list(SCALES))
        first, second = counts_of(rng, scale), counts_of(rng, scale)
        a, b = result(scale, first), result(scale, second)
        small = sum(first) + sum(second) <= 40
        wanted.append((scale, first, a, oracle.square_and_add(a, b), chance(scale, first, second) if small else None))
        rows.append((i, packed(scale, first), packed(scale, second)))
    psql("CREATE TABLE cases (i int, a clientele.survey_summary, b clientele.survey_summary);\n" + copy("cases", rows))
    exact = 0
    for i, *got in psql("SELECT i, r.*, d.* FROM cases, clientele.survey_result(a) r, clientele.survey_difference(a, b) d ORDER BY i"):
        scale, counts, estimate, difference, p = wanted[int(i)]
        unit = 100 if scale == "nps" else 1
        good = got[0] == scale and [int(v) for v in got[1:5]] == [sum(counts), *sums(scale, counts)]
        mean = sum(s * n for s, n in enumerate(counts, SCALES[scale][0])) / sum(counts)
        good = good and near(got[5], mean, 1e-12) and all(abs(float(g) - w) <= 1e-9 * unit for g, w in zip(got[6:9], estimate))
        good = good and all(abs(float(g) - w) <= 1e-9 * unit for g, w in zip(got[9:12], difference)) and 0 <= float(got[12]) <= 1
        if p is not None:
            exact += 1
            good = good and near(got[12], p)
        check(f"case {i}", good, f"{scale} {counts}: got {got}, wanted {estimate} {difference} {p}")
    print(f"{count} results and differences, {exact} of them with exact p-values")
    # The tails of larger groups.
    for scale in SCALES:
        for _ in range(2):
            first = spread(rng, scale, *(rng.randint(5, 30) for _ in range(3)))
            second = spread(rng, scale, *(rng.randint(0, 40) for _ in range(3)))
            (p,), = psql(f"SELECT p_value FROM clientele.survey_difference('{packed(scale, first)}', '{packed(scale, second)}')")
            check("larger groups", near(p, chance(scale, first, second)), f"{scale} {first} {second} {p}")


def plans(rng):
    """The same bytes whatever the plan and the order of rows; each customer's last answer."""
    rows = []
    for g in range(40):
        scale = rng.choice(list(SCALES))
        for _ in range(rng.choice([1, 3, 30, 200])):
            low, high, *_ = SCALES[scale]
            rows.append((g, rng.randint(1, 9), f"2026-01-0{rng.randint(1, 9)} 0{rng.randint(0, 3)}:00+00",
                         None if rng.random() < .05 else rng.randint(low, high), scale))
    psql("CREATE TABLE t (g int, customer int, at timestamptz, score int, scale text);\n" + copy("t", rows)
         + "ALTER TABLE t SET (parallel_workers = 2); ANALYZE t;")
    want = {}
    last = {}
    for g, customer, at, score, scale in rows:
        if score is not None:
            low, high, *_ = SCALES[scale]
            want.setdefault(g, (scale, [0] * (high - low + 1)))[1][score - low] += 1
            key = last.get((g, customer))
            if key is None or (at, -score) > (key[0], -key[1]):
                last[g, customer] = at, score
    shapes = {"serial": (SERIAL, "SELECT g, clientele.survey(score, scale) FROM t GROUP BY g"),
              "parallel": (PARALLEL + "SET enable_sort = off;", "SELECT g, clientele.survey(score, scale) FROM t GROUP BY g"),
              "forced": (FORCED, "SELECT g, clientele.survey(score, scale) FROM t GROUP BY g"),
              "reversed": (SERIAL, "SELECT g, clientele.survey(score, scale ORDER BY at DESC, score) FROM t GROUP BY g"),
              "merged": (SERIAL, "SELECT g, clientele.survey_merge(s ORDER BY customer DESC) FROM (SELECT g, customer, clientele.survey(score, scale) AS s FROM t GROUP BY 1, 2) x GROUP BY g"),
              "window": (SERIAL, "SELECT DISTINCT ON (g) g, clientele.survey(score, scale) OVER (PARTITION BY g ORDER BY at, ctid) FROM t ORDER BY g, at DESC, ctid DESC")}
    for name, (settings, query) in shapes.items():
        got = {int(g): s for g, s in psql(settings + query)}
        check(f"plan {name}", all(got[g] == (packed(*want[g]) if g in want else "") for g in got) and len(got) == 40, got)
    for settings in (SERIAL, PARALLEL, FORCED):
        got = {(int(g), int(c)): float(s) for g, c, s in psql(settings + "SELECT g, customer, clientele.last_answer(score, at) FROM t GROUP BY 1, 2") if s != ""}
        check("last answers", got == {k: float(v[1]) for k, v in last.items()})
    for name, query in (("rest", "SELECT clientele.survey_rest(a, b)"), ("all", "SELECT clientele.survey_merge(x) FROM unnest(ARRAY[b, clientele.survey_rest(a, b)]) x")):
        whole, part = [5, 0, 3, 1, 7], [2, 0, 3, 0, 6]
        (got,), = psql(f"{query} FROM (SELECT '{packed('csat', whole)}'::clientele.survey_summary AS a, '{packed('csat', part)}'::clientele.survey_summary AS b) v"
                       if name == "rest" else f"SELECT ({query}) FROM (SELECT '{packed('csat', whole)}'::clientele.survey_summary AS a, '{packed('csat', part)}'::clientele.survey_summary AS b) v")
        check(name, got == packed("csat", [3, 0, 0, 1, 1] if name == "rest" else whole), got)


def complaints(rng, count):
    """Journeys of complaints (1), answers (2) and events that are both (3)."""
    begin = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    rows, want = [], []
    within, until = 20, 90
    for i in range(count):
        events = [(rng.randint(0, 100), rng.choice([1, 2, 3, 4])) for _ in range(rng.choice([0, 1, 4, 12]))]
        rows += [(i, (begin + datetime.timedelta(hours=at)).isoformat(), kind) for at, kind in events]
        ordered = sorted((e for e in events if e[0] < until), key=lambda e: (e[0], {1: 0, 3: 1, 4: 1, 2: 2}[e[1]]))
        for k, (at, kind) in enumerate(ordered):
            if kind in (1, 3):
                answer = next((t for t, other in ordered[k + 1:] if other in (2, 3)), None)
                waited = (until if answer is None else answer) - at
                state = ("late" if waited > within else "in time") if answer is not None else "overdue" if waited > within else "waiting"
                want.append((i, at, answer, state))
    psql("CREATE TABLE e (c int, at timestamptz, kind int);\n" + copy("e", rows))
    got = [(int(c), int(at), int(a) if a else None, state) for c, at, a, state in psql(f"""
      SELECT c, extract(epoch FROM complained_at - '2026-01-01Z')::int / 3600, extract(epoch FROM answered_at - '2026-01-01Z')::int / 3600, state
      FROM (SELECT c, clientele.journey(at, kind) AS j FROM e GROUP BY c) x,
           clientele.complaint_answers(j, '#1|#3', '#2|#3', '{within} hours', until => '2026-01-01Z'::timestamptz + interval '{until} hours')""")]
    key = lambda row: (row[0], row[1], -1 if row[2] is None else row[2], row[3])
    check("complaints", sorted(got, key=key) == sorted(want, key=key) and (count < 50 or len(want) > count / 2), f"{len(got)} {len(want)}", weight=count)
    print(f"{count} journeys with {len(want)} complaints")
    return len(want)


def store(rng, customers):
    """Views and drivers over a store, with customers that were merged."""
    psql("SET client_min_messages = warning; CALL clientele.create_store('Asia/Shanghai');")
    ids = list(range(1, customers + 1))
    merged = {i: i - 1 for i in ids if i % 10 == 0}
    psql(copy("clientele_data.customers (customer_id, merged_into)", [(i, merged.get(i)) for i in ids])
         + "SELECT clientele.define_survey('推荐', 'nps'), clientele.define_survey('easy', 'ces');")
    now = datetime.datetime.now(UTC).replace(microsecond=0)
    rows = []
    for _ in range(customers * 2):
        survey, scale = rng.choice([("推荐", "nps"), ("easy", "ces")])
        low, high, *_ = SCALES[scale]
        who = None if rng.random() < .05 else rng.choice(ids)
        asked = now - datetime.timedelta(minutes=rng.randint(2000, 300 * 1440)) if rng.random() < .8 else None
        answered = (asked or now - datetime.timedelta(days=rng.randint(2, 300))) + datetime.timedelta(hours=rng.randint(0, 30))
        score = min(high, rng.randint(low, high) + (who is not None and merged.get(who, who) % 3 == 0) * 2)
        if asked is not None and rng.random() < .3:
            answered = score = None
        rows.append((who, survey, scale, score, asked and asked.isoformat(), answered and answered.isoformat()))
    psql(copy("clientele_data.survey_answers (customer_id, survey, scale, score, asked_at, answered_at)", rows) + """
      SET client_min_messages = warning;
      SELECT clientele.define_tag('third', 'SELECT customer_id FROM clientele_data.customers WHERE customer_id % 3 = 0 AND merged_into IS NULL'),
             clientele.define_tag('城市', $$SELECT customer_id, (ARRAY['上海', 'b', 'c'])[1 + customer_id % 3] FROM clientele_data.customers WHERE customer_id % 5 > 0 AND merged_into IS NULL$$),
             clientele.define_tag('number', 'SELECT customer_id, customer_id % 4 FROM clientele_data.customers WHERE merged_into IS NULL');
      SELECT count(*) FROM clientele.refresh_tags();""")
    groups = {("third", ""): lambda c: c % 3 == 0}
    groups.update({("城市", v): lambda c, i=i: c % 3 == i and c % 5 > 0 for i, v in enumerate(["上海", "b", "c"])})
    groups.update({("number", str(v)): lambda c, v=v: c % 4 == v for v in range(4)})

    zone = datetime.timezone(datetime.timedelta(hours=8))
    month = lambda at: datetime.datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-01")
    months, invited, latest = {}, {}, {}
    for n, (who, survey, scale, score, asked, answered) in enumerate(rows):
        who = ("anonymous", n) if who is None else merged.get(who, who)
        if asked:
            seen = invited.setdefault((survey, scale, month(asked)), [0, 0])
            seen[0], seen[1] = seen[0] + 1, seen[1] + (answered is not None)
        if answered:
            for place, key in ((months, (survey, scale, month(answered), who)), (latest, (survey, scale, who))):
                if key not in place or (answered, -score) > (place[key][0], -place[key][1]):
                    place[key] = answered, score
    counted = {}
    for (survey, scale, m, _), (_, score) in months.items():
        low, high, *_ = SCALES[scale]
        counted.setdefault((survey, scale, m), [0] * (high - low + 1))[score - low] += 1
    seen, before = set(), {}
    for survey, scale, m, answers, b, n, c, mean, *numbers, asked, responded, rate in psql("SELECT * FROM clientele_bi.satisfaction ORDER BY survey, month"):
        key = survey, scale, m
        seen.add(key)
        counts = counted.get(key)
        good = [int(asked), int(responded)] == invited.get(key, [0, 0]) and near(rate, invited[key][1] / invited[key][0] if key in invited else None)
        if counts is None:
            good = good and answers == "0" and b == numbers[0] == ""
        else:
            estimate = result(scale, counts)
            change = oracle.square_and_add(estimate, result(scale, before[survey])) if survey in before else (None,) * 3
            good = good and [int(b), int(n), int(c)] == list(sums(scale, counts)) and all(near(g, w) for g, w in zip(numbers[:6], [*estimate, *change]))
            before[survey] = counts
        check(f"month {key}", good, f"{answers} {b} {n} {c} {numbers} {asked} {responded} {rate} {counts} {invited.get(key)}")
    check("months", seen == set(counted) | set(invited), seen)

    wanted = {}
    for (tag, value), has in groups.items():
        for survey, scale in (("推荐", "nps"), ("easy", "ces")):
            low, high, *_ = SCALES[scale]
            inside, outside = [0] * (high - low + 1), [0] * (high - low + 1)
            for (s, _, who), (_, score) in latest.items():
                if s == survey and isinstance(who, int):
                    (inside if has(who) else outside)[score - low] += 1
            if min(sum(inside), sum(outside)) >= 20:
                wanted[survey, tag, value] = scale, inside, outside
    got = psql("SELECT survey, tag, value, answers, score, low, high, other_answers, other_score, difference, difference_low, difference_high, p_value, q_value "
               "FROM clientele_bi.satisfaction_by_segment")
    check("segments", {tuple(r[:3]) for r in got} == set(wanted), f"{[r[:3] for r in got]} {set(wanted)}")
    for survey, tag, value, answers, score, low, high, others, other, *difference in got:
        scale, inside, outside = wanted[survey, tag, value]
        a, b = result(scale, inside), result(scale, outside)
        good = int(answers) == sum(inside) and int(others) == sum(outside) and all(near(g, w) for g, w in zip([score, low, high, other], [*a, b[0]]))
        check(f"driver {survey} {tag} {value}", good and all(near(g, w) for g, w in zip(difference, oracle.square_and_add(a, b))), f"{answers} {score} {difference} {a} {b}")
    for g, w in zip([float(r[-1]) for r in got], oracle.benjamini_hochberg([float(r[-2]) for r in got])):
        check("q-values", near(g, w))


def corrupt(rng, count):
    good = [packed(scale, counts_of(rng, scale)) for scale in SCALES for _ in range(20)]
    values = []
    for _ in range(count):
        raw = bytearray(bytes.fromhex(rng.choice(good)[2:]))
        for _ in range(rng.randint(1, 3)):
            kind, at = rng.randrange(4), rng.randrange(len(raw)) if raw else 0
            if kind == 0 and raw:
                raw[at] = rng.choice([0, 1, 2, 3, 127, 128, 255, rng.randrange(256)])
            elif kind == 1:
                raw.insert(at, rng.randrange(256))
            elif kind == 2 and raw:
                del raw[at]
            else:
                del raw[at:]
        values.append((r"\x" + bytes(raw).hex(),))
    psql("CREATE TABLE bad (bytes text);\n" + copy("bad", values))
    found = dict(psql("""
      CREATE FUNCTION tried(bytes text) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE s clientele.survey_summary; r record;
      BEGIN
        s := bytes::clientele.survey_summary;
        r := clientele.survey_result(s);
        RETURN CASE WHEN s::text::clientele.survey_summary OPERATOR(clientele.=) s AND r.low <= r.score + 1e-9 AND r.score <= r.high + 1e-9 THEN 'good' ELSE 'bad' END;
      EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$;
      SELECT tried(bytes), count(*) FROM bad GROUP BY 1"""))
    check("corrupt bytes", set(found) <= {"good", "22P03"} and len(found) == 2, found, weight=count)


SHARES = [(.5, .2), (.6, .15), (.3, .3), (.7, .1), (.2, .5), (.45, .25)]


def intervals_of(pairs, n):
    """The interval of each (promoters, detractors) of n answers."""
    text = "".join(f"{b},{c},{packed('nps', [c, 0, 0, 0, 0, 0, 0, n - b - c, 0, b, 0])}\n" for b, c in pairs)
    rows = psql("CREATE TEMP TABLE s (b int, c int, v clientele.survey_summary);\nCOPY s FROM stdin (FORMAT csv);\n" + text
                + "\\.\nSELECT b, c, low, high FROM s, clientele.survey_result(v) r;")
    return {(int(b), int(c)): (float(low), float(high)) for b, c, low, high in rows}


def coverage(rng, thorough):
    for n in (20, 100):
        interval = intervals_of([(b, c) for b in range(n + 1) for c in range(n + 1 - b)], n)
        covers = []
        for p, d in SHARES:
            truth = 100 * (p - d)
            covers.append(math.fsum(math.comb(n, b) * math.comb(n - b, c) * p**b * d**c * (1 - p - d)**(n - b - c)
                                    for (b, c), (low, high) in interval.items() if low <= truth <= high))
        mean = sum(covers) / len(covers)
        print(f"coverage at n = {n}, exactly: {', '.join(f'{c:.4f}' for c in covers)}; mean {mean:.4f}")
        check(f"coverage at {n}", all(.94 <= c <= .97 for c in covers), covers)
    for n in (20, 100, 1000) if thorough else ():
        draws = 20000
        covers = []
        for p, d in SHARES:
            outcomes = {}
            for _ in range(draws):
                u = sorted(rng.random() for _ in range(n))
                key = bisect.bisect_left(u, p), n - bisect.bisect_left(u, 1 - d)
                outcomes[key] = outcomes.get(key, 0) + 1
            truth, interval = 100 * (p - d), intervals_of(outcomes, n)
            covers.append(sum(k for key, k in outcomes.items() if interval[key][0] <= truth <= interval[key][1]) / draws)
        print(f"coverage at n = {n}, {draws} draws each: {', '.join(f'{c:.4f}' for c in covers)}; mean {sum(covers) / len(covers):.4f}", flush=True)
        check(f"simulated coverage at {n}", all(.935 <= c <= .975 for c in covers), covers)


def main():
    words = [w for w in sys.argv[1:] if w != "--long"]
    thorough = len(words) < len(sys.argv) - 1
    seed = int(words[0]) if words else random.SystemRandom().randrange(10**6)
    count = int(words[1]) if len(words) > 1 else 10000 if thorough else 400
    print(f"surveys: seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele;")
    results(rng, count)
    plans(rng)
    complaints(rng, count)
    store(rng, 2000 if thorough else 300)
    corrupt(rng, count * 5)
    coverage(rng, thorough)
    checks.drop_database()
    checks.end()


main()
