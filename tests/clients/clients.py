#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Clients of BI tools read every view of clientele_bi as the role of a BI tool: SQLAlchemy, pandas, psycopg 3 and JDBC.

They run in the database of the environment, which has the extension and nothing else. What cannot be had is skipped with a message. With
CLIENTELE_LONG=1 a Superset imports the dashboards and answers every chart (run_superset.py).
"""
import base64
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Both have a module `questions`; that of the benchmarks is meant.
sys.path[:0] = [str(ROOT / "tests/bench"), str(ROOT / "tests/differential")]

import checks  # noqa: E402  pylint: disable=wrong-import-position
import peers  # noqa: E402  pylint: disable=wrong-import-position
import proxy  # noqa: E402  pylint: disable=wrong-import-position
import run_superset  # noqa: E402  pylint: disable=wrong-import-position

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


def metabase():
    """The questions of bi/metabase as Metabase sends them: a ? for each variable, without the optional parts and with them."""
    samples = {"steps": "search,cart,purchase", "within": "7 days", "customer": "1", "event": "purchase", "since": "2000-01-01", "channel": "web",
               "level": "critical"}
    for path in sorted((ROOT / "bi/metabase").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        tests.check(f"{path.name} has two titles", re.match(r"-- .+ / .*[\u4e00-\u9fff]", text))
        view = re.search(r"FROM clientele_bi\.(\w+)", text)[1]
        if "{{question}}" in text:
            ((samples["question"],),) = tests.psql(f"SELECT min(question) FROM clientele_bi.{view} WHERE latest;\n")
        for sql in sorted({re.sub(r"\[\[.*?\]\]", "", text), re.sub(r"\[\[|\]\]", "", text)}):
            names = re.findall(r"\{\{(\w+)\}\}", sql)
            values = ["3" if (view, name) == ("path_links", "steps") else samples[name] for name in names]
            yield "?", [path.stem, re.sub(r"\{\{\w+\}\}", "?", sql), *values]


def grafana():
    """Each query of the dashboard of Grafana answers, as the role, with a whole year chosen and the first question of each kind."""
    program = [sys.executable, ROOT / "bi/grafana/dashboard"]
    asked = json.loads(subprocess.run([*program, "--queries"], capture_output=True, check=True).stdout)
    chosen = {}
    for view, query in asked["variables"].items():
        rows = tests.psql(f"SET ROLE {ROLE};\n{query} LIMIT 1;\n")
        tests.check(f"Grafana finds a question of {view}", rows)
        chosen[view] = rows[0][0].replace("'", "''") if rows else ""
    for title, query in asked["panels"]:
        query = re.sub(r"\$__timeFilter\((.*?)\)(?=\s|$)", r"\1 BETWEEN '2000-01-01Z' AND '2100-01-01Z'", query)
        query = re.sub(r"\$\{(\w+):sqlstring\}", lambda m: f"'{chosen[m[1]]}'", query)
        tests.check(f"Grafana answers {title}", tests.psql(f"SET ROLE {ROLE};\n{query};\n"), "no rows")


def jdbc(views):
    if not JDBC.exists() or not shutil.which("java"):
        tests.skip("JDBC: apt-get install libpostgresql-jdbc-java default-jre-headless")
        return
    text = "".join(mark + "\t".join(base64.b64encode(str(field).encode()).decode() for field in fields) + "\n"
                   for mark, fields in [*lines_for_jdbc(views), *metabase()])
    socket = f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}"
    with proxy.port_of(socket) as port:
        take(subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-cp", JDBC, HERE / "Jdbc.java",
                             f"jdbc:postgresql://127.0.0.1:{port}/{os.environ['PGDATABASE']}", ROLE],
                            input=text, capture_output=True, text=True, encoding="utf-8", check=False), "JDBC comes to its end")


def superset():
    try:
        done = run_superset.run(os.environ["PGDATABASE"], ROLE)
    except run_superset.peers.Unavailable as error:
        tests.skip(str(error))
        return
    take(done, "Superset comes to its end")


def files():
    """What is generated is as the views of a new store are."""
    for program in ("bi/generate", "bi/superset/bundle", "bi/grafana/dashboard"):
        done = subprocess.run([sys.executable, ROOT / program, "--check"], capture_output=True, text=True, encoding="utf-8", check=False)
        tests.check(f"{program} would change nothing", done.returncode == 0, done.stdout + done.stderr)


def main():
    tests.psql("CALL clientele.create_store('Asia/Shanghai');\n")
    files()
    tests.psql(f"\\i {HERE / 'store.sql'}")
    views = all_views()
    python_clients(views)
    jdbc(views)
    grafana()
    if os.environ.get("CLIENTELE_LONG"):
        superset()
    tests.psql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE};")
    tests.end()


if __name__ == "__main__":
    main()
