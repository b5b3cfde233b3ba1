#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The attributes of customers against Python, on random rows in random batches and orders.

usage: attributes.py [SEED [CASES]]      (default: a fresh seed, 150 cases)

Each case has the rows of some sources, each with a home, an attribute, a value and a time. They are added in batches in two random orders,
in two stores' worth of homes, and must say the same. Homes then move between customers, as merges and splits move them, and rules change:
each time the view says what Python makes of all rows of the customer's homes.

Then rows of two tables are ingested bit by bit. Customers are merged, by the identifiers of the rows and by hand, and merges are undone.
Python knows the home of each row, and asks only which customer has which identifier.
"""
import json
import random
import sys

from checks import Checks, copy

checks = Checks("attributes", "clientele_attributes_differential",
                "SET client_min_messages = warning; SET search_path = clientele, public; SET timezone = 'Asia/Kathmandu';\n")
RULES = ("latest", "first", "most_frequent")
VALUES = ("Bonn", "Köln", "Ulm", "a", "B", "Ä", "z", "", "東京", "10", "9")
HOUR = 3_600_000_000


def expected(rows, rule):
    """rows: (value, time, source), of one attribute of one customer. By code points, as COLLATE "C" compares UTF-8."""
    if rule == "first":
        at, value = min((t, v) for v, t, _ in rows)
        return value, at, min(s for v, t, s in rows if (t, v) == (at, value))
    if rule == "most_frequent":
        most = max(sum(v == w for v, _, _ in rows) for w, _, _ in rows)
        rows = [row for row in rows if sum(v == row[0] for v, _, _ in rows) == most]
    at, value = max((t, v) for v, t, _ in rows)
    return value, at, min(s for v, t, s in rows if (t, v) == (at, value))


def array(values, kind):
    return "'{" + ",".join('"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + f"}}'::{kind}[]"


def batches(rng, rows, shift):
    """Statements that add the rows in a random order; a batch has rows of one source. shift makes other homes of the same shape."""
    rows, script = list(rows), ""
    rng.shuffle(rows)
    while rows:
        source = rows[0][4]
        batch = [row for row in rows[:rng.randrange(1, 30)] if row[4] == source]
        for row in batch:
            rows.remove(row)
        script += (f"SELECT FROM add_attributes({array([h + shift for h, *_ in batch], 'bigint')}, {array([r[1] for r in batch], 'text')}, "
                   f"{array([r[2] for r in batch], 'text')}, ARRAY(SELECT 'epoch'::timestamptz + t * '1 us'::interval FROM "
                   f"unnest({array([r[3] for r in batch], 'bigint')}) WITH ORDINALITY u (t, n) ORDER BY n), {source});\n")
    return script


ANSWER = """SELECT v.customer_id, v.name, v.value, (extract(epoch FROM v.at) * 1000000)::bigint, v.source
FROM clientele_data.customer_attributes v WHERE customer_id < 100 ORDER BY v.customer_id, v.name COLLATE "C";
SELECT 'other', count(*) FROM (SELECT customer_id, name, value, source, at FROM clientele_data.customer_attributes WHERE customer_id < 100
  EXCEPT ALL SELECT customer_id - 100, name, value, source, at FROM clientele_data.customer_attributes WHERE customer_id >= 100) x;
SELECT 'json', c, customer_attributes(c) FROM generate_series(1, 4) c;
"""


def case(rng, number):
    homes = range(1, rng.randrange(2, 7))
    names = ["city", "name", "Ünit"][:rng.randrange(1, 4)]
    values = rng.sample(VALUES, rng.randrange(1, 6))
    rows = [(rng.choice(homes), rng.choice(names), rng.choice(values), rng.randrange(-3, rng.choice([3, 1000])) * HOUR, rng.randrange(1, 4))
            for _ in range(rng.randrange(0, 60))]
    owner = {home: rng.randrange(1, 5) for home in homes}
    script = "TRUNCATE clientele_data.home_attributes, clientele_data.attribute_rules; DELETE FROM clientele_data.identities;\n"
    script += copy("clientele_data.identities (kind, value, customer_id, identity_id)",
                   [("x", f"{h + shift}", owner[h] + shift, h + shift) for h in homes for shift in (0, 100)])
    script += batches(rng, rows, 0) + batches(rng, rows, 100)
    wanted = []
    for step in range(3):
        rules = {name: rng.choice(RULES) for name in names}
        script += "".join(f"CALL set_attribute_rule('{name}', '{rule}');\n" for name, rule in rules.items())
        if step > 0:
            moved = rng.choice(homes)
            owner[moved] = rng.randrange(1, 5)
            script += f"UPDATE clientele_data.identities SET customer_id = {owner[moved]} WHERE identity_id = {moved};\n"
            script += f"UPDATE clientele_data.identities SET customer_id = {owner[moved] + 100} WHERE identity_id = {moved + 100};\n"
        script += ANSWER
        said = []
        for customer in range(1, 5):
            for name in sorted(names):
                of = [(v, t, s) for h, n, v, t, s in rows if owner[h] == customer and n == name]
                if of:
                    value, at, source = expected(of, rules[name])
                    said.append([str(customer), name, value, str(at), f"source {source}"])
        wanted.append((said, {str(c): {n: v for k, n, v, _, _ in said if k == str(c)} for c in range(1, 5)}))
    return number, script, wanted, (rows, owner)


KINDS = ("customer", "email", "cookie")  # the strongest first
ASK = """SELECT 'identity', i.kind, i.value, i.customer_id FROM clientele_data.identities i;
SELECT 'said', v.customer_id, v.name, v.value, extract(epoch FROM v.at)::bigint, v.source FROM clientele_data.customer_attributes v
ORDER BY v.customer_id, v.name COLLATE "C";
SELECT 'end', count(*) FROM clientele_data.merges;
"""
# What contradicts a decision in force, or is not there to be undone, leaves everything as it is.
TRY = """DO $$ DECLARE ids bigint[] := ARRAY(SELECT DISTINCT i.customer_id FROM clientele_data.identities i ORDER BY 1);
BEGIN
  PERFORM %s;
