#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Warnings of churn against an implementation of its own: thresholds, quality, hysteresis, and whole stores over many refreshes.

usage: churn_warnings.py [SEED [CASES]]      (default: a fresh seed, 300 cases; CLIENTELE_LONG=1: 10,000, and the ten folds of Telco)

CASES sets of predictions have their thresholds and their quality, and as many customers go through 12 refreshes by warning_next(). Then
stores are refreshed 12 times while customers act, fall silent, withdraw consents, are merged, and gain and lose tags; probabilities come
from a model with known coefficients. Two refreshes at once count as one.
"""
import datetime
import json
import math
import os
import random
import subprocess
import sys
from collections import defaultdict

from checks import DATA, PSQL, Checks, copy

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
LONG = os.environ.get("CLIENTELE_LONG") == "1"
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 10000 if LONG else 300
STORES, CUSTOMERS, REFRESHES = (25, 80, 12) if LONG else (1, 50, 12)
SESSION = """SET TimeZone = 'UTC'; SET client_min_messages = warning; SET jit = off; SET search_path = public, clientele;
SET max_parallel_workers_per_gather = 0;
"""
checks = Checks("churn_warnings", "clientele_churn_warnings", SESSION)
rng = random.Random(SEED)
print(f"seed {SEED}, {CASES} cases, {STORES} stores")
LEVELS = ["attention", "warning", "critical"]
DAY = 86400.0


def number(text):
    return None if text == "" else float(text)


def close(a, b):
    return (a is None) == (b is None) and (a is None or a == b or abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)))


def wilson(part, whole):
    if whole == 0:
        return None, None, None
    z, share = 1.959963984540054, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return share, max(0.0, middle - half), min(1.0, middle + half)


# Thresholds and quality, each candidate by itself.

def at_least(rows, threshold):
    warned = [churned for p, churned in rows if p >= threshold]
    return len(warned), sum(warned)


def oracle_thresholds(rows, precision, recall, least, by_costs):
    positives = sum(churned for _, churned in rows)
    candidates = sorted({p for p, _ in rows})
    counted = [(p, *at_least(rows, p)) for p in candidates]
    critical = min((p for p, n, hits in counted if n >= least and hits / n >= precision), default=None)
    attention = max((p for p, n, hits in counted if positives and hits / positives >= recall), default=None)
    if by_costs is None:
        warning = max(((2 * hits / (n + positives), p) for p, n, hits in counted if hits), default=(0, None))[1]
    else:
        warning = by_costs if by_costs <= 1 else None
    if critical is not None and warning is not None:
        warning = min(warning, critical)
    upper = critical if warning is None else warning
    if attention is not None and upper is not None:
        attention = min(attention, upper)
    return {"critical": critical, "warning": warning, "attention": attention}


def oracle_claim(rows, critical):
    positives = sum(churned for _, churned in rows)
    right = sum((p >= 0.5) == churned for p, churned in rows)
    if critical is None or right / len(rows) < 0.8 or right <= max(positives, len(rows) - positives):
        return False
    n, hits = at_least(rows, critical)
    return n >= 30 and hits / n >= 0.8


def test_thresholds():
    cases = []
    for _ in range(CASES):
        size, steps = rng.choice([1, 5, 40, 120, 200]), rng.choice([2, 7, 30, 1000])
        skill, rate = rng.random(), rng.random()
        rows = []
        for _ in range(size):
            p = rng.randrange(steps + 1) / steps
            rows.append((p, rng.random() < (skill * p + (1 - skill) * rate)))
        goals = (rng.choice([0.8, 0.8, rng.random(), 0.0, 1.0]), rng.choice([0.8, 0.8, rng.random(), 0.0, 1.0]), rng.choice([30, 5, 0, 1000]),
                 rng.choice([None, None, rng.random(), 1.5, math.inf]))
        cases.append((rows, goals))
    table = "CREATE TABLE cases (n int, p float8[], churned bool[], a float8, b float8, c bigint, d float8);\n" + copy("cases", (
        (n, "{" + ",".join(repr(p) for p, _ in rows) + "}", "{" + ",".join("t" if y else "f" for _, y in rows) + "}",
         *(repr(g) if isinstance(g, float) else g for g in goals)) for n, (rows, goals) in enumerate(cases)))
    found = checks.psql(table + """
