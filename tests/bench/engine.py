# SPDX-License-Identifier: PostgreSQL
"""Runs inside the private environment of --peers: engine.py duckdb|clickhouse FOLDER THREADS

Reads statements as JSON strings, a line each, and answers each with a line of JSON: the version
first, then {"ms": …, "rows": [[text, …], …]} or {"error": …}.
"""

import json
import os
import sys
import time


def duckdb_engine(folder, threads):
    import duckdb
    connection = duckdb.connect(os.path.join(folder, "events.duckdb"))
    connection.execute(f"SET threads = {threads}")

    def run(sql):
        return [[str(v) for v in row] for row in connection.execute(sql).fetchall()]
    return duckdb.__version__, run


def clickhouse_engine(folder, threads):
    from chdb import session
    here = session.Session(folder)

    def run(sql):
        text = str(here.query(sql, "TabSeparated"))
        return [line.split("\t") for line in text.splitlines()]
    run(f"SET max_threads = {threads}")
    return run("SELECT version()")[0][0], run


def main():
    # Whatever a library prints goes to standard error, not among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    name, folder, threads = sys.argv[1:]
    version, run = {"duckdb": duckdb_engine, "clickhouse": clickhouse_engine}[name](folder, threads)
    say(version)
    for line in sys.stdin:
        started = time.perf_counter()
        try:
            rows = run(json.loads(line))
            say({"ms": (time.perf_counter() - started) * 1000, "rows": rows})
        except Exception as error:  # the parent decides what an error means
            say({"error": str(error)})


main()
