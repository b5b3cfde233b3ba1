# SPDX-License-Identifier: PostgreSQL
"""DuckDB and an embedded ClickHouse beside us: same events, each in its best layout."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import questions
from measure import progress, say
from psql import copy_to

PACKAGES = {"duckdb": "duckdb", "clickhouse": "chdb"}
THREADS = 2


class Unavailable(Exception):
    pass


def environment(cache, name="peers", packages=tuple(PACKAGES.values())):
    """The Python of a private environment with these packages in it."""
    folder = os.path.join(cache, name)
    python = os.path.join(folder, "bin", "python")
    stamp = os.path.join(folder, "installed")
    if os.path.exists(stamp):
        return python
    if importlib.util.find_spec("ensurepip") is None:
        raise Unavailable("Python's venv is not installed: apt-get install python3-venv")
    progress("installing " + " and ".join(packages) + " into " + folder)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        *packages], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"cannot install {', '.join(packages)}: {error}") from error
    with open(stamp, "w", encoding="utf-8"):
        pass
    return python


class Program:
    """One of our programs in such an environment: it answers lines of JSON, its version first."""

    def __init__(self, python, name, script, *arguments, environ=None):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), script)
        self.process = subprocess.Popen([python, path, *arguments], text=True, env=environ,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.name = name
        self.version = self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Unavailable(f"{self.name} ended")
        return json.loads(line)

    def ask(self, question):
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended, which is found below
        result = self._read()
        if "error" in result:
            raise Unavailable(f"{self.name}: {result['error']}")
        return result

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Engine(Program):
    def __init__(self, python, name, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.folder = folder
        super().__init__(python, name, "engine.py", name, folder, str(THREADS))

    def run(self, sql):
        result = self.ask(sql)
        return result["rows"], result["ms"]

    def close(self):
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _load(engine, csv):
    if engine.name == "duckdb":
        engine.run(f"""CREATE TABLE events AS SELECT * FROM read_csv('{csv}', header = false, columns =
{{'customer_id': 'UINTEGER', 'ms': 'BIGINT', 'event_type_id': 'UTINYINT'}}) ORDER BY customer_id, ms""")
        engine.run("CHECKPOINT")
    else:
        columns = "customer_id UInt32, ms UInt64, event_type_id UInt8"
        engine.run(f"CREATE TABLE events ({columns}) ENGINE = MergeTree ORDER BY (customer_id, ms)")
        engine.run(f"INSERT INTO events SELECT * FROM file('{csv}', 'CSV', '{columns}')")
        engine.run("OPTIMIZE TABLE events FINAL")


def _size(engine):
    if engine.name == "duckdb":
        return os.path.getsize(os.path.join(engine.folder, "events.duckdb"))
    # The folder also holds parts that were merged away, and logs.
    return int(engine.run("SELECT sum(bytes_on_disk) FROM system.parts "
                          "WHERE active AND table = 'events'")[0][0][0])


def _task(engine, question, sql, answer):
    def run():
        rows, ms = engine.run(sql)
        return answer(question, rows), ms
    return run


def of_journeys():
    return {"duckdb": {"DuckDB": questions.duckdb(),
                       "DuckDB, windows": questions.duckdb_windows(),
                       "DuckDB, by position": questions.duckdb_by_position()},
            "clickhouse": {"ClickHouse": questions.clickhouse()}}


def start(cache, events, asked, answer):
    """The engines with the events loaded, their tasks for interleaved(), and sizes in bytes.

    asked: by engine, by competitor, by question: SQL. answer(question, rows) is the same for all."""
    python = environment(cache)
    csv = os.path.join(cache, "events.csv")
    progress("copying the events for DuckDB and ClickHouse")
    copy_to(f"""COPY (SELECT customer_id, (extract(epoch FROM at) * 1000)::bigint, event_type_id
FROM {events} ORDER BY customer_id, at) TO STDOUT (FORMAT csv)""", csv)
    engines, tasks, sizes = [], [], []
    for name, competitors in asked.items():
        try:
            engine = Engine(python, name, os.path.join(cache, name))
            engines.append(engine)
            _load(engine, csv)
        except Unavailable as error:
            say(f"{name} is left out: {error}")
            continue
        sizes.append((f"{name} {engine.version}", _size(engine)))
        tasks += [(q, competitor, _task(engine, q, sql, answer), None)
                  for competitor, asks in competitors.items() for q, sql in asks.items()]
    os.remove(csv)
    return engines, tasks, sizes
