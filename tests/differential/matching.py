#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Probable matches against a second implementation in plain Python, matching_reference.py, and against the truth of the Febrl data.

usage: matching.py [SEED [COUNT]]      (default: a fresh seed, 40 random tables)

Random tables of names in several scripts, codes and NULLs: levels, candidates, what is left out, the model and the pairs are those of
the reference; the model is the same to the last bit, in any order of the rows and in sessions with any settings. Then the two Febrl data
sets, if they are there: precision, recall and F1 reach what is promised.
"""
import collections
import json
import random
import sys

import matching_reference as reference
from checks import DATA, Checks, copy

SESSIONS = ["", "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'America/New_York'; SET IntervalStyle = 'iso_8601';",
            "SET extra_float_digits = -15; SET bytea_output = 'escape'; SET enable_seqscan = off; SET work_mem = '64kB';"]
checks = Checks("matching", "clientele_matching_differential", "SET search_path = public, clientele; SET client_min_messages = error;\n")
MASK = (1 << 64) - 1


class SplitMix:
    """SplitMix64 (Steele, Lea and Flood 2014), and numbers below n after Lemire (2019)."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31

    def below(self, n):
        while True:
            product = self.next() * n
            if (product & MASK) >= (-n % (1 << 64)) % n:
                return product >> 64


def start_of_u(rows, names, compare, random_pairs, seed):
    """Shares of the levels in random pairs of the rows in the order of their values."""
    ordered = sorted(rows, key=lambda row: [(row[name] or "").encode() for name in names])
    rng, memory = SplitMix(seed), {}
    counts = [[1] * reference.LEVELS[kind] for _, kind in compare]
    for _ in range(random_pairs if len(rows) > 1 else 0):
        a, b = rng.below(len(rows)), rng.below(len(rows) - 1)
        b += b >= a
        for c, (name, kind) in enumerate(compare):
            level = reference.level(kind, ordered[a][name], ordered[b][name], memory)
            if level is not None:
                counts[c][level] += 1
    return [[n / sum(column) for n in column] for column in counts]


def literal(values):
    return "ARRAY[" + ", ".join("'" + v.replace("'", "''") + "'" for v in values) + "]"


LEVEL_NAMES = {"name": ("equal", "close", "similar", "different"), "code": ("equal", "one edit", "two edits", "different"),
               "exact": ("equal", "different")}


class Case:
    """A random table, with a definition."""

    def __init__(self, rng):
        self.rng = rng
        alphabet = rng.choice(["abc", "abcdefghij", "张王李三四五小明", "áéíóúßñ", "ab-.'1"])
        columns = [f"c{i}" for i in range(rng.randint(4, 8))]
        values = {name: [self.word(alphabet) for _ in range(rng.choice([3, 10, 40]))] for name in columns}
        self.raw = []
        for _ in range(rng.randint(2, 150)):
            if self.raw and rng.random() < 0.4:
                row = dict(rng.choice(self.raw))
                for name in rng.sample(columns, rng.randint(0, 3)):
                    row[name] = self.changed(row[name], alphabet)
            else:
                row = {name: rng.choice(values[name]) if rng.random() < 0.9 else None for name in columns}
            self.raw.append(row)
        self.ids = rng.sample(range(1, 10_000), len(self.raw))
        if rng.random() < 0.1:  # a value that too many rows share
            common = dict.fromkeys(columns, self.word("abc") + "z")
            more = [{**common, columns[-1]: str(n)} for n in range(305)]
            self.raw += more
            self.ids += range(20_000, 20_305)
        compared = rng.sample(columns, rng.randint(4, len(columns)))
        self.compare = [(name, rng.choice(["name", "code", "exact"])) for name in compared]
        self.block = []
        for _ in range(rng.randint(1, 4)):
            key = rng.sample(columns, rng.randint(1, 2))
            if sum(name not in key for name in compared) >= 3 and "+".join(key) not in self.block:
                self.block.append("+".join(key))
        self.block = self.block or [next((name for name in columns if name not in compared), compared[0])]
        self.columns = columns
        self.random_pairs, self.seed = rng.choice([1, 100, 2000]), rng.choice([1, -5, rng.randrange(2**62)])

    def word(self, alphabet):
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(1, 9)))

    def changed(self, text, alphabet):
        if text is None or self.rng.random() < 0.1:
            return None
        at = self.rng.randrange(len(text)) if text else 0
        return self.rng.choice([text[:at] + self.rng.choice(alphabet) + text[at:], text[:at] + text[at + 1:], text.upper(), f" {text}."])

    def definition(self):
        compare = literal([f"{name}:{kind}" for name, kind in self.compare])
        return f"match_def({compare}, {literal(self.block)}, {self.random_pairs}, {self.seed})"

    def rows(self):
        return [{name: reference.comparable(value) for name, value in row.items()} for row in self.raw]

    def expected(self):
        names = [name for name, _ in self.compare]
        for key in self.block:
            names += [name for name in key.split("+") if name not in names]
        rows = self.rows()
        pairs, left_out = reference.candidates(rows, self.block)
        if not pairs:
            return None, [], left_out
        counts = reference.patterns_of(rows, pairs, self.compare)
        start = start_of_u(rows, names, self.compare, self.random_pairs, self.seed)
        model = reference.fit(len(rows), counts, self.compare, start)
        memory, found = {}, []
        for a, b in pairs:
            pattern = tuple(reference.level(kind, rows[a][name], rows[b][name], memory) for name, kind in self.compare)
            levels = [None if x is None else LEVEL_NAMES[kind][x] for x, (_, kind) in zip(pattern, self.compare)]
            low, high = sorted((a, b), key=lambda place: self.ids[place])
            found.append((self.ids[low], self.ids[high], reference.weight(model, pattern), levels))
        return model, sorted(found, key=lambda pair: pair[:2]), left_out


