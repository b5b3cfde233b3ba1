#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""./run demo with several files of one shop: rows of the same customer, as a search through their identifiers finds it.

usage: joined_files.py [SEED]      (default: a fresh seed)

Orders, visits of a web site and uses of an app are written as three programs might, each with the identifiers that it
knows: in capitals, with blanks, in national and in full form. Which rows belong together is found here by walking from
row to row over equal identifiers. The last line is `joined_files: N passed, N failed, N skipped`.
"""
import collections
import csv
import os
import random
import subprocess
import sys
import tempfile

from checks import BUILD, PSQL, ROOT, Checks

checks = Checks("joined_files")
# By the names of the files' columns: what kind of identifier it is.
FILES = {
    "orders.csv": ["客户编号", "邮箱", "手机", "下单时间", "商品", "金额"],
    "web.csv": ["cookie_id", "Login E-Mail", "timestamp", "event", "page"],
    "app.csv": ["device_id", "user_id", "event_time", "event_name", "item"],
}
KINDS = {"客户编号": "customer", "user_id": "customer", "邮箱": "email", "Login E-Mail": "email", "手机": "phone",
         "cookie_id": "cookie", "device_id": "device"}


def spelt(r, kind, value):
    if kind == "email":
        return r.choice([value, value.upper(), f" {value} ", f"mailto:{value}"])
    if kind == "phone":
        return r.choice([value, value, value, f"+86{value}", f"{value[:3]} {value[3:7]} {value[7:]}"])
    return r.choice([value, value, f" {value}"])


def write(directory, r):
    """Files, and each row's number with its identifiers. The number is its item."""
    rows, files = [], {name: [] for name in FILES}
    for person in range(r.randint(40, 120)):
        own = {"customer": f"K{1000 + person}", "email": f"someone{person}@example.com", "phone": f"139{person:08}"}
        cookies = [f"ck{person}-{n}" for n in range(r.randint(1, 3))]
        devices = [f"dev{person}-{n}" for n in range(r.randint(1, 2))]
        for _ in range(r.randint(1, 12)):
            name = r.choice(list(FILES))
            known = dict(own, cookie=r.choice(cookies), device=r.choice(devices))
            columns = [c for c in FILES[name] if c in KINDS]
            shown = [c for c in columns if r.random() < 0.6] or [r.choice(columns)]
            number = f"item-{len(rows)}"
            ids = {c: known[KINDS[c]] if c in shown else "" for c in columns}
            at = f"2026-0{r.randint(1, 6)}-{r.randint(1, 28):02} {r.randint(0, 23):02}:{r.randint(0, 59):02}:00"
            rest = {"orders.csv": [at, number, f"{r.randint(1, 90000) / 100:.2f}"],
                    "web.csv": [at, r.choice(["view", "search"]), number],
                    "app.csv": [at, r.choice(["open", "view"]), number]}[name]
            files[name].append([*(spelt(r, KINDS[c], v) if v else "" for c, v in ids.items()), *rest])
            rows.append((number, {(KINDS[c], v) for c, v in ids.items() if v}))
    for name, lines in files.items():
        r.shuffle(lines)
        with open(f"{directory}/{name}", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([FILES[name], *lines])
    return rows


def together(rows):
    """The rows that are reached from each other over equal identifiers."""
    by_identifier = collections.defaultdict(list)
    for place, (_, ids) in enumerate(rows):
        for identifier in ids:
            by_identifier[identifier].append(place)
    seen, groups = set(), set()
    for start in range(len(rows)):
        if start in seen:
            continue
        group, todo = set(), [start]
        while todo:
            place = todo.pop()
            if place in group:
                continue
            group.add(place)
            todo += [other for identifier in rows[place][1] for other in by_identifier[identifier]]
        seen |= group
        groups.add(frozenset(rows[place][0] for place in group))
    return groups


def demo(*arguments):
    done = subprocess.run(["bash", str(ROOT / "demo/demo.sh"), *arguments], capture_output=True, text=True, encoding="utf-8",
                          env=dict(os.environ, CLIENTELE_BUILD=str(BUILD), CLIENTELE_PSQL=PSQL), check=False)
    checks.same(f"the demo of {len(arguments)} files ends well", 0, done.returncode, done.stderr[-1500:])
    return done.stdout + done.stderr


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(2**32)
    if not checks.built("demo/import"):
        checks.end()
    print(f"seed {seed}")
    r = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        rows = write(directory, r)
        printed = demo(*(f"{directory}/{name}" for name in FILES))
        found = collections.defaultdict(set)
        for customer, item in checks.psql("SELECT customer_id, item FROM clientele_bi.events;"):
            found[customer].add(item)
        checks.same("rows that belong together", set(), together(rows) ^ set(map(frozenset, found.values())))
        checks.same("a file is a channel", {("app",), ("orders",), ("web",)},
                    {tuple(row) for row in checks.psql("SELECT DISTINCT channel FROM clientele_bi.events;")})
        checks.check("it shows what each file is known by", "known by" in printed and "device device_id" in printed, printed[:3000])
        # A country of its own, and options of one file.
        with open(f"{directory}/calls.csv", "w", encoding="utf-8") as file:
            file.write("Telefon;Datum;Grund\n0151 23456789;1.2.2026;Frage\n0049 151 23456789;3.2.2026;Frage\n12;3.2.2026;Frage\n")
        with open(f"{directory}/visits.csv", "w", encoding="utf-8") as file:
            file.write("phone,date,event\n+4915123456789,2026-02-05,visit\n,2026-02-06,visit\nnone,2026-02-30,visit\n")
        demo(f"{directory}/calls.csv", "--country", "DE", "--event", "Grund", "--channel-name", "service", f"{directory}/visits.csv")
        checks.same("one customer who called twice and came once", [["service", "2"], ["visits", "1"]],
                    checks.psql("SELECT channel, count(*) FROM clientele_bi.events GROUP BY channel ORDER BY channel;"))
        checks.same("and one customer", [["1"]], checks.psql("SELECT count(*) FROM clientele_data.journeys;"))
        checks.same("the other rows have their reasons", [["bad_identity"], ["bad_time"], ["missing_customer"]],
                    checks.psql("SELECT reason FROM demo.rejects ORDER BY reason;"))
        checks.psql("DROP SCHEMA demo CASCADE; CALL clientele.drop_store();")
    checks.end()


if __name__ == "__main__":
    main()
