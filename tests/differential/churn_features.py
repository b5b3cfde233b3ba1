#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Every feature of churn_features against its definition over raw rows.

usage: churn_features.py [SEED [COUNT]]      (default: a fresh seed, 300 questions)

Random customers with equal times, items, negative amounts, returns, and times before and after `at`;
random definitions with selectors of channels, properties and several names, usual names that the
dictionary does not have, and time zones around the world. The features are computed here from the
rows by Python's own dates and exact fractions; the extension packs the rows into journeys first.
The array, its JSON form, serial and parallel plans must all agree.
"""
import datetime
import json
import math
import random
import statistics
import sys
import zoneinfo
from fractions import Fraction

from checks import PARALLEL, Checks, copy

DATABASE = "clientele_churn_features_differential"
SECOND, HOUR, DAY = 10**6, 3600 * 10**6, 86400 * 10**6
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/London"]
# Among them: clocks set to and fro, St John's at one minute past midnight, Apia's missing day.
MOMENTS = [1767225600, 1774746000, 1793498400, 1325239200, 657176460, 1320544860, 1131248700]
TYPES = [("web", "view_item", "{}"), ("app", "view_item", '{"category": "shoes"}'), ("web", "purchase", "{}"), ("store", "purchase", "{}"), ("app", "purchase", "{}"),
         ("web", "return", "{}"), ("store", "return", "{}"), ("email", "promotion_sent", "{}"), ("app", "promotion_sent", "{}"), ("email", "promotion_opened", "{}"),
         ("service", "resolved", "{}"), ("service", "contact", "{}"), ("", "购买", "{}"), ("store", "visit", "{}")]
LATER = [("service", "complaint", "{}"), ("email", "promotion_clicked", "{}"), ("app", "complaint", "{}")]
UNKNOWN = 900  # a type that the dictionary never has
USUAL = {"purchase": {"purchase"}, "return": {"return"}, "complaint": {"complaint"}, "promotion": {"promotion_sent"},
         "answer": {"promotion_opened", "promotion_clicked"}, "passive": {"resolved"}}
GIVEN = ["purchase", "web:purchase|购买", "store:*", "view_item[category=shoes]", "web:return|app:view_item", "*:visit", "promotion_*", "resolved|contact", "nothing*", f"#{UNKNOWN}", "*", "email:*"]
checks = Checks("churn_features", DATABASE)
check, psql = checks.check, checks.psql


def stamp(micros):
    days, rest = divmod(micros, DAY)
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days)
    return f"{date} {rest // HOUR:02}:{rest // 60000000 % 60:02}:{rest // SECOND % 60:02}.{rest % SECOND:06}Z"


def picked(selector, known):
    """What a selector of GIVEN picks, by its words."""
    ids = set()
    for term in selector.split("|"):
        if term.startswith("#"):
            ids.add(int(term[1:]))
            continue
        channel, _, event = term.rpartition(":")
        event, _, wanted = event.partition("[")
        fits = lambda pattern, text: text.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == text
        for i, (c, e, properties) in known.items():
            if (not channel or fits(channel, c)) and fits(event, e) and (not wanted or json.loads(properties).get(*wanted[:-1].split("=")[:1]) == wanted[:-1].split("=")[1]):
                ids.add(i)
    return ids


def question(rng, g):
    zone = rng.choice(ZONES)
    unit = rng.choice([SECOND, 600 * SECOND, HOUR, DAY, DAY])
    base = rng.choice(MOMENTS) * SECOND + rng.randint(-30, 30) * 600 * SECOND
    span = rng.choice([3, 20, 200])
    at = base + unit * rng.randint(-span, span) + rng.choice([0, 0, 1, -1])
    selectors = {r: rng.choice(GIVEN) if rng.random() < .3 else None for r in USUAL}
    return dict(g=g, zone=zone, unit=unit, base=base, span=span, at=at, period=unit * rng.randint(1, span), gap=rng.choice([0, 1, unit, 3 * unit, 1800 * SECOND]), **selectors)


def random_rows(rng, q, ids):
    rows = []
    items, amounts = rng.choice([0, .5, 1]), rng.choice([0, .5, 1])
    for customer in range(rng.randint(1, 4)):
        some = rng.sample(ids, rng.randint(1, len(ids)))
        for _ in range(rng.choice([0, 1, 2, 5, 30, 150])):
            at = q["base"] + q["unit"] * rng.randint(-q["span"], q["span"]) + rng.choice([0, 0, 0, rng.randint(-q["unit"], q["unit"])])
            rows.append((q["g"], customer, at, rng.choice(some), rng.randint(-2, 9) if rng.random() < items else None,
                         rng.choice([0, rng.randint(-5000, 20000), 10**13]) if rng.random() < amounts else None))  # cents
    return rows


def features(rows, q, known):
    """What the names say, one after the other. None: unknown."""
    roles = {r: picked(q[r], known) if q[r] else {i for i, (_, e, _) in known.items() if e in names} for r, names in USUAL.items()}
    zone = zoneinfo.ZoneInfo(q["zone"])
    seen = sorted((r for r in rows if r[2] < q["at"]), key=lambda r: r[2])
    if not seen:
        return None
    at, own = q["at"], [r for r in seen if r[3] not in roles["promotion"] | roles["passive"]]
    of = lambda role: [r for r in seen if r[3] in roles[role]]
    days = lambda micros: Fraction(micros, DAY)
    ratio = lambda a, b: None if a is None or not b else Fraction(a) / Fraction(b)
    recent = lambda some: [r for r in some if r[2] >= at - q["period"]]
    date = lambda t: datetime.datetime.fromtimestamp(t // SECOND, datetime.timezone.utc).astimezone(zone).date()
    gaps = [days(b[2] - a[2]) for a, b in zip(own, own[1:]) if b[2] - a[2] > q["gap"]]
    half = len(gaps) // 2
    before = [r for r in own if at - 2 * q["period"] <= r[2] < at - q["period"]]
    lines, times = of("purchase"), sorted({r[2] for r in of("purchase")})
    priced = [r for r in lines if r[5] is not None]
    total = Fraction(sum(r[5] for r in priced), 100)
    sent, answers = of("promotion"), sorted(r[2] for r in of("answer"))
    ends = {t: min([r[2] for r in sent if r[2] > t], default=at) for t in {r[2] for r in sent}}
    answered = [r for r in sent if any(r[2] <= a < ends[r[2]] for a in answers)]
    channels = {known[r[3]][0] for r in own if r[3] in known}
    f = {"recency_days": days(at - own[-1][2]) if own else None, "tenure_days": days(at - own[0][2]) if own else None, "events": len(own),
         "active_days": len({date(r[2]) for r in own}), "sessions": len(gaps) + 1 if own else 0,
         "session_gap_mean_days": sum(gaps) / len(gaps) if gaps else None, "session_gap_median_days": statistics.median(gaps) if gaps else None,
         "session_gap_trend": math.log(sum(gaps[-half:]) / sum(gaps[:half])) if half else None,
         "events_last_period": len(recent(own)), "events_previous_period": len(before), "activity_trend": math.log((len(recent(own)) + 1) / (len(before) + 1)),
         "event_types": len({r[3] for r in own}), "channels": len(channels) if channels or not own else None, "items": len({r[4] for r in own if r[4] is not None}),
         "purchases": len(times), "purchases_last_period": len({r[2] for r in recent(lines)}), "days_since_purchase": days(at - times[-1]) if times else None,
         "purchase_gap_mean_days": days(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None, "items_per_purchase": ratio(len(lines), len(times)),
         "amount_total": None if times and not priced else total, "amount_mean": ratio(total, len({r[2] for r in priced})),
         "returns": len(of("return")), "return_share": ratio(len(of("return")), len(lines)), "complaints": len(of("complaint")),
         "complaints_last_period": len(recent(of("complaint"))), "promotions": len(sent), "promotions_answered": len(answered), "answer_rate": ratio(len(answered), len(sent))}
    f["recency_ratio"] = ratio(f["recency_days"], f["session_gap_mean_days"])
    f["purchase_recency_ratio"] = ratio(f["days_since_purchase"], f["purchase_gap_mean_days"])
    return f


def ask(rng, label, count, known):
    ids = sorted(known) + [UNKNOWN]
    questions = [question(rng, g) for g in range(count)]
    by_customer = {}
    for q in questions:
        for row in random_rows(rng, q, ids):
            by_customer.setdefault((q["g"], row[1]), []).append(row)
    rows = [(g, c, stamp(at), t, item, None if amount is None else f"{amount}e-2") for several in by_customer.values() for g, c, at, t, item, amount in several]
    rng.shuffle(rows)
    psql("SET client_min_messages = warning; SET TimeZone = 'UTC';\nDROP TABLE IF EXISTS ev, asked, packed, got; CREATE TABLE ev (g int, c int, at timestamptz, type int, item bigint, amount numeric);\n"
         "CREATE TABLE asked (g int, at timestamptz, period bigint, gap bigint, zone text, purchase text, \"return\" text, complaint text, promotion text, answer text, passive text);\n" + copy("ev", rows) +
         copy("asked", [(q["g"], stamp(q["at"]), q["period"], q["gap"], q["zone"], *(q[r] for r in USUAL)) for q in questions]) + f"""
