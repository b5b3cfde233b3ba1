#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The simulated shop of five sources: what the demo says of its integration, and what is true.

usage: shop_scores.py [SEED [CUSTOMERS [DAYS]]]      (default: a fresh seed, 400 customers, 150 days)

The simulation keeps whose each row and identifier is, which rows have a fault, and which come twice. From these files
the scores are computed here, and compared with the views of the demo and with what it prints; they must reach the bars.
Every event must be in the journey of its person, as the simulation writes it without the five systems. Then the rows are
delivered again, in chunks of random sizes between ingestions of random sources and batches: the same customers and
journeys must come out.
The last line is `shop_scores: N passed, N failed, N skipped`.
"""
import collections
import csv
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

from checks import BUILD, PSQL, ROOT, Checks

checks = Checks("shop_scores")
# Where a source has got a column of marks, columns must be named.
COLUMNS = {"app": "(id, device, member, logged_at, action, item, payload)"}
SOURCES = {"web": "web", "app": "app", "orders": "orders", "service": "service_log", "crm": "crm"}
INTEGRATION, ACCURACY, PRECISION, RECALL = Fraction(95, 100), Fraction(98, 100), Fraction(99, 100), Fraction(95, 100)


def plain(properties):
    """JSON with its keys in order."""
    return json.dumps(json.loads(properties or "{}"), sort_keys=True, ensure_ascii=False)


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def run(*scripts, text="", output=False):
    """Files of demo/, and SQL after them."""
    files = [a for s in scripts for a in ("-f", str(ROOT / "demo" / s))]
    done = subprocess.run([PSQL, "-Xq", "-v", "ON_ERROR_STOP=1", "-v", "title=", "-v", "plain=", *files, "-f", "-"], input=text,
                          capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{scripts} {text[:200]}: {done.stderr.strip()[-2000:]}")
    return done.stdout if output else None


def simulate(directory, seed, customers, days):
    program = [BUILD / "demo/simulate", "--seed", str(seed), "--customers", str(customers), "--days", str(days), "--quiet"]
    subprocess.run([*program, "--sources", directory, "--truth", f"{directory}/truth.csv"], check=True)
    subprocess.run([*program, "--events", f"{directory}/events.csv"], check=True)


def prepare(directory):
    """An empty store and empty sources with all that is hidden."""
    run("prepare.sql", "shop_tables.sql", "shop_truth.sql", text=f"""
