# SPDX-License-Identifier: PostgreSQL
"""./run bench --models: what models of customers cost. docs/benchmark-models.md says how to read it."""

import argparse
import json
import os

import model_peers
import model_questions as questions
import peers
from machine import machine
from measure import BUILD, CACHE, ROOT, Different, Measures, interleaved, main, progress, results, say, seconds, table, times, write_csv
from memory import Peak
from psql import Psql, copy_from

PURCHASES, CLASSIFIER = "purchases", "classifier"


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench --models",
                                     description="Measures models of customers.")
    parser.add_argument("--models", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--customers", type=int, default=10_000_000, metavar="N",
                        help="the most customers; smaller powers of ten are measured, too (default 10000000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N",
                        help="measured runs of each question (default 5)")
    parser.add_argument("--only", choices=[PURCHASES, CLASSIFIER], help="one kind of model alone")
    parser.add_argument("--peers", action="store_true",
                        help="also ask Python's lifetimes and scikit-learn (downloads about 100 MB)")
    given = parser.parse_args()
    if not 10_000 <= given.customers <= 100_000_000:
        parser.error("--customers is a number from 10000 to 100000000")
    if given.runs < 1:
        parser.error("there must be runs")
    return given


def sizes(least, most):
    """Powers of ten from `least`, and `most` itself."""
    result = []
    while least < most:
        result.append(least)
        least *= 10
    return [*result, most]


def task(db, sql):
    """The answer is a sum, whose last digits differ with what each worker happened to read."""
    return lambda: (None, db.run(sql)[1])


def fit_task(db, name, sql, models):
    """Puts the model into `models`; it is the same to the last bit in every run."""
    def run():
        lines, ms = db.run(sql)
        if models.setdefault(name, lines[0]) != lines[0]:
            raise Different(f"{name}: {lines[0]} and {models[name]} from the same rows")
        return None, ms
    return run


def workers(db, sql):
    plan = json.loads("\n".join(db.run(f"EXPLAIN (FORMAT json) {sql}")[0]))[0]["Plan"]
    while "Workers Planned" not in plan:
        if not plan.get("Plans"):
            return 0
        plan = plan["Plans"][0]
    return plan["Workers Planned"]


def make_customers(db, n, calendar=()):
    progress(f"making {n:,} customers")
    db.run("DROP TABLE IF EXISTS models.customers")
    db.run(questions.CUSTOMERS)
    copy_from([os.path.join(BUILD, "bench", "customers"), "--customers", str(n), *calendar],
              "COPY models.customers FROM STDIN")
    db.run("VACUUM (ANALYZE) models.customers")


def memory_of(sql):
    """In a session of its own, which has no memory of other statements."""
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    with Peak(db.value("SELECT pg_backend_pid()")) as peak:
        db.run(sql)
    db.close()
    return peak


class Purchases:
    """All that was measured of one number of customers."""

    def __init__(self, db, n, runs):
        make_customers(db, n)
        progress(f"asking {n:,} customers")
        self.n, self.measures = n, Measures()
        self.workers = workers(db, questions.fit("BG/NBD"))
        self.models = {}
        slow = {"Pareto/NBD": min(3, runs)} if n > 2_000_000 else {}
        tasks = [(name, "", fit_task(db, model, questions.fit(model), self.models), slow.get(model))
                 for name, model in questions.FITS.items()]
        interleaved(self.measures, [(questions.READ, "", task(db, questions.read()), None), *tasks], runs)
        asked = {}
        for model, text in self.models.items():
            asked |= questions.predictions(model, text)
        # Reading is measured again, so that it is always measured beside what it is compared with.
        interleaved(self.measures, [(questions.READ, "", task(db, questions.read()), None),
                                    *((name, "", task(db, sql), None) for name, sql in asked.items())], runs)
        progress("asking for memory")
        self.memory = {questions.READ: memory_of(questions.read()),
                       **{name: memory_of(questions.fit(model)) for name, model in questions.FITS.items()}}

    def median(self, question):
        return self.measures.median(question, "")


def report_purchases(all_sizes):
    names = list(dict.fromkeys(q for q, _ in all_sizes[-1].measures.times))
    say()
    say("Purchases: medians, and times that of reading the columns")
    rows = []
    for name in names:
        cells = [name]
        for size in all_sizes:
            ms = size.median(name)
            cells += [seconds(ms), times(ms, size.median(questions.READ))]
        rows.append(cells)
    table(["customers", *(cell for size in all_sizes for cell in (f"{size.n:,}", ""))], rows)
    say(f"  (runs: {all_sizes[-1].measures.runs(questions.FITTED, '')} each, fits of Pareto/NBD at most 3 "
        "above 2,000,000; workers beside the leader: " + ", ".join(str(size.workers) for size in all_sizes) + ")")
    last = all_sizes[-1]
    for name, aim in questions.AIMS.items():
        ratio = last.median(name) / last.median(questions.READ)
        say(f"  {name}, {last.n:,} customers: {ratio:.1f} times reading; the aim at 10,000,000 is {aim}")
    say()
    table(["nanoseconds a customer", *(f"{size.n:,}" for size in all_sizes)],
          [[name, *(f"{size.median(name) * 1e6 / size.n:,.0f}" for size in all_sizes)] for name in names])
    say()
    rows = []
    for size in all_sizes:
        for name, peak in size.memory.items():
            rows.append([f"{size.n:,} customers, {name}", peak.processes,
                         *("" if mb is None else f"{mb:.1f}" for mb in (peak.own, peak.pss, peak.high))])
    table(["memory at its peak, MB", "processes", "their own", "with shares", "highest VmHWM"], rows)
    say()
    rows = []
    for size in all_sizes:
        model = json.loads(size.models["BG/NBD"])
        for name, truth in questions.TRUTH.items():
            error = model.get("standard_errors", {}).get(name)
            rows.append([f"{size.n:,} customers, {name}", truth, f"{model['parameters'][name]:.5f}",
                         "" if error is None else f"{error:.5f}"])
    table(["estimates of BG/NBD", "truth", "estimate", "standard error"], rows)
    say("  (days merge purchases and round times, which moves estimates a little from the truth)")


