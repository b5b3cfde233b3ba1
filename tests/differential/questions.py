#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Saved questions on random stores, against the same questions in plain Python: rows, segments, significance, and what is fresh.

questions.py [COUNT]; SEED in the environment. CLIENTELE_LONG=1 tries 60 stores.
"""
import datetime
import math
import os
import random
import sys
import time
import zoneinfo
from collections import defaultdict
from fractions import Fraction

from checks import FORCED, SERIAL, Checks

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 60 if os.environ.get("CLIENTELE_LONG") else 1
SEED = int(os.environ.get("SEED", int(time.time())))
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
CHANNELS = ["web", "app", "门店"]
EVENTS = ["view", "cart", "purchase", "help"]
CITIES = ["上海", "Berlin", "O'Hare \"x\"", "<script>", "\u202eabc", "none of them", "all"]
WEEK = datetime.timedelta(days=7)
UNTIL = datetime.datetime(2026, 4, 20, tzinfo=datetime.timezone.utc)
SPECIAL = {"all": ("all", "all"), "none": ("none of them", "none"), "other": ("other", "other")}

checks = Checks("questions")
rng = random.Random(SEED)


def fisher(everyone, hits, drawn, both):
    """Twice the smaller tail of the hypergeometric distribution, exactly."""
    ways = [math.comb(hits, k) * math.comb(everyone - hits, drawn - k) for k in range(min(hits, drawn) + 1)]
    total = sum(ways)
    return float(min(Fraction(1), 2 * min(Fraction(sum(ways[:both + 1]), total), Fraction(sum(ways[both:]), total))))


def adjusted(ps):
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    result, least = [0.0] * len(ps), 1.0
    for rank in range(len(order), 0, -1):
        i = order[rank - 1]
        least = min(least, ps[i] * len(ps) / rank)
        result[i] = least
    return result


class Store:
    """Random events and cities; events of one customer have different times."""

    def __init__(self):
        self.zone = zoneinfo.ZoneInfo(rng.choice(ZONES))
        self.events, self.city = {}, {}
        # Both changes of clocks in March lie within.
        start = datetime.datetime(2026, 2, 27, tzinfo=datetime.timezone.utc)
        for c in range(1, rng.randrange(15, 70)):
            times = rng.sample(range(48 * 24 * 4), rng.randrange(1, 14))
            busy = [t + d / 8 for t in times for d in range(rng.randrange(1, 4))]
            self.events[c] = [(start + datetime.timedelta(minutes=15 * t), rng.choice(CHANNELS[:1 + c % 3]), rng.choice(EVENTS),
                               rng.choice([None, c, c / 4])) for t in sorted(set(busy))]
            if rng.random() < 0.8:
                self.city[c] = rng.choice(CITIES)

    def week(self, at):
        day = at.astimezone(self.zone).date()
        return day - datetime.timedelta(days=day.weekday())

    def values(self, by):
        """The values of each customer."""
        if by == "city":
            return {c: [v] for c, v in self.city.items()}
        if by == "channels":
            return {c: sorted({e[1] for e in events}) for c, events in self.events.items()}
        if by == "vip":
            return {c: ["vip"] for c, events in self.events.items() if sum(e[2] == "purchase" for e in events) >= 2}
        if by == "views":
            counts = {c: sum(e[2] == "view" for e in events) for c, events in self.events.items()}
            counts = {c: n for c, n in counts.items() if n > 0}
            return {c: [str(n)] for c, n in counts.items()} if len(set(counts.values())) <= 10 else bands(counts)
        hours = {c: math.floor(events[-1][0].timestamp() / 3600) for c, events in self.events.items()}
        return {c: [str(n)] for c, n in hours.items()} if len(set(hours.values())) <= 10 else bands(hours)


def bands(numbers):
    ordered = sorted(numbers.values())
    cuts = sorted({ordered[max(0, math.ceil(q * len(ordered)) - 1)] for q in (0.25, 0.5, 0.75)} - {ordered[0]})
    cuts = cuts or [min(n for n in ordered if n > ordered[0])]

    def name(n):
        i = sum(n >= cut for cut in cuts)
        return f"< {cuts[0]}" if i == 0 else f"≥ {cuts[-1]}" if i == len(cuts) else f"{cuts[i - 1]} – < {cuts[i]}"
    return {c: [name(n)] for c, n in numbers.items()}


def segments(store, by, vip, top):
    """The customers of each segment; the key is (segment, kind)."""
    people = {c for c in store.events if vip is None or c in store.values("vip")}
    found = {SPECIAL["all"]: people}
    if by is None:
        return found
    values = {c: v for c, v in store.values(by).items() if c in people}
    sizes = defaultdict(int)
    for v in values.values():
        for x in v:
            sizes[x] += 1
    frequent = sorted(sizes, key=lambda v: (-sizes[v], v.encode()))[:top]
    for c, v in values.items():
        for x in v:
            found.setdefault((x, "value") if x in frequent else SPECIAL["other"], set()).add(c)
    rest = people - set(values)
    if rest:
        found[SPECIAL["none"]] = rest
    return found


# Each returns {key of a row: (count, of how many, what is shown)} for these customers.

def funnel(store, people):
    steps, within = ["view", "cart", "purchase"], datetime.timedelta(days=3)
    depth = []
    for c in people:
        best, events = 0, store.events[c]
        for i, first in enumerate(events):
            if first[2] == steps[0]:
                reached = 1
                for e in events[i + 1:]:
                    if reached < len(steps) and e[2] == steps[reached] and e[0] - first[0] <= within:
                        reached += 1
                best = max(best, reached)
        depth.append(best)
    n = [sum(d >= k for d in depth) for k in (1, 2, 3)]
    return {(k + 1,): (n[k] if k else None, n[0], (n[k],)) for k in range(3)}


def retention(store, people):
    started, came = defaultdict(int), defaultdict(int)
    for c in people:
        first = next((e for e in store.events[c] if e[2] == "view" and e[0] < UNTIL), None)
        if first is None:
            continue
        cohort = store.week(first[0])
        started[cohort] += 1
        for k in {(store.week(e[0]) - cohort).days // 7 for e in store.events[c] if e[2] == "purchase" and first[0] < e[0] < UNTIL}:
            came[cohort, k] += 1
    last = store.week(UNTIL - datetime.timedelta(microseconds=1))
    return {(str(w), k): (came[w, k], n, (n, came[w, k])) for w, n in started.items() for k in range(4) if w + k * WEEK <= last}


def path_links(store, people):
    takers, paths = defaultdict(set), defaultdict(int)
    for c in people:
        session, before = [], None
        sessions = []
        for e in store.events[c]:
            if before is None or e[0] - before > datetime.timedelta(minutes=30):
                session = []
                sessions.append(session)
            session.append(f"{e[1]}:{e[2]}")
            before = e[0]
        for s in sessions:
            for i, link in enumerate(zip(s[:3], s[1:3])):
                takers[(i + 1, *link)].add(c)
                paths[(i + 1, *link)] += 1
    return {k: (len(v), len(people), (len(v), paths[k])) for k, v in takers.items()}


def attribution(store, people):
    earned = defaultdict(int)
    for c in people:
        for at, _, event, _ in store.events[c]:
            if event == "purchase" and at < UNTIL:
                touches = [e for e in store.events[c] if e[2] != "purchase" and at - datetime.timedelta(days=10) <= e[0] <= at]
                for model, place in (("first", 0), ("last", -1)):
                    earned[model, touches[place][1] if touches else ""] += 1
    total = sum(n for (model, _), n in earned.items() if model == "first")
    return {k: (n, total, (n,)) for k, n in earned.items()}


def activity(store, people):
    active = defaultdict(set)
    for c in people:
        for e in store.events[c]:
            if e[0] < UNTIL:
                active[str(store.week(e[0]))].add(c)
    return {(w,): (len(v), len(people), (len(v),)) for w, v in active.items()}


def counts(store, people):
    number, who, amounts = defaultdict(int), defaultdict(set), defaultdict(Fraction)
    for c in people:
        for at, channel, _, amount in store.events[c]:
            key = (str(at.astimezone(store.zone).date()), channel)
            number[key] += 1
            who[key].add(c)
            amounts[key] += Fraction(amount or 0)
    return {k: (len(who[k]), len(people), (n, len(who[k]), float(amounts[k]))) for k, n in number.items()}


ASKED = {
    "funnels": (funnel, "funnel_def('{view,cart,purchase}', within => '3 days')", "step", "customers"),
    "retention": (retention, f"retention_def('view', 'purchase', period => 'week', up_to => 3, until => '{UNTIL}')",
                  "(cohort AT TIME ZONE {zone})::date, period", "customers, returned"),
    "path_links": (path_links, "path_def(session_gap => '30 minutes', max_length => 3)", "step, source, target", "customers, paths"),
    "attribution": (attribution, f"attribution_def('purchase', lookback => '10 days', until => '{UNTIL}', models => '{{first,last}}')",
                    "model, coalesce(channel, '')", "conversions"),
    "activity": (activity, f"activity_def(period => 'week', until => '{UNTIL}')", "(period AT TIME ZONE {zone})::date", "active"),
    "counts": (counts, "counts_def(period => 'day', by => '{channel}')", "(period AT TIME ZONE {zone})::date, label",
               "events, customers, coalesce(amount, 0)"),
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def load(store, table):
    rows = ",\n".join(f"({c}, '{e[0].isoformat()}', {quoted(e[1])}, {quoted(e[2])}, {'NULL' if e[3] is None else e[3]})"
                      for c, events in store.events.items() for e in events)
    return f"""CREATE TABLE {table} (customer bigint, at timestamptz, channel text, event text, amount numeric);
