#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Buy-till-you-die models against published figures and an implementation that shares no code.

usage: btyd.py [SEED [COUNT]]      (default: a fresh seed, 40 random customers)

From 300 customers on it also fits so many different rows that times go to a grid.
"""
import random
import sys
import time

sys.dont_write_bytecode = True

import btyd_covariates  # noqa: E402
import btyd_fits  # noqa: E402
import btyd_hostile  # noqa: E402
import btyd_predictions  # noqa: E402
import btyd_published  # noqa: E402
from btyd_checks import btyd  # noqa: E402

LONG = 300


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(f"btyd: seed {seed}, {count} random customers", flush=True)
    btyd.new_database("CREATE EXTENSION clientele;")
    rng = random.Random(seed)
    parts = [(btyd_published.everything, ()), (btyd_predictions.predictions, (rng, count)),
             (btyd_predictions.hypergeometric, (rng, count // 2)), (btyd_fits.everything, (rng, count // 5)),
             (btyd_covariates.everything, (rng, max(1, count // 50))), (btyd_hostile.everything, ())]
    if count >= LONG:  # millions of customers: a minute of its own
        parts.append((btyd_fits.grid, ()))
    for part, arguments in parts:
        started = time.time()
        part(*arguments)
        print(f"{part.__module__}.{part.__name__}: {time.time() - started:.0f} s", flush=True)
    btyd.drop_database()
    btyd.end()


main()