SELECT x.n, t.level, t.threshold, t.warned, t.hits, t.precision, t.precision_low, t.precision_high, t.recall
FROM cases x, LATERAL (SELECT classification(u.p, u.y) AS c FROM unnest(x.p, x.churned) u (p, y)) s, warning_thresholds(s.c, x.a, x.b, x.c, x.d) t;
SELECT 'q', x.n, q.* FROM cases x, LATERAL (SELECT classification(u.p, u.y) AS c FROM unnest(x.p, x.churned) u (p, y)) s,
  LATERAL (SELECT max(t.threshold) FILTER (WHERE level = 'critical') AS cr, max(t.threshold) FILTER (WHERE level = 'warning') AS wa,
                  max(t.threshold) FILTER (WHERE level = 'attention') AS at FROM warning_thresholds(s.c, x.a, x.b, x.c, x.d) t) t,
  warning_quality(s.c, t.cr, t.wa, t.at) q;
DROP TABLE cases;
""")
    thresholds, quality = defaultdict(dict), defaultdict(dict)
    for row in found:
        if row[0] == "q":
            quality[int(row[1])][row[2]] = row[3:]
        else:
            thresholds[int(row[0])][row[1]] = row[2:]
    for n, (rows, goals) in enumerate(cases):
        wanted = oracle_thresholds(rows, *goals)
        positives = sum(churned for _, churned in rows)
        good = True
        for level, threshold in wanted.items():
            got = [number(v) for v in thresholds[n][level]]
            expected = [None] * 7
            if threshold is not None:
                warned, hits = at_least(rows, threshold)
                expected = [threshold, warned, hits, *wilson(hits, warned), hits / positives if positives else None]
            good &= len(got) == 7 and all(map(close, got, expected))
        in_use = {level: t for level, t in wanted.items() if t is not None} | {"half": 0.5}
        good &= set(quality[n]) == set(in_use)
        for level, threshold in in_use.items():
            warned, hits = at_least(rows, threshold)
            right = sum((p >= threshold) == churned for p, churned in rows)
            expected = [threshold, len(rows), positives, *wilson(positives, len(rows)), max(positives, len(rows) - positives) / len(rows), warned, hits,
                        *wilson(right, len(rows)), *wilson(hits, warned), *wilson(hits, positives)]
            got = quality[n].get(level, [])
            good &= len(got) == len(expected) + 1 and all(close(number(a), b) for a, b in zip(got, expected))
            good &= got[-1:] == ["t" if oracle_claim(rows, wanted["critical"]) else "f"]
        checks.check("thresholds", good, f"case {n}: goals {goals}, wanted {wanted}, got {thresholds[n]}, {quality[n]}")


# The state of a customer: for each level None, or how often in a row the probability was too low to stay.

def step(held, p, thresholds, lifted_to):
    after = []
    for n, threshold in enumerate(thresholds):
        if threshold is None:
            after.append(None)
        elif p >= threshold or n < lifted_to:
            after.append(0)
        elif held[n] is None or p >= threshold - 0.05:
            after.append(None if held[n] is None else 0)
        else:
            after.append(None if held[n] == 1 else 1)
    return after


def level_of(held):
    return max((n for n in range(3) if held[n] is not None), default=None)


def random_thresholds():
    t = sorted(rng.random() for _ in range(3))
    return [x if rng.random() < 0.85 else None for x in t] if rng.random() < 0.5 else t


def test_hysteresis():
    cases = []
    for _ in range(CASES):
        thresholds = random_thresholds()
        centre = rng.choice([x for x in thresholds if x is not None] or [0.5])
        spread = rng.choice([0.05, 0.1, 0.5])
        walk = [min(1, max(0, centre + rng.uniform(-spread, spread))) for _ in range(12)]
        lifts = [rng.choice([0, 0, 0, 1, 2, 3]) for _ in range(12)]
        cases.append((thresholds, walk, lifts))

    def array(values):
        return "{" + ",".join("NULL" if v is None else repr(v) for v in values) + "}"
    found = checks.psql("CREATE TABLE cases (n int, t float8[], p float8[], l int[]);\n" + copy("cases", (
        (n, *map(array, case)) for n, case in enumerate(cases))) + """
WITH RECURSIVE r AS (
  SELECT n, 0 AS i, '{-1,-1,-1}'::smallint[] AS held, t, p, l FROM cases
  UNION ALL
  SELECT n, i + 1, warning_next(held, p[i + 1], t, l[i + 1]), t, p, l FROM r WHERE i < 12)
