#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Functions on raw rows beside those of ClickHouse that have the same names, in an embedded ClickHouse.

usage: clickhouse.py [SEED [GROUPS]]      (with CLIENTELE_LONG=1 only; default: a fresh seed, and 100,000 groups for each question)

The oracles have the procedure of ClickHouse, step by step: it must give ClickHouse's answer. Where the documentation says that the
answers are the same, ours must be that answer, too. In other modes of window_funnel ours must be at least as deep, or the depth by
definition: a row that breaks a chain goes unnoticed there if an older chain, whose window is over, stands in its way.
"""
import importlib.util
import itertools
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import peers  # noqa: E402
from checks import ROOT, Checks, copy  # noqa: E402
from measure import CACHE  # noqa: E402

ORACLES = ROOT.parent / "shared/oracle"
checks = Checks("clickhouse")


def load_oracle(name):
    spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


class ClickHouse:
    """The embedded system; tables come as files of tab-separated values."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        os.makedirs(CACHE, exist_ok=True)
        self.engine = peers.Engine(peers.environment(CACHE), "clickhouse", str(self.folder / "engine"))

    def table(self, name, columns, rows):
        """Read in the order of the rows, by one thread."""
        path = self.folder / f"{name}.tsv"
        with open(path, "w", encoding="utf-8") as out:
            out.writelines("\t".join(map(str, row)) + "\n" for row in rows)
        self.run(f"DROP TABLE IF EXISTS {name}")
        self.run(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
        self.run(f"INSERT INTO {name} SELECT * FROM file('{path}', TSV, '{columns}') SETTINGS max_threads = 1, max_insert_threads = 1")
        path.unlink()

    def run(self, sql):
        return self.engine.run(sql)[0]


# window_funnel

WITHINS = [0, 1, 2, 3, 5, 30]
STEPS = [1, 2, 3, 4]
# Ours, with the same rows and the mode that means the same.
OURS = """
SET client_min_messages = warning; SET TimeZone = 'UTC'; SET search_path = pg_temp, clientele, public;
CREATE TEMP TABLE rows (grp int, steps int, within int, at bigint, met int);
{copy}
SELECT grp, window_funnel(within * interval '1 s', to_timestamp(at), '{mode}', VARIADIC ARRAY(
         SELECT (met >> s & 1)::boolean FROM generate_series(0, steps - 1) s))
FROM rows GROUP BY grp, steps, within;
"""


def combinations():
    """Each mode of ClickHouse alone, and all of their combinations."""
    for order in ((), ("strict_order",), ("strict_order", "allow_reentry")):
        for on in itertools.product((0, 1), repeat=3):
            yield order + tuple(itertools.compress(("strict_deduplication", "strict_increase", "strict_once"), on))


def random_rows(rng, steps, within):
    """Rows (time, bits of the conditions): ties, rows of several conditions or none, times at the ends of the window."""
    overlap, none = rng.choice([0, 0, .15, .4]), rng.choice([0, .1, .3])
    spread = rng.choice([2, 4, 8, 20, 60])
    rows = []
    for _ in range(rng.choice([1, 2, 4, 6, 8, 12])):
        at = rng.randrange(spread + 1)
        if rows and rng.random() < .3:
            at = max(0, rows[0][0] + rng.choice([0, within, within + 1, within - 1]))
        met = 0 if rng.random() < none else 1 << rng.randrange(steps)
        if met and overlap:
            met |= sum(1 << s for s in range(steps) if rng.random() < overlap)
        rows.append((at, met))
    return rows


def by_definition(oracle, modes, group):
    """The depth, where ClickHouse has forgotten a row that breaks the chain; -1 if there are too many orders of equal times."""
    steps, within, rows = group
    few = len(list(itertools.islice(oracle.orders(oracle.split(rows, modes)), 5000))) < 5000
    return oracle.depth(rows, steps, within, set(modes)) if few else -1


def window_funnel(clickhouse, rng, groups):
    oracle = load_oracle("window_funnel_raw")
    for words in combinations():
        asked, lines = {}, []
        for g in range(groups):
            steps, within = rng.choice(STEPS), rng.choice(WITHINS)
            rows = random_rows(rng, steps, within)
            asked[g] = (steps, within, [(at, [bool(met >> s & 1) for s in range(steps)]) for at, met in rows])
            lines += [(g, steps, within, at, met) for at, met in rows]
        clickhouse.table("rows", "grp UInt32, steps UInt8, within UInt32, at UInt64, met UInt32", lines)
        theirs = {}
        for steps, within in itertools.product(STEPS, WITHINS):
            modes = "".join(f", '{word}'" for word in words)
            conditions = ", ".join(f"bitTest(met, {s})" for s in range(steps))
            theirs.update((int(g), int(level)) for g, level in clickhouse.run(
                f"SELECT grp, windowFunnel({within}{modes})(at, {conditions}) FROM rows "
                f"WHERE steps = {steps} AND within = {within} GROUP BY grp SETTINGS max_threads = 1"))
        ours_mode = [w for w in words if w != "strict_once"] + ([] if "strict_once" in words else ["shared"])
        script = OURS.format(copy=copy("rows", lines), mode=",".join(ours_mode) or "ordered")
        ours = {int(g): int(level) for g, level in checks.psql(script)}
        same = set(words) <= {"strict_once"} or set(words) == {"strict_increase", "strict_once"}
        name, deeper, less = ",".join(words) or "default", 0, 0
        for g, (steps, within, rows) in asked.items():
            oracles = oracle.clickhouse_level(rows, steps, within, set(words))
            checks.check(f"{name}: the oracle's procedure", theirs[g] == oracles, f"{theirs[g]}, not {oracles}: {asked[g]}")
            deeper += ours[g] > theirs[g]
            less += ours[g] < theirs[g]
            good = ours[g] == theirs[g] if same else ours[g] >= theirs[g] or by_definition(oracle, ours_mode, asked[g]) == ours[g]
            checks.check(f"{name}: our answer", good, f"{ours[g]}, there {theirs[g]}: {asked[g]}")
        print(f"{name}: {len(asked)} groups, ours is deeper in {deeper}, less deep in {less}", flush=True)


QUESTIONS = [window_funnel]


def main():
    if os.environ.get("CLIENTELE_LONG") != "1":
        checks.skip("CLIENTELE_LONG=1 compares with an embedded ClickHouse")
        checks.end()
    if not ORACLES.exists():
        checks.skip(f"{ORACLES} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    groups = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    print(f"seed {seed}, {groups} groups", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            clickhouse = ClickHouse(folder)
        except peers.Unavailable as error:
            checks.skip(str(error))
            checks.end()
        print(f"ClickHouse {clickhouse.engine.version}", flush=True)
        for question in QUESTIONS:
            question(clickhouse, random.Random(f"{seed} {question.__name__}"), groups)
        clickhouse.engine.close()
    checks.end()


if __name__ == "__main__":
    main()
