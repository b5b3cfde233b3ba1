#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Clients of BI tools read every view of clientele_bi as the role of a BI tool: SQLAlchemy, pandas, psycopg 3 and JDBC.

They run in the database of the environment, which has the extension and nothing else. What cannot be had is skipped with a message. With
CLIENTELE_LONG=1 a Superset imports the dashboards and answers every chart (superset.py), on a small store or on PGDATABASE if it has one.
"""
import base64
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/differential"), str(ROOT / "tests/bench"), str(ROOT / "bi")]

import checks  # noqa: E402  pylint: disable=wrong-import-position
import peers  # noqa: E402  pylint: disable=wrong-import-position
import proxy  # noqa: E402  pylint: disable=wrong-import-position

ROLE = "clients_reader"
PACKAGES = ("sqlalchemy>=2.0.30", "pandas>=2.2", "psycopg[binary]>=3.2")
JDBC = pathlib.Path("/usr/share/java/postgresql.jar")
CACHE = os.environ.get("CLIENTELE_HOME", ROOT / ".cluster")

tests = checks.Checks("clients")


def listed(view):
    """A view with its columns, comments and rows, as the role sees them."""
    name = view["name"]
    values = ", ".join(f'"{c["name"]}"::text' for c in view["columns"])
    ((rows,),) = tests.psql(f"SET ROLE {ROLE}; SET timezone = 'UTC';\nSELECT coalesce(jsonb_agg(jsonb_build_array({values})), '[]')::text "
                            f'FROM clientele_bi."{name}";\n')
    return dict(view, rows=json.loads(rows))


def all_views():
    """All views by their names. A comment says what each column is; a type is one that all tools know."""
    ((found,),) = tests.psql("""
      SELECT jsonb_agg(jsonb_build_object('name', c.relname, 'comment', obj_description(c.oid, 'pg_class'), 'columns',
               (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                                  'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.relname)
      FROM pg_class c WHERE c.relnamespace = 'clientele_bi'::regnamespace AND c.relkind IN ('v', 'm');""")
    views = {view["name"]: listed(view) for view in json.loads(found)}
    for name, view in views.items():
        tests.check(f"{name} has a comment on everything", view["comment"] and all(c["comment"] for c in view["columns"]))
        tests.check(f"{name} has rows", view["rows"], "in tests/clients/store.sql")
    return views


def take(output, status):
    """Counts the lines of a client."""
    for line in output.stdout.splitlines():
        if line.startswith("ok "):
            tests.count(1, 0)
        elif line.startswith("not ok: "):
            tests.check(line[len("not ok: "):], False)
    tests.check(status, output.returncode == 0, output.stderr[-800:])


def python_clients(views):
    try:
        python = peers.environment(CACHE, "clients", PACKAGES)
    except peers.Unavailable as error:
        tests.skip(str(error))
        return
    given = {"host": os.environ["PGHOST"], "port": os.environ["PGPORT"], "database": os.environ["PGDATABASE"], "role": ROLE, "views": views}
    take(subprocess.run([python, HERE / "python_clients.py"], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8",
                        check=False), "the Python clients come to their end")


def first_text(view):
    """Name and value of the first column that is text and has one, and how many rows have this value."""
    for number, column in enumerate(view["columns"]):
        value = next((row[number] for row in view["rows"] if row[number] is not None), None)
        if column["type"] == "text" and value is not None:
            return [column["name"], value, sum(row[number] == value for row in view["rows"])]
    return []


def lines_for_jdbc(views):
    for name, view in views.items():
        yield "", [name, view["comment"], len(view["columns"]), len(view["rows"]), *first_text(view)]


def jdbc(views):
    if not JDBC.exists() or not shutil.which("java"):
        tests.skip("JDBC: apt-get install libpostgresql-jdbc-java default-jre-headless")
        return
    text = "".join(mark + "\t".join(base64.b64encode(str(field).encode()).decode() for field in fields) + "\n"
                   for mark, fields in lines_for_jdbc(views))
    socket = f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}"
    with proxy.port_of(socket) as port:
        take(subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-cp", JDBC, HERE / "Jdbc.java",
                             f"jdbc:postgresql://127.0.0.1:{port}/{os.environ['PGDATABASE']}", ROLE],
                            input=text, capture_output=True, text=True, encoding="utf-8", check=False), "JDBC comes to its end")


def main():
    tests.psql(f"\\i {HERE / 'store.sql'}")
    views = all_views()
    python_clients(views)
    jdbc(views)
    tests.psql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE};")
    tests.end()


if __name__ == "__main__":
    main()
