#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""What may happen to the table of a source, and what the three ways to find new rows make of it: each cell of the table in
docs/ingestion.md. What needs servers of its own is in tests/tap.
The last line is `ingest_changes: N passed, N failed, N skipped`.
"""
import os
import pathlib
import subprocess

from checks import PSQL, Checks
from sessions import Session

DATABASE = os.environ.get("PGDATABASE", "ingest_changes")
T = Checks("ingest_changes", DATABASE, "SET client_min_messages = error;\n")
METHODS = ("key", "mark", "cursor")
# A source puts its name into the channel and the id into the item, so the journeys say what has been read.
READ = "SELECT item FROM clientele_bi.events WHERE channel = '{}'"
ADD = """SELECT count(*) FROM clientele.add_source('{name}', '{table}', '{{"customer": "customer"}}', 'at', '''e''', channel => '''{name}''',
  item => 'id::text', event_id => '{event_id}', method => '{method}' {more});"""
PLAIN = "CREATE TABLE {} (id integer PRIMARY KEY, customer text, at timestamptz, x varchar(20), part text DEFAULT 'a')"
PARTS = """CREATE TABLE {0} (id bigint, customer text, at timestamptz, x varchar(20), part text DEFAULT 'a', PRIMARY KEY (id, part))
  PARTITION BY LIST (part);
CREATE TABLE {0}_a PARTITION OF {0} FOR VALUES IN ('a'); CREATE TABLE {0}_b PARTITION OF {0} FOR VALUES IN ('b')"""
ROWS = "INSERT INTO {0} (id, customer, at, x) SELECT g, 'c' || g % 7, now() - interval '10 min' + (g - {1}) * interval '1 s', 'x' FROM generate_series({1}, {2}) g;"


def rows(table, first, last):
    return ROWS.format(table, first, last)


def ingest(table):
    """All there is, source by source, until nothing is new; never a sweep."""
    return "\n".join(f"CALL clientele.ingest('{table}_{method}');" for method in METHODS) + "\n"


def sweep(table):
    return f"""UPDATE clientele_data.source_progress p SET swept_at = NULL
