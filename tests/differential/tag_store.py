#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Defined tags against a model in Python that keeps events in lists and tags in dictionaries.

usage: tag_store.py [SEED [ROUNDS]]      (default: a fresh seed, 40 rounds)

Each round changes journeys (grow, appear, shrink, vanish), moves the present, sometimes gives a tag
another rule or breaks one, and refreshes all tags or some. After it, the customers of each tag, the
numbers, the outcomes, the history and random queries must be those of the model, which knows for
which customers a refresh may evaluate a rule.
"""
import json
import random
import subprocess
import sys

from checks import PSQL, Checks

DATABASE = "clientele_tag_store"
TYPES = {1: ("web", "search"), 2: ("web", "purchase"), 3: ("app", "浏览"), 4: ("app", "purchase")}
SESSION = ("SET TimeZone = 'UTC'; SET client_min_messages = warning; SET search_path = public; SET jit = off;\n")

checks = Checks("tag_store", DATABASE)
check = checks.check


def count(events, *types):
    return sum(1 for _, t in events if t in types)


def channel(events, _):
    web, app = count(events, 1, 2), count(events, 3, 4)
    return "web" if web > app else "app" if app > web else None


def kinds(events, _):
    return [k for k, n in (("kauft", count(events, 2, 4)), ("浏览", count(events, 3))) if n]


PURCHASES = "event_count(journey, 'purchase')"
# name: variants of (rule, kind, holds, per customer, time-dependent, max_age in hours, model of (events, hour))
RULES = {
    "value.buyer": [(f"{PURCHASES} >= 1", "journey", "flag", True, False, 24, lambda e, _: count(e, 2, 4) >= 1),
                    (f"{PURCHASES} >= 2 -- now two", "journey", "flag", True, False, 24, lambda e, _: count(e, 2, 4) >= 2)],
    "value.fan": [(f"{PURCHASES} >= 3", "journey", "flag", True, False, 24, lambda e, _: count(e, 2, 4) >= 3)],
    "visits": [("event_count(journey)", "journey", "number", True, False, 24, lambda e, _: len(e)),
               ("nullif(event_count(journey) / 2.0, 1)", "journey", "number", True, False, 24,
                lambda e, _: None if len(e) == 2 else len(e) / 2),
               ("event_count(journey) > 1", "journey", "flag", True, False, 24, lambda e, _: len(e) > 1)],
    "渠道": [("CASE WHEN event_count(journey, 'web:*') > event_count(journey, 'app:*') THEN 'web' "
            "WHEN event_count(journey, 'web:*') < event_count(journey, 'app:*') THEN 'app' END",
            "journey", "text", True, False, 24, channel)],
    "kinds": [(f"array_remove(ARRAY[CASE WHEN {PURCHASES} > 0 THEN 'kauft' END, "
               "CASE WHEN event_count(journey, '浏览') > 0 THEN '浏览' END], NULL)", "journey", "texts", True, False, 24, kinds)],
    "behaviour.sleeping": [("last_at(journey) < at - interval '3 days'", "journey", "flag", True, True, 48,
                            lambda e, h: bool(e) and max(a for a, _ in e) < h - 72)],
    "behaviour.since": [("floor(extract(epoch FROM refresh.at - last_at(journey)) / 3600)", "journey", "number", True, True, 0,
                         lambda e, h: h - max(a for a, _ in e) if e else None)],
    "busy": [("SELECT customer_id FROM clientele_data.journeys WHERE event_count(journey) > 4;", "query", "flag", False, False, 24,
              lambda e, _: len(e) > 4),
             ("SELECT customer_id, event_count(journey) > 3 FROM clientele_data.journeys", "query", "flag", False, False, 24,
              lambda e, _: len(e) > 3)],
    "bought": [(f"SELECT customer_id, {PURCHASES} FROM clientele_data.journeys WHERE {PURCHASES} > 0", "query", "number", True, False, 24,
                lambda e, _: count(e, 2, 4) or None)],
    "recent": [("SELECT customer_id, 'week ' || floor(extract(epoch FROM refresh.at - first_at(journey)) / 604800) "
                "FROM clientele_data.journeys WHERE event_count(journey) > 0", "query", "text", True, True, 24,
                lambda e, h: f"week {(h - min(a for a, _ in e)) // 168}" if e else None)],
    "even": [("customers.customer_id % 2 = 0 AND event_count(journey) > 0", "journey", "flag", False, False, 24, None)],
}
QUERIES = {  # over the tags above
    "combo.one": "value.buyer & !value.fan",
    "combo.two": "渠道=app | kinds=浏览 & !busy",
    "combo.three": "combo.one | value.* & behaviour.since>=24",
    "all": "!combo.two & !behaviour.sleeping",
}


class Model:
    def __init__(self):
        self.events = {}  # of customers with a journey
        self.customers = set()
        self.rules = {}
        self.answers = {}  # tag: {customer: value}; True of plain tags
        self.state = {}  # tag: (variant, changes seen, hour of the last complete answer)
        self.changes = []  # customers, in order
        self.history = {}  # (tag, value): [(gained, lost)]
        self.before = {}  # tag: {value: customers} as last refreshed
        self.held = {}  # tag: what the stored answer has, even if the rule has changed since

    def answer(self, tag, asked, hour):
        *_, rule = self.rules[tag]
        result = {}
        for customer in asked:
            events = self.events.get(customer)
            if events is None:
                continue
            value = (customer % 2 == 0 and bool(events)) if rule is None else rule(events, hour)
            if value is not None and value is not False and value != []:
                result[customer] = value
        return result

    def members(self, tag):
        """The customers that have each value; "" for the tag itself."""
        holds = self.held.get(tag, "flag")
        found = {"": set(self.answers[tag])}
        if holds in ("text", "texts"):
            for customer, value in self.answers[tag].items():
                for one in value if holds == "texts" else [value]:
                    found.setdefault(one, set()).add(customer)
        return found

    def take(self, tag, answers):
        before = self.before.get(tag, {})
        if tag in self.rules:
            self.held[tag] = self.rules[tag][2]
        self.answers[tag] = answers
        now = self.members(tag)
        for value in set(before) | set(now):
            gained, lost = now.get(value, set()) - before.get(value, set()), before.get(value, set()) - now.get(value, set())
            if gained or lost:
                self.history.setdefault((tag, value), []).append((frozenset(gained), frozenset(lost)))
        self.before[tag] = now

    def refresh(self, tags, hour, complete):
        """Outcomes by tag. Rules over customers first, then queries in order of need."""
        outcomes = {}
        for tag in self.rules:
            if tag not in tags:
                continue
            rule, kind, holds, per_customer, time_dependent, max_age, _ = self.rules[tag]
            known = self.state.get(tag)
            seen = len(self.changes)
            if "1 / 0" in rule:
                outcomes[tag] = "failed"
                continue
            partly = (per_customer and known is not None and known[0] == (rule, kind, holds) and not complete
                      and not (time_dependent and (hour < known[2] or hour >= known[2] + max_age)))
            changed = set(self.changes[known[1]:]) if partly else None
            if partly and not changed:
                outcomes[tag] = "fresh"
                self.state[tag] = (known[0], seen, known[2])
                continue
            if partly and len(changed) <= len(self.customers) // 4:
                outcomes[tag] = "incremental"
                kept = {c: v for c, v in self.answers[tag].items() if c not in changed}
                self.take(tag, kept | self.answer(tag, changed, hour))
                self.state[tag] = (known[0], seen, known[2])
            else:
                outcomes[tag] = "complete"
                self.take(tag, self.answer(tag, self.events, hour))
                self.state[tag] = ((rule, kind, holds), seen, hour)
        for tag, query in QUERIES.items():
            if tag in tags:
                outcomes[tag] = "complete"
                self.take(tag, {c: True for c in self.customers if self.matches(query, c)})
        return outcomes

    def matches(self, query, customer):
        def leaf(text):
            if text.endswith(".*"):
                return any(customer in a for t, a in self.answers.items() if t.startswith(text[:-1]))
            for op in (">=", "="):
                if op in text:
                    tag, bound = text.replace('"', "").split(op)
                    value = self.answers[tag].get(customer)
                    holds = self.held.get(tag)
                    if value is None or holds == "flag":
                        return False
                    if op == "=":
                        return bound in value if holds == "texts" else bound == (f"{value:g}" if holds == "number" else value)
                    return holds == "number" and value >= float(bound)
            return customer in self.answers[text]

        def any_of(parts):
            return any(all(not leaf(p[1:]) if p.startswith("!") else leaf(p) for p in part.split(" & ")) for part in parts)
        return any_of(query.split(" | "))


def timestamp(hour):
    return f"timestamptz 'epoch' + interval '{hour} hours' + interval '56 years'"


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def define(name, variant):
    rule, kind, _, per_customer, _, max_age, _ = variant
    given = f", per_customer => {per_customer}".lower() if kind == "query" else ""
    return f"SELECT clientele.define_tag({quoted(name)}, {quoted(rule)}, max_age => '{max_age} hours'{given});\n"


def random_query(rng):
    leaves = ["value.*", "渠道=web", "kinds=kauft", "visits>=3", "busy", "behaviour.since>=30", "combo.*", "all", "bought=2",
              'recent="week 0"', "even", "recent"]
    return " | ".join(" & ".join(rng.choice(["", "!"]) + rng.choice(leaves) for _ in range(rng.randint(1, 3)))
                      for _ in range(rng.randint(1, 3)))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(f"tag_store: seed {seed}, {rounds} rounds", flush=True)
    rng, model = random.Random(seed), Model()
    script = ["CREATE EXTENSION clientele; CALL clientele.create_store();\n"]
    for i, (where, what) in TYPES.items():
        script.append(f"INSERT INTO clientele_data.event_types VALUES ({i}, '{where}', '{what}');\n")
    for name, variants in RULES.items():
        model.rules[name] = variants[0]
        script.append(define(name, variants[0]))
    for name in rng.sample(sorted(QUERIES), len(QUERIES)):  # in any order, so kind must be said
        script.append(f"SELECT clientele.define_tag({quoted(name)}, {quoted(QUERIES[name])}, kind => 'tags');\n")
    hour, expected = 1000, []
    for number in range(rounds):
        for _ in range(rng.choice([0, 1, 3, 30]) if number else 60):
            customer = rng.randint(1, 300) + rng.choice([0, 0, 2**33])
            if customer not in model.customers:
                model.customers.add(customer)
                script.append(f"INSERT INTO clientele_data.customers VALUES ({customer});\n")
            if customer in model.events and rng.random() < 0.1:
                del model.events[customer]
                script.append(f"DELETE FROM clientele_data.journeys WHERE customer_id = {customer};\n")
            elif rng.random() < 0.95:
                added = [(hour - rng.randint(0, 200), rng.randint(1, 4)) for _ in range(rng.choice([1, 1, 2, 5]))]
                model.events.setdefault(customer, []).extend(added)
                script.append("CREATE TEMP TABLE parts AS SELECT " + str(customer) + "::bigint AS customer_id, clientele.journey(at, t) AS journey "
                              "FROM (VALUES " + ", ".join(f"({timestamp(a)}, {t})" for a, t in added) + ") v (at, t);\n"
                              "SELECT clientele.merge_journeys('parts'); DROP TABLE parts;\n")
            else:
                continue
            model.changes.append(customer)
        # From the second round on, so that each tag has an answer: queries over one that has none are errors.
        if number and rng.random() < 0.3:
            name = rng.choice(sorted(RULES))
            variant = rng.choice(RULES[name])
            if rng.random() < 0.3:
                variant = (f"event_count(journey) / 0 > 1 / 0 + {number}",) + variant[1:] if variant[1] == "journey" else variant
            if "1 / 0" in variant[0]:  # written into the table, as define_tag() would refuse it
                script.append(f"UPDATE clientele_data.tags SET rule = {quoted(variant[0])}, holds = 'flag' WHERE name = {quoted(name)};\n")
                variant = (variant[0], "journey", "flag") + variant[3:]
            else:
                script.append(define(name, variant))
            model.rules[name] = variant
        hour += rng.choice([0, 1, 5, 30, 100, -20])
        chosen = sorted(RULES) + sorted(QUERIES)
        only = rng.random() < 0.2 and number > 0
        tags = [t for t in chosen if rng.random() < 0.5] if only else chosen
        complete = rng.random() < 0.05
        outcomes = model.refresh(tags, hour, complete)
        script.append(f"SELECT {number}, 'outcome', tag, outcome FROM clientele.refresh_tags({'ARRAY[' + ', '.join(map(quoted, tags)) + ']::text[]' if only else 'NULL'}, "
                      f"at => {timestamp(hour)}, complete => {complete});\n")
        script.append(f"SELECT {number}, 'members', tag, value, clientele.cardinality(customers), customers::bigint[] FROM clientele_data.tag_audiences WHERE tag <> '';\n")
        script.append(f"SELECT {number}, 'score', n.tag, s.customer_id, s.score FROM clientele_data.tag_numbers n, clientele.scores(n.scores) s;\n")
        queries = [random_query(rng) for _ in range(8)]
        for q, query in enumerate(queries):
            script.append(f"SELECT {number}, 'query', {q}, clientele.audience_size({quoted(query)}), clientele.audience_of({quoted(query)})::bigint[],"
                          f" (SELECT count(*) FROM clientele_data.customers c WHERE clientele.tag_match(clientele.tags_of(c.customer_id), {quoted(query)}));\n")
        expected.append({
            "outcome": outcomes,
            "members": {(t, v): sorted(m) for t in model.answers for v, m in model.members(t).items() if m or v == ""},
            "score": {(t, c): float(v) for t, a in model.answers.items() if model.held.get(t) == "number" for c, v in a.items()},
            "query": [(query, sorted(c for c in model.customers if model.matches(query, c))) for query in queries],
        })
    script.append("SELECT 'history', tag, value, refresh_id, gained::bigint[], lost::bigint[] FROM clientele_data.tag_changes ORDER BY refresh_id;\n")
    script.append("SELECT 'view', count(*) FROM clientele_bi.customer_tags;\n")
    script.append("SELECT 'pruned', clientele.prune_journey_changes() >= 0, count(*) FROM clientele_data.journey_changes;\n")
    subprocess.run([PSQL, "-Xq", "-d", "postgres", "-c", f"DROP DATABASE IF EXISTS {DATABASE}", "-c",
                    f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'"], check=True, stderr=subprocess.DEVNULL)
    done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", DATABASE], input=SESSION + "".join(script),
                          capture_output=True, text=True)
    check("the script runs", done.returncode == 0, done.stderr[-2000:])
    got = [{"outcome": {}, "members": {}, "score": {}, "query": {}} for _ in range(rounds)]
    history, views = {}, None
    for line in done.stdout.splitlines():
        f = line.split("\t")
        ids = lambda text: [int(x) for x in text.strip("{}").split(",") if x]
        if f[0] == "history":
            history.setdefault((f[1], f[2]), []).append((frozenset(ids(f[4])), frozenset(ids(f[5]))))
        elif f[0] == "view":
            views = int(f[1])
        elif len(f) > 2 and f[1] == "outcome":
            got[int(f[0])]["outcome"][f[2]] = f[3]
        elif len(f) > 2 and f[1] == "members":
            check(f"round {f[0]}: size of {f[2]} {f[3]}", int(f[4]) == len(ids(f[5])))
            got[int(f[0])]["members"][f[2], f[3]] = ids(f[5])
        elif len(f) > 2 and f[1] == "score":
            got[int(f[0])]["score"][f[2], int(f[3])] = float(f[4])
        elif len(f) > 2 and f[1] == "query":
            got[int(f[0])]["query"][int(f[2])] = (int(f[3]), ids(f[4]), int(f[5]))
    for number, want in enumerate(expected):
        have = got[number]
        for what in ("outcome", "members", "score"):
            for key in sorted(set(want[what]) | set(have[what]), key=str):
                check(f"round {number}: {what} of {key}", want[what].get(key) == have[what].get(key),
                      f"{have[what].get(key)}, not {want[what].get(key)}")
        for q, (query, members) in enumerate(want["query"]):
            size, found, one_by_one = have["query"].get(q, (None, None, None))
            check(f"round {number}: {query}", size == len(members) and found == members, f"{size} {found}, not {members}")
            check(f"round {number}: {query}, customer by customer", one_by_one == len(members), f"{one_by_one}, not {len(members)}")
    for key in sorted(set(history) | set(model.history)):
        check(f"history of {key}", history.get(key) == model.history.get(key), f"{history.get(key)}, not {model.history.get(key)}")
    total = sum(len(v) if isinstance(v, list) else 1 for t, a in model.answers.items() for v in a.values())
    check("the view of customers' tags", views == total, f"{views}, not {total}")
    outcomes = [o for e in expected for o in e["outcome"].values()]
    print("outcomes:", json.dumps({o: outcomes.count(o) for o in sorted(set(outcomes))}))
    subprocess.run([PSQL, "-Xq", "-d", "postgres", "-c", f"DROP DATABASE IF EXISTS {DATABASE}"], check=False)
    checks.end()


main()