def random_tables(rng, count):
    for number in range(count):
        case = Case(rng)
        model, pairs, left_out = case.expected()
        columns = ", ".join(f"{name} text" for name in case.columns)
        lines = [[i, *row.values()] for i, row in zip(case.ids, case.raw)]
        rng.shuffle(lines)
        script = f"DROP TABLE IF EXISTS t, u; CREATE TABLE t (id bigint PRIMARY KEY, {columns}); CREATE TABLE u (LIKE t);\n"
        rng.shuffle(lines)
        script += copy("t", lines) + copy("u", rng.sample(lines, len(lines)))
        if model is None:
            script += f"""DO $$ BEGIN
  PERFORM clientele.match_fit('public.t', clientele.{case.definition()});
EXCEPTION WHEN invalid_parameter_value THEN CREATE TABLE refused (); END $$;
SELECT to_regclass('refused') IS NOT NULL; DROP TABLE IF EXISTS refused;"""
            checks.same(f"table {number}: no candidates", [["t"]], checks.psql(script))
            continue
        script += f"CREATE TEMP TABLE m AS SELECT match_fit('t', {case.definition()}) AS model;\n"
        script += "SELECT model FROM m;\n"
        for session in SESSIONS:
            script += f"{session} SELECT model = match_fit('u', {case.definition()}) FROM m; RESET ALL; SET search_path = public, clientele;\n"
            script += "SET client_min_messages = error;\n"
        script += """SELECT a, b, probability, weight, to_json(levels) FROM m, match_pairs('u', m.model, 0, 'id') ORDER BY a::bigint, b::bigint;
SELECT count(*) FROM m, match_pairs('t', m.model, 0.7);"""
        (text,), *same, counted = checks.psql(script)
        got, same, listed = json.loads(text), same[:len(SESSIONS)], same[len(SESSIONS):]
        checks.same(f"table {number}: one model in any order", [["t"]] * len(SESSIONS), same)
        odds, m, u, rounds = model
        checks.same(f"table {number}: lambda", odds, got["lambda"], case.definition())
        checks.same(f"table {number}: m", m, [column["m"] for column in got["columns"]])
        checks.same(f"table {number}: u", u, [column["u"] for column in got["columns"]])
        checks.same(f"table {number}: the fit", [len(case.raw), len(pairs), len(left_out), rounds],
                    [got["fit"][name] for name in ("rows", "candidates", "left_out", "rounds")])
        checks.same(f"table {number}: pairs and levels", [(str(a), str(b), levels) for a, b, _, levels in pairs],
                    [(a, b, json.loads(levels)) for a, b, _, _, levels in listed])
        checks.check(f"table {number}: weights", all(
            abs(w - float(row[3])) < 1e-9 and abs(1 / (1 + 2 ** -w) - float(row[2])) < 1e-12
            for (_, _, w, _), row in zip(pairs, listed)), weight=len(pairs))
        checks.same(f"table {number}: at_least", sum(1 / (1 + 2 ** -pair[2]) >= 0.7 for pair in pairs), int(counted[0]))


FEBRL = """rec_id given_name surname street_number address_1 address_2 suburb postcode state date_of_birth soc_sec_id""".split()
NINE = ["given_name:name", "surname:name", "address_1:name", "address_2:name", "suburb:name", "street_number:code", "postcode:code",
        "date_of_birth:code", "state:exact"]
KEYS = ["given_name+surname", "date_of_birth", "surname+postcode", "given_name+postcode", "address_1+street_number", "address_2",
        "suburb+surname", "suburb+given_name", "address_1+postcode"]
# Data set, compared columns, block keys, the least precision and the least F1.
BARS = [("febrl1", NINE, KEYS, 0.995, 0.99), ("febrl2", NINE, KEYS, 0.995, 0.99),
        ("febrl2", [*NINE, "soc_sec_id:code"], [*KEYS, "soc_sec_id"], 0.995, 0.997), ("febrl2", NINE, KEYS[:3], 0.99, 0.96)]


def febrl():
    if not checks.there("extra/febrl1.csv", "extra/febrl2.csv"):
        return
    for name in ("febrl1", "febrl2"):
        checks.psql(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in FEBRL)});\n"
                    f"\\copy {name} FROM '{DATA}/extra/{name}.csv' (FORMAT csv, HEADER)\n")
    for name, compare, keys, least_precision, least_f1 in BARS:
        rows = checks.psql(f"""SELECT split_part(a, '-', 2), split_part(b, '-', 2)
FROM match_pairs('{name}', match_fit('{name}', match_def({literal(compare)}, {literal(keys)})), 0.9)""")
        persons = collections.Counter(row[0] for row in checks.psql(f"SELECT split_part(rec_id, '-', 2) FROM {name}"))
        true = sum(n * (n - 1) // 2 for n in persons.values())
        right = sum(a == b for a, b in rows)
        precision, recall = right / len(rows), right / true
        f1 = 2 * precision * recall / (precision + recall)
        what = f"{name}, {len(compare)} columns, {len(keys)} keys: P {precision:.4f} R {recall:.4f} F1 {f1:.4f}"
        print(what)
        checks.check(what, precision >= least_precision and f1 >= least_f1)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**32)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(f"seed {seed}, {count} random tables")
    checks.new_database("CREATE EXTENSION clientele;")
    rng = random.Random(seed)
    random_tables(rng, count)
    febrl()
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
