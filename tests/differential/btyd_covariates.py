# SPDX-License-Identifier: PostgreSQL
"""Covariates of buy-till-you-die models, for tests/differential/btyd.py."""
import json
import math

import btyd_fits
import btyd_reference as reference
from btyd_checks import PARALLEL, check, near, psql
from btyd_published import parameters
from checks import SERIAL, copy

PURCHASES = 1
LEAVING = {"BG/NBD": (2, 1), "MBG/NBD": (2, 1), "Pareto/NBD": (3, -1)}


def likelihood(kind, at, buying, leaving, groups):
    """groups: {(z..., x, t_x, age): customers}"""
    total, width = [], len(buying)
    leaves, sign = LEAVING[kind]
    for (*z, x, t_x, age), n in groups.items():
        own = list(at)
        own[PURCHASES] *= math.exp(-sum(g * v for g, v in zip(buying, z)))
        own[leaves] *= math.exp(sign * sum(d * v for d, v in zip(leaving, z[:width])))
        total.append(n * reference.log_density(kind, own, (x, t_x, age)))
    return math.fsum(total)


def everything(rng, count):
    rows, sets = [], []
    for g in range(count):
        kind = reference.TIMES[g % 3]
        data = [(0.0, *row) for row in btyd_fits.simulated(rng, kind, 60)] + [(1.0, *row) for row in btyd_fits.simulated(rng, kind, 50)]
        sets.append((kind, data))
        rows += [(g, kind, *row, rng.choice([0.0, .5, 2.0])) for row in data]
    rng.shuffle(rows)
    psql("CREATE TABLE features (g int, kind text, z float8, x float8, t_x float8, age float8, w float8);\n" + copy("features", rows) +
         "ALTER TABLE features SET (parallel_workers = 2); ANALYZE features;")
    one_flag(rng, sets)
    invariants()
    two(rng)
    models_for(rng)


def fitted(covariates="array[z]", where="true", settings=SERIAL):
    return {int(g): json.loads(m) for g, m in psql(
        settings + f"SELECT g, btyd_fit(x, t_x, age, {covariates}, kind) FROM features WHERE {where} GROUP BY g ORDER BY g;")}


def one_flag(rng, sets):
    """A flag parts customers in two, who share r and b (s): between one fit for all and one for each."""
    fits = fitted()
    separate = [{int(g): json.loads(m) for g, m in psql(f"SELECT g, btyd_fit(x, t_x, age, kind) FROM features WHERE {w} GROUP BY g;")}
                for w in ("true", "z = 0", "z = 1")]
    for g, (kind, data) in enumerate(sets):
        fit, groups = fits[g], btyd_fits.counted(data)
        at, buying, leaving = parameters(fit), fit["purchase_effects"], fit["dropout_effects"]
        what = f"covariates, {kind} {at} {buying} {leaving}:"
        whole, no, yes = (s[g]["log_likelihood"] for s in separate)
        # Bounds are in units of the mean age, so a part's may be narrower than those of all.
        slack = 1e-6 if not any("at_bound" in f for f in (separate[1][g], separate[2][g])) else 1e-2
        check(f"{what} between", whole - 1e-6 <= fit["log_likelihood"] <= no + yes + slack, (whole, fit["log_likelihood"], no + yes))
        near(f"{what} likelihood", fit["log_likelihood"], likelihood(kind, at, buying, leaving, groups), 1e-10, 1e-8)
        bounds = btyd_fits.box(kind, [d[1:] for d in data]) + [(-50, 50)] * 2

        def f(v):
            return likelihood(kind, [math.exp(p) for p in v[:4]], v[4:5], v[5:], groups)
        start = [*(math.log(v) + rng.uniform(-.3, .3) for v in at), buying[0] + rng.uniform(-.3, .3), leaving[0] + rng.uniform(-.3, .3)]
        best = reference.highest(f, [min(max(v, low), high) for v, (low, high) in zip(start, bounds)], bounds)[0]
        check(f"{what} another optimiser finds nothing better", best <= fit["log_likelihood"] + btyd_fits.slack(at, bounds), (best, fit["log_likelihood"]))
        check(f"{what} errors", all(len(fit[k]) == 1 for k in ("purchase_effect_errors", "dropout_effect_errors")), fit)


