# SPDX-License-Identifier: PostgreSQL
"""./run bench --tags: what tags of customers cost. docs/benchmark-tags.md says how to read it."""

import argparse
import os
import subprocess

import peers
import tag_forms as forms
import tag_peers
import tag_questions as questions
import tag_refresh as refreshing
from machine import machine
from measure import CACHE, ROOT, Measures, interleaved, main, progress, results, say, seconds, table, times, write_csv
from psql import Psql

QUERIES, REFRESH = "queries", "refresh"
OURS, MADE = "audience_size", "audience_of"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --tags", description="Measures tags of customers.")
    parser.add_argument("--tags", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N",
                        help=f"how many customers with {questions.TAGS} tags (default 1000000)")
    parser.add_argument("--journeys", type=int, nargs="+", default=[200_000, 1_000_000], metavar="N",
                        help="customers whose tags are refreshed from their journeys (default 200000 1000000)")
    parser.add_argument("--runs", type=int, default=9, metavar="N",
                        help="measured runs of each question (default 9)")
    parser.add_argument("--slow-runs", type=int, default=3, metavar="N",
                        help="measured runs of plain SQL above two million customers, and of refreshes (default 3)")
    parser.add_argument("--only", choices=[QUERIES, REFRESH], help="one half of it alone")
    parser.add_argument("--keep", action="store_true",
                        help="with --only queries: leave the tagged customers, and use those of a run before")
    parser.add_argument("--peers", action="store_true",
                        help="also ask DuckDB and an embedded ClickHouse (downloads about 300 MB)")
    given = parser.parse_args()
    if not 10_000 <= given.customers <= 100_000_000:
        parser.error("--customers is a number from 10000 to 100000000")
    if not all(1_000 <= n <= 100_000_000 for n in given.journeys):
        parser.error("--journeys are numbers from 1000 to 100000000")
    if given.keep and given.only != QUERIES:
        parser.error("--keep goes with --only queries: refreshing makes another store")
    if given.runs < 1 or given.slow_runs < 1:
        parser.error("there must be runs")
    return given


def drop_all(db):
    db.run("DROP SCHEMA IF EXISTS tagged CASCADE")
    if db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'clientele_data'") != "0":
        db.run("CALL clientele.drop_store(true)")


def is_there(db, n):
    """Whether a run before has left everything."""
    tables = [f.table for f in forms.forms(db, n)] + ["clientele_data.tag_audiences"]
    found = ", ".join(f"to_regclass('{t}')" for t in tables)
    if db.value(f"SELECT num_nulls({found})") != "0":
        return False
    return db.value("SELECT clientele.cardinality(customers) FROM clientele_data.tag_audiences WHERE tag = ''") == str(n)


def task(db, sql):
    def run():
        lines, ms = db.run(sql)
        return int(lines[0]), ms
    return run


class Queries:
    """Sizes of audiences, from every form of the same tags."""

    def __init__(self, db, given):
        n = given.customers
        definitions = os.path.join(CACHE, "tags.tsv")
        with open(definitions, "w", encoding="utf-8") as file:
            file.write(questions.definitions())
        if not (given.keep and is_there(db, n)):
            drop_all(db)
            forms.make_tables(db, n, definitions)
            forms.fill_store(db)
        db.run("RESET maintenance_work_mem")
        self.n, self.measures = n, Measures()
        self.forms = forms.forms(db, n)
        self.sizes = forms.sizes(db, n)
        self.peers, peer_tasks, self.peer_sizes = self.start_peers(n, definitions) if given.peers else ([], [], [])
        # Bitmaps of rows that do not fit are coarse ones.
        db.run("SET work_mem = '256MB'")
        progress(f"asking {n:,} customers")
        slow = given.slow_runs if n > 2_000_000 else None
        ask = {OURS: questions.ours, MADE: questions.ours_made, **{f.name: f.question for f in self.forms}}
        tasks = [(q, competitor, task(db, text(node)), slow if competitor not in (OURS, MADE) else None)
                 for competitor, text in ask.items() for q, node in questions.QUESTIONS.items()] + peer_tasks
        try:
            # One competitor after the other, so that each finds its own data in memory, and no other's.
            for competitor in dict.fromkeys(t[1] for t in tasks):
                interleaved(self.measures, [t for t in tasks if t[1] == competitor], given.runs)
        finally:
            for engine in self.peers:
                engine.close()
        db.run("RESET work_mem")
        if not given.keep:
            drop_all(db)

    @staticmethod
    def start_peers(n, definitions):
        try:
            return tag_peers.start(CACHE, n, definitions)
        except (peers.Unavailable, OSError, subprocess.CalledProcessError) as error:
            say(f"DuckDB and ClickHouse are left out: {error}")
            return [], [], []

    def median(self, question, competitor):
        return self.measures.median(question, competitor)

    def best(self, question):
        """The fastest form of the table."""
        return min((self.median(question, f.name), f.name) for f in self.forms)


