#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Several sessions bring rows of the same customers at once, some of them in transactions that roll back, and another one merges customers
and undoes it. Nothing deadlocks. Afterwards the customers are those of the independent implementation that computes the partition from
scratch, and each journey has the events of the rows whose homes the customer has.

usage: identity_concurrent.py [SEED [ROUNDS]]      (default: a fresh seed, 3 rounds)
"""
import importlib.util
import os
import pathlib
import random
import subprocess
import sys

from checks import PSQL, ROOT, Checks

ORACLE = pathlib.Path(os.environ.get("CLIENTELE_IDENTITY_ORACLE", ROOT.parent / "shared/oracle/identity.py"))
WRITERS, BATCHES, ROWS = 4, 25, 4
checks = Checks("identity_concurrent", "clientele_identity_concurrent")
seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10 ** 9)
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3

if not ORACLE.exists():
    checks.skip(f"{ORACLE} is not there")
    checks.end()
spec = importlib.util.spec_from_file_location("identity_oracle", ORACLE)
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)
KINDS = {k: dict(oracle.KINDS[k]) for k in ("customer", "email", "phone", "device", "cookie")}
KEY = oracle.sort_key(KINDS)


def array(values, kind):
    return "'{" + ",".join(map(str, values)) + "}'::" + kind + "[]"


def random_row(rng):
    kinds = rng.sample(list(KINDS), rng.choice([1, 2, 2, 3]))
    return sorted(((k, f"{k[0]}{rng.randrange(120)}") for k in kinds), key=KEY)


def transaction(rng, rows, first):
    """Resolves rows and packs their events, which are numbered from `first`, as a batch does: dictionaries before journeys."""
    names = sorted({x for r in rows for x in r}, key=KEY)
    rng.shuffle(names)
    place = {x: i + 1 for i, x in enumerate(names)}
    links = sorted({(place[r[0]], place[x]) for r in rows for x in r[1:]})
    homes = ", ".join(f"ids[{place[r[0]]}]" for r in rows)
    parts = ", ".join(f"event({first + n})" for n in range(len(rows)))
    return f"""BEGIN;
SELECT clientele.resolve_identities({array([k for k, _ in names], 'text')}, {array([v for _, v in names], 'text')},
  {array([a for a, _ in links], 'int')}, {array([b for _, b in links], 'int')}) AS ids \\gset
SELECT FROM clientele.event_type('web', 'event {rng.randrange(60)}');
SELECT FROM (SELECT :'ids'::bigint[] AS ids) i, LATERAL (SELECT clientele.merge_home_journeys(ARRAY[{homes}], ARRAY[{parts}])) m;
"""


print(f"seed {seed}")
checks.new_database("""
CREATE EXTENSION clientele;
CREATE FUNCTION event(n integer) RETURNS clientele.journey LANGUAGE sql AS $$
  SELECT clientele.journey(timestamptz '2026-01-01 00:00Z' + n * interval '1 second', n) $$;
-- Merges two customers, whichever are there, and undoes merges; what is not possible is ignored.
CREATE PROCEDURE merge_some(seed float8, n integer) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  PERFORM setseed(seed);
  COMMIT;
  FOR i IN 1 .. n LOOP
    statement := CASE WHEN random() < 0.5
      THEN (SELECT format('SELECT clientele.merge_customers(%s, %s)', min(c.customer_id), max(c.customer_id))
            FROM (SELECT customer_id FROM clientele_data.customers ORDER BY random() LIMIT 2) c HAVING count(*) = 2)
      ELSE (SELECT format('SELECT clientele.undo_merge(%s)', m.merge_id)
            FROM clientele_data.merges m WHERE NOT split AND undone_at IS NULL ORDER BY random() LIMIT 1) END;
    BEGIN
      EXECUTE coalesce(statement, 'SELECT 1');
    EXCEPTION WHEN check_violation OR invalid_parameter_value OR object_not_in_prerequisite_state THEN
      NULL;
    END;
    COMMIT;
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;
""")
rng = random.Random(seed)
for number in range(rounds):
    kinds = ", ".join(f"('{k}', {v['rank']}, {v['one_per_customer']}, {v['max_links']})" for k, v in KINDS.items())
    checks.psql(f"""SET client_min_messages = warning; DROP SCHEMA IF EXISTS clientele_data CASCADE; DROP SCHEMA IF EXISTS clientele_bi CASCADE;
CALL clientele.create_store('UTC'); DELETE FROM clientele_data.identity_kinds;
INSERT INTO clientele_data.identity_kinds (kind, rank, one_per_customer, max_links) VALUES {kinds};""")
    rows, scripts = {}, []
    for writer in range(WRITERS):
        script = ""
        for batch in range(BATCHES):
            some = [random_row(rng) for _ in range(rng.randint(1, ROWS))]
            first = 1 + (writer * BATCHES + batch) * ROWS
            kept = rng.random() < .8
            script += transaction(rng, some, first) + ("COMMIT;\n" if kept else "ROLLBACK;\n")
            if kept:
                rows.update({first + n: r for n, r in enumerate(some)})
        scripts.append(script)
    scripts.append(f"CALL merge_some({rng.random()}, 40);")
    running = [subprocess.Popen([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", checks.database], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in scripts]
    for process, script in zip(running, scripts):
        process.stdin.write("SET client_min_messages = warning;\n" + script)
        process.stdin.close()
        process.stdin = None
    for process in running:
        error = process.communicate()[1]
        checks.check("a session ends", process.returncode == 0, error[-500:])
    decisions = [(v, (a, b), (c, d) if c else None) for v, a, b, c, d in checks.psql(
        "SELECT d.verdict, a.kind, a.value, b.kind, b.value FROM clientele_data.identity_decisions d JOIN clientele_data.identities a "
        "ON a.identity_id = d.a_id LEFT JOIN clientele_data.identities b ON b.identity_id = d.b_id WHERE d.withdrawn_at IS NULL")]
    blocks, shared = oracle.partition(list(rows.values()), KINDS, decisions)
    found, journeys, got_shared = {}, {}, set()
    for kind, value, customer, is_shared, types in checks.psql(
            "SELECT i.kind, i.value, i.customer_id, i.shared, (SELECT string_agg(e.event_type_id::text, ' ' ORDER BY 1) "
            "FROM clientele.events(j.journey) e) FROM clientele_data.identities i LEFT JOIN clientele_data.journeys j USING (customer_id)"):
        found.setdefault(customer, set()).add((kind, value))
        journeys[customer] = set(map(int, types.split()))
        if is_shared == "t":
            got_shared.add((kind, value))
    checks.check("blocks", {frozenset(b) for b in found.values()} == blocks, f"seed {seed} round {number}")
    checks.same("shared", sorted(shared), sorted(got_shared), f"seed {seed} round {number}")
    home = {n: oracle.home(r, KINDS) for n, r in rows.items()}
    for customer, block in found.items():
        checks.same("a journey", {n for n, h in home.items() if h in block}, journeys[customer], f"seed {seed} round {number} {block}")
    checks.same("from scratch", [["0"]], checks.psql("SELECT clientele.resolve_all_identities()"))
    checks.same("all journeys are of customers", [["0"]], checks.psql(
        "SELECT count(*) FROM clientele_data.stored_journeys s JOIN clientele_data.customers c USING (customer_id) WHERE c.merged_into IS NOT NULL"))
checks.drop_database()
checks.end()