FROM clientele_data.sources s WHERE s.source_id = p.source_id AND s.name = '{table}_key';
CALL clientele.ingest('{table}_key');
"""


def counts(table, method, database=None):
    """How often each id of the table was read, and those that are there."""
    read = {}
    for (item,) in T.psql(READ.format(f"{table}_{method}") + ";", database):
        read[int(item)] = read.get(int(item), 0) + 1
    return read, {int(i) for (i,) in T.psql(f"SELECT id FROM {table};", database)}


def start(table, create=PLAIN, first=1, last=100):
    """A table with rows, which three sources have read."""
    T.psql(create.format(table) + ";\n" + rows(table, first, last) + "".join(
        ADD.format(name=f"{table}_{method}", table=table, method=method, event_id="''k'' || id" if method == "cursor" else "id",
                   more=", cursor => 'at', lateness => '1 hour'" if method == "cursor" else "") for method in METHODS)
           + ingest(table))
    for method in METHODS:
        read, there = counts(table, method)
        T.same(f"{table}: {method} reads what is there once", {i: 1 for i in there}, read)
    return set(range(first, last + 1))


def outcome(before, read, there):
    """One word for what became of the rows, old ones and those that are new or stand in their place."""
    new = there - before
    old_once = all(read.get(i, 0) == 1 for i in before)
    if there <= before and all(read.get(i, 0) == 2 for i in there) and there:
        return "again"
    if old_once and new and all(read.get(i, 0) == 1 for i in new):
        return "read"
    if old_once and new and all(read.get(i, 0) == 0 for i in new):
        return "lost"
    if old_once and not new:
        return "nothing"
    return f"mixed: {sorted((i, n) for i, n in read.items() if n != 1)[:5]}, not read {sorted(there - set(read))[:5]}"


def cell(table, change, key, mark, cursor, create=PLAIN, swept=False):
    """Does something to the table, ingests, and compares what became of the rows."""
    before = start(table, create)
    T.psql(change.format(table) + "\n" + ingest(table) + ingest(table) + (sweep(table) if swept else ""))
    compare(table, before, key, mark, cursor)
    return before


def compare(table, before, key, mark, cursor):
    for method, wanted in zip(METHODS, (key, mark, cursor)):
        if wanted is not None:
            T.same(f"{table}: {method}", wanted, outcome(before, *counts(table, method)))


def fails(script):
    """SQLSTATE and what psql says of a script that fails."""
    done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", DATABASE], input=script,
                          capture_output=True, text=True, encoding="utf-8", check=False)
    lines = done.stderr.strip().split("\n")
    return next((line.split("ERROR:")[1].split(":")[0].strip() for line in lines if "ERROR:" in line), "none"), done.stderr


def updates():
    cell("updated", "UPDATE {0} SET x = 'y'; UPDATE {0} SET customer = 'c9' WHERE id < 50;", "nothing", "nothing", "nothing")
    cell("moved", "UPDATE {0} SET part = 'b' WHERE id % 2 = 0;", "nothing", "nothing", "nothing", PARTS)
    # The cursor says that the row changed, and the ledger that it was read.
    cell("touched", "UPDATE {0} SET at = now();", "nothing", "nothing", "nothing")


def transactions():
    cell("savepoints", "BEGIN; SAVEPOINT a; " + rows("{0}", 201, 210) + " RELEASE a; SAVEPOINT b; " + rows("{0}", 211, 220)
         + " ROLLBACK TO b; SAVEPOINT c; " + rows("{0}", 221, 230) + " COMMIT;", "read", "read", "read")
    # What was prepared is committed after others, and after batches that could not see it.
    before = start("prepared")
    T.psql("BEGIN; " + rows("prepared", 150, 160) + " PREPARE TRANSACTION 'ingest prepared';\n"
           + "".join(rows("prepared", 1000 * k, 1000 * k + 20) + ingest("prepared") for k in range(1, 40))
           + "COMMIT PREPARED 'ingest prepared';\n" + ingest("prepared"))
    compare("prepared", before, "read", "read", "read")
    # Ids that were drawn long before: below the floor, so that a sweep finds them; and with an old cursor.
    before = start("early", first=100_000, last=100_100)
    T.psql(rows("early", 150_000, 150_020) + ingest("early") * 3)
    before |= set(range(150_000, 150_021))
    T.psql("INSERT INTO early (id, customer, at, x) SELECT g, 'c', now() - interval '2 hours', 'x' FROM generate_series(1, 9) g;\n" + ingest("early") * 2)
    compare("early", before, "lost", "read", "lost")
    T.psql(sweep("early"))
    compare("early", before, "read", "read", "lost")


def storage():
    cell("stored", "VACUUM FULL {0}; CLUSTER {0} USING {0}_pkey; VACUUM FREEZE {0}; ALTER TABLE {0} ALTER x TYPE text; VACUUM FULL {0};"
         " ALTER TABLE {0} ALTER id TYPE bigint; REINDEX TABLE {0};", "nothing", "nothing", "nothing", swept=True)


def refreshes():
    reload = "CREATE TEMP TABLE kept AS SELECT id, customer, at, x, part FROM {0}; TRUNCATE {0}; INSERT INTO {0} (id, customer, at, x, part) SELECT * FROM kept;"
    cell("reloaded", "BEGIN; " + reload + " COMMIT;", "nothing", "again", "nothing", swept=True)

    before = start("recreated")
    T.psql("BEGIN; CREATE TEMP TABLE kept AS SELECT id, customer, at, x, part FROM recreated; DROP TABLE recreated;"
           + PLAIN.format("recreated") + "; INSERT INTO recreated SELECT * FROM kept; COMMIT;")
    for method in ("key", "cursor"):
        T.psql(f"CALL clientele.ingest('recreated_{method}');")
    code, said = fails("CALL clientele.ingest('recreated_mark');")
    T.same("recreated: mark without its column", "42703", code)
    T.check("recreated: the hint", "restart_source()" in said, said)
    compare("recreated", before, "nothing", "nothing", "nothing")
    T.psql("SELECT clientele.restart_source('recreated_mark');\n" + ingest("recreated") + sweep("recreated"))
    compare("recreated", before, "nothing", "again", "nothing")


def gone():
    """Dropped and renamed tables: an error while they are gone, and nothing is lost."""
    before = start("renamed")
    T.psql(rows("renamed", 101, 110) + "ALTER TABLE renamed RENAME TO away;")
    for method in METHODS:
        T.same(f"renamed: {method}", "42P01", fails(f"CALL clientele.ingest('renamed_{method}');")[0])
    T.psql("ALTER TABLE away RENAME TO renamed;\n" + rows("renamed", 111, 120) + ingest("renamed"))
    compare("renamed", before, "read", "read", "read")
    T.same("renamed: the errors are forgotten", [["0"]], T.psql(
        "SELECT count(*) FROM clientele_data.source_status WHERE source LIKE 'renamed%' AND (error IS NOT NULL OR failures > 0);"))


def ids_again():
    before = start("again")
    T.psql("TRUNCATE again; INSERT INTO again (id, customer, at, x) SELECT g, 'other', now(), 'x' FROM generate_series(1, 100) g;\n"
           + ingest("again") + sweep("again"))
    compare("again", before, "nothing", "again", "nothing")
    T.psql("SELECT clientele.restart_source('again_key'), clientele.restart_source('again_cursor');\n" + ingest("again"))
    compare("again", before, "again", "again", "again")


def partitions():
    attach = "ALTER TABLE {0} ATTACH PARTITION {0}_c FOR VALUES IN ('c');"
    filled = "INSERT INTO {0}_c (id, customer, at, x, part) SELECT g, 'c', now(), 'x', 'c' FROM generate_series(101, 120) g; "
    cell("attached", "CREATE TABLE {0}_c (LIKE {0}); " + filled + attach, "read", "read", "read", PARTS)
    # Marked, and seen before it was a part of the table.
    before = start("attached_late", PARTS)
    T.psql("CREATE TABLE attached_late_c (LIKE attached_late INCLUDING DEFAULTS); " + filled.format("attached_late") + "\n"
           + ingest("attached_late") + attach.format("attached_late") + "\n" + ingest("attached_late"))
    compare("attached_late", before, "read", "lost", "read")
    # A partition of the table has the default, too; one that is made later gets it; NULL is stamped and read by the next batch.
    cell("direct", "INSERT INTO {0}_a (id, customer, at, x) VALUES (101, 'c', now(), 'x'); CREATE TABLE {0}_d PARTITION OF {0} FOR VALUES IN ('d');"
         "INSERT INTO {0}_d (id, customer, at, x, part) VALUES (102, 'c', now(), 'x', 'd');"
         "INSERT INTO {0} (id, customer, at, x, clientele_mark) VALUES (103, 'c', now(), 'x', NULL);", "read", "read", "read", PARTS)


def marked_copies():
    kept = "CREATE TABLE {0}_copy (LIKE {0} INCLUDING DEFAULTS); INSERT INTO {0}_copy (id, customer, at, x) " \
        "SELECT g, 'c', now(), 'x' FROM generate_series(101, 120) g;\n"
    for table, trigger, mark in (("copied", "", "lost"), ("copied_fresh", """CREATE FUNCTION set_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.clientele_mark := clientele.source_mark(); RETURN NEW; END $$;
