#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""An embedded ClickHouse against what the oracles say of it, for sequences and retention in raw rows.

usage: clickhouse_sequences.py [SEED [GROUPS]]      (default: skipped; CLIENTELE_LONG=1 takes 100000 groups of each function)

Product and oracle are compared by sequences.py. Here the oracle's account of the other system is compared with that system, so that
what the documentation says about differences is true. Also counted are the groups in which the two answers differ, which must be of
the documented kinds. ClickHouse (the package chdb) takes whole seconds and 32 conditions. Patterns with a time that end in .* are left
out: it answers them at random.
"""
import importlib.util
import json
import os
import random
import re
import sys
import tempfile
import time

from checks import ROOT, Checks

sys.path.insert(0, str(ROOT / "tests/bench"))
import peers  # noqa: E402

ORACLES = ROOT.parent / "shared/oracle"
PER_QUERY = 200
checks = Checks("clickhouse_sequences.py")


def load(name):
    spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ClickHouse:
    def __init__(self, folder):
        self.program = peers.Program(peers.environment(str(ROOT / ".cache")), "ClickHouse", "engine.py", "clickhouse", f"{folder}/data", "2")
        self.folder = folder

    def answers(self, columns, rows, question, settings=""):
        """Rows of lists (group, …) become a table `log`; question is the list of what is asked of a group."""
        path = os.path.join(self.folder, "rows.json")
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        asked = self.program.ask(f"SELECT id, {question} FROM file('{path}', 'JSONCompactEachRow', 'id UInt32, {columns}') GROUP BY id {settings}")
        return {int(row[0]): row[1:] for row in asked["rows"]}


def conditions(n):
    return ", ".join(f"c{i} UInt8" for i in range(1, n + 1)), ", ".join(f"c{i}" for i in range(1, n + 1))


def compare(what, wanted, got):
    """Groups in which the oracle's account is the answer."""
    bad = [g for g in wanted if got.get(g) != wanted[g][0]]
    checks.count(len(wanted) - len(bad), 0)
    for g in bad:
        checks.check(what, False, f"the oracle says {wanted[g][0]}, ClickHouse {got.get(g)} {wanted[g][1]}")


def random_at_the_end(pattern):
    return "(?t" in pattern and pattern.endswith(".*")


def sequences(oracle, clickhouse, rng, groups):
    patterns, done, differ, explained = oracle.random_pattern, 0, [0, 0, 0], 0
    while done < groups:
        n = rng.choice([2, 2, 3, 3, 4])
        pattern = patterns(rng, n)
        if oracle.clickhouse(pattern, n, []) is None or random_at_the_end(pattern) or "error" in oracle.answer(pattern, n, []):
            continue
        oracle.random_pattern = lambda rng, n, pattern=pattern: pattern
        wanted, log = {}, []
        beside = re.search(r"\.\*\(\?t|\(\?t[^)]*\)\.\*", pattern) is not None
        for g in range(PER_QUERY):
            case = oracle.random_sequence(rng)
            there, here = case["clickhouse"], case["expected"]
            if there is None or "error" in here or not case["rows"] or len(case["rows"][0][1]) > n:
                continue
            log += [[g, 1_767_225_600 + int(t), *(met + [False] * n)[:n]] for t, met in case["rows"]]
            wanted[g] = ([str(int(there["match"])), str(there["count"]), json.dumps([int(t) for t in there["events"]], separators=(",", ":"))],
                         (pattern, case["rows"]))
            unlike = [there[k] != here[k] for k in ("match", "count", "events")]
            differ = [d + u for d, u in zip(differ, unlike)]
            explained += beside
            checks.check("answers differ only with .* beside a time", beside or not any(unlike), f"{pattern} {case['rows']}")
        columns, names = conditions(n)
        asked = ", ".join(f"{f}('{pattern}')(at, {names})" for f in ("sequenceMatch", "sequenceCount"))
        events = f"arrayMap(t -> toUnixTimestamp(t) - 1767225600, sequenceMatchEvents('{pattern}')(at, {names}))"
        compare("sequence", wanted, clickhouse.answers("at DateTime, " + columns, log, f"{asked}, {events}"))
        done += len(wanted)
    oracle.random_pattern = patterns
    print(f"sequence_match, _count, _match_events: {done} groups, {explained} with .* beside a time; the answers differ in {differ}", flush=True)


def next_nodes(oracle, clickhouse, rng, groups):
    cases, done = {}, 0
    while done < groups:
        case = oracle.random_next_node(rng)
        if case["clickhouse"] is None or not case["rows"]:
            continue
        events = len(case["rows"][0][3])
        cases.setdefault((case["direction"], case["base"], events), []).append((done, case))
        done += 1
    for (direction, base, n), group in sorted(cases.items()):
        columns, names = conditions(n)
        log = [[g, 1_767_225_600 + t, value, based, *met] for g, case in group for t, value, based, met in case["rows"]]
        wanted = {g: ([r"\N" if case["clickhouse"]["value"] is None else case["clickhouse"]["value"]], case["rows"]) for g, case in group}
        question = f"sequenceNextNode('{direction}', '{base}')(at, value, based" + (f", {names}" if n else "") + ")"
        columns = "at DateTime, value Nullable(String), based UInt8" + (f", {columns}" if n else "")
        compare(f"next node {direction} {base}", wanted,
                clickhouse.answers(columns, log, question, "SETTINGS allow_experimental_funnel_functions = 1"))
    print(f"sequence_next_node: {done} groups", flush=True)


def retentions(oracle, clickhouse, rng, groups):
    cases, done = {}, 0
    while done < groups:
        case = oracle.random_raw(rng)
        if case["rows"] and 1 < len(case["rows"][0]) <= 32:
            cases.setdefault(len(case["rows"][0]), []).append((done, case))
            done += 1
    for n, group in cases.items():
        columns, names = conditions(n)
        log = [[g, *(bool(m) for m in row)] for g, case in group for row in case["rows"]]
        wanted = {g: (["[" + ",".join(map(str, case["clickhouse"])) + "]"], case["rows"]) for g, case in group}
        compare("retention", wanted, clickhouse.answers(columns, log, f"retention({names})"))
    print(f"retention: {done} groups", flush=True)


def main():
    if not ORACLES.exists():
        checks.skip(f"{ORACLES} is not there")
        checks.end()
    if len(sys.argv) < 2 and not os.environ.get("CLIENTELE_LONG"):
        checks.skip("CLIENTELE_LONG is not set")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    groups = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    print(f"seed {seed}, {groups} groups", flush=True)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        try:
            clickhouse = ClickHouse(folder)
            print(f"ClickHouse {clickhouse.program.version}", flush=True)
            sequences(load("sequences"), clickhouse, rng, groups)
            next_nodes(load("sequences"), clickhouse, rng, groups)
            retentions(load("retention"), clickhouse, rng, groups)
            clickhouse.program.close()
        except peers.Unavailable as why:
            checks.skip(str(why))
    checks.end()


if __name__ == "__main__":
    main()