def invariants():
    """What must not matter: the plan, the order, and how a covariate is written."""
    fits = fitted()
    check("covariates, parallel", fitted(settings=PARALLEL) == fits)
    plan = psql(PARALLEL + "EXPLAIN (COSTS OFF) SELECT g, btyd_fit(x, t_x, age, array[z], kind) FROM features GROUP BY g;")
    check("the parallel plan is one", any("Partial" in line[0] for line in plan), plan)
    (same,), = psql("""SELECT bool_and(btyd_model_send(a) = btyd_model_send(b) AND btyd_model_send(a) = btyd_model_send(c)) FROM (
  SELECT btyd_fit(x, t_x, age, array[z], kind) AS a, btyd_fit(x, t_x, age, array[z], kind ORDER BY md5(t_x::text || age || z), x) AS b,
    btyd_fit(ROW(x::int, t_x, age, NULL, NULL, NULL, NULL)::purchase_summary, array[z], kind) AS c FROM features GROUP BY g) v;""")
    check("covariates, any order and both doors", same == "t", same)
    for name, covariates, factor in (("mirrored", "array[1 - z]", -1), ("doubled", "array[2 * z]", .5)):
        for g, other in fitted(covariates).items():
            # Bounds are those of the customers with z = 0, so at one the two may differ.
            inside = "at_bound" not in fits[g] and "at_bound" not in other
            near(f"covariates, {name}, likelihood", other["log_likelihood"], fits[g]["log_likelihood"], 0, 1e-6 if inside else 1e-2)
            if inside and abs(fits[g]["dropout_effects"][0]) < 5:
                for effects in ("purchase_effects", "dropout_effects"):
                    near(f"covariates, {name}, {effects} {fits[g]}", other[effects][0], factor * fits[g][effects][0], 2e-2, 2e-3)


def two(rng):
    """Two covariates, of which one does not matter: hardly better than without it, and not worse."""
    one, both = fitted("array[z]"), fitted("array[z, w]")
    for g, fit in both.items():
        gain = fit["log_likelihood"] - one[g]["log_likelihood"]
        # At a bound the likelihood is nearly flat in some directions, with several maxima; the fit may end in a lower one.
        slack = 0.5 if "at_bound" in fit or "at_bound" in one[g] else 1e-6
        check(f"a second covariate, {gain} for {fit}", -slack <= gain < 20 and len(fit["purchase_effects"]) == 2, gain)


def models_for(rng):
    """btyd_model_for by the definition, and predictions by it."""
    written = []
    for i in range(30):
        kind = reference.TIMES[i % 3]
        at = [math.exp(rng.uniform(-2, 3)) for _ in range(4)]
        z, buying, leaving = ([rng.uniform(-2, 2) for _ in range(1 + i % 3)] for _ in range(3))
        written.append((kind, at, z, buying, leaving))
    psql("CREATE TABLE with_effects (id int, m btyd_model, z float8[]);\n" + copy("with_effects", [
        (i, json.dumps({"model": k, "parameters": dict(zip(reference.NAMES[k], at)), "purchase_effects": b, "dropout_effects": d}), str(z).replace("[", "{").replace("]", "}"))
        for i, (k, at, z, b, d) in enumerate(written)]))
    for (kind, at, z, buying, leaving), (text, churn) in zip(written, psql(
            "SELECT btyd_model_for(m, z), churn_prob(2, 3, 4, btyd_model_for(m, z)) FROM with_effects ORDER BY id;")):
        got, (leaves, sign) = parameters(json.loads(text)), LEAVING[kind]
        want = list(at)
        want[PURCHASES] *= math.exp(-sum(g * v for g, v in zip(buying, z)))
        want[leaves] *= math.exp(sign * sum(d * v for d, v in zip(leaving, z)))
        for g, w in zip(got, want):
            near(f"btyd_model_for, {kind}", g, w, 1e-13)
        near(f"churn_prob by btyd_model_for, {kind} {want}", float(churn), reference.expectations(kind, want, (2.0, 3.0, 4.0), 1.0, .1)[0], 1e-8, 1e-10)