INSERT INTO {table} VALUES {rows};
CALL load_events('{table}', customer => 'customer', at => 'at', event => 'event', channel => 'channel', amount => 'amount') \\g /dev/null
"""


def make(store):
    cities = ", ".join(f"({c}, {quoted(v)})" for c, v in store.city.items()) or "(0, '')"
    return f"""CREATE EXTENSION clientele; SET search_path = public, clientele; SET client_min_messages = error; CALL create_store({quoted(str(store.zone))});
SELECT 'types', count(event_type(channel, event)) FROM unnest('{{{','.join(CHANNELS)}}}'::text[]) channel, unnest('{{{','.join(EVENTS)}}}'::text[]) event;
""" + load(store, "ev") + f"""INSERT INTO clientele_data.home_attributes (home_id, name, value, source_id, first_at, last_at, n)
SELECT i.identity_id, 'city', v.value, 1, now(), now(), 1 FROM (VALUES {cities}) v (customer, value)
JOIN clientele_data.identities i ON i.value = v.customer::text;
SELECT define_tag('vip', 'event_count(journey, ''purchase'') >= 2'), define_tag('channels', 'channels(journey, ''*'')'),
       define_tag('views', 'nullif(event_count(journey, ''view''), 0)'), define_tag('hours', 'floor(extract(epoch FROM last_at(journey, ''*'')) / 3600)');