SELECT n, string_agg(held::text || coalesce(warning_level(held), ''), ' ' ORDER BY i) FROM r WHERE i > 0 GROUP BY n;
DROP TABLE cases;
""")
    for n, states in found:
        thresholds, walk, lifts = cases[int(n)]
        held, wanted = [None] * 3, []
        for p, lift in zip(walk, lifts):
            held = step(held, p, thresholds, lift)
            level = level_of(held)
            wanted.append("{" + ",".join("-1" if h is None else str(h) for h in held) + "}" + ("" if level is None else LEVELS[level]))
        checks.same("hysteresis", " ".join(wanted), states, cases[int(n)])
    checks.same("all customers", CASES, len(found))


# Whole stores.

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def at(seconds):
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S+00")


def ids(customers):
    return "'{" + ",".join(map(str, sorted(customers))) + "}'"


def test_store(names, first):
    intercept, slope, active = rng.uniform(-4, -2), rng.uniform(0.15, 0.3), 30
    thresholds = random_thresholds()
    if all(t is None for t in thresholds):
        thresholds = [0.2, 0.4, 0.7]
    lift_level = rng.randrange(3)
    by_audience = rng.random() < 0.7
    events = {}
    for c in range(1, CUSTOMERS + 1):
        events[c], t = [], rng.uniform(0, 20)
        while t < 100:
            events[c].append((round(t * DAY), rng.choice([1, 1, 1, 2])))
            t += rng.expovariate(1 / rng.choice([2, 8, 20]))
        if not events[c]:
            events[c].append((86400, 1))
    model = json.dumps({"intercept": intercept, "features_def": {"time_zone": "UTC"},
                        "features": [{"name": n, "coefficient": slope if n == "recency_days" else 0} for n in names]})
    script = ["" if first else "CALL drop_store();\n", "CALL create_store('UTC');\nINSERT INTO clientele_data.event_types (event_type_id, channel, event) VALUES (1, 'web', 'act'), (2, 'web', 'look');\n"
              f"INSERT INTO clientele_data.customers (customer_id) SELECT generate_series(1, {CUSTOMERS});\n"
              "CREATE TABLE acts (customer_id bigint, at timestamptz, kind int);\n",
              copy("acts", ((c, at(t), kind) for c, list_of in events.items() for t, kind in list_of)),
              "INSERT INTO clientele_data.journeys SELECT customer_id, journey(at, kind) FROM acts GROUP BY 1;\nDROP TABLE acts;\n"
              f"\\o /dev/null\nSELECT save_model('m', '{model}'::churn_model);\n"
              "SELECT save_audience('club', '{}'), save_audience('lifted', '{}');\n"
              f"SELECT define_warning('w', 'm', {chr(39) + 'club' + chr(39) if by_audience else 'NULL'}, ARRAY["
              + ",".join("NULL" if t is None else repr(t) for t in reversed(thresholds))
              + f"]::float8[], horizon => '5 days', event => 'act', active => '{active} days', lift => 'lifted', lift_level => '{LEVELS[lift_level]}');\n\\o\n"]
    state, now = {}, 25 * DAY
    person = {c: c for c in events}   # who each number is now
    said = {}                         # number -> (order, granted)
    lists = []                        # what each refresh must show
    for n in range(REFRESHES):
        now += rng.choice([1, 1, 2, 4]) * DAY
        for _ in range(rng.randrange(3)):
            c, granted = rng.randrange(1, CUSTOMERS + 1), rng.random() < 0.5
            said[c] = (len(script), granted)
            script.append(f"\\o /dev/null\nSELECT set_consent({c}, 'profiling', {granted});\n\\o\n")
        living = [c for c in events if person[c] == c]
        if rng.random() < 0.5 and len(living) > 10:
            gone, kept = rng.sample(living, 2)
            events[kept] = events[kept] + events[gone]
            events[gone] = []
            for c in person:
                if person[c] == gone:
                    person[c] = kept
            script.append(f"UPDATE clientele_data.journeys SET journey = journey || (SELECT g.journey FROM clientele_data.journeys g WHERE g.customer_id = {gone}) "
                          f"WHERE customer_id = {kept};\nDELETE FROM clientele_data.stored_journeys WHERE customer_id = {gone};\n"
                          f"UPDATE clientele_data.customers SET merged_into = {kept} WHERE customer_id = {gone} OR merged_into = {gone};\n")
        living = [c for c in events if person[c] == c]
        club = {c for c in living if rng.random() < 0.9}
        lifted = {c for c in living if rng.random() < 0.1}
        script.append(f"\\o /dev/null\nSELECT save_audience('club', {ids(club)}), save_audience('lifted', {ids(lifted)});\n\\o\n"
                      f"SELECT 'r', {n}, outcome, customers, critical, warned, attention, raised, lowered, ended, error FROM refresh_warnings('{{w}}', '{at(now)}');\n"
                      f"SELECT 'w', {n}, customer_id, level, since, probability, lifted FROM clientele_data.warnings;\n"
                      f"SELECT 'c', {n}, customer_id, from_level, to_level, cause FROM clientele_data.warning_changes WHERE at = '{at(now)}';\n"
                      f"SELECT 'a', {n}, l, array_to_string(audience_of(('w=' || l)::tag_query)::bigint[], ' ') FROM unnest('{{critical,warning,attention}}'::text[]) l;\n")
        # The same by hand.
        consent = {}
        for c, (order, granted) in said.items():
            if person[c] not in consent or consent[person[c]][0] < order:
                consent[person[c]] = (order, granted)
        before = {}
        for c, (level, since, held) in sorted(state.items()):
            p = person[c]
            if p not in before or (-level, since, c) < before[p][0]:
                before[p] = ((-level, since, c), (level, since, held))
        probabilities = {}
        for c in living:
            own = [t for t, _ in events[c] if t < now]
            acted = [t for t, kind in events[c] if t < now and kind == 1]
            if acted and max(acted) >= now - active * DAY and consent.get(c, (0, True))[1] and (c in club or not by_audience):
                probabilities[c] = 1 / (1 + math.exp(-(intercept + slope * (now - max(own)) / DAY)))
        rows, changes, state = {}, {}, {}
        counts = [0] * 6  # critical, warned, attention, raised, lowered, ended
        for c in set(probabilities) | set(before):
            was, since, held = before[c][1] if c in before else (None, None, [None] * 3)
            level, p = None, probabilities.get(c)
            if p is not None:
                held = step(held, p, thresholds, lift_level + 1 if c in lifted else 0)
                level = level_of(held)
            if level is not None:
                state[c] = (level, since if level == was else now, held)
                rows[c] = (LEVELS[level], at(state[c][1]), p, c in lifted)
                counts[2 - level] += 1
            if level == was:
                continue
            rank, rank_before = (-1 if level is None else level), (-1 if was is None else was)
            counts[3 if rank > rank_before else 5 if level is None else 4] += 1
            if p is None:
                cause = "consent" if not consent.get(c, (0, True))[1] else "audience" if by_audience and c not in club else "inactive"
            else:
                by_itself = level_of(step([None] * 3, p, thresholds, 0))
                cause = "rule" if c in lifted and rank > rank_before and (-1 if by_itself is None else by_itself) < rank else "probability"
            changes[c] = ("" if was is None else LEVELS[was], "" if level is None else LEVELS[level], cause)
        lists.append((len(probabilities), counts, rows, changes))
    shown = [defaultdict(list) for _ in range(REFRESHES)]
    for row in checks.psql("".join(script)):
        shown[int(row[1])][row[0]].append(row[2:])
    for n, (judged, counts, rows, changes) in enumerate(lists):
        checks.same(f"refresh {n}", [["complete", str(judged), *map(str, counts), ""]], shown[n]["r"])
        got = {int(r[0]): (r[1], r[2].replace("+00", "") + "+00", float(r[3]), r[4] == "t") for r in shown[n]["w"]}
        checks.check(f"warnings of refresh {n}", set(got) == set(rows) and all(
            got[c][:2] == rows[c][:2] and got[c][3] == rows[c][3] and close(got[c][2], rows[c][2]) for c in rows),
            f"{ {c: (got.get(c), rows.get(c)) for c in set(got) | set(rows) if got.get(c) != rows.get(c)} }", weight=max(1, len(rows)))
        checks.same(f"changes of refresh {n}", changes, {int(r[0]): tuple(r[1:]) for r in shown[n]["c"]})
        tagged = {int(c): level for level, members in shown[n]["a"] for c in members.split()}
        checks.same(f"tags after refresh {n}", {c: r[0] for c, r in rows.items()}, tagged)


def test_two_at_once():
    """The second waits, and finds that the first has done it; the next one counts again."""
    before, = checks.psql("SELECT count(*) FROM clientele_data.warning_refreshes WHERE warning = 'w';")
    command = [PSQL, "-XAtq", "-d", checks.database, "-c", "SET client_min_messages = warning", "-c"]
    with subprocess.Popen([*command, "BEGIN; SELECT outcome FROM clientele.refresh_warnings(); SELECT 'done'; SELECT pg_sleep(0.6); COMMIT"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as first:
        for _ in range(200):
            (locked,), = checks.psql("SELECT count(*) FROM pg_locks WHERE relation = 'clientele_data.warning_status'::regclass AND mode = 'ShareRowExclusiveLock' AND granted;")
            if int(locked):
                break
        second = subprocess.run([*command, "SELECT outcome FROM clientele.refresh_warnings()"], capture_output=True, text=True, check=False)
        said = first.communicate()[0]
    checks.check("the first refreshes", "complete" in said, said)
    checks.same("the second finds it fresh", "fresh", second.stdout.strip(), second.stderr)
    after, = checks.psql("SELECT count(*) FROM clientele_data.warning_refreshes WHERE warning = 'w';")
    checks.same("one refresh", int(before[0]) + 1, int(after[0]))


def test_telco():
    """Each fold is judged by a model and by thresholds that have not seen it."""
    if not checks.there("telco_churn.csv", "telco_folds.csv"):
        return
    rows = checks.psql(f"""
