# SPDX-License-Identifier: PostgreSQL
"""./run bench --matching: what finding probable matches costs. docs/matching.md says what is measured."""

import argparse
import os
import subprocess

import peers
import people
from machine import machine
from measure import CACHE, Measures, main, progress, results, say, seconds, table, times, write_csv
from memory import Peak
from psql import PSQL, Psql, SqlError

OURS, PEER = "clientele", "Splink on DuckDB"
PACKAGES = ("splink==5.0.0", "duckdb==1.4.2")
COMPARE = (("given_name", "name"), ("surname", "name"), ("address_1", "name"), ("address_2", "name"), ("suburb", "name"),
           ("street_number", "code"), ("postcode", "code"), ("date_of_birth", "code"), ("state", "exact"))
BLOCK = ("given_name+surname", "date_of_birth", "surname+postcode", "given_name+postcode", "address_1+street_number", "address_2",
         "suburb+surname", "suburb+given_name", "address_1+postcode")
FIT, PAIRS, ALL = "model", "pairs of at least 0.9", "both"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --matching", description="Measures probable matches.")
    parser.add_argument("--matching", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="rows, of 7 N / 10 people (default 1000000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="measured runs (default 3)")
    parser.add_argument("--peers", action="store_true", help="also ask Splink on DuckDB (downloads about 100 MB)")
    given = parser.parse_args()
    if not 1_000 <= given.rows <= 100_000_000:
        parser.error("--rows is a number from 1000 to 100000000")
    if given.runs < 1:
        parser.error("there must be runs")
    return given


def array(texts):
    return "ARRAY[" + ", ".join(f"'{text}'" for text in texts) + "]"


def make_people(db, path, rows):
    progress(f"making {rows:,} rows")
    with open(path, "w", encoding="utf-8") as file:
        people.write(file, rows)
    db.run("CREATE SCHEMA bench")
    db.run(f"CREATE TABLE bench.people ({', '.join(f'{name} text' for name in people.COLUMNS)}, PRIMARY KEY (id))")
    with open(path, encoding="utf-8") as file:
        if subprocess.run([PSQL, "-Xqc", "COPY bench.people FROM STDIN (FORMAT csv, HEADER)"], stdin=file, check=False).returncode != 0:
            raise SqlError("the rows could not be copied")
    db.run("VACUUM (ANALYZE) bench.people")


def true_pairs(db):
    return int(db.value("SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM bench.people GROUP BY split_part(id, '-', 1)) x"))


def ours(measures):
    """In a session of its own, whose memory is that of the two statements."""
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    db.run("SET client_min_messages = error")
    definition = f"match_def({array(':'.join(column) for column in COMPARE)}, {array(BLOCK)})"
    peaks = {}
    for name, sql in ((FIT, f"CREATE TEMP TABLE fitted AS SELECT match_fit('bench.people', {definition}) AS model"),
                      (PAIRS, "CREATE TEMP TABLE pairs AS SELECT p.a, p.b FROM fitted, match_pairs('bench.people', model, 0.9) p")):
        with Peak(db.value("SELECT pg_backend_pid()")) as peak:
            _, ms = db.run(sql)
        measures.add(name, OURS, ms)
        peaks[name] = peak
    measures.add(ALL, OURS, measures.times[FIT, OURS][-1] + measures.times[PAIRS, OURS][-1])
    answer = db.value("""SELECT concat_ws(' ', (SELECT model::text::jsonb #>> '{fit,candidates}' FROM fitted), count(*),
  count(*) FILTER (WHERE split_part(a, '-', 1) = split_part(b, '-', 1))) FROM pairs""")
    db.close()
    measures.check("pairs", OURS, answer)
    candidates, found, right = map(int, answer.split())
    return peaks, candidates, found, right


def theirs(measures, path, given):
    """Time, memory in MB, pairs and right pairs of one run, in a process of its own."""
    program = peers.Program(peers.environment(CACHE, "matching-peers", PACKAGES), PEER, "matching_engine.py")
    try:
        answer = program.ask({"file": path, "compare": COMPARE, "block": [key.split("+") for key in BLOCK], "threads": peers.THREADS,
                              "runs": given.runs})
    finally:
        program.close()
    for run in answer["times"]:
        measures.add(FIT, PEER, run["fit"])
        measures.add(PAIRS, PEER, run["pairs"])
        measures.add(ALL, PEER, run["fit"] + run["pairs"])
    return program.version, answer


def quality(found, right, true):
    precision, recall = right / found, right / true
    return [f"{found:,}", f"{precision:.4f}", f"{recall:.4f}", f"{2 * precision * recall / (precision + recall):.4f}"]


def run(given):
    if "CLIENTELE_RESET" in os.environ:
        subprocess.run([os.environ["CLIENTELE_RESET"]], check=True)
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    machine(db)
    os.makedirs(CACHE, exist_ok=True)
    path = os.path.join(CACHE, "people.csv")
    make_people(db, path, given.rows)
    true = true_pairs(db)
    db.close()
    measures, peak = Measures(), {}
    progress("matching them")
    for _ in range(given.runs):
        peak, candidates, found, right = ours(measures)
    sizes = [[f"{OURS}, {name}", f"{p.own:.0f}", f"{p.high:.0f}"] for name, p in peak.items()]
    rows = [[OURS, *quality(found, right, true)]]
    competitors = [OURS]
    if given.peers:
        try:
            version, answer = theirs(measures, path, given)
            competitors.append(PEER)
            sizes.append([version["version"], "", f"{answer['mb']:.0f}"])
            rows.append([version["version"], *quality(answer["found"], answer["right"], true)])
        except (peers.Unavailable, OSError, subprocess.CalledProcessError) as error:
            say(f"Splink is left out: {error}")
    os.remove(path)
    say()
    say(f"{given.rows:,} rows, {true:,} true pairs, {candidates:,} candidates; medians of {given.runs} runs")
    say()
    table(["time", OURS, *(cell for c in competitors[1:] for cell in (c, "ratio"))],
          [[q, seconds(measures.median(q, OURS)),
            *(cell for c in competitors[1:] for cell in (seconds(measures.median(q, c)), times(measures.median(q, c), measures.median(q, OURS))))]
           for q in (FIT, PAIRS, ALL)])
    say()
    table(["memory at its peak, MB", "own", "highest VmHWM"], sizes)
    say()
    table(["what was found at 0.9", "pairs", "precision", "recall", "F1"], rows)
    target = results("matching")
    write_csv(f"{target}.csv", ["question", "competitor", "runs", "median_ms", "min_ms", "max_ms", "times_ours"],
              list(measures.rows(OURS)))
    say()
    say(f"The figures are in {target}.csv")


if __name__ == "__main__":
    main(run, arguments)