def coefficients(model):
    """The intercept and the coefficients of a churn_model's text."""
    model = json.loads(model)
    return [model["intercept"], *(feature["coefficient"] for feature in model["features"])]


class Classifier:
    def __init__(self, db, n, runs):
        progress(f"making {n:,} rows of features")
        db.run("DROP TABLE IF EXISTS models.features")
        for statement in questions.features(n):
            db.run(statement)
        progress("asking them")
        self.n, self.measures, models = n, Measures(), {}
        read, fit = questions.READ_FEATURES, questions.FIT_CLASSIFIER
        self.workers = workers(db, fit)
        interleaved(self.measures, [(questions.READ, "", task(db, read), None),
                                    ("churn_fit", "", fit_task(db, "churn_fit", fit, models), None)], runs)
        self.model = models["churn_fit"]
        ask = questions.predict_classifier(self.model)
        interleaved(self.measures, [(questions.READ, "", task(db, read), None),
                                    ("churn_prob", "", task(db, ask), None)], runs)
        self.memory = memory_of(fit)


def report_classifier(all_sizes):
    say()
    say(f"Classifier: {questions.FEATURES} features, medians, and times that of reading them")
    rows = []
    for size in all_sizes:
        base = size.measures.median(questions.READ, "")
        found = coefficients(size.model)
        worst = max(abs(a - b) for a, b in zip(found, [questions.INTERCEPT, *questions.WEIGHTS]))
        cells = [f"{size.n:,}", size.workers, seconds(base)]
        for name in ("churn_fit", "churn_prob"):
            ms = size.measures.median(name, "")
            cells += [seconds(ms), times(ms, base)]
        own = size.memory.own
        rows.append([*cells, "" if own is None else f"{own:.1f}", f"{worst:.4f}"])
    table(["rows", "workers", "reading", "churn_fit", "", "churn_prob", "", "own MB of the fit",
           "farthest from the truth"], rows)


def csv_rows(kind, sizes_of_kind):
    for size in sizes_of_kind:
        for row in size.measures.rows(""):
            name = row[0]
            base = size.measures.median(questions.READ, "")
            yield [kind, size.n, name, *row[2:6], f"{float(row[3]) / base:.2f}"]


def with_peers(ask, *arguments):
    """They may fail without the rest failing."""
    try:
        return ask(*arguments)
    except peers.Unavailable as error:
        say(f"left out: {error}")
        return None


def run(given):
    db = Psql()
    db.run('SET search_path = "$user", public, clientele')
    db.run("DROP SCHEMA IF EXISTS models CASCADE")
    db.run("CREATE SCHEMA models")
    machine(db)
    os.makedirs(CACHE, exist_ok=True)
    program = model_peers.start(CACHE) if given.peers else None
    if program:
        say(", ".join(f"{name} {version}" for name, version in program.version.items()))
    purchases, classifier, beside = [], [], []
    if given.only != CLASSIFIER:
        for n in sizes(10_000, given.customers):
            purchases.append(Purchases(db, n, given.runs))
            if program and n <= model_peers.LARGEST:
                ask = model_peers.ask_purchases
                beside.append((n, with_peers(ask, db, program, CACHE, n, given.runs)))
                if n == model_peers.LARGEST:
                    make_customers(db, n, questions.SHORT)
                    with_peers(ask, db, program, CACHE, n, given.runs, "CDNOW's calendar")
        report_purchases(purchases)
    if given.only != PURCHASES:
        for n in sizes(100_000, max(100_000, min(given.customers, 1_000_000))):
            classifier.append(Classifier(db, n, given.runs))
            if program:
                ask = model_peers.ask_classifier
                beside.append((n, with_peers(ask, db, program, CACHE, n, given.runs, coefficients)))
        report_classifier(classifier)
    if program:
        program.close()
    db.run("DROP SCHEMA models CASCADE")
    db.close()
    path = results("models")
    figures = ["runs", "median_ms", "min_ms", "max_ms"]
    write_csv(path + ".csv", ["model", "customers", "question", *figures, "ratio_to_reading"],
              [*csv_rows(PURCHASES, purchases), *csv_rows(CLASSIFIER, classifier)])
    write_csv(path + "-peers.csv", ["customers", "question", "competitor", *figures, "ratio_to_clientele"],
              [[n, *row] for n, measures in beside if measures for row in measures.rows(model_peers.OURS)])
    say()
    say(f"Written to {os.path.relpath(path, ROOT)}.csv and -peers.csv")


main(run, arguments)
