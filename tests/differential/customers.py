#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The list of customers, profiles, personas and maps of journeys against Python, on random stores.

usage: customers.py [SEED [CASES]]      (default: a fresh seed, 4 cases; 60 with CLIENTELE_LONG)

Python knows the events, attributes and tags of each customer, and makes the rows of clientele_bi.customers, the profiles, every figure of a
persona with exact probabilities, and the map by walking through the events of each customer.
"""
import datetime
import fractions
import json
import math
import os
import random
import sys

from checks import Checks, copy

checks = Checks("customers", "clientele_customers_differential",
                "SET client_min_messages = warning; SET search_path = public, clientele; SET timezone = 'America/Caracas';\n")
NAMES = ("a", "Z", "浏览", "<script>alert('x')</script>", 'q"uote', "\u202eright", "naïve", "🙂", "x, y", "a.b")
CHANNELS = ("", "web", "app", "门店", 'b"r')
EVENTS = ("view", "购买", "cart|x", "a=b", "😀", "it's")
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def array(values):
    return "ARRAY[" + ",".join(quoted(v) for v in values) + "]::text[]"


class Store:
    def __init__(self, rng):
        self.rng = rng
        self.customers = rng.sample(range(1, 400), rng.randrange(2, 40))
        self.merged = {c: rng.choice(self.customers) for c in rng.sample(range(400, 420), rng.randrange(0, 4))}
        pairs = [(c, e) for c in CHANNELS for e in EVENTS]
        self.types = dict(enumerate(rng.sample(pairs, rng.randrange(1, 14)), 1))
        self.items = dict(enumerate(rng.sample(NAMES, 4), 1))
        self.events, self.attributes, self.tags = {}, {}, {}
        steps = rng.choice((3, 30, 3000))
        for c in self.customers:
            if rng.random() < 0.8:
                rows = {(rng.randrange(steps), rng.choice(list(self.types)), rng.choice((None, *self.items)), rng.choice((None, 5, 1.25)))
                        for _ in range(rng.randrange(1, 25))}
                self.events[c] = list(rows)
            self.attributes[c] = {n: rng.choice(NAMES[:5]) for n in ("city", "consent", "性别") if rng.random() < 0.6}
        self.holds = {"value.tier": "text", "flag": "flag", "lists": "texts", "value.spend": "number", "价值.消费额": "number", "none": "flag"}
        for c in self.customers:
            mine = self.tags[c] = {}
            if rng.random() < 0.7:
                mine["value.tier"] = rng.choice(NAMES)
            if rng.random() < 0.5:
                mine["flag"] = True
            if rng.random() < 0.5:
                mine["lists"] = sorted(rng.sample(NAMES, rng.randrange(1, 4)), key=str.encode)
            if rng.random() < 0.5:
                mine["value.spend"] = rng.randrange(-3, rng.choice((2, 100)))
            if rng.random() < 0.5:
                mine["价值.消费额"] = rng.randrange(10) / 4

    def script(self):
        tagged = [(c, tag, str(v).lower() if tag == "flag" else str(v)) for c, tags in self.tags.items() for tag, value in tags.items()
                  for v in (value if isinstance(value, list) else [value])]
        out = """TRUNCATE clientele_data.customers, clientele_data.event_types, clientele_data.items, clientele_data.tags, clientele_data.tag_audiences,
  clientele_data.tag_numbers, clientele_data.home_attributes, truth, ev CASCADE;
