# SPDX-License-Identifier: PostgreSQL
"""The checks of tests/differential/btyd.py, and how it reads numbers and models."""
import json
import math

import checks

DATABASE = "clientele_btyd_differential"
SESSION = "SET TimeZone = 'UTC'; SET client_min_messages = warning; SET search_path = public, clientele;\n"
PARALLEL = checks.PARALLEL + "SET cpu_operator_cost = 1;\n"

btyd = checks.Checks("btyd", DATABASE, SESSION)
check, psql = btyd.check, btyd.psql


def near(what, got, want, relative=0.0, absolute=0.0):
    good = got is not None and math.isfinite(got) and abs(got - want) <= absolute + relative * abs(want)
    check(what, good, f"{got!r}, not {want!r}")


def one(query):
    """The numbers in the one row of a query; None for NULL."""
    (row,) = psql(query + ";")
    return [float(v) if v else None for v in row]


def model_of(query):
    return json.loads(psql(query + ";")[0][0])