CREATE TABLE raw (customerid text, gender text, seniorcitizen int, partner text, dependents text, tenure int, phoneservice text, multiplelines text,
  internetservice text, onlinesecurity text, onlinebackup text, deviceprotection text, techsupport text, streamingtv text, streamingmovies text,
  contract text, paperlessbilling text, paymentmethod text, monthlycharges float8, totalcharges text, churn text);
CREATE TABLE folds (customerid text, fold int);
\\copy raw FROM '{DATA}/telco_churn.csv' csv header
\\copy folds FROM '{DATA}/telco_folds.csv' csv header
CREATE TABLE telco AS SELECT f.fold, r.churn = 'Yes' AS churned, to_jsonb(r) - '{{customerid,churn,totalcharges}}'::text[]
  || jsonb_build_object('totalcharges', coalesce(nullif(btrim(r.totalcharges), '')::float8, 0)) AS features FROM raw r JOIN folds f USING (customerid);
CREATE TABLE models AS SELECT k AS fold, churn_fit(features, churned, churn_def()) AS model FROM telco t, generate_series(1, 10) k WHERE t.fold <> k GROUP BY k;
CREATE TABLE judged AS SELECT t.fold, churn_prob(t.features, m.model) AS p, t.churned FROM telco t JOIN models m USING (fold);
SELECT j.fold, j.p, j.churned, t.level, t.threshold
FROM judged j JOIN (SELECT k AS fold, t.* FROM generate_series(1, 10) k, LATERAL (SELECT classification(p, churned) AS c FROM judged WHERE fold <> k) s,
                    warning_thresholds(s.c) t) t USING (fold);
