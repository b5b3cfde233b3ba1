# SPDX-License-Identifier: PostgreSQL
"""Asking psql and counting answers, for tests/differential/btyd.py."""
import json
import math
import os
import pathlib
import subprocess
import sys

DATA = pathlib.Path(os.environ.get("CLIENTELE_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data"))
PSQL = os.environ.get("CLIENTELE_PSQL", "psql")
DATABASE = "clientele_btyd_differential"
SESSION = "SET TimeZone = 'UTC'; SET client_min_messages = warning; SET search_path = public, clientele;\n"
SERIAL = "SET max_parallel_workers_per_gather = 0;\n"
PARALLEL = """SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0; SET cpu_operator_cost = 1;
"""

passed = failed = skipped = 0


def check(what, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good and failed < 40:
        print(f"not ok: {what} {detail}"[:500], flush=True)


def near(what, got, want, relative=0.0, absolute=0.0):
    good = got is not None and math.isfinite(got) and abs(got - want) <= absolute + relative * abs(want)
    check(what, good, f"{got!r}, not {want!r}")


def skip(what, why):
    global skipped
    skipped += 1
    print(f"skipped {what}: {why}")


def psql(script, database=DATABASE):
    done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", database], input=SESSION + script,
                          capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr[-3000:])
        print(f"btyd: {passed} passed, {failed + 1} failed, {skipped} skipped")
        sys.exit(1)
    return [line.split("\t") for line in done.stdout.splitlines()]


def one(query):
    """The numbers in the one row of a query; None for NULL."""
    (row,) = psql(query + ";")
    return [float(v) if v else None for v in row]


def model_of(query):
    return json.loads(psql(query + ";")[0][0])


def copy(table, rows):
    return (f"COPY {table} FROM stdin;\n" +
            "".join("\t".join(r"\N" if v is None else v if isinstance(v, str) else repr(v) for v in row) + "\n" for row in rows) + "\\.\n")


def new_database():
    psql(f"DROP DATABASE IF EXISTS {DATABASE};\n"
         f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;", "postgres")
    psql("CREATE EXTENSION clientele;")


def drop_database():
    psql(f"DROP DATABASE {DATABASE};", "postgres")


def there(*files):
    absent = [f for f in files if not (DATA / f).exists()]
    for f in absent:
        skip(f, "it is not there")
    return not absent