\\copy demo.hidden_rows FROM '{directory}/rows.tsv'
\\copy demo.hidden_identifiers FROM '{directory}/identifiers.tsv'
\\copy demo.rates FROM '{directory}/rates.tsv'
\\copy demo.truth FROM '{directory}/truth.csv' (FORMAT csv, HEADER)
INSERT INTO demo.accounts SELECT customer, name, city FROM demo.truth;
""")


def copy(source, path):
    return f"\\copy demo.{SOURCES[source]} {COLUMNS.get(source, '')} FROM '{path}'\n"


class Truth:
    """What the simulation alone knows."""

    def __init__(self, directory):
        self.rows = {}
        for source, number, person, planted, duplicate, dropped in lines_of(f"{directory}/rows.tsv"):
            self.rows[source, int(number)] = (int(person), None if planted == r"\N" else planted, duplicate == "t", dropped == "t")
        self.owner = {(kind, value): None if person == r"\N" else int(person)
                      for kind, value, person in lines_of(f"{directory}/identifiers.tsv")}
        self.events = collections.defaultdict(collections.Counter)
        with open(f"{directory}/events.csv", encoding="utf-8", newline="") as file:
            for e in csv.DictReader(file):
                amount = "" if e["amount"] == "" else str(Fraction(e["amount"]))
                self.events[int(e["customer"][1:])][e["at"], e["channel"], e["event"], e["item"], amount, plain(e["properties"])] += 1

    def good(self, source=None):
        return [(key, row) for key, row in self.rows.items()
                if row[1] is None and not row[2] and source in (None, key[0])]

    def planted(self, source=None):
        return {key: row[1] for key, row in self.rows.items() if row[1] is not None and source in (None, key[0])}


def pairs(n):
    return n * (n - 1) // 2


def identity_scores(owner, customer_of):
    """Of pairs of identifiers: how many joined ones are right, and how many right ones are joined."""
    joined, both = collections.Counter(), collections.Counter()
    of_person = collections.Counter(person for person in owner.values() if person is not None)
    for identifier, person in owner.items():
        customer = customer_of.get(identifier)
        if customer is None:
            continue
        joined[customer] += 1
        if person is not None:
            both[customer, person] += 1
    right = sum(map(pairs, both.values()))
    return Fraction(right, sum(map(pairs, joined.values())) or 1), Fraction(right, sum(map(pairs, of_person.values())) or 1)


def store():
    """The customer of each identifier, and the events of each customer."""
    customer_of = {(kind, value): int(customer) for kind, value, customer
                   in checks.psql("SELECT kind, value, customer_id FROM clientele_data.identities;")}
    journeys = collections.defaultdict(collections.Counter)
    for customer, at, channel, event, item, amount, properties in checks.psql("""SELECT e.customer_id,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.channel, e.event, e.item, e.amount, e.properties
        FROM clientele_bi.events e;"""):
        journeys[int(customer)][at, channel, event, item, "" if amount == "" else str(Fraction(amount)), plain(properties)] += 1
    return customer_of, journeys


def check_integration(truth):
    """Counts of rows, by source and for all."""
    shown = {row[0]: row for row in checks.psql("""SELECT coalesce(source, 'all'), read - duplicates, packed, rejected, complete,
        integration, accuracy FROM demo.integration;""")}
    for source in [*SOURCES, "all"]:
        which = None if source == "all" else source
        good, planted = truth.good(which), truth.planted(which)
        rows, complete = len(good) + len(planted), len(good) - sum(row[3] for _, row in good)
        _, read, packed, rejected, whole, integration, accuracy = shown.get(source, [""] + ["0"] * 6)
        checks.same(f"rows of {source}: read without duplicates, packed, rejected, complete", (rows, len(good), len(planted), complete),
                    (int(read), int(packed), int(rejected), int(whole)))
        checks.check(f"integration and accuracy of {source}", abs(Fraction(len(good), rows) - Fraction(integration)) < Fraction(1, 10**12)
                     and abs(Fraction(complete, rows) - Fraction(accuracy)) < Fraction(1, 10**12), f"{integration} {accuracy}")
    good, all_rows = truth.good(), len(truth.good()) + len(truth.planted())
    integration, accuracy = Fraction(len(good), all_rows), Fraction(sum(not row[3] for _, row in good), all_rows)
    checks.check("integration reaches the bar", integration >= INTEGRATION, float(integration))
    checks.check("accuracy reaches the bar", accuracy >= ACCURACY, float(accuracy))
    return integration, accuracy


def check_rejects(truth):
    found = {(source, int(number)): reason for source, number, reason in checks.psql("""SELECT s.name, r.content ->> 'id', r.reason
        FROM clientele_data.rejects r JOIN clientele_data.sources s USING (source_id);""")}
    wanted = truth.planted()
    checks.same("every rejected row has the fault that was planted", {}, {k: (wanted.get(k), found.get(k)) for k in wanted.keys() | found.keys()
                                                                          if wanted.get(k) != found.get(k)})
    checks.same("the demo says the same", sorted(map(list, collections.Counter(wanted.values()).items())),
                [[reason, int(n)] for reason, n in checks.psql("""SELECT reason, sum(rows) FROM demo.faults
                    WHERE planted = reason GROUP BY reason ORDER BY reason COLLATE "C";""")])


def check_journeys(truth, customer_of, journeys):
    """All events of a person are in one journey, and nothing else is in it."""
    identifiers = collections.defaultdict(list)
    for identifier, person in truth.owner.items():
        identifiers[person].append(identifier)
    wrong, events = [], 0
    for person, wanted in truth.events.items():
        mine = collections.Counter(customer_of.get(i) for i in identifiers[person])
        customer = max((c for c in mine if c in journeys), key=lambda c: (mine[c], -c), default=None)
        events += sum((wanted & journeys.get(customer, collections.Counter())).values())
        if wanted != journeys.get(customer):
            wrong.append((person, customer, list((wanted - journeys.get(customer, collections.Counter())).items())[:2],
                          list((journeys.get(customer, collections.Counter()) - wanted).items())[:2]))
    checks.same("each journey is that of one person", [], wrong[:3])
    checks.same("there are no others", len(truth.events), len(journeys))
    (all_events, found), = checks.psql("SELECT events, found FROM demo.found_events;")
    checks.same("events in the journey of their person", (sum(map(lambda c: sum(c.values()), truth.events.values())), events),
                (int(all_events), int(found)))


def check_prints(integration, accuracy, precision, recall):
    printed = run("scores.sql", output=True)
    for name, value in [("integration", f"{100 * float(integration):.2f} %"), ("accuracy", f"{100 * float(accuracy):.2f} %"),
                        ("precision", f"{float(precision):.4f}"), ("recall", f"{float(recall):.4f}")]:
        checks.check(f"the demo prints {name} {value}", value in printed, printed)


def blocks(customer_of):
    found = collections.defaultdict(set)
    for identifier, customer in customer_of.items():
        found[customer].add(identifier)
    return {customer: frozenset(identifiers) for customer, identifiers in found.items()}


def by_block(customer_of, journeys):
    """Journeys by the identifiers of their customers, as numbers depend on the order."""
    block = blocks(customer_of)
    return set(block.values()), {block.get(customer): events for customer, events in journeys.items()}


def one_pass(directory):
    prepare(directory)
    run(text="".join(copy(s, f"{directory}/{s}.tsv") for s in SOURCES) + "ANALYZE;\n")
    run("shop_sources.sql", "shop_names.sql", text="CALL clientele.ingest();\n" + "".join(
        copy(s, f"{directory}/{s}.late.tsv") for s in SOURCES) + "CALL clientele.ingest();\n")


def interleaved(directory, r):
    """The rows of each source in their order, but all else by chance."""
    prepare(directory)
    run("shop_sources.sql", "shop_names.sql")
    left = {s: pathlib.Path(f"{directory}/{s}.tsv").read_text(encoding="utf-8").splitlines(keepends=True) +
            pathlib.Path(f"{directory}/{s}.late.tsv").read_text(encoding="utf-8").splitlines(keepends=True) for s in SOURCES}
    most, script = sum(map(len, left.values())) // 12, []
    while any(left.values()):
        source = r.choice([s for s in SOURCES if left[s]])
        n = r.randint(1, most)
        script.append(f"COPY demo.{SOURCES[source]} {COLUMNS.get(source, '')} FROM stdin;\n{''.join(left[source][:n])}\\.\n")
        del left[source][:n]
        if r.random() < 0.7:
            which = r.choice(["NULL", *(f"'{s}'" for s in SOURCES)])
            script.append(f"CALL clientele.ingest({which}, {r.choice([97, 1000, 5000, 100000])});\n")
    run(text="".join(script) + "CALL clientele.ingest();\n")
    return len(script)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(2**32)
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    days = int(sys.argv[3]) if len(sys.argv) > 3 else 150
    os.environ["PGOPTIONS"] = "-c client_min_messages=warning -c timezone=UTC"
    if not checks.built("demo/simulate"):
        checks.end()
    print(f"seed {seed}, {customers} customers, {days} days")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        simulate(directory, seed, customers, days)
        truth = Truth(directory)
        one_pass(directory)
        customer_of, journeys = store()
        integration, accuracy = check_integration(truth)
        check_rejects(truth)
        precision, recall = identity_scores(truth.owner, customer_of)
        (shown_precision, shown_recall), = checks.psql('SELECT "precision", recall FROM demo.identity_scores;')
        checks.check("precision and recall", abs(precision - Fraction(shown_precision)) < Fraction(1, 10**12) and
                     abs(recall - Fraction(shown_recall)) < Fraction(1, 10**12), f"{float(precision)} {float(recall)}")
        checks.check("precision reaches the bar", precision >= PRECISION, float(precision))
        checks.check("recall reaches the bar", recall >= RECALL, float(recall))
        check_journeys(truth, customer_of, journeys)
        check_prints(integration, accuracy, precision, recall)
        print(f"integration {float(integration):.4f}, accuracy {float(accuracy):.4f}, precision {float(precision):.4f}, "
              f"recall {float(recall):.4f}")
        steps = interleaved(directory, random.Random(seed))
        once, again = by_block(customer_of, journeys), by_block(*store())
        checks.same(f"the same customers after {steps} steps", set(), once[0] ^ again[0])
        checks.same(f"the same journeys after {steps} steps", [], [b for b in once[1].keys() | again[1].keys()
                                                                   if once[1].get(b) != again[1].get(b)][:3])
        run(text="DROP SCHEMA demo CASCADE; CALL clientele.drop_store();")
    checks.end()


if __name__ == "__main__":
    main()
