#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Writers, maintenance and ingestion at once: each row that is committed is read once.

Writers insert under long and prepared transactions, savepoints and roll-backs, with ids drawn long before; they update and delete.
Meanwhile tables are vacuumed, frozen, rewritten, clustered, altered, emptied and filled again, and get partitions. Sessions ingest all
sources, single ones, and single batches that are rolled back.
CLIENTELE_LONG=1 takes five minutes instead of some seconds. The last line is `ingest_race: N passed, N failed, N skipped`.
"""
import os
import random
import threading
import time

from checks import Checks
from sessions import Session

DATABASE = os.environ.get("PGDATABASE", "ingest_race")
SEED = int(os.environ.get("CLIENTELE_SEED", random.randrange(1, 10**6)))
SECONDS = 300 if os.environ.get("CLIENTELE_LONG") else 12
T = Checks("ingest_race", DATABASE, "SET client_min_messages = error;\n")
READ = "SELECT channel, item FROM clientele_bi.events"
ADD = """SELECT count(*) FROM clientele.add_source('{name}', '{relation}', '{{"customer": "customer"}}', 'at', '''e''', channel => '''{name}''',
  item => 'id::text', event_id => 'id', method => '{method}'{more});"""

COLUMNS = "customer text, at timestamptz DEFAULT clock_timestamp(), x varchar(20)"
SETUP = f"""
CREATE SEQUENCE ids;
-- What was inserted, in the same transactions.
CREATE TABLE written (source text, id text);
CREATE TABLE k (id bigint PRIMARY KEY, {COLUMNS});
CREATE TABLE kp (id bigint PRIMARY KEY, {COLUMNS}) PARTITION BY HASH (id);
CREATE TABLE kp_0 PARTITION OF kp FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE kp_1 PARTITION OF kp FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE kt (id uuid PRIMARY KEY, {COLUMNS});
CREATE INDEX ON kt (at);
CREATE TABLE m (id bigint, {COLUMNS});
CREATE TABLE mp (id bigint, {COLUMNS}, part integer DEFAULT floor(random() * 3)) PARTITION BY LIST (part);
CREATE TABLE mp_0 PARTITION OF mp FOR VALUES IN (0);
CREATE TABLE mp_1 PARTITION OF mp FOR VALUES IN (1);
CREATE TABLE mp_2 PARTITION OF mp FOR VALUES IN (2);
CREATE TABLE c_rows (id text, {COLUMNS});
CREATE VIEW c AS SELECT * FROM c_rows;
INSERT INTO k (id, customer) SELECT nextval('ids'), 'c' || g % 20 FROM generate_series(1, 300) g;
INSERT INTO m (id, customer) SELECT nextval('ids'), 'c' || g % 20 FROM generate_series(1, 300) g;
INSERT INTO c_rows (id, customer, at) SELECT nextval('ids'), 'c' || g % 20, now() - interval '3 hours' * random() FROM generate_series(1, 300) g;
INSERT INTO written SELECT 'k', id::text FROM k UNION ALL SELECT 'm', id::text FROM m UNION ALL SELECT 'c', id FROM c;
"""
TABLES = {"k": "k", "kp": "kp", "kt": "kt", "m": "m", "mp": "mp", "c": "c_rows"}
IDS = {"kt": "gen_random_uuid()"}


class Worker(threading.Thread):
    """A session that does one thing after another until time is over."""

    def __init__(self, number, what):
        super().__init__()
        self.random = random.Random(SEED * 100 + number)
        self.number, self.what, self.done = number, what, 0
        self.session = Session(DATABASE, "SET client_min_messages = error; SET lock_timeout = '4s'; SET deadlock_timeout = '200ms';")

    def run(self):
        while time.monotonic() < ends:
            self.what(self)
            self.done += 1
        self.session.run("ROLLBACK;")

    def pause(self, most):
        time.sleep(self.random.random() * most)

    def ids(self, table, n):
        """Drawn now, for rows that are inserted later."""
        return [row for row in self.session.run(f"SELECT {IDS.get(table, 'nextval($$ids$$)')} FROM generate_series(1, {n});") if row]

    def insert(self, table, n=None, ids=None):
        r = self.random
        n = n or r.choice((1, 2, 5, 30))
        into, columns, value = TABLES[table], "id, customer", "id, 'c' || floor(random() * 20)"
        if table == "mp" and r.random() < 0.4:
            part = r.randrange(3)
            into, columns, value = f"mp_{part}", columns + ", part", value + f", {part}"
        if table in ("m", "mp") and r.random() < 0.2:
            columns, value = columns + ", clientele_mark", value + ", NULL"
        rows = f"unnest('{{{','.join(ids)}}}'::text[]) g (given)" if ids else f"generate_series(1, {n}) g"
        kind = {"kt": "uuid", "c": "text"}.get(table, "bigint")
        one = f"given::{kind}" if ids else f"{IDS.get(table, 'nextval($$ids$$)')}::{kind}"
        return (f"WITH new AS (SELECT {one} AS id FROM {rows}), logged AS (INSERT INTO written SELECT '{table}', id::text FROM new)"
                f" INSERT INTO {into} ({columns}) SELECT {value} FROM new;")


def write(w):
    r, run = w.random, w.session.run
    table = r.choice(list(TABLES))
    into = TABLES[table]
    kind = r.choice(("plain", "plain", "savepoints", "long", "prepared", "early", "update", "delete", "several"))
    if kind == "plain":
        run(w.insert(table))
    elif kind == "savepoints":
        run("BEGIN; " + w.insert(table) + " SAVEPOINT a; " + w.insert(table))
        w.pause(0.2)
        run(r.choice(("RELEASE a;", "ROLLBACK TO a;")) + " SAVEPOINT b; " + w.insert(table))
        run(r.choice(("COMMIT;", "COMMIT;", "ROLLBACK;")))
    elif kind == "long":
        run("BEGIN; " + w.insert(table))
        w.pause(SECONDS / 4)
        run(w.insert(table) + r.choice(("COMMIT;", "COMMIT;", "ROLLBACK;")))
    elif kind == "prepared":
        name = f"{DATABASE} {w.number} {w.done}"
        run("BEGIN; " + w.insert(table) + f" PREPARE TRANSACTION '{name}';")
        w.pause(SECONDS / 4)
        run(r.choice(("COMMIT", "COMMIT", "ROLLBACK")) + f" PREPARED '{name}';")
    elif kind == "early":
        ids = w.ids(table, 5)
        w.pause(2)
        run(w.insert(table, ids=ids[:3]))
        w.pause(1)
        run("BEGIN; " + w.insert(table, ids=ids[3:]))
        w.pause(1)
        run("COMMIT;")
    elif kind == "update":
        run(f"UPDATE {into} SET {r.choice(('x = $$y$$', 'customer = $$c1$$', 'at = at'))} WHERE random() < 0.05;")
    elif kind == "delete":
        run(f"DELETE FROM {into} WHERE random() < 0.01;")
    else:
        run("BEGIN; " + "".join(w.insert(t) for t in r.sample(list(TABLES), 3)) + r.choice(("COMMIT;", "ROLLBACK;")))
    w.pause(0.03)


def maintain(w):
    r, run = w.random, w.session.run
    table = r.choice(list(TABLES.values()))
    kind = r.choice(("VACUUM (FREEZE)", "VACUUM (FULL)", "ANALYZE", "cluster", "alter", "refresh", "attach", "reindex"))
    if kind == "cluster":
        table = r.choice(("k", "kt"))
        run(f"CLUSTER {table} USING {table}_pkey;")
    elif kind == "alter":
        run(f"ALTER TABLE {table} ALTER x TYPE {r.choice(('text', 'varchar(30)', 'varchar(20) USING left(x, 20)'))};"
            if table != "c_rows" else "SELECT 1;")
    elif kind == "refresh":
        table = r.choice(("k", "kt"))
        run(f"BEGIN; LOCK TABLE {table}; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table}; TRUNCATE {table};"
            f" INSERT INTO {table} SELECT * FROM kept; COMMIT;")
        run("ROLLBACK;")
    elif kind == "attach":
        part = 10 + w.done
        run(f"BEGIN; CREATE TABLE mp_{part} (LIKE mp); INSERT INTO mp_{part} (id, customer, at, part) SELECT nextval('ids'), 'c7', now(), {part}"
            f" FROM generate_series(1, 20); INSERT INTO written SELECT 'mp', id::text FROM mp_{part}; COMMIT;")
        run(f"ALTER TABLE mp ATTACH PARTITION mp_{part} FOR VALUES IN ({part});")
        attached.append(part)
    elif kind == "reindex":
        run(f"REINDEX TABLE {table};")
    else:
        run(f"{kind} {table};")
    w.pause(0.5)


def ingest(w):
    r, run = w.random, w.session.run
    size = r.choice((7, 100, 1000, 100000))
    kind = r.choice(("all", "all", "one", "batch", "undone", "own", "snapshot", "cancelled", "sweep"))
    table = r.choice(list(TABLES))
    if kind == "all":
        run(f"CALL clientele.ingest(NULL, {size});")
    elif kind == "one":
        run(f"CALL clientele.ingest('{table}', {size});")
    elif kind == "batch":
        run(f"SELECT clientele.ingest_batch('{table}', {size});")
    elif kind == "undone":
        run(f"BEGIN; SELECT clientele.ingest_batch('{table}', {size}); ROLLBACK;")
    elif kind == "own":
        # A batch in a transaction that writes to the source, too, and ends later.
        run("BEGIN; " + w.insert(table) + f" SELECT clientele.ingest_batch('{table}', {size}); " + w.insert(table))
        w.pause(0.3)
        run(f"SELECT clientele.ingest_batch('{table}', {size}); " + r.choice(("COMMIT;", "ROLLBACK;")))
    elif kind == "snapshot":
        run(f"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; SELECT clientele.ingest_batch('{table}', {size}); COMMIT;")
    elif kind == "cancelled":
        run(f"SET statement_timeout = {r.randrange(1, 40)}; CALL clientele.ingest(NULL, {size}); RESET statement_timeout;")
    else:
        run(f"UPDATE clientele_data.source_progress SET swept_at = NULL WHERE random() < 0.5; CALL clientele.ingest('{table}', {size});")
    w.pause(0.2)


print(f"seed {SEED} (CLIENTELE_SEED repeats it)", flush=True)
T.psql("CREATE EXTENSION IF NOT EXISTS clientele;\nCALL clientele.create_store();")
if T.psql("SHOW max_prepared_transactions;") == [["0"]]:
    T.skip("prepared transactions are disabled")
    T.end()
T.psql(SETUP + "".join(
    ADD.format(name=name, relation=name, method={"k": "key", "m": "mark", "c": "cursor"}[name[0]],
               more=", cursor => 'at', lateness => '1 hour'" if name in ("kt", "c") else "") for name in TABLES))
attached = []
ends = time.monotonic() + SECONDS
workers = [Worker(n, write) for n in range(12)] + [Worker(12, maintain)] + [Worker(n, ingest) for n in (13, 14)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()

END = Session(DATABASE)
for (name,) in T.psql(f"SELECT gid FROM pg_prepared_xacts WHERE gid LIKE '{DATABASE} %';"):
    END.run(f"{random.Random(SEED).choice(('COMMIT', 'ROLLBACK'))} PREPARED '{name}';")
for worker in workers:
    worker.session.end()
# Partitions that could not be attached in time do not belong to the table.
for part in attached:
    if T.psql(f"SELECT count(*) FROM pg_inherits WHERE inhrelid = to_regclass('mp_{part}');") == [["0"]]:
        T.psql(f"DELETE FROM written WHERE source = 'mp' AND id IN (SELECT id::text FROM mp_{part});")
before_sweep = {tuple(row) for row in T.psql(READ + ";")}
T.psql("UPDATE clientele_data.source_progress SET swept_at = NULL;\nCALL clientele.ingest();\nCALL clientele.ingest();")
read = {}
for name, item in T.psql(READ + ";"):
    read[name, item] = read.get((name, item), 0) + 1
written = {tuple(row) for row in T.psql("SELECT source, id FROM written;")}
failed = T.psql("SELECT source, error FROM clientele_data.source_status WHERE error IS NOT NULL;")
T.same("no source has failed in the end", [], failed)
for name, table in TABLES.items():
    there = {(name, row[0]) for row in T.psql(f"SELECT id FROM {table};")}
    lost = there - set(read)
    twice = {k: n for k, n in read.items() if k[0] == name and n > 1}
    strange = {k for k in read if k[0] == name} - written
    late = len({k for k in read if k[0] == name} - before_sweep)
    T.check(f"{name}: none of {len(there)} rows is lost", there and not lost, sorted(lost)[:5])
    T.check(f"{name}: none is read twice", not twice, sorted(twice.items())[:5])
    T.check(f"{name}: none is read that was not committed", not strange, sorted(strange)[:5])
    print(f"{name}: {len(there)} rows, {len(lost)} lost, {len(twice)} twice, {late} found at the end", flush=True)
bad = [e for w in workers for e in w.session.errors
       if not any(known in e for known in ("lock timeout", "deadlock detected", "could not serialize", "statement timeout", "canceling statement",
                                           "current transaction is aborted"))]
T.check("nothing else fails", not bad, bad[:5])
print(f"{sum(w.done for w in workers if w.what is write)} writes, {sum(w.done for w in workers if w.what is ingest)} calls of ingestion,"
      f" {sum(w.done for w in workers if w.what is maintain)} of maintenance", flush=True)
T.end()