CREATE TABLE packed AS SELECT g, c, clientele.journey(at, type, item, amount) AS journey FROM ev GROUP BY g, c;
ALTER TABLE packed ADD question timestamptz, ADD def clientele.churn_features_def;
UPDATE packed p SET question = a.at, def = clientele.churn_features_def(period * interval '1 us', gap * interval '1 us', purchase, "return", complaint, promotion, answer, passive, zone) FROM asked a WHERE a.g = p.g;
ALTER TABLE packed SET (parallel_workers = 2);
ANALYZE packed;
CREATE TABLE got AS SELECT g, c, clientele.churn_features(journey, question, def) AS f FROM packed;""")
    names = [n for n, in psql("SELECT name FROM clientele.churn_feature_names() ORDER BY position")]
    seen = set()
    for g, c, array, objects in psql("SELECT g, c, array_to_json(f), clientele.churn_features_json(journey, question, def) FROM got JOIN packed USING (g, c)"):
        key = int(g), int(c)
        seen.add(key)
        want = features(by_customer[key], questions[key[0]], known)
        if want is None:
            check(f"{label} {key} NULL", array == "" and objects == "", array)
            continue
        if array == "":
            check(f"{label} {key}", False, "is NULL")
            continue
        values = json.loads(array)
        check(f"{label} {key} names", sorted(want) == sorted(names) and json.loads(objects) == dict(zip(names, values)), objects)
        for name, value in zip(names, values):
            w = want[name]
            good = value is None if w is None else value is not None and abs(value - float(w)) <= 1e-9 * (1 + abs(float(w)))
            check(f"{label} {name} of {key}", good, f"{value}, not {w if w is None else float(w)}: {questions[key[0]]} {by_customer[key]}")
    check(f"{label} customers", seen == set(by_customer) and len(seen) > count / 2, len(seen))
    (agree, differ), = psql(PARALLEL + """SELECT count(*) FILTER (WHERE a.f IS NOT DISTINCT FROM b.f), count(*) FILTER (WHERE a.f IS DISTINCT FROM b.f)
        FROM got a JOIN (SELECT g, c, clientele.churn_features(journey, question, def) AS f FROM packed) b USING (g, c)""")
    check(f"{label} in parallel", int(agree) == len(by_customer) and differ == "0", f"{agree} {differ}")
    # What comes at `at` and later changes nothing.
    (differ,), = psql("""SELECT count(*) FROM got JOIN packed USING (g, c)
        WHERE f IS DISTINCT FROM clientele.churn_features(clientele.journey_slice(journey, NULL, question), question, def)""")
    check(f"{label} sliced", differ == "0", differ)


def add_types(types):
    values = ", ".join(f"clientele.event_type('{c}', '{e}', '{p}')" for c, e, p in types)
    return dict(zip(map(int, psql(f"SELECT {values}")[0]), types))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    print(f"churn_features: seed {seed}, {count} questions", flush=True)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele;")
    # Without a store nothing has a name: only numbers pick events, and there are no channels.
    (alone,), = psql("SET client_min_messages = warning; SELECT array_to_json(clientele.churn_features('{1@2026-01-01T00:00:00Z, 2@2026-01-02T00:00:00Z=5}', '2026-01-05Z', clientele.churn_features_def(purchase => '#2')))")
    check("no store", json.loads(alone)[12:18] == [2, None, 0, 1, 1, 3], alone)
    psql("SET client_min_messages = warning; CALL clientele.create_store();")
    known = add_types(TYPES)
    ask(rng, "some names absent", count // 2, known)
    known |= add_types(LATER)
    ask(rng, "all names there", count - count // 2, known)
    checks.drop_database()
    checks.end()


main()
