#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The quality of sources against Python, which knows the dirt of each row.

usage: quality.py [SEED [CASES]]      (default: a fresh seed, 12 cases)

Rows of two tables have identifiers and times that are good, bad or absent. They are ingested in batches of random size; some of the
rejected rows are corrected and tried again, some are tried as they are. After each step the views of runs, days, reasons and dropped parts,
and the numbers beside the state of a source, are what Python counts.
"""
import random
import sys
from collections import Counter
from fractions import Fraction

from checks import Checks, copy

checks = Checks("quality", "clientele_quality_differential", "SET client_min_messages = warning; SET search_path = clientele, public;\n")
EMAILS = {"good": ("a@x.de", "b@x.de", "c@x.de"), "bad": ("a@x", "x y@z.de"), "absent": (None, "n/a", " ")}
DEVICES = {"good": ("d1", "d2", "d3"), "absent": (None, "null", "-1")}
TIMES = {"good": ("2026-01-02 03:04:05Z", "1767323045"), "bad_time": ("02.01.2026", "soon"), "missing_time": (None, "")}
NUMBERS = "rows_read, rows_packed, rows_packed_later, rows_duplicate, rows_rejected, integration_rate, accuracy"
ASK = f"""SELECT 'days', source, {NUMBERS}, dropped_identifiers FROM clientele_bi.source_days;
SELECT 'state', source, {NUMBERS}, rejects_waiting FROM clientele_bi.source_quality;
SELECT 'reason', source, reason, sum(rows_rejected) FROM clientele_bi.source_rejects GROUP BY 1, 2, 3 HAVING sum(rows_rejected) > 0;
SELECT 'dropped', source, part, sum(dropped) FROM clientele_bi.source_dropped GROUP BY 1, 2, 3;
SELECT 'runs', 'all', bool_and(rows_read = rows_packed + rows_packed_later + rows_duplicate + rows_rejected) FROM clientele_bi.source_runs;
SELECT 'end', 'of this step';
"""


def outcome(email, device, at):
    if email == device == "absent":
        return "missing_customer"
    if email != "good" and device != "good":
        return "bad_identity"
    return "packed" if at == "good" else at


class Source:
    def __init__(self, name):
        self.name, self.rows = name, {}
        self.packed = self.later = self.complete = self.dropped = 0

    def add(self, rng):
        kinds = [rng.choices(list(of), weights)[0] for of, weights in ((EMAILS, (6, 2, 2)), (DEVICES, (5, 5)), (TIMES, (8, 1, 1)))]
        self.rows[len(self.rows)] = {"kinds": kinds, "outcome": None}
        return (len(self.rows) - 1, *(rng.choice(of[kind]) for of, kind in zip((EMAILS, DEVICES, TIMES), kinds)))

    def read(self, numbers, later=False):
        for number in numbers:
            row = self.rows[number]
            row["outcome"] = outcome(*row["kinds"])
            if row["outcome"] == "packed":
                self.packed, self.later = self.packed + (not later), self.later + later
                self.complete, self.dropped = self.complete + (row["kinds"][0] != "bad"), self.dropped + (row["kinds"][0] == "bad")

    def rejected(self):
        return [n for n, row in self.rows.items() if row["outcome"] not in ("packed", None)]

    def numbers(self):
        def rate(n):
            return f"{float(round(Fraction(n, read), 4) if (n * 20000) % (2 * read) != read else Fraction(n * 20000 + read, 20000 * read)):.4f}" if read else ""
        read = len(self.rows)
        return [str(n) for n in (read, self.packed, self.later, 0, len(self.rejected()))] + [rate(self.packed + self.later), rate(self.complete)]


def case(rng, number):
    sources = [Source("one"), Source("two")]
    script = "CALL drop_store(cascade => true); DROP TABLE IF EXISTS one, two; CALL create_store('UTC');\n"
    for source in sources:
        script += f"""CREATE TABLE {source.name} (id bigint PRIMARY KEY, email text, device text, at text);
SELECT FROM add_source('{source.name}', '{source.name}', '{{"email": "email", "device": "device"}}', 'at', $$'seen'$$);
"""
    wanted = []
    for _ in range(3):
        for source in sources:
            added = [source.add(rng) for _ in range(rng.randrange(0, 40))]
            script += copy(source.name, added)
            source.read([n for n, *_ in added])
        script += f"CALL ingest(batch_rows => {rng.choice([1, 7, 1000])});\n" + ASK
        wanted.append(expected(sources))
        source = rng.choice(sources)
        better = [n for n in source.rejected() if rng.random() < 0.4]
        for n in better:
            source.rows[n]["kinds"][2] = "good"
            script += f"""UPDATE clientele_data.rejects SET content = content || '{{"at": "2026-01-02 03:04:05Z"}}'
WHERE source_id = (SELECT source_id FROM clientele_data.sources WHERE name = '{source.name}') AND content ->> 'id' = '{n}';
"""
        source.read(source.rejected(), later=True)
        script += f"SELECT FROM retry_rejects('{source.name}');\n" + ASK
        wanted.append(expected(sources))
    return script, wanted


def expected(sources):
    """What the views say now. A source without rows of this day is not in the view of days."""
    said = {"runs": {"all": ["t"]}, "days": {}, "state": {}, "reason": {}, "dropped": {}}
    for source in sources:
        said["state"][source.name] = source.numbers() + [str(len(source.rejected()))]
        if source.rows:
            said["days"][source.name] = source.numbers() + [str(source.dropped)]
        reasons = Counter(source.rows[n]["outcome"] for n in source.rejected())
        said["reason"].update({f"{source.name} {reason}": [str(n)] for reason, n in reasons.items()})
        if source.dropped:
            said["dropped"][f"{source.name} bad_email"] = [str(source.dropped)]
    return said


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 31)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    print("seed", seed)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele; CALL clientele.create_store('UTC');")
    for number in range(count):
        script, wanted = case(rng, number)
        said = {name: {} for name in ("runs", "days", "state", "reason", "dropped")}
        for line in checks.psql(script):
            if line[0] != "end":
                said[line[0]][" ".join(line[1:3]) if line[0] in ("reason", "dropped") else line[1]] = line[3 if line[0] in ("reason", "dropped") else 2:]
                continue
            now = wanted.pop(0)
            for view in said:
                checks.same(f"case {number}: {view}", now[view], said[view])
                said[view] = {}
        checks.same(f"case {number}: all steps", [], wanted)
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
