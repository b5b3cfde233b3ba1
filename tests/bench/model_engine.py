# SPDX-License-Identifier: PostgreSQL
"""Runs inside the private environment of --models --peers: lifetimes and scikit-learn.

Reads questions as JSON objects, a line each, {"do": name, ...}, and answers each with a line of
JSON: the versions first, then {"ms": …, …} or {"error": …}. Data are read before times are taken.
"""

import json
import os
import sys
import time
import warnings

import numpy
import pandas
import sklearn
from lifetimes import BetaGeoFitter
from lifetimes.version import __version__ as lifetimes_version
from scipy.special import gammaln
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = {}


def timed(work):
    started = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - started) * 1000


def load_customers(file):
    rows = pandas.read_csv(file, header=None, float_precision="round_trip").to_numpy(dtype=float)
    data["customers"] = [numpy.ascontiguousarray(column) for column in rows.T]
    return {"rows": len(rows)}


def fit_purchases(grouped):
    """As lifetimes takes them, a row a customer; or equal customers first counted, which it can weigh."""
    x, t_x, age = data["customers"]

    def work():
        if not grouped:
            return BetaGeoFitter(penalizer_coef=0).fit(x, t_x, age)
        rows = pandas.DataFrame({"x": x, "t_x": t_x, "age": age})
        groups = rows.groupby(["x", "t_x", "age"], sort=False).size().reset_index(name="n")
        return BetaGeoFitter(penalizer_coef=0).fit(groups.x, groups.t_x, groups.age, groups.n)
    model, ms = timed(work)
    return {"ms": ms, "parameters": {name: float(v) for name, v in model.params_.items()}}


def log_likelihood(parameters):
    """Fader, Hardie & Lee 2005, eq. 6, in logarithms: written for this comparison, from the paper.
    No factor that depends on the data only is left out, as there is none in the equation."""
    x, t_x, age = data["customers"]
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    start = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    survived = (gammaln(b + x) + gammaln(a + b) - gammaln(b) - gammaln(a + b + x)
                - (r + x) * numpy.log(alpha + age))
    with numpy.errstate(invalid="ignore", divide="ignore"):
        left = (gammaln(a + 1) + gammaln(b + x - 1) + gammaln(a + b) - gammaln(a) - gammaln(b)
                - gammaln(a + b + x) - (r + x) * numpy.log(alpha + t_x))
    left = numpy.where(x > 0, left, -numpy.inf)
    return {"value": float(numpy.sum(start + numpy.logaddexp(survived, left)))}


def predict_purchases(parameters, horizon):
    """P(alive), or with a horizon the expected purchases, of all customers."""
    x, t_x, age = data["customers"]
    model = BetaGeoFitter()
    model.params_ = pandas.Series(parameters)

    def work():
        if horizon is None:
            return model.conditional_probability_alive(x, t_x, age)
        return model.conditional_expected_number_of_purchases_up_to_time(horizon, x, t_x, age)
    values, ms = timed(work)
    return {"ms": ms, "sum": float(numpy.sum(values))}


def load_features(file):
    rows = pandas.read_csv(file, header=None, float_precision="round_trip").to_numpy(dtype=float)
    data["churned"] = rows[:, 0] > 0.5
    data["features"] = numpy.ascontiguousarray(rows[:, 1:])
    return {"rows": len(rows)}


# C = infinity is what penalty=None was called before scikit-learn 1.8.
SOLVERS = {
    "lbfgs": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=numpy.inf, max_iter=1000)),
    "newton-cholesky": lambda: make_pipeline(LogisticRegression(
        C=numpy.inf, solver="newton-cholesky", tol=1e-8)),
}


def fit_classifier(solver):
    model, ms = timed(lambda: SOLVERS[solver]().fit(data["features"], data["churned"]))
    data["classifier"] = model
    last = model[-1]
    coefficients, intercept = last.coef_[0].copy(), float(last.intercept_[0])
    if len(model) > 1:  # back to the features as they were
        coefficients /= model[0].scale_
        intercept -= float(coefficients @ model[0].mean_)
    return {"ms": ms, "coefficients": coefficients.tolist(), "intercept": intercept}


def predict_classifier():
    values, ms = timed(lambda: data["classifier"].predict_proba(data["features"])[:, 1])
    return {"ms": ms, "sum": float(values.sum())}


def main():
    warnings.simplefilter("ignore")
    # Whatever a library prints goes to standard error, not among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    known = [load_customers, fit_purchases, log_likelihood, predict_purchases, load_features,
             fit_classifier, predict_classifier]
    known = {function.__name__: function for function in known}
    say({"lifetimes": lifetimes_version, "scikit-learn": sklearn.__version__,
         "numpy": numpy.__version__})
    for line in sys.stdin:
        try:
            question = json.loads(line)
            say(known[question.pop("do")](**question))
        except Exception as error:  # the parent decides what an error means
            say({"error": repr(error)})


main()
