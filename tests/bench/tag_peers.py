# SPDX-License-Identifier: PostgreSQL
"""DuckDB and ClickHouse beside us: the same tags, each in the forms that suit it."""

import os
import subprocess

import peers
import tag_forms as forms
import tag_questions as questions
from measure import progress, say

BITMAPS, CH_WORDS = "ClickHouse, bitmaps", "ClickHouse, words"
DUCK_COLUMNS, DUCK_WORDS = "DuckDB, boolean columns", "DuckDB, words"
COMPETITORS = [BITMAPS, CH_WORDS, DUCK_COLUMNS, DUCK_WORDS]


def _load_duckdb(engine, file):
    columns = ", ".join(f"'w{i + 1}': 'BIGINT'" for i in range(forms.WORDS))
    engine.run(f"CREATE TABLE words AS SELECT * FROM read_csv('{file}', delim = '\t', header = false, "
               f"columns = {{'customer_id': 'UINTEGER', {columns}}})")
    columns = ", ".join(f"(w{t.word + 1} >> {t.bit}) & 1 = 1 AS t{t.number}" for t in questions.ALL)
    engine.run(f"CREATE TABLE columns AS SELECT customer_id, {columns} FROM words")
    engine.run("CHECKPOINT")


def _load_clickhouse(engine, file):
    columns = "customer_id UInt32" + "".join(f", w{i + 1} Int64" for i in range(forms.WORDS))
    engine.run(f"CREATE TABLE words ({columns}) ENGINE = MergeTree ORDER BY customer_id")
    engine.run(f"INSERT INTO words SELECT * FROM file('{file}', 'TSV', '{columns}')")
    engine.run("OPTIMIZE TABLE words FINAL")
    # One bitmap a mark, so that reading one does not read its neighbours.
    engine.run("CREATE TABLE bitmaps (tag UInt16, customers AggregateFunction(groupBitmap, UInt32)) "
               "ENGINE = AggregatingMergeTree ORDER BY tag SETTINGS index_granularity = 1")
    engine.run("INSERT INTO bitmaps SELECT 0, groupBitmapState(customer_id) FROM words")
    for i in range(forms.WORDS):
        engine.run(f"INSERT INTO bitmaps SELECT {questions.WORD * i} + 1 + arrayJoin(bitPositionsToArray(w{i + 1})) AS tag, "
                   "groupBitmapState(customer_id) FROM words GROUP BY tag")
    engine.run("OPTIMIZE TABLE bitmaps FINAL")


def _sizes(engine):
    """(competitor, bytes)"""
    if engine.name == "clickhouse":
        rows, _ = engine.run("SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active "
                             "AND table IN ('bitmaps', 'words') GROUP BY table ORDER BY table")
        return [(f"ClickHouse, {table}", int(size)) for table, size in rows]
    # Both tables are in one file.
    return [("DuckDB, columns and words", os.path.getsize(os.path.join(engine.folder, "events.duckdb")))]


def _task(engine, question, sql):
    def run():
        rows, ms = engine.run(sql)
        return int(rows[0][0]), ms
    return run


def start(cache, n, definitions):
    """The engines with the tags loaded, their tasks for interleaved(), and sizes."""
    python = peers.environment(cache)
    file = os.path.join(cache, "tagged.tsv")
    progress("loading DuckDB and ClickHouse")
    with open(file, "wb") as out:
        subprocess.run(forms.program(n, "words", definitions), stdout=out, check=True)
    asked = {"duckdb": {DUCK_COLUMNS: lambda q: questions.columns(q, "columns"),
                        DUCK_WORDS: lambda q: questions.words_duckdb(q, "words")},
             "clickhouse": {BITMAPS: questions.clickhouse,
                            CH_WORDS: lambda q: questions.words_clickhouse(q, "words")}}
    load = {"duckdb": _load_duckdb, "clickhouse": _load_clickhouse}
    engines, tasks, sizes = [], [], []
    try:
        for name, competitors in asked.items():
            try:
                engine = peers.Engine(python, name, os.path.join(cache, name))
                engines.append(engine)
                load[name](engine, file)
            except peers.Unavailable as error:
                say(f"{name} is left out: {error}")
                continue
            say(f"{name} {engine.version}")
            sizes += _sizes(engine)
            tasks += [(q, competitor, _task(engine, q, ask(node)), None)
                      for competitor, ask in competitors.items() for q, node in questions.QUESTIONS.items()]
    finally:
        os.remove(file)
    return engines, tasks, sizes