""")
    print("Telco, ten folds, thresholds of each from the other nine (logistic regression):")
    levels = defaultdict(list)
    for _, p, churned, level, threshold in rows:
        levels[level].append((float(p), churned == "t", number(threshold)))
    levels["half"] = [(p, churned, 0.5) for p, churned, _ in levels["critical"]]
    for level, list_of in sorted(levels.items()):
        n, positives = len(list_of), sum(churned for _, churned, _ in list_of)
        warned = [churned for p, churned, t in list_of if t is not None and p >= t]
        right = sum((t is not None and p >= t) == churned for p, churned, t in list_of)
        print(f"  {level:9s} rows {n}, base rate {positives / n:.4f}, majority {1 - positives / n:.4f}, "
              + "accuracy {:.4f} [{:.4f}, {:.4f}], ".format(*wilson(right, n)) + "precision {:.4f} [{:.4f}, {:.4f}] ".format(*wilson(sum(warned), len(warned)))
              + f"of {len(warned)}, recall {sum(warned) / positives:.4f}")
        checks.check("all rows of Telco", n == 7043)
        # The goal on rows that the thresholds have not seen, with room for chance (four standard errors).
        share, goal = sum(warned) / len(warned), 0.8
        if level == "critical":
            checks.check("precision of critical on held-out folds", abs(share - goal) < 4 * math.sqrt(0.16 / len(warned)), share)


checks.new_database("CREATE EXTENSION clientele;")
test_thresholds()
test_hysteresis()
feature_names = [name for name, in checks.psql("SELECT name FROM churn_feature_names() ORDER BY position;")]
if LONG:
    test_telco()
for store in range(STORES):
    test_store(feature_names, store == 0)
test_two_at_once()
checks.drop_database()
checks.end()
