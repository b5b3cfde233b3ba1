#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The same rows in random batches, orders, sources and methods give the same customers and journeys, and those that Python expects.

usage: source_batches.py [SEED [ROUNDS]]      (default: a fresh seed, 6 rounds)

Each round makes rows with identifiers and dirt, and puts them into two stores: one reads all of them in one batch by one source, the
other in random batches, in another order, by several sources of different methods, while rows are changed and deleted after they
were read. Python, which shares no code with the extension, says which rows are rejected and for which reason, and which events
there are; customers are compared between the stores.
"""
import os
import random
import sys
from collections import Counter

from checks import Checks

KINDS = ["customer", "email", "device"]
ABSENT = [None, "", " ", "n/a", "unknown", "NULL", "-"]
START = 1767225600     # 2026-01-01


def person(rng, people):
    """The identifiers of a row, each as it is written and as it is."""
    n = rng.randrange(people)
    written, meant = {}, {}
    for kind in KINDS:
        if rng.random() < 0.45:
            written[kind] = rng.choice(ABSENT)
            continue
        other = rng.randrange(people) if rng.random() < 0.03 else n
        if kind == "customer":
            value = f"K{other}"
            written[kind] = rng.choice([value, f" {value} ", value])
        elif kind == "email":
            value = f"p{other}@shop.cn"
            written[kind] = rng.choice([value, value.upper(), f"P {other} <{value}>", f" {value}"])
            if rng.random() < 0.04:
                value, written[kind] = None, f"p{other}(at)shop.cn"
        else:
            value = f"d{other}-{rng.randrange(2)}"
            written[kind] = value
        if value is not None:
            meant[kind] = value
    bad = not meant and any(w is not None and w.strip().lower() not in ("", "n/a", "unknown", "null", "-") for w in written.values())
    return written, meant, bad


def row(rng, number, people):
    """Columns, and (reason, None) or (None, the event)."""
    written, meant, bad = person(rng, people)
    at, reason = START + rng.randrange(200 * 86400), None
    time = str(at)
    event, amount = rng.choice(["buy", "view", "return"]), rng.choice([None, 1, 12.5, 1299])
    amount_text = None if amount is None else rng.choice([f"{amount}", f"{amount:,.2f}", f" {amount} "])
    event_text = rng.choice([event, f" {event}"])
    if not meant:
        reason = "bad_identity" if bad else "missing_customer"
    dirt = rng.random()
    if dirt < 0.03:
        time, reason = rng.choice([("", reason or "missing_time"), ("yesterday", reason or "bad_time"), ("02.01.2026", reason or "bad_time"), ("4102444800", reason or "time_in_future")])
    elif dirt < 0.05:
        event_text, reason = None, reason or "missing_event"
    elif dirt < 0.08:
        amount_text, reason = rng.choice([("1,29", reason or "bad_amount"), ("free", reason or "bad_amount"), ("1e13", reason or "amount_out_of_range")])
    elif dirt < 0.10:
        event_text, reason = "break", "expression_error"
    size = rng.choice(["S", "L"])
    columns = [number, written["customer"], written["email"], written["device"], time, event_text, amount_text, size]
    return columns, (reason, None if reason else (at, event, size, None if amount is None else float(amount)))


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


SETUP = r"""
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
CREATE FUNCTION public.named(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF x = 'break' THEN RAISE EXCEPTION 'broken'; END IF; RETURN x; END $$;
"""
COLUMNS = "id bigint, customer text, email text, device text, at text, event text, amount text, size text"
MAPPING = """'{"customer": "customer", "email": "email", "device": "device"}', 'at', 'public.named(event)', amount => 'amount', properties => '{"size": "size"}', attributes => '{"size": "size", "place": "device"}'"""
JOURNEYS = r"""
SELECT md5(string_agg(line, '|' ORDER BY line)) || ' ' || count(*), clientele.customer_attributes(customer_id) FROM (
  SELECT extract(epoch FROM e.at)::bigint || ' ' || e.event || ' ' || (e.properties ->> 'size') || ' ' || coalesce(trim_scale(e.amount)::text, '') AS line, e.customer_id
  FROM clientele_bi.events e) x GROUP BY customer_id ORDER BY 1, 2;"""
EVENTS = r"""
SELECT extract(epoch FROM e.at)::bigint, e.event, e.properties ->> 'size', e.amount FROM clientele_bi.events e;"""
RUNS = "SELECT sum(rows_read), sum(rows_packed), sum(rows_rejected), sum(rows_duplicate) FROM clientele_data.load_runs;"
REJECTS = "SELECT content ->> 'id', reason FROM clientele_data.rejects;"


# A sweep finds what arrived below the floor of a batch; it is due once an hour.
EVERYTHING = "UPDATE clientele_data.source_progress SET swept_at = NULL;\nCALL clientele.ingest();\n"


class Round:
    def __init__(self, checks, rng, name):
        self.checks, self.rng, self.name = checks, rng, name
        count, people = rng.choice([40, 200, 900]), rng.choice([5, 40, 300])
        self.rows = [row(rng, n, people) for n in range(1, count + 1)]

    def database(self, name):
        self.checks.psql(f"SET client_min_messages = warning; DROP DATABASE IF EXISTS {name} WITH (FORCE);", "postgres")
        self.checks.psql(f"CREATE DATABASE {name};", "postgres")
        self.checks.psql(SETUP, name)

    def insert(self, table, rows):
        values = ",\n".join("(" + ", ".join(literal(v) for v in columns) + ")" for columns, _ in rows)
        return f"INSERT INTO {table} (id, customer, email, device, at, event, amount, size) VALUES {values};\n" if rows else ""

    def whole(self):
        self.database("clientele_batches_a")
        self.checks.psql(f"SET client_min_messages = warning; CREATE TABLE all_rows ({COLUMNS}, PRIMARY KEY (id));\n" + self.insert("all_rows", self.rows)
                         + f"SELECT FROM clientele.add_source('all', 'all_rows', {MAPPING});\nCALL clientele.ingest();", "clientele_batches_a")

    def parts(self):
        rng, name = self.rng, "clientele_batches_b"
        self.database(name)
        ways = {"by_key": ("PRIMARY KEY (id)", ""), "by_text": ("UNIQUE (id)", ", event_id => '''x'' || id'"), "by_mark": ("CHECK (id > 0)", ", method => 'mark'"),
                "by_cursor": ("arrived timestamptz DEFAULT clock_timestamp()", ", method => 'cursor', event_id => 'id', cursor => 'arrived'")}
        chosen = rng.sample(list(ways), rng.randrange(1, 5))
        history = rng.random() < 0.5
        script = "SET client_min_messages = error;\n"
        for way in chosen:
            script += f"CREATE TABLE {way} ({COLUMNS}, {ways[way][0]});\n"
        rows = self.rows[:]
        rng.shuffle(rows)
        at = rng.randrange(len(rows)) if history else 0
        for way, part in self.split(chosen, rows[:at]).items():
            script += self.insert(way, part)
        for way in chosen:
            script += f"SELECT FROM clientele.add_source('{way}', '{way}', {MAPPING}{ways[way][1]});\n"
        batch = rng.choice([1, 7, 50, 100000]) if len(rows) < 300 else rng.choice([37, 100000])
        while at < len(rows):
            step = rng.choice([1, 5, 30, len(rows)])
            for way, part in self.split(chosen, rows[at:at + step]).items():
                script += self.insert(way, part)
            at += step
            for _ in range(rng.randrange(0, 3)):
                script += rng.choice([f"CALL clientele.ingest(batch_rows => {batch});\n", f"CALL clientele.ingest('{rng.choice(chosen)}', {batch});\n",
                                      "BEGIN; " + " ".join(f"SELECT clientele.ingest_batch('{w}', {batch});" for w in chosen) + f" {rng.choice(['COMMIT', 'ROLLBACK'])};\n"])
            if rng.random() < 0.3:      # what has been read stays as it was
                way = rng.choice(chosen)
                script += EVERYTHING + rng.choice([f"UPDATE {way} SET amount = '7', event = 'changed' WHERE id % 3 = 0;\n", f"DELETE FROM {way} WHERE id % 5 = 0;\n"])
        script += EVERYTHING
        self.checks.psql(script, name)
        return chosen

    def split(self, chosen, rows):
        of = {}
        for r in rows:
            of.setdefault(self.rng.choice(chosen), []).append(r)
        return of

    def compare(self, database, label):
        c = self.checks
        wanted = Counter(event for _, (reason, event) in self.rows if not reason)
        got = Counter((int(at), event, size, float(amount) if amount else None) for at, event, size, amount in c.psql(EVENTS, database))
        c.check(f"{self.name} {label}: events", wanted == got, f"missing {list((wanted - got).items())[:3]}, more {list((got - wanted).items())[:3]}")
        reasons = {str(columns[0]): reason for columns, (reason, _) in self.rows if reason}
        rejects = {i: r for i, r in c.psql(REJECTS, database)}
        wrong = [(i, reasons.get(i), rejects.get(i)) for i in reasons.keys() | rejects.keys() if reasons.get(i) != rejects.get(i)]
        c.check(f"{self.name} {label}: rejects", not wrong, f"{wrong[:3]} {[columns for columns, _ in self.rows if wrong and str(columns[0]) == wrong[0][0]]}")
        read, packed, rejected, duplicate = map(int, c.psql(RUNS, database)[0])
        c.check(f"{self.name} {label}: counts", (read, packed, rejected, duplicate) == (len(self.rows), len(self.rows) - len(reasons), len(reasons), 0),
                f"{read} {packed} {rejected} {duplicate} of {len(self.rows)}")

    def run(self):
        self.whole()
        chosen = self.parts()
        label = "+".join(chosen)
        self.compare("clientele_batches_a", "in one batch")
        self.compare("clientele_batches_b", label)
        a, b = (self.checks.psql(JOURNEYS, f"clientele_batches_{x}") for x in "ab")
        self.checks.check(f"{self.name} {label}: the same customers", a == b, f"{len(a)} and {len(b)}, {list((Counter(map(tuple, a)) - Counter(map(tuple, b))).items())[:3]}")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("CLIENTELE_BATCHES", "6"))
    checks = Checks("source_batches")
    print(f"seed {seed}, {rounds} rounds", flush=True)
    rng = random.Random(seed)
    for n in range(rounds):
        Round(checks, random.Random(rng.random()), f"round {n}").run()
    checks.psql("DROP DATABASE IF EXISTS clientele_batches_a;\nDROP DATABASE IF EXISTS clientele_batches_b;", "postgres")
    checks.end()


if __name__ == "__main__":
    main()
