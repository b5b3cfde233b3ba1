#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The demo on real and on hostile files: every row accounted for, totals as Python's csv counts them.

usage: demo_files.py [SEED [COUNT]]      (default: a fresh seed, 20 hostile files)

CLIENTELE_PSQL is the psql to use, CLIENTELE_BUILD where the demo's programs are (default: build).
The last line is `demo_files: N passed, N failed, N skipped`.
"""
import csv
import datetime
import gzip
import io
import os
import random
import subprocess
import sys
from decimal import Decimal

from checks import BUILD, DATA, PSQL, ROOT, Checks

checks = Checks("demo_files")
check = checks.same


def psql(*arguments, data=b""):
    return subprocess.run([PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", *arguments], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout.decode().strip()


def load(data):
    """What the demo does with a file: import, COPY, load_events."""
    psql("-f", str(ROOT / "demo" / "prepare.sql"))
    rows = subprocess.run([BUILD / "demo/import"], input=data, capture_output=True)
    if rows.returncode not in (0, 1, 2):
        raise RuntimeError(f"import ended with {rows.returncode}: {rows.stderr[-300:]}")
    psql("-c", "COPY demo.events (row, line, customer, at, event, channel, item, amount, reject, content) FROM STDIN",
         data=rows.stdout)
    if psql("-c", "SELECT EXISTS (SELECT FROM demo.usable)") == "t":
        psql("-f", str(ROOT / "demo" / "load_file.sql"))
    return rows.returncode


TOTALS = """SELECT (SELECT count(*) FROM demo.events), count(*), (SELECT count(*) FROM demo.rejects),
  count(DISTINCT customer_id), count(DISTINCT event), count(DISTINCT item),
  count(*) FILTER (WHERE event = 'return'), coalesce(trim_scale(sum(amount)), 0), min(at), max(at)
  FROM clientele_bi.events"""


def totals(data, customer, time, event=None, item=None, amount=None, quantity=None):
    read = packed = returns = 0
    customers, events, items, total, times = set(), set(), set(), Decimal(0), []
    for row in csv.DictReader(io.StringIO(data.decode(), newline="")):
        read += 1
        if not row[customer].strip():
            continue
        packed += 1
        back = quantity is not None and int(row[quantity]) < 0
        returns += back
        customers.add(row[customer].strip())
        events.add(row[event].strip() if event else "return" if back else "purchase")
        if item and row[item].strip():
            items.add(row[item].strip())
        if amount:
            total += Decimal(row[amount]) * (int(row[quantity]) if quantity else 1)
        times.append(datetime.datetime.fromisoformat(row[time]))
    span = [f"{t:%Y-%m-%d %H:%M:%S}+00" for t in (min(times), max(times))]
    return "|".join(map(str, [read, packed, read - packed, len(customers), len(events), len(items), returns,
                              f"{total.normalize():f}", *span]))


FILES = {
    "online_retail.csv.gz": dict(customer="CustomerID", time="InvoiceDate", item="StockCode", amount="UnitPrice",
                                 quantity="Quantity"),
    "epub_sessions.csv": dict(customer="session_id", time="ts", item="doc"),
    "wiki_sessions.csv.gz": dict(customer="uuid", time="timestamp", item="url"),
    "hospital_bpic2011.csv.gz": dict(customer="case_id", time="timestamp", event="activity"),
    "cdnow_master.csv": dict(customer="customer_id", time="date", amount="dollar_value"),
}


def real_files():
    for name, columns in FILES.items():
        path = DATA / name
        if not path.exists():
            checks.skip(f"{path} is not there")
            continue
        data = gzip.open(path).read() if name.endswith(".gz") else path.read_bytes()
        load(data)
        check(name, totals(data, **columns), psql("-c", TOTALS))


GOOD = [b"c1", b"c2", "王伟".encode(), b'"a,b"', b'"two\nlines"', b'"q""q"']
BAD = [b"\x00", b"\xff\xfe", b'"open', b'"x"y', b"a,b,c", b"x" * 3000, b"", b"\\N", b"\\", b"\xed\xa0\x80", b"\t"]
TIMES = [b"2026-01-02", b"2026-01-02 03:04:05", b"2026-01-02T03:04:05+08:00", b"1767323045", b"2026-02-30", b"soon",
         b"infinity", b"", b"99999-01-01"]
AMOUNTS = [b"1.5", b"-2", b"", b"1e300", b"NaN", b"12x", b'"1,234.50"', b"0.0000001", b"999999999999"]


def hostile(seed, count):
    for number in range(count):
        r = random.Random(f"{seed}/{number}")
        end = r.choice([b"\n", b"\r\n"])
        lines = [b"customer,time,amount"] + [b"c1,2026-01-02 03:04:05,1.5"] * r.choice([0, 3, 40])
        for _ in range(r.randrange(60)):
            key = r.choice(GOOD if r.random() < 0.7 else BAD)
            lines.append(b",".join([key, r.choice(TIMES), r.choice(AMOUNTS)]))
        data = r.choice([b"", b"\xef\xbb\xbf"]) + end.join(lines) + r.choice([b"", end, b'"', b"\x00"])
        if r.random() < 0.1:
            data = bytes(r.randrange(256) for _ in range(r.randrange(500)))
        name = f"hostile file {number} of seed {seed}"
        try:
            load(data)
            check(name, "t", psql("-c", """
              SELECT (SELECT count(*) FROM demo.events) =
                     (SELECT count(*) FROM clientele_bi.events) + (SELECT count(*) FROM demo.rejects)
                AND NOT EXISTS (SELECT FROM demo.rejects LEFT JOIN demo.reasons USING (reason) WHERE meaning IS NULL)
                AND (SELECT count(*) = coalesce(max(row), 0) FROM demo.events)"""))
        except (subprocess.CalledProcessError, RuntimeError) as error:
            check(name, "no error", (error, getattr(error, "stderr", b"")))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(2**32)
    os.environ["PGOPTIONS"] = "-c client_min_messages=warning -c timezone=UTC"
    if checks.built("demo/import"):
        real_files()
        print(f"seed {seed}")
        hostile(seed, int(sys.argv[2]) if len(sys.argv) > 2 else 20)
        psql("-c", "DROP SCHEMA demo CASCADE", "-c", "CALL clientele.drop_store()")
    checks.end()


if __name__ == "__main__":
    main()