SELECT FROM refresh_tags();
"""


def compare(store, kind, by, of, top, rows):
    """rows: of one question: segment, segment_kind, keys, what is shown, p_value, q_value."""
    what, where = ASKED[kind][0], f"{kind} by {by} of {of}, top {top}, seed {SEED}"
    wanted = {s: what(store, people) for s, people in segments(store, by, of, top).items()}
    everyone = wanted[SPECIAL["all"]]
    width = len(next(iter(everyone), ()))
    got = {}
    for row in rows:
        segment, key, shown, p, q = (row[0], row[1]), tuple(row[2:2 + width]), row[2 + width:-2], row[-2], row[-1]
        got[segment, key] = tuple(float(x) for x in shown)
        same = wanted.get(segment, {})
        # A row of zeros that others have, too, is a row of all that the segment has.
        hits, of_how_many, _ = next((v for k, v in same.items() if tuple(map(str, k)) == key), (0, next((v[1] for v in same.values()), 0), None))
        total, of_total, _ = next((v for k, v in everyone.items() if tuple(map(str, k)) == key),
                                  (0, next((v[1] for v in everyone.values()), 0), None))
        expected = None
        if segment != SPECIAL["all"] and hits is not None and 0 < of_how_many < of_total and total - hits <= of_total - of_how_many:
            expected = fisher(of_total, total, of_how_many, hits)
        checks.check(f"p of {segment} {key} in {where}", (p == "") == (expected is None) and (p == "" or math.isclose(float(p), expected, rel_tol=1e-9)),
                     f"{p}, wanted {expected}")
        checks.check(f"q of {where}", (q == "") == (p == ""))
    flat = {(s, tuple(map(str, k))): tuple(map(float, v[2])) for s, keys in wanted.items() for k, v in keys.items()}
    if kind in ("activity", "attribution"):
        # Weeks between the first and the last are shown with zeros, and so are channels that led to nothing.
        got = {k: v for k, v in got.items() if v != (0.0,)}
        flat = {k: v for k, v in flat.items() if v != (0.0,)}
    checks.same(f"rows of {where}", sorted(flat.items()), sorted(got.items()))


def run():
    for number in range(COUNT):
        store = Store()
        chosen = [(kind, rng.choice(["city", "channels", "vip", "views", "hours", None]), rng.choice([None, "vip"]), rng.choice([1, 2, 20]))
                  for kind in ASKED for _ in range(2)]
        script = make(store)
        for i, (kind, by, of, top) in enumerate(chosen):
            script += f"SELECT define_question('q{i}', {ASKED[kind][1]}, of => {quoted(of) if of else 'NULL'}, by => {quoted(by) if by else 'NULL'}, top => {top});\n"
        script += (FORCED if number % 2 else SERIAL) + "SELECT 'outcome', outcome, error FROM refresh_questions();\n"
        for i, (kind, *_rest) in enumerate(chosen):
            keys = ASKED[kind][2].format(zone=quoted(str(store.zone)))
            condition = " AND cohort IS NOT NULL" if kind == "retention" else ""
            script += f"""SELECT {i}, segment, segment_kind, {keys}, {ASKED[kind][3]}, p_value, q_value FROM clientele_bi.{kind}
