# SPDX-License-Identifier: PostgreSQL
"""SQLAlchemy, pandas and psycopg 3 read every view of clientele_bi as a BI role. Run by clients.py in an environment that has them.

The input is JSON: the database, the role, and for each view its comment and columns as the catalog has them, and its rows
as text. The output is a line for each check: `ok WHAT` or `not ok: WHAT: WHY`.
"""
import datetime
import decimal
import json
import sys
import warnings

import pandas
import psycopg
import sqlalchemy
from sqlalchemy import dialects

given = json.load(sys.stdin)
where = {"host": given["host"], "port": given["port"], "dbname": given["database"], "user": given["role"]}
views = given["views"]
plain = {"text": str, "bigint": int, "integer": int, "numeric": decimal.Decimal, "double precision": float, "boolean": bool,
         "date": datetime.date, "timestamp with time zone": datetime.datetime, "jsonb": object}


def check(what, good, why=""):
    print(f"ok {what}" if good else f"not ok: {what}: {str(why)[:400]}".replace("\n", " "), flush=True)


def each(client, read):
    """Reads each view, and goes on where one fails."""
    for name, view in views.items():
        try:
            read(name, view)
        except Exception as error:  # pylint: disable=broad-exception-caught
            check(f"{client} reads {name}", False, error)


def fits(value, kind):
    return value is None or isinstance(value, plain[kind])


def as_printed(value):
    """The value as a cast to text prints it, for types of which that is the same in all sessions."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return "?"


def columns_that_print(view):
    return [i for i, c in enumerate(view["columns"]) if c["type"] in ("text", "bigint", "integer", "boolean", "numeric")]


def compare(client, name, view, rows):
    columns = columns_that_print(view)
    wanted = sorted(repr([row[i] for i in columns]) for row in view["rows"])
    got = sorted(repr([as_printed(row[i]) for i in columns]) for row in rows)
    check(f"{client} reads {name}", wanted == got, f"{len(got)} rows instead of {len(wanted)}; {set(got) ^ set(wanted)}")


def with_psycopg(binary):
    client = "psycopg, " + ("binary" if binary else "text")
    with psycopg.connect(**where, options="-c timezone=UTC", application_name=client) as connection:
        def read(name, view):
            with connection.transaction(), connection.cursor(binary=binary) as cursor:
                rows = cursor.execute(f'SELECT * FROM clientele_bi."{name}"').fetchall()
                check(f"{client}: types of {name}", [d.name for d in cursor.description] == [c["name"] for c in view["columns"]]
                      and all(fits(v, c["type"]) for row in rows for v, c in zip(row, view["columns"])), rows[:1])
                compare(client, name, view, rows)
            with connection.transaction(), connection.cursor("c " + name, binary=binary) as cursor:
                cursor.itersize = 7
                cursor.execute(f'SELECT * FROM clientele_bi."{name}"')
                compare(client + ", server-side cursor", name, view, list(cursor))
            # The same statement again and again is prepared at the fifth time, and has a generic plan at the eleventh.
            text = [c["name"] for c in view["columns"] if c["type"] == "text"]
            if text and view["rows"]:
                at = [c["name"] for c in view["columns"]].index(text[0])
                value = next((row[at] for row in view["rows"] if row[at] is not None), "")
                count = sum(row[at] == value for row in view["rows"])
                with connection.transaction(), connection.cursor(binary=binary) as cursor:
                    query = f'SELECT count(*) FROM clientele_bi."{name}" WHERE "{text[0]}" = %s'
                    found = [cursor.execute(query, (value,)).fetchone()[0] for _ in range(11)]
                check(f"{client}: prepared condition on {name}", found == [count] * 11, (found, count))

        each(client, read)
        with connection.transaction():
            steps = connection.execute("SELECT step, customers FROM clientele_bi.funnel(clientele.funnel_def(%s, within => %s))",
                                       (["search", "cart", "purchase"], datetime.timedelta(days=7)), binary=binary).fetchall()
            check(f"{client}: a funnel with parameters", len(steps) == 3 and steps[0][1] >= steps[2][1] > 0, steps)


def engine():
    return sqlalchemy.create_engine(sqlalchemy.URL.create(
        "postgresql+psycopg", username=given["role"], host=given["host"], port=given["port"], database=given["database"]))


def with_sqlalchemy():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a column whose type SQLAlchemy does not know is a warning
        connection = engine()
        inspector = sqlalchemy.inspect(connection)
        check("SQLAlchemy lists the views", set(inspector.get_view_names("clientele_bi")) == set(views))
        check("SQLAlchemy lists no table", not inspector.get_table_names("clientele_bi"))

        def read(name, view):
            table = sqlalchemy.Table(name, sqlalchemy.MetaData(), schema="clientele_bi", autoload_with=connection)
            check(f"SQLAlchemy: columns of {name}", [c.name for c in table.columns] == [c["name"] for c in view["columns"]])
            odd = [c.name for c in table.columns if isinstance(c.type, sqlalchemy.types.NullType)
                   or isinstance(c.type, dialects.postgresql.INTERVAL)]
            check(f"SQLAlchemy: types of {name}", not odd, odd)
            check(f"SQLAlchemy: comments of {name}", inspector.get_table_comment(name, "clientele_bi")["text"] == view["comment"]
                  and [c.comment for c in table.columns] == [c["comment"] for c in view["columns"]])
            with connection.connect() as session:
                compare("SQLAlchemy", name, view, session.execute(sqlalchemy.select(table)).fetchall())

        each("SQLAlchemy", read)


def with_pandas():
    connection = engine()

    def read(name, view):
        frame = pandas.read_sql_table(name, connection, schema="clientele_bi")
        check(f"pandas reads {name}", frame.shape == (len(view["rows"]), len(view["columns"])), frame.shape)
        numbers = [c["name"] for c in view["columns"] if c["type"] in ("bigint", "integer", "double precision", "numeric")]
        # A column of NULLs alone has no type in pandas.
        odd = [c for c in numbers if frame[c].notna().any() and not pandas.api.types.is_numeric_dtype(frame[c])]
        check(f"pandas: numbers of {name}", not odd, odd)
        times = [c["name"] for c in view["columns"] if c["type"] == "timestamp with time zone"]
        odd = [c for c in times if frame[c].notna().any() and not isinstance(frame[c].dtype, pandas.DatetimeTZDtype)]
        check(f"pandas: times of {name}", not odd, odd)

    each("pandas", read)


with_psycopg(False)
with_psycopg(True)
with_sqlalchemy()
with_pandas()