EXCEPTION WHEN integrity_constraint_violation OR invalid_parameter_value OR object_not_in_prerequisite_state OR undefined_object
  OR null_value_not_allowed OR no_data_found THEN
END $$;
"""
UNDO = TRY % "undo_merge((SELECT m.merge_id FROM clientele_data.merges m WHERE m.undone_at IS NULL ORDER BY m.merge_id DESC LIMIT 1))"


def told(rng):
    """A story of two sources: what to run, what Python knows of each row, and the rules."""
    rows, script = [], "CALL drop_store(cascade => true); DROP TABLE IF EXISTS t1, t2; CALL create_store('UTC');\n"
    for source in (1, 2):
        script += f"""CREATE TABLE t{source} (id bigint PRIMARY KEY, customer text, email text, cookie text, at text, city text, tier text);
SELECT FROM add_source('source {source}', 't{source}', '{{"customer": "customer", "email": "email", "cookie": "cookie"}}', 'at',
  $$'seen'$$, attributes => '{{"city": "city", "tier": "tier"}}');
"""
    for _ in range(rng.randrange(2, 6)):
        for source in (1, 2):
            added = []
            for _ in range(rng.randrange(0, 25)):
                ids = [rng.choice([None, None, f"K{rng.randrange(4)}"]), rng.choice([None, f"m{rng.randrange(6)}@x.de"]),
                       rng.choice([None, f"c{rng.randrange(9)}"])]
                at = 1_700_000_000 + rng.randrange(rng.choice([5, 100_000]))
                city, tier = rng.choice([None, *VALUES[:6]]), rng.choice("abc")
                added.append((len(rows), *ids, at, city, tier))
                home = next((known for known in zip(KINDS, ids) if known[1] is not None), None)
                rows.append((home, {"city": city, "tier": tier}, at, source))
            rng.shuffle(added)
            script += copy(f"t{source}", added)
        script += f"CALL ingest(batch_rows => {rng.choice([1, 3, 100])});\n"
    rules = {name: rng.choice(RULES) for name in ("city", "tier")}
    script += "".join(f"CALL set_attribute_rule('{name}', '{rule}');\n" for name, rule in rules.items()) + ASK
    for _ in range(2):
        one, other = (f"ids[1 + {rng.randrange(100)} % cardinality(ids)]" for _ in range(2))
        script += TRY % f"merge_customers({one}, {other})" + ASK + UNDO + ASK
    return script, rows, rules


def story(rng, number):
    """Returns how many merges there were."""
    script, rows, rules = told(rng)
    owner, said, merges = {}, [], 0
    for line in checks.psql(script):
        if line[0] == "identity":
            owner[line[1], line[2]] = int(line[3])
        elif line[0] == "said":
            said.append(line[1:])
        elif line[0] == "end":
            wanted = []
            for customer in sorted(set(owner.values())):
                for name in ("city", "tier"):
                    of = [(values[name], at, source) for home, values, at, source in rows
                          if home and owner[home] == customer and values[name] is not None]
                    if of:
                        value, at, source = expected(of, rules[name])
                        wanted.append([str(customer), name, value, str(at), f"source {source}"])
            checks.same(f"story {number}: what the homes of each customer say", wanted, said)
            owner, said, merges = {}, [], int(line[1])
    return merges


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    print("seed", seed)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele; CALL clientele.create_store('UTC');")
    checks.psql("""INSERT INTO clientele_data.sources (source_id, name, relation, owner, owner_oid, owner_cluster, method, mapping)
SELECT n, 'source ' || n, 'x', current_user, current_user::regrole, cluster_id(), 'key', '{}' FROM generate_series(1, 3) n;
INSERT INTO clientele_data.customers (customer_id) SELECT c FROM generate_series(1, 4) c UNION SELECT c FROM generate_series(101, 104) c;""")
    for number in range(count):
        number, script, wanted, shown = case(rng, number)
        answers, steps = checks.psql(script), [[]]
        for line in answers:
            if line[0] == "json":
                if line[1] == "1":
                    steps[-1].append({})
                steps[-1][-1][line[1]] = json.loads(line[2])
                if line[1] == "4":
                    steps.append([])
            else:
                steps[-1].append(line)
        for step, (said, as_json) in zip(steps, wanted):
            checks.same(f"case {number}: attributes", said, step[:-2], shown)
            checks.same(f"case {number}: both orders of rows", ["other", "0"], step[-2])
            checks.same(f"case {number}: as jsonb", as_json, step[-1])
    merges = sum(story(rng, number) for number in range(max(count // 10, 3)))
    checks.check("customers were merged in the stories", merges > 0, merges)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
