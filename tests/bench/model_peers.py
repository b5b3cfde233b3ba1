# SPDX-License-Identifier: PostgreSQL
"""lifetimes and scikit-learn beside us: same rows, times in turn, and whether both found the same."""

import json
import os
import subprocess

import model_questions as questions
import peers
from measure import Measures, interleaved, progress, say, seconds, table, times
from psql import copy_to

# These are known to work together, on Python 3.11 and later.
PACKAGES = ("lifetimes==0.11.3", "scikit-learn==1.9.1", "numpy==2.4.6", "scipy==1.17.1",
            "pandas==3.1.1", "autograd==1.9.1")
# Settings of numpy's linear algebra that some machines have for other programs; they slow it down.
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
OURS = "clientele"
LARGEST = 100_000  # customers: lifetimes takes seconds for them


def start(cache):
    """The program with both libraries, or None with a word why not."""
    try:
        python = peers.environment(cache, "model-peers", PACKAGES)
        environ = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        return peers.Program(python, "the peers' Python", "model_engine.py", environ=environ)
    except (peers.Unavailable, OSError, subprocess.CalledProcessError) as error:
        say(f"lifetimes and scikit-learn are left out: {error}")
        return None


def _export(cache, program, what, query):
    path = os.path.join(cache, f"{what}.csv")
    copy_to(f"COPY ({query}) TO STDOUT (FORMAT csv)", path)
    try:
        program.ask({"do": f"load_{what}", "file": path})
    finally:
        os.remove(path)


def _theirs(program, answers, competitor, question):
    """A task for interleaved(); the last answer is kept for the comparison."""
    def run():
        answers[competitor] = program.ask(question)
        return None, answers[competitor]["ms"]
    return run


def _ours(db, answers, sql):
    def run():
        lines, ms = db.run(sql)
        answers[OURS] = lines[0]
        return None, ms
    return run


def _report(title, measures, competitors, notes):
    """One row a question: our time, and theirs with the ratio."""
    say()
    rows = []
    for question in dict.fromkeys(q for q, _ in measures.times):
        base = measures.median(question, OURS)
        cells = [question, seconds(base)]
        for competitor in competitors:
            theirs = measures.median(question, competitor)
            cells += [seconds(theirs), times(theirs, base)]
        rows.append(cells)
    table([title, OURS, *(cell for c in competitors for cell in (c, "ratio"))], rows)
    for note in notes:
        say(f"  {note}")


RAW, GROUPED = "lifetimes", "lifetimes, grouped"


def ask_purchases(db, program, cache, customers, runs, calendar="two years"):
    """btyd_fit and its predictions beside lifetimes, on models.customers."""
    progress(f"asking lifetimes about {customers:,} customers")
    _export(cache, program, "customers", "SELECT frequency, recency, age FROM models.customers")
    measures, fits = Measures(), {}
    interleaved(measures, [
        ("fit of BG/NBD", OURS, _ours(db, fits, questions.fit("BG/NBD")), None),
        *(("fit of BG/NBD", name,
           _theirs(program, fits, name, {"do": "fit_purchases", "grouped": name == GROUPED}), None)
          for name in (RAW, GROUPED))], runs)
    model = json.loads(fits[OURS])
    found = {OURS: model["parameters"], **{name: fits[name]["parameters"] for name in (RAW, GROUPED)}}
    heights = {name: program.ask({"do": "log_likelihood", "parameters": p})["value"]
               for name, p in found.items()}
    notes = [f"{model['groups']:,} groups of equal customers",
             f"log-likelihood by one formula: {OURS} {heights[OURS]:.6f}, "
             f"which says {model['log_likelihood']:.6f}"]
    for name in (RAW, GROUPED):
        higher = (heights[OURS] - heights[name]) / abs(heights[name])
        apart = _apart([found[OURS][p] for p in questions.TRUTH], [found[name][p] for p in questions.TRUTH])
        notes.append(f"{name} {heights[name]:.6f}: ours is higher by {higher:.1e} of it; "
                     f"parameters differ by {apart:.1e} at most")
    sums = {}
    tasks = []
    for question, sql in questions.predictions("BG/NBD", fits[OURS]).items():
        horizon = questions.HORIZON if question.startswith(questions.EXPECTED) else None
        theirs = {"do": "predict_purchases", "parameters": model["parameters"], "horizon": horizon}
        answers = sums.setdefault(question, {})
        tasks += [(question, OURS, _ours(db, answers, sql), None),
                  (question, RAW, _theirs(program, answers, RAW, theirs), None)]
    interleaved(measures, tasks, runs)
    for question, answers in sums.items():
        theirs, ours = answers[RAW]["sum"], float(answers[OURS])
        if question.startswith(questions.CHURN):  # they say how many are alive, we how many are not
            ours = customers - ours
        notes.append(f"{question}, sums differ by {abs(ours - theirs) / abs(theirs):.1e}")
    _report(f"{customers:,} customers, {calendar}", measures, [RAW, GROUPED], notes)
    return measures


def _apart(one, other):
    """The largest relative difference."""
    return max(abs(a - b) / max(abs(a), abs(b)) for a, b in zip(one, other))


LBFGS, NEWTON = "scikit-learn, lbfgs", "scikit-learn, newton"


def ask_classifier(db, program, cache, rows, runs, coefficients):
    """churn_fit and churn_prob beside scikit-learn, on models.features. `coefficients` reads a model."""
    progress(f"asking scikit-learn about {rows:,} rows")
    values = ", ".join(f"features[{i + 1}]" for i in range(questions.FEATURES))
    _export(cache, program, "features", f"SELECT churned::int, {values} FROM models.features")
    measures, fits, sums = Measures(), {}, {}
    solvers = {LBFGS: "lbfgs", NEWTON: "newton-cholesky"}
    interleaved(measures, [
        ("fit", OURS, _ours(db, fits, questions.FIT_CLASSIFIER), None),
        *(("fit", name, _theirs(program, fits, name, {"do": "fit_classifier", "solver": solver}), None)
          for name, solver in solvers.items())], runs)
    interleaved(measures, [
        ("prediction", OURS, _ours(db, sums, questions.predict_classifier(fits[OURS])), None),
        ("prediction", NEWTON, _theirs(program, sums, NEWTON, {"do": "predict_classifier"}), None)], runs)
    found = coefficients(fits[OURS])
    notes = []
    for name in solvers:
        theirs = [fits[name]["intercept"], *fits[name]["coefficients"]]
        notes.append(f"{name}: intercept and coefficients differ by {_apart(found, theirs):.1e} of them at most")
    theirs = sums[NEWTON]["sum"]
    notes.append(f"sums of the probabilities differ by {abs(float(sums[OURS]) - theirs) / theirs:.1e}")
    _report(f"{rows:,} rows of {questions.FEATURES} features", measures, [LBFGS, NEWTON], notes)
    return measures
