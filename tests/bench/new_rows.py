#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""How long it takes to find the new rows of a source: batches of 10,000 rows, out of tables of different sizes, also while a prepared
transaction is open.

What is measured is a batch that counts its rows and writes the ledger, but packs nothing. ./run bench --ingest calls it; by itself it
works in the database of PGDATABASE, which has the extension, and drops what it makes.
"""
import argparse
import statistics

from psql import Psql

# In place of pack_source_rows(): reads the event ids as the owner of the source, and remembers them.
COUNTED = """CREATE OR REPLACE FUNCTION clientele.pack_source_rows(source_id bigint, run_id bigint, "rows" text, cursor text DEFAULT NULL)
  RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  numbers CONSTANT boolean := (SELECT p.event_ids = 'numbers' FROM clientele_data.source_progress p WHERE p.source_id = $1);
  asked text[];
BEGIN
  asked := clientele.ask_source(source_id, format('SELECT pg_catalog.pg_current_snapshot(), pg_catalog.count(*), pg_catalog.max(s.id)%s %s',
    CASE WHEN numbers THEN ', pg_catalog.array_agg(s.id)' END, CASE WHEN numbers THEN format('FROM (SELECT s.id %s) s', $3) ELSE $3 END));
  IF numbers THEN
    PERFORM clientele.ledger_add(source_id, asked[4]::bigint[]);
  END IF;
  UPDATE clientele_data.load_runs r SET rows_read = asked[2]::bigint, rows_packed = asked[2]::bigint WHERE r.run_id = $2;
  RETURN jsonb_build_object('read', asked[2]::bigint, 'snapshot', asked[1], 'last_id', asked[3]::bigint);
END $$"""
BATCH = 10_000


def insert(db, table, first, rows):
    db.run(f"INSERT INTO {table} (id, customer, at, page) SELECT g, g % 100000, now(), repeat('x', 20) "
           f"FROM generate_series({first}, {first + rows - 1}) g")
    return first + rows


def batches(db, table, first, rounds):
    """Milliseconds of each batch that finds BATCH new rows, and of each that finds none; the next id."""
    found, idle = [], []
    for _ in range(rounds):
        first = insert(db, table, first, BATCH)
        (read,), ms = db.run(f"SELECT clientele.ingest_batch('{table}')")
        if int(read) != BATCH:
            raise SystemExit(f"{table}: {read} rows were found, not {BATCH}")
        found.append(ms)
        idle.append(db.run(f"SELECT clientele.ingest_batch('{table}')")[1])
    return found, idle, first


def measure(db, say, sizes, rounds=9, since=300_000):
    """Rows (method, rows of the table, what is open, ms to find BATCH rows, ms to find none)."""
    results = []
    db.run("CALL clientele.create_store()")
    db.run("CREATE TEMP TABLE original AS SELECT pg_get_functiondef('clientele.pack_source_rows'::regproc) AS definition")
    for method in ("key", "mark"):
        for size in sizes:
            table = f"{method}_{size}"
            db.run(f"CREATE TABLE {table} (id bigint{' PRIMARY KEY' if method == 'key' else ''}, customer bigint, at timestamptz, page text)")
            following = insert(db, table, 1, size)
            db.run(f"VACUUM (ANALYZE) {table}")
            db.run(f"SELECT count(*) FROM clientele.add_source('{table}', '{table}', '{{\"customer\": \"customer\"}}', 'at', '''view''', "
                   f"method => '{method}', history => false)")
            db.run(COUNTED)
            db.run(f"CALL clientele.ingest('{table}')")
            found, idle, following = batches(db, table, following, rounds)
            results.append((method, size, "nothing", statistics.median(found), statistics.median(idle)))
            name = f"bench {table}"
            db.run(f"BEGIN; INSERT INTO {table} (id) VALUES (-1); PREPARE TRANSACTION '{name}'")
            for _ in range(since // 50_000):
                following = insert(db, table, following, 50_000)
                db.run(f"SELECT clientele.ingest_batch('{table}')")
            found, idle, following = batches(db, table, following, rounds)
            results.append((method, size, f"a transaction, {since:,} rows since", statistics.median(found), statistics.median(idle)))
            db.run(f"ROLLBACK PREPARED '{name}'")
            db.run("DO $$ BEGIN EXECUTE (SELECT definition FROM original); END $$")
            db.run(f"SELECT clientele.drop_source('{table}'); DROP TABLE {table}")
            for row in results[-2:]:
                say("{:6} {:>12,} rows, open: {:32} {:7.1f} ms for {:,} new rows, {:6.1f} ms for none".format(
                    row[0], row[1], row[2], row[3], BATCH, row[4]))
    db.run("CALL clientele.drop_store()")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000000,10000000", help="rows of the tables")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    db = Psql()
    if db.value("SHOW max_prepared_transactions") == "0":
        raise SystemExit("max_prepared_transactions must not be 0")
    db.run("SET search_path = public, clientele")
    measure(db, lambda line: print(line, flush=True), [int(s) for s in given.sizes.split(",")], given.rounds)
    db.close()


if __name__ == "__main__":
    main()