CREATE TRIGGER set_mark BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION set_mark();""", "read")):
        before = start(table)
        T.psql((trigger + kept).format(table) + ingest(table) + f"INSERT INTO {table} SELECT * FROM {table}_copy;\n" + ingest(table))
        compare(table, before, "read", mark, "read")


def in_use():
    """The column of method mark needs the lock of the table for a moment, and does not wait for it for ever."""
    T.psql(PLAIN.format("busy") + ";")
    reader = Session(DATABASE, "BEGIN; SELECT count(*) FROM busy;")
    code, _ = fails(ADD.format(name="busy_mark", table="busy", event_id="id", method="mark", more=""))
    T.same("busy: the table is in use", "55P03", code)
    reader.run("COMMIT;")
    reader.end()
    T.psql(ADD.format(name="busy_mark", table="busy", event_id="id", method="mark", more=""))


def copies():
    """The whole database in another one of the cluster: as a template, and dumped and restored. The copy goes on by itself."""
    before = start("whole")
    T.psql(rows("whole", 101, 110))
    there = before | set(range(101, 111))
    names = [f"{DATABASE}_template", f"{DATABASE}_restored"]
    T.psql("".join(f'DROP DATABASE IF EXISTS "{name}";\n' for name in names) + f'CREATE DATABASE "{names[0]}" TEMPLATE "{DATABASE}";\n'
           f'CREATE DATABASE "{names[1]}" TEMPLATE template0;', "postgres")
    bin_dir = pathlib.Path(PSQL).parent
    dump = subprocess.run([bin_dir / "pg_dump" if bin_dir.name else "pg_dump", "-Fp", DATABASE], capture_output=True, check=True)
    restored = subprocess.run([PSQL, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", names[1]], input=dump.stdout, capture_output=True, check=False)
    T.check("the dump is restored", restored.returncode == 0, restored.stderr[-500:])
    for name in names:
        T.psql(T.session + ingest("whole") * 2 + sweep("whole") + rows("whole", 111, 120) + ingest("whole"), name)
        for method in METHODS:
            T.same(f"{name}: {method}", "read", outcome(before, *counts("whole", method, name)))
    T.psql(ingest("whole"))
    compare("whole", before, "read", "read", "read")
    T.same("the copy does not change the original", there, counts("whole", "key")[1])
    T.psql("".join(f'DROP DATABASE "{name}";\n' for name in names), "postgres")


T.psql("CREATE EXTENSION IF NOT EXISTS clientele;\nCALL clientele.create_store();")
if T.psql("SHOW max_prepared_transactions;") == [["0"]]:
    T.skip("prepared transactions are disabled")
else:
    transactions()
for part in (updates, storage, refreshes, gone, ids_again, partitions, marked_copies, in_use, copies):
    part()
T.end()