"""
        out += copy("clientele_data.event_types (event_type_id, channel, event)", [(i, *t) for i, t in self.types.items()])
        out += copy("clientele_data.items (item_id, key)", list(self.items.items()))
        out += copy("clientele_data.customers (customer_id, merged_into)", [(c, None) for c in self.customers] + list(self.merged.items()))
        out += copy("clientele_data.identities (kind, value, customer_id, identity_id)", [("k", str(c), c, c) for c in self.customers])
        out += copy("ev", [(c, (START + datetime.timedelta(seconds=t)).isoformat(), y, i, a) for c, rows in self.events.items() for t, y, i, a in rows])
        out += "INSERT INTO clientele_data.journeys SELECT c, journey(at, type, item, amount) FROM ev GROUP BY c;\n"
        out += copy("clientele_data.home_attributes", [(c, n, v, 1, START.isoformat(), START.isoformat(), 1)
                                                       for c, said in self.attributes.items() for n, v in (*said.items(), ("hidden", "x"))])
        out += copy("truth", tagged)
        cast = {"text": "value", "flag": "true", "number": "value::numeric"}
        for tag, holds in self.holds.items():
            rule = (f"SELECT customer, array_agg(value) FROM public.truth WHERE tag = {quoted(tag)} GROUP BY 1" if holds == "texts"
                    else f"SELECT customer, {cast[holds]} FROM public.truth WHERE tag = {quoted(tag)}")
            out += f"SELECT FROM define_tag({quoted(tag)}, {quoted(rule)});\n"
        return out + "SELECT 'failed', tag, error FROM refresh_tags() WHERE outcome <> 'complete';\n"

    def row(self, c):
        rows = self.events.get(c, [])
        tags = self.tags[c]
        times = [t for t, *_ in rows]
        return {"customer_id": c, "first": min(times, default=None), "last": max(times, default=None), "events": len(rows),
                "channels": sorted({self.types[y][0] for _, y, *_ in rows}), "tier": tags.get("value.tier"),
                "spend": tags.get("value.spend", tags.get("价值.消费额")), "consent": self.attributes[c].get("consent"),
                "attributes": self.attributes[c], "tags": tags}

    def recent(self, c, n):
        def key(e):
            t, y, i, a = e
            return (-t, *(x.encode() for x in self.types[y]), i is None, self.items.get(i, "").encode(), a is None, a or 0)
        return [{"at": (START + datetime.timedelta(seconds=t)).strftime("%Y-%m-%dT%H:%M:%S+00:00"), "channel": self.types[y][0],
                 "event": self.types[y][1], "item": self.items.get(i), "amount": a} for t, y, i, a in sorted(self.events.get(c, []), key=key)[:n]]

    def map(self, among, stages, goal):
        """stages: (name, types); returns {(stage, channel): [customers, visits, seconds, dropped]}."""
        cell = {}
        for n, (_, types) in reversed(list(enumerate(stages))):
            for y in types:
                cell[y] = (n, self.types[y][0])
        answer = {}
        for c in among:
            walk = sorted((t, *(x.encode() for x in self.types[y]), y) for t, y, *_ in self.events.get(c, []) if y in cell)
            runs = []
            for t, *_, y in walk:
                if not runs or runs[-1][1] != cell[y]:
                    runs.append((t, cell[y]))
            for at in {where for _, where in runs}:
                answer.setdefault(at, [0, 0, [], 0])[0] += 1
            for n, (t, where) in enumerate(runs):
                answer[where][1] += 1
                if n + 1 < len(runs):
                    answer[where][2].append(runs[n + 1][0] - t)
            if runs and goal not in {where[0] for _, where in runs}:
                answer[runs[-1][1]][3] += 1
        return answer


def percentile(values, share):
    values = sorted(values)
    place = share * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def probability(everyone, tagged, drawn, both):
    ways = [math.comb(tagged, k) * math.comb(everyone - tagged, drawn - k) for k in range(drawn + 1)]
    return float(min(1, fractions.Fraction(2 * min(sum(ways[:both + 1]), sum(ways[both:])), sum(ways))))


def adjusted(p):
    tests = sorted(((v, n) for n, v in enumerate(p) if v is not None), reverse=True)
    answer, least = [None] * len(p), 1.0
    for rank, (v, n) in enumerate(tests):
        least = min(least, v * len(tests) / (len(tests) - rank))
        answer[n] = least
    return answer


def quarters(numbers):
    """numbers: {customer: number}. The parts by the median and the medians of the halves."""
    def median(values):
        values = sorted(values)
        return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2 if values else None
    values = list(numbers.values())
    middle = median(values)
    cuts = {median([v for v in values if v < middle]), middle, median([v for v in values if v >= middle])}
    cuts = sorted(c for c in cuts if c is not None and c > min(values))
    if not cuts and max(values) > min(values):
        cuts = [min(v for v in values if v > min(values))]
    parts = {}
    for c, v in numbers.items():
        parts.setdefault(sum(v >= cut for cut in cuts) + 1, set()).add(c)
    return parts


def persona(store, audience, base, top):
    """Rows (dimension, kind, place, customers, among, p), in no order."""
    audience &= base
    rows = []

    def add(name, kind, place, of):
        n, m = len(of & audience), len(of & base)
        if m:
            rows.append([name, kind, place, n, m, probability(len(base), m, len(audience), n) if 0 < m < len(base) else None])

    def texts(name, pairs):
        values = {}
        for c, v in pairs:
            if c in store.customers:
                values.setdefault(v, set()).add(c)
        have = set().union(*values.values()) & base if values else set()
        if not have:
            return
        order = sorted(values, key=lambda v: (-len(values[v] & base), v.encode()))
        for place, v in enumerate(order[:top], 1):
            add(name, "value", place, values[v])
        if len(order) > top and store.holds.get(name) != "texts":
            add(name, "other", top + 1, set().union(*(values[v] for v in order[top:])))
        if have != base:
            add(name, "none", top + 2, base - have)
    for name in ("city", "consent", "性别"):
        texts(name, [(c, said[name]) for c, said in store.attributes.items() if name in said])
    for tag, holds in store.holds.items():
        have = {c: t[tag] for c, t in store.tags.items() if tag in t}
        if holds == "number":
            mine = {c: v for c, v in have.items() if c in base}
            if mine:
                for place, of in quarters(mine).items():
                    add(tag, "value", place, of)
                if set(mine) != base:
                    add(tag, "none", top + 2, base - set(mine))
        elif holds == "flag":
            if set(have) & base:
                add(tag, "value", 1, set(have))
        else:
            texts(tag, [(c, v) for c, value in have.items() for v in (value if isinstance(value, list) else [value])])
    return rows


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 60 if os.environ.get("CLIENTELE_LONG") else 4
    print(f"seed {seed}")
    checks.new_database("""CREATE EXTENSION clientele; CALL clientele.create_store('UTC');