def report_queries(asked):
    say()
    say(f"{asked.n:,} customers, {questions.TAGS} tags; five tags a question; medians")
    rows = []
    for q in questions.QUESTIONS:
        base = asked.median(q, OURS)
        best, name = asked.best(q)
        rows.append([q, f"{asked.measures.answers[q][1]:,}", seconds(base), seconds(asked.median(q, MADE)),
                     seconds(best), times(best, base), name])
    table(["question", "customers", OURS, MADE, "best SQL", "ratio", "which is"], rows)
    say()
    rows = []
    competitors = [f.name for f in asked.forms]
    for q in questions.QUESTIONS:
        rows.append([q, *(seconds(asked.median(q, c)) for c in competitors)])
    table(["SQL, each form", *competitors], rows)
    say(f"  (runs: {asked.measures.runs('broad', OURS)}, forms of a table "
        f"{asked.measures.runs('broad', competitors[0])}; all answers equal)")
    names = [c for c in tag_peers.COMPETITORS if asked.measures.runs("broad", c)]
    if names:
        say()
        rows = []
        for q in questions.QUESTIONS:
            base = asked.median(q, OURS)
            rows.append([q, seconds(base), *(c for n in names for c in (seconds(asked.median(q, n)),
                                                                        times(asked.median(q, n), base)))])
        table(["beside others", OURS, *(c for n in names for c in (n, "ratio"))], rows)
        say(f"  (runs: {asked.measures.runs('broad', names[0])}, in turn; {peers.THREADS} threads each)")
    say()
    array = next(data + index for name, data, index in asked.sizes if name == forms.NUMBERS_FORM.name)
    rows = [[name, f"{data / 1e6:,.1f}", f"{index / 1e6:,.1f}", f"{(data + index) / 1e6:,.1f}",
             f"{(data + index) / asked.n:.2f}", f"{(data + index) / array:.3f}"] for name, data, index in asked.sizes]
    rows += [[name, f"{size / 1e6:,.1f}", "", f"{size / 1e6:,.1f}", f"{size / asked.n:.2f}", f"{size / array:.3f}"]
             for name, size in asked.peer_sizes]
    table(["size, MB", "data", "indexes", "both", "bytes a customer", "of smallint[]"], rows)


def run(given):
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    machine(db)
    os.makedirs(CACHE, exist_ok=True)
    path = results("tags")
    written = []
    if given.only != REFRESH:
        asked = Queries(db, given)
        report_queries(asked)
        write_csv(path + ".csv", ["customers", "question", "competitor", "runs", "median_ms", "min_ms", "max_ms",
                                  "ratio_to_audience_size"], ([asked.n, *row] for row in asked.measures.rows(OURS)))
        written.append(".csv")
    if given.only != QUERIES:
        drop_all(db)
        db.run("CREATE SCHEMA tagged")
        sizes = [refreshing.Refresh(db, n, given.slow_runs) for n in given.journeys]
        db.run("DROP SCHEMA tagged CASCADE")
        refreshing.report(sizes)
        write_csv(path + "-refresh.csv", ["customers", "question", "share_changed", "runs", "median_ms", "min_ms", "max_ms",
                                          "ratio_to_complete"], refreshing.csv_rows(sizes))
        written.append("-refresh.csv")
    db.close()
    say()
    say(f"Written to {os.path.relpath(path, ROOT)}{' and '.join(written)}")


main(run, arguments)