WHERE question = 'q{i}' AND latest{condition};
SELECT 'tests {i}', p_value, q_value FROM clientele_bi.{kind} WHERE question = 'q{i}' AND latest AND p_value IS NOT NULL;\n"""
        script += "SELECT 'again', outcome, NULL FROM refresh_questions();\n"
        later = Store()
        later.events = {1: [(UNTIL, "web", "help", None)]}
        script += load(later, "more") + "SELECT 'changed', outcome, NULL FROM refresh_questions();\n"
        database = f"questions_{number}"
        checks.psql(f"DROP DATABASE IF EXISTS {database};")
        checks.psql(f"CREATE DATABASE {database} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;")
        found = defaultdict(list)
        for row in checks.psql(script, database):
            found[row[0]].append(row[1:])
        checks.psql(f"DROP DATABASE {database};")
        checks.same("outcomes", [["complete", ""]] * len(chosen), found["outcome"])
        checks.same("outcomes when nothing has changed", [["fresh", ""]] * len(chosen), found["again"])
        checks.same("outcomes after more events", [["complete", ""]] * len(chosen), found["changed"])
        for i, (kind, by, of, top) in enumerate(chosen):
            compare(store, kind, by, of, top, found[str(i)])
            tests = [(float(p), float(q)) for p, q in found[f"tests {i}"]]
            checks.check(f"q of {kind} by {by} of {of}", all(
                math.isclose(a, q, rel_tol=1e-9) for a, (_, q) in zip(adjusted([p for p, _ in tests]), tests)))


print(f"seed {SEED}")
run()
checks.end()
