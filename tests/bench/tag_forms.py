# SPDX-License-Identifier: PostgreSQL
"""The same tags in a store and in tables of several forms, each with the index that suits it."""

import os

import tag_questions as questions
from measure import progress
from psql import copy_from

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CLIENTELE_BUILD", os.path.join(ROOT, "build"))
PAIRS_UP_TO = 2_000_000  # customers: 40 rows of 36 bytes for each, and their index
WORDS = (questions.TAGS + questions.WORD - 1) // questions.WORD


def program(n, form, definitions):
    return [os.path.join(BUILD, "bench", "tagged"), "--customers", str(n), "--tags", definitions,
            "--as", form, "--seed", str(questions.SEED)]


class Form:
    """One competitor: how its table is made, and how it is queried. Unlogged tables are read like any
    other; only making them takes less time."""

    def __init__(self, name, table, ask):
        self.name, self.table, self.ask = name, f"tagged.{table}", ask

    def question(self, node):
        return self.ask(node, self.table)


def _has(tag):
    return f"(w{tag.word + 1} >> {tag.bit}) & 1 = 1"


WORDS_FORM = Form("words of 64 bits", "words", questions.words)
COLUMNS_FORM = Form("boolean columns, partial indexes", "columns", questions.columns)
NUMBERS_FORM = Form("smallint[], GIN", "numbers", questions.array)
NAMES_FORM = Form("text[], tag_ops", "names", questions.names)
INTARRAY_FORM = Form("integer[], intarray", "intarrays", questions.intarray)
PAIRS_FORM = Form("a row for each tag, B-tree", "pairs", questions.pairs)


def _make_words(db, n, definitions):
    columns = ", ".join(f"w{i + 1} bigint NOT NULL" for i in range(WORDS))
    db.run(f"CREATE UNLOGGED TABLE tagged.words (customer_id bigint NOT NULL, {columns})")
    copy_from(program(n, "words", definitions), "COPY tagged.words FROM STDIN")


def _make_columns(db):
    columns = ", ".join(f"{_has(t)} AS t{t.number}" for t in questions.ALL)
    db.run(f"CREATE UNLOGGED TABLE tagged.columns AS SELECT customer_id, {columns} FROM tagged.words")
    for t in questions.ASKED:
        db.run(f"CREATE INDEX columns_t{t.number} ON tagged.columns (customer_id) WHERE t{t.number}")


def _make_array(db, n, definitions, table, type_of, form, index):
    db.run(f"CREATE UNLOGGED TABLE tagged.{table} (customer_id bigint NOT NULL, tags {type_of} NOT NULL)")
    copy_from(program(n, form, definitions), f"COPY tagged.{table} FROM STDIN")
    db.run(f"CREATE INDEX {table}_tags ON tagged.{table} USING gin (tags {index})")


def _make_pairs(db):
    db.run("CREATE UNLOGGED TABLE tagged.pairs AS "
           "SELECT customer_id, unnest(tags) AS tag FROM tagged.numbers")
    db.run("CREATE INDEX pairs_tag ON tagged.pairs (tag, customer_id)")


def has_intarray(db):
    """It belongs to PostgreSQL, but need not be installed."""
    if db.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'intarray'") == "0":
        return False
    # Its operators on integer[] must not be found in place of the usual ones.
    db.run("CREATE SCHEMA IF NOT EXISTS intarray")
    db.run("CREATE EXTENSION IF NOT EXISTS intarray SCHEMA intarray")
    return True


def forms(db, n):
    result = [WORDS_FORM, COLUMNS_FORM, NUMBERS_FORM, NAMES_FORM]
    if has_intarray(db):
        result.append(INTARRAY_FORM)
    if n <= PAIRS_UP_TO:
        result.append(PAIRS_FORM)
    return result


def make_tables(db, n, definitions):
    """All forms, vacuumed."""
    db.run("SET maintenance_work_mem = '1GB'")
    db.run("CREATE SCHEMA tagged")
    steps = {
        WORDS_FORM: lambda: _make_words(db, n, definitions),
        COLUMNS_FORM: lambda: _make_columns(db),
        NUMBERS_FORM: lambda: _make_array(db, n, definitions, "numbers", "smallint[]", "numbers", ""),
        NAMES_FORM: lambda: _make_array(db, n, definitions, "names", "text[]", "names", "clientele.tag_ops"),
        INTARRAY_FORM: lambda: _make_array(db, n, definitions, "intarrays", "integer[]", "numbers", "intarray.gin__int_ops"),
        PAIRS_FORM: lambda: _make_pairs(db),
    }
    for form in forms(db, n):
        progress(f"making {n:,} customers: {form.name}")
        steps[form]()
        db.run(f"VACUUM (ANALYZE) {form.table}")


def fill_store(db):
    """The audiences, as refresh_tags() would store them, but all customers are those of the table."""
    progress("making audiences")
    db.run("CALL clientele.create_store()")
    for t in questions.ALL:
        db.run("INSERT INTO clientele_data.tags (name, family, kind) "
               f"VALUES ('{t.name}', '{t.name.split('.')[0]}', 'fixed')")
    db.run("INSERT INTO clientele_data.tag_audiences (tag, customers) "
           "SELECT '', clientele.audience(customer_id) FROM tagged.words")
    step = 50
    for i in range(0, questions.TAGS, step):
        some = questions.ALL[i:i + step]
        names = ", ".join(f"'{t.name}'" for t in some)
        audiences = ", ".join(f"clientele.audience(customer_id) FILTER (WHERE {_has(t)})" for t in some)
        db.run(f"""INSERT INTO clientele_data.tag_audiences (tag, customers)
SELECT u.tag, coalesce(u.customers, '{{}}') FROM (SELECT ARRAY[{audiences}] AS audiences FROM tagged.words) a,
  unnest(ARRAY[{names}], a.audiences) AS u (tag, customers)""")
    db.run("VACUUM (ANALYZE) clientele_data.tags, clientele_data.tag_audiences")


def sizes(db, n):
    """(form, table, indexes) in bytes."""
    def row(name, table):
        return (name, int(db.value(f"SELECT pg_table_size('{table}')")),
                int(db.value(f"SELECT pg_indexes_size('{table}')")))
    return [row("audiences", "clientele_data.tag_audiences"), *(row(f.name, f.table) for f in forms(db, n))]