CREATE TABLE truth (customer bigint, tag text, value text); CREATE TABLE ev (c bigint, at timestamptz, type integer, item bigint, amount numeric);
INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping)
VALUES (1, 'crm', 'public.crm', current_user, current_user::regrole, clientele.cluster_id(), 'key', '{}');
INSERT INTO clientele_data.customer_columns (name, place, source, keys, holds) VALUES ('said', 99, 'attribute', '{city,性别}', 'text');
CALL clientele.create_members('create_customer_views');\n""")
    script, asked = "", []
    for case in range(cases):
        rng = random.Random(f"{seed} {case}")
        store = Store(rng)
        base = set(rng.sample(store.customers, rng.randrange(1, len(store.customers) + 1)))
        audience = {c for c in store.customers if rng.random() < 0.4}
        top = rng.choice((1, 2, 5, 50))
        types = list(store.types)
        stages = [(name, sorted(set(rng.choices(types, k=rng.randrange(1, 4))))) for name in rng.sample(NAMES, rng.randrange(1, 5))]
        stages = [(name.replace("=", ""), s) for name, s in stages]
        goal = rng.randrange(len(stages))
        asked.append((store, base, audience, top, stages, goal))
        ids = lambda s: "'{" + ",".join(map(str, sorted(s))) + "}'::audience"
        numbers = ",".join(map(str, [*store.customers, *store.merged, 420]))
        script += store.script() + f"""
SELECT jsonb_build_object('customers', (SELECT jsonb_agg(jsonb_build_object('customer_id', c.customer_id, 'first', extract(epoch FROM c.first_seen - '{START}'),
  'last', extract(epoch FROM c.last_seen - '{START}'), 'events', c.events, 'channels', c.channels, 'tier', c.tier, 'spend', c.spend, 'consent', c.consent,
  'attributes', c.attributes::jsonb, 'tags', c.tags::jsonb)) FROM clientele_bi.customers c),
 'profiles', (SELECT jsonb_object_agg(c, customer_profile(c, 3)) FROM unnest('{{{numbers}}}'::bigint[]) c),
 'listed', (SELECT jsonb_object_agg(p.customer_id, p.profile) FROM customer_profiles('{{{numbers}}}', 3) p),
 'persona', (SELECT jsonb_agg(jsonb_build_array(p.dimension, p.kind, p.place, p.customers, p.among_customers, p.p_value, p.q_value, p.target_index))
             FROM persona({ids(audience)}, {ids(base)}, top => {top}) p),
 'map', (SELECT jsonb_agg(m) FROM journey_map({ids(base)}, {array(n + "=" + "|".join(f"#{y}" for y in s) for n, s in stages)}, {quoted(stages[goal][0])}) m));
"""
    lines = [" ".join(row) for row in checks.psql(script) if row[0].startswith(("{", "failed"))]
    checks.check("all tags are refreshed", not [x for x in lines if x.startswith("failed")], lines[:1])
    lines = [x for x in lines if x.startswith("{")]
    checks.same("answers", len(asked), len(lines))
    near = lambda a, b: (a is None) == (b is None) and (a is None or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))
    for case, (line, (store, base, audience, top, stages, goal)) in enumerate(zip(lines, asked)):
        answer = json.loads(line)
        rows = {r["customer_id"]: r for r in answer["customers"]}
        checks.same(f"case {case}: customers", sorted(store.customers), sorted(rows))
        for c in store.customers:
            wanted, got = store.row(c), dict(rows[c])
            # The names of channels may contain what stands between them.
            named = [x for x in wanted.pop("channels")]
            listed = got.pop("channels") or ""
            checks.check(f"case {case}: channels of {c}", sorted(listed.split(", ")) == (named or [""]), (listed, named))
            checks.same(f"case {case}: customer {c}", wanted, got)
            profile = answer["profiles"][str(c)]
            checks.same(f"case {case}: profile {c}", (wanted["tags"], wanted["attributes"], wanted["tier"], wanted["spend"], store.recent(c, 3)),
                        tuple(profile[k] for k in ("tags", "attributes", "tier", "spend", "recent")))
            checks.same(f"case {case}: profile {c} in a list", profile, answer["listed"][str(c)])
        for c in (*store.merged, 420):
            into = store.merged.get(c)
            checks.same(f"case {case}: profile of another number", answer["profiles"][str(into)] if into else None, answer["profiles"][str(c)])
        wanted = sorted(persona(store, audience, base, top))
        got = sorted(answer["persona"] or [])
        if checks.same(f"case {case}: persona", [r[:5] for r in wanted], [r[:5] for r in got]):
            qs = adjusted([r[5] for r in wanted])
            n = len(audience & base)
            for w, q, g in zip(wanted, qs, got):
                index = 100 * w[3] * len(base) / (w[4] * n) if w[4] * n else None
                checks.check(f"case {case}: significance", near(w[5], g[5]) and near(q, g[6]) and near(index, g[7]), (w, q, index, g))
        wanted = store.map(base, stages, goal)
        got = {(m["place"] - 1, m["channel"]): m for m in answer["map"] or []}
        if checks.same(f"case {case}: cells", sorted(wanted), sorted(got)):
            for cell, (customers, visits, seconds, dropped) in wanted.items():
                m = got[cell]
                checks.check(f"case {case}: cell {cell}", (customers, visits, dropped) == (m["customers"], m["visits"], m["dropped"])
                             and m["stage"] == stages[cell[0]][0]
                             and near(percentile(seconds, 0.5) if seconds else None, m["dwell_seconds"])
                             and near(percentile(seconds, 0.9) if seconds else None, m["p90_dwell_seconds"])
                             and near(m["drop_share"], dropped / customers) and near(m["share"], customers / sum(c in store.events for c in base)),
                             (customers, visits, seconds, dropped, m))
    checks.drop_database()
    checks.end()


main()
