#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Churn models against an independent implementation, published fits and, if it is there, scikit-learn.

usage: churn.py [SEED [COUNT]]      (default: a fresh seed, 250 random data sets)

Random data sets with numbers, booleans, texts, missing values, constant and repeated columns, with and
without penalty and class weights: coefficients, standard errors, likelihoods, probabilities and reasons
against plain Python; serial against forced parallel plans, shuffled rows and states merged in any order.
Then the Telco data, if they are there: exact fits, and cross-validation on given folds by both doors.
"""
import collections
import csv
import fractions
import json
import math
import random
import sys

from checks import DATA, FORCED, Checks

DATABASE = "clientele_churn_differential"
checks = Checks("churn", DATABASE)
check, psql = checks.check, checks.psql


# The model written down once more. Rows are dicts; columns are standardised, the intercept is column 0.

def solved(a, b):
    """Gauss-Jordan with pivoting; b has several columns."""
    n = len(a)
    m = [list(a[i]) + list(b[i]) for i in range(n)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(m[i][k]))
        m[k], m[pivot] = m[pivot], m[k]
        if m[k][k] == 0:
            return None
        m[k] = [v / m[k][k] for v in m[k]]
        for i in range(n):
            if i != k and m[i][k] != 0:
                factor = m[i][k]
                m[i] = [x - factor * y for x, y in zip(m[i], m[k])]
    return [row[n:] for row in m]


def softplus(x):
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


class Logistic:
    """Penalised maximum likelihood by Newton's method on lists."""

    def __init__(self, x, churned, weights, penalty):
        self.x, self.y, self.w, self.penalty = [[1.0] + row for row in x], churned, weights, penalty
        self.p = len(self.x[0])
        at = [math.log(sum(w for w, y in zip(weights, churned) if y) / sum(w for w, y in zip(weights, churned) if not y))]
        at += [0.0] * (self.p - 1)
        value = self.value(at)
        for _ in range(300):
            slope, information = self.derivatives(at)
            step = solved(information, [[g] for g in slope])
            if step is None:
                break
            step = [s[0] for s in step]
            size = 1.0
            while size > 1e-12:
                there = [a + size * s for a, s in zip(at, step)]
                if self.value(there) >= value - 1e-13 * abs(value):
                    break
                size /= 2
            at, value = there, self.value(there)
            if max(map(abs, step)) < 1e-9:
                break
        self.at = at
        covariance = solved(self.derivatives(at)[1], [[float(i == j) for j in range(self.p)] for i in range(self.p)])
        self.covariance = covariance
        self.likelihood = self.value(at, 0)

    def value(self, at, penalty=None):
        total = -(self.penalty if penalty is None else penalty) / 2 * sum(b * b for b in at[1:])
        for row, y, w in zip(self.x, self.y, self.w):
            f = sum(a * v for a, v in zip(at, row))
            total -= w * softplus(-f if y else f)
        return total

    def derivatives(self, at):
        n = self.p
        slope = [0.0] + [-self.penalty * b for b in at[1:]]
        information = [[(self.penalty if i == j and i > 0 else 0.0) for j in range(n)] for i in range(n)]
        for row, y, w in zip(self.x, self.y, self.w):
            f = sum(a * v for a, v in zip(at, row))
            p = 1 / (1 + math.exp(-f)) if f > -700 else 0.0
            r, v = w * (y - p), w * p * (1 - p)
            for i in range(n):
                slope[i] += r * row[i]
                for j in range(n):
                    information[i][j] += v * row[i] * row[j]
        return slope, information


def separated(columns, churned):
    """Whether a combination of columns and a constant separates the classes, or some of the customers and is 0 for the
    others (Albert & Anderson 1984). By the simplex algorithm with Bland's rule, in fractions: maximise the sum of all
    scores, which is at most 1, where none is negative."""
    signs = [1 if y else -1 for y in churned]
    signed = [[fractions.Fraction(sign)] + [sign * fractions.Fraction(values[i]) for values in columns] for i, sign in enumerate(signs)]
    total = [sum(column) for column in zip(*signed)]
    lines = [[-v for v in line] + list(line) + [fractions.Fraction(0)] for line in sorted(set(map(tuple, signed)))]
    lines.append(total + [-v for v in total] + [fractions.Fraction(1)])
    width = len(lines[0]) - 1
    gain = total + [-v for v in total] + [fractions.Fraction(0)]
    inside, outside = [width + i for i in range(len(lines))], list(range(width))
    while True:
        enters = min((k for k in range(width) if gain[k] > 0), key=lambda k: outside[k], default=None)
        if enters is None:
            return gain[width] != 0
        leaves = min((i for i, line in enumerate(lines) if line[enters] > 0), key=lambda i: (lines[i][width] / lines[i][enters], inside[i]))
        pivot = lines[leaves]
        by = pivot[enters]
        pivot[enters] = fractions.Fraction(1)
        lines[leaves] = pivot = [v / by for v in pivot]
        for line in lines + [gain]:
            if line is not pivot and line[enters] != 0:
                factor, line[enters] = line[enters], fractions.Fraction(0)
                for k, v in enumerate(pivot):
                    if v:
                        line[k] -= factor * v
        inside[leaves], outside[enters] = outside[enters], inside[leaves]


def columns_of(rows):
    """(feature, what) and the value of each row, before standardising, with the mean and the sd."""
    result = []
    for name in sorted({k for row in rows for k in row}, key=lambda k: k.encode()):
        values = [row.get(name) for row in rows]
        known = [v for v in values if v is not None]
        if known and isinstance(known[0], str):
            levels = sorted(set(known), key=lambda s: s.encode())
            result += [((name, "level", level), [float(v == level) for v in values]) for level in levels[1:]]
        else:
            mean = math.fsum(map(float, known)) / len(known) if known else 0.0
            sd = math.sqrt(math.fsum((float(v) - mean)**2 for v in known) / len(known)) if known else 0.0
            result.append(((name, "value", (mean, sd)), [mean if v is None else float(v) for v in values]))
        if len(known) < len(values):
            result.append(((name, "missing", None), [float(v is None) for v in values]))
    described = []
    for key, values in result:
        if key[1] == "value":
            mean, sd = key[2]
            key = (key[0], "value", None)
        else:
            mean = sum(values) / len(values)
            sd = math.sqrt(mean * (1 - mean))
        described.append((key, values, mean, sd))
    return described


def standardised(columns):
    return [[(values[i] - mean) / sd for _, values, mean, sd in columns] for i in range(len(columns[0][1]))] if columns else None


def weights_of(churned, weight):
    n, c = len(churned), sum(churned)
    if weight == "none":
        return [1.0] * n
    if weight == "balanced":
        return [n / (2 * c) if y else n / (2 * (n - c)) for y in churned]
    return [float(weight) if y else 1.0 for y in churned]


def random_set(rng):
    n = rng.choice([8, 20, 40, 60, 60, 120])
    makers = {}
    for name in rng.sample(["months", "spent", "年龄", "vip", "plan", "城市", "z z", ""], rng.randint(1, 4)):
        kind = rng.choice(["real", "real", "count", "flag", "text", "text", "constant", "big"])
        missing = rng.choice([0, 0, 0, .2])
        levels = rng.sample(["a", "b", "基础", "高级", "é", "", "A"], rng.randint(1, 4))
        def make(kind=kind, missing=missing, levels=levels):
            if rng.random() < missing:
                return None
            return {"real": rng.gauss(0, 1), "count": rng.randrange(300), "flag": rng.random() < .4, "text": rng.choice(levels),
                    "constant": 7.5, "big": 1e9 + rng.randrange(1000) / 8}[kind]
        makers[name] = make
    rows = [{k: make() for k, make in makers.items()} for _ in range(n)]
    if rng.random() < .2:
        first = next(iter(makers))
        if not any(isinstance(row[first], str) for row in rows):
            for row in rows:
                row["repeated"] = None if row[first] is None else 3 - 2 * float(row[first])
    hidden = {k: rng.gauss(0, 1.5) for k in makers}
    churned = []
    for row in rows:
        f = rng.gauss(-.3, 1.5)
        for k, v in row.items():
            if k in hidden and v is not None and not isinstance(v, str):
                f += hidden[k] * (v if abs(v) < 5 else (v - 150) / 100 if v < 1000 else (v - 1e9 - 60) / 40)
            elif isinstance(v, str):
                f += hidden[k] * (len(v) - 1)
        churned.append(f > 0)
    for row in rows:  # absent is as good as null, as long as some row has the key
        for k in [k for k, v in row.items() if v is None and rng.random() < .5]:
            if sum(k in other for other in rows) > 1:
                del row[k]
    return rows, churned, rng.choice([0, 0, 1, .01, 30]), rng.choice(["none", "none", "balanced", "3.5"])


def model_terms(model):
    terms = {}
    for f in model["features"]:
        if "levels" in f:
            for level in f["levels"]:
                terms[(f["name"], "level", level["level"])] = level
        else:
            terms[(f["name"], "value", None)] = f
        if "missing" in f:
            terms[(f["name"], "missing", None)] = f["missing"]
    return terms


def close(a, b, tolerance=1e-7):
    return abs(a - b) <= tolerance * (1 + abs(b))


def compare(label, s, answer, scored):
    rows, churned, penalty, weight = s
    if not any(churned) or all(churned):
        check(f"{label}: one class", answer.startswith("22023 churn_fit needs"), answer)
        return "one class"
    described = columns_of(rows)
    # "repeated" says what another feature says, except for rounding: in fractions it would say more.
    apart = penalty == 0 and separated([values for key, values, _, _ in described if key[:2] != ("repeated", "value")], churned)
    check(f"{label}: separated or not", apart != answer.startswith("{") and (not apart or "perfectly" in answer), answer)
    if apart or not answer.startswith("{"):
        return "separated"
    model = json.loads(answer)
    terms = model_terms(model)
    check(f"{label}: columns", set(terms) == {c[0] for c in described}, f"{sorted(map(str, terms))} {described}")
    kept = [c for c in described if not terms[c[0]].get("redundant")]
    for key, values, mean, sd in described:
        t = terms[key]
        check(f"{label}: mean and sd of {key}", close(t.get("mean", 0), mean, 1e-12) and close(t.get("sd", 0), sd, 1e-9), f"{t} {mean} {sd}")
        if t.get("redundant"):
            # Without a penalty the others explain it; with one it does not vary.
            ok = sd <= 1e-9 * (1 + abs(mean))
            if not ok and penalty == 0:
                x = [[1.0] + r for r in standardised(kept)]
                p = len(x[0])
                gram = [[sum(r[i] * r[j] for r in x) for j in range(p)] for i in range(p)]
                z = [(v - mean) / sd for v in values]
                b = solved(gram, [[sum(r[i] * v for r, v in zip(x, z))] for i in range(p)])
                ok = max(abs(v - sum(c[0] * e for c, e in zip(b, r))) for r, v in zip(x, z)) < 1e-6
            check(f"{label}: redundant {key}", ok and t["coefficient"] == 0)
    weights = weights_of(churned, weight)
    want = Logistic(standardised(kept) or [[] for _ in rows], churned, weights, penalty)
    if want.covariance is None:
        # There is a maximum, but no double is large enough for the curvature: only the height can be compared.
        check(f"{label}: likelihood, flat", close(model["fit"]["log_likelihood"], want.likelihood, 1e-9), f"{model['fit']} {want.likelihood}")
        return "flat"
    intercept, gradient = want.at[0], [1.0]
    for k, (key, _, mean, sd) in enumerate(kept, 1):
        t = terms[key]
        # What rounding the gradient moves the maximum by, which is nothing unless the likelihood is all but flat.
        rounding = 1e-14 * want.covariance[k][k]
        check(f"{label}: coefficient of {key}", close(t["coefficient"] * sd, want.at[k], 1e-6 + rounding), f"{t['coefficient'] * sd} {want.at[k]}")
        check(f"{label}: its standard error", close(t["standard_error"] * sd, math.sqrt(want.covariance[k][k]), 1e-5 + rounding),
              f"{t['standard_error'] * sd} {math.sqrt(want.covariance[k][k])}")
        intercept -= want.at[k] * mean / sd
        gradient.append(-mean / sd)
    variance = sum(gradient[i] * gradient[j] * want.covariance[i][j] for i in range(len(gradient)) for j in range(len(gradient)))
    scale = 1 + sum(abs(g * b) for g, b in zip(gradient, want.at))
    check(f"{label}: intercept", abs(model["intercept"] - intercept) < 1e-6 * scale + 1e-14 * variance, f"{model['intercept']} {intercept}")
    check(f"{label}: its standard error", close(model["intercept_standard_error"], math.sqrt(max(variance, 0)), 1e-4 + 1e-14 * variance),
          f"{model['intercept_standard_error']} {math.sqrt(max(variance, 0))}")
    check(f"{label}: likelihood", close(model["fit"]["log_likelihood"], want.likelihood, 1e-9), f"{model['fit']} {want.likelihood}")
    check(f"{label}: converged", model["fit"]["converged"] and model["fit"]["rows"] == len(rows) and model["fit"]["churned"] == sum(churned))
    calibration = model.get("calibration", {"slope": 1, "intercept": 0})
    f = [sum(a * v for a, v in zip(want.at, [1.0] + row)) for row in (standardised(kept) or [[] for _ in rows])]
    # Some slack for features such as 1e9 + little, whose product with a coefficient is rounded.
    worst = max(abs(p - 1 / (1 + math.exp(-(calibration["slope"] * v + calibration["intercept"])))) for p, v in zip(scored, f))
    check(f"{label}: probabilities", worst < 1e-6, worst)
    return "fitted"


SETUP = """
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CREATE TABLE sets (g int PRIMARY KEY, penalty float8, weight text);
CREATE TABLE t (g int, id int, row jsonb, churned boolean);
%s
ALTER TABLE t SET (parallel_workers = 2);
ANALYZE t;
CREATE TABLE models (g int PRIMARY KEY, d clientele.churn_def, answer text, model clientele.churn_model);
-- Calibration of weighted classes may fail on few customers, which is not the question here.
INSERT INTO models SELECT g, clientele.churn_def(penalty, weight, CASE WHEN weight <> 'none' AND g %% 2 = 0 THEN false
  WHEN weight = 'none' THEN NULL ELSE penalty > 0 AND 5 <= least((SELECT count(*) FROM t WHERE t.g = s.g AND churned), (SELECT count(*) FROM t WHERE t.g = s.g AND NOT churned)) END)
FROM sets s;
DO $$
DECLARE m record; code text; why text;
BEGIN
  FOR m IN SELECT * FROM models LOOP
    BEGIN
      UPDATE models SET model = (SELECT clientele.churn_fit(row, churned, m.d) FROM t WHERE t.g = m.g) WHERE models.g = m.g;
      UPDATE models SET answer = model::text WHERE models.g = m.g;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, why = MESSAGE_TEXT;
      UPDATE models SET answer = code || ' ' || why WHERE models.g = m.g;
    END;
  END LOOP;
END $$;
"""


def copied(value):
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def random_sets(rng, count):
    sets = [random_set(rng) for _ in range(count)]
    lines = [(g, i, json.dumps(row, ensure_ascii=False), y) for g, (rows, churned, _, _) in enumerate(sets)
             for i, (row, y) in enumerate(zip(rows, churned))]
    rng.shuffle(lines)
    checks.new_database()
    psql(SETUP % ("COPY sets FROM stdin;\n" + "".join(f"{g}\t{s[2]}\t{s[3]}\n" for g, s in enumerate(sets)) + "\\.\nCOPY t FROM stdin;\n" +
                  "".join("\t".join(map(copied, line)) + "\n" for line in lines) + "\\.\n"))
    answers = {int(g): a for g, a in psql("SELECT g, answer FROM models")}
    scored = collections.defaultdict(list)
    for g, p in psql("SELECT g, clientele.churn_prob(row, model) FROM t JOIN models USING (g) WHERE model IS NOT NULL ORDER BY g, id"):
        scored[int(g)].append(float(p))
    outcomes = collections.Counter(compare(f"set {g}", s, answers[g], scored[g]) for g, s in enumerate(sets))
    print("random sets:", dict(outcomes))
    check("sets of all kinds", count < 100 or all(outcomes[k] > count / 100 for k in ("fitted", "separated")), outcomes)


def agree(what, query):
    """A query that gives for each of many things whether it is so."""
    (good, bad), = psql(f"SELECT count(*) FILTER (WHERE ok), count(*) FILTER (WHERE ok IS NOT TRUE) FROM ({query}) q")
    checks.agreed(what, [("all", good, bad, "")])


def plans():
    good = "SELECT t.* FROM t JOIN models USING (g) WHERE model IS NOT NULL"
    psql(f"CREATE TABLE usable AS {good} ORDER BY random(); ALTER TABLE usable SET (parallel_workers = 2); ANALYZE usable;")
    for name, settings, source in (("serial", "SET max_parallel_workers_per_gather = 0;", "usable"),
                                   ("parallel", FORCED, "usable"),
                                   ("sorted", "", "(SELECT * FROM usable ORDER BY row, churned, id) s")):
        psql(f"{settings} CREATE TABLE by_{name} AS SELECT g, clientele.churn_fit(row, churned, d) AS model FROM {source} JOIN models USING (g) GROUP BY g;")
        agree(f"{name} plan", f"SELECT clientele.churn_model_send(a.model) = clientele.churn_model_send(b.model) AS ok FROM by_{name} a JOIN models b USING (g)")
    plan = psql(FORCED + "EXPLAIN (COSTS OFF) SELECT g, clientele.churn_fit(row, churned, d) FROM usable JOIN models USING (g) GROUP BY g;")
    check("a parallel plan", any("Partial" in line[0] for line in plan), plan)
    psql("""CREATE AGGREGATE state_of(jsonb, boolean, clientele.churn_def) (SFUNC = clientele.churn_fit_accum, STYPE = clientele.churn_rows);
CREATE AGGREGATE merged(clientele.churn_rows) (SFUNC = clientele.churn_fit_combine, STYPE = clientele.churn_rows, FINALFUNC = clientele.churn_fit_final);
CREATE AGGREGATE merged_state(clientele.churn_rows) (SFUNC = clientele.churn_fit_combine, STYPE = clientele.churn_rows);
CREATE TABLE parts AS SELECT g, id % 5 AS part, state_of(row, churned, d) AS state FROM usable JOIN models USING (g) GROUP BY 1, 2;""")
    agree("merged states", """SELECT clientele.churn_model_send(m.model) = s.up AND s.up = s.down AND s.state_up = s.state_down AND s.state_up = whole.state AS ok
FROM (SELECT g, clientele.churn_model_send(merged(state ORDER BY part)) AS up, clientele.churn_model_send(merged(state ORDER BY -part)) AS down,
        clientele.churn_rows_send(merged_state(state ORDER BY part)) AS state_up, clientele.churn_rows_send(merged_state(state ORDER BY md5(part::text))) AS state_down
      FROM parts GROUP BY g) s JOIN models m USING (g)
JOIN (SELECT g, clientele.churn_rows_send(state_of(row, churned, d)) AS state FROM usable JOIN models USING (g) GROUP BY g) whole USING (g)""")
    agree("text of models", "SELECT clientele.churn_model_send(model::text::clientele.churn_model) = clientele.churn_model_send(model) AS ok FROM models WHERE model IS NOT NULL")
    agree("text of states", "SELECT clientele.churn_rows_send(state::text::clientele.churn_rows) = clientele.churn_rows_send(state) AS ok FROM parts")
    # What all features contribute is the difference to the average customer, whose log-odds are those of an
    # intercept that goes through the means.
    agree("reasons", """SELECT abs(ln(p / (1 - p)) - slope * (average) - shift - coalesce(sum, 0)) < 1e-6 * (1 + abs(ln(p / (1 - p))) + abs(intercept)) AS ok
FROM (SELECT clientele.churn_prob(row, model) AS p, row, model, (SELECT sum(contribution) FROM clientele.churn_reasons(row, model, 1000)) AS sum,
        coalesce((answer::jsonb #>> '{calibration,slope}')::float8, 1) AS slope, coalesce((answer::jsonb #>> '{calibration,intercept}')::float8, 0) AS shift,
        (answer::jsonb ->> 'intercept')::float8 AS intercept,
        (SELECT sum(coefficient * coalesce(mean, 1)) FROM clientele.churn_coefficients(model)) AS average
      FROM usable JOIN models USING (g)) s WHERE p > 1e-9 AND p < 1 - 1e-9""")
    agree("reasons in order", """SELECT bool_and(coalesce(abs(contribution) <= before, true)) AS ok FROM (
  SELECT g, id, contribution, lag(abs(contribution)) OVER (PARTITION BY g, id ORDER BY n) AS before
  FROM usable JOIN models USING (g), clientele.churn_reasons(row, model) WITH ORDINALITY r (feature, value, contribution, n)) s GROUP BY g, id""")
    agree("average customers", """SELECT abs(contribution) < 1e-9 AS ok FROM models, clientele.churn_reasons('{}'::jsonb, model) WHERE answer NOT LIKE '%"missing"%'""")


def area(pairs):
    ranked = sorted(pairs)
    rank_sum = i = 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        rank_sum += sum(y for _, y in ranked[i:j]) * (i + j + 1) / 2
        i = j
    positives = sum(y for _, y in ranked)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(ranked) - positives))


NUMBERS = ("SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges")


def telco():
    if not checks.there("telco_churn.csv", "telco_folds.csv"):
        return
    path, folds = DATA / "telco_churn.csv", DATA / "telco_folds.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [n for n in rows[0] if n not in ("customerID", "Churn")]
    # One-hot in SQL, the first level dropped.
    one_hot = []
    for n in names:
        if n in NUMBERS:
            one_hot.append((n, None, f'"{n}"'))
        else:
            one_hot += [(n, level, f"(\"{n}\" = '{level}')::int") for level in sorted({r[n] for r in rows})[1:]]
    check("30 columns", len(one_hot) == 30, len(one_hot))
    columns = ", ".join(f'"{n}" text' for n in rows[0])
    numbers = ", ".join(f"coalesce(nullif(trim(\"{n}\"), ''), '0')::float8 AS \"{n}\"" if n in NUMBERS else f'"{n}"' for n in names)
    psql(f"""CREATE TABLE raw ({columns});
\\copy raw FROM '{path}' WITH (FORMAT csv, HEADER)
CREATE TABLE folds (id text, fold int);
\\copy folds FROM '{folds}' WITH (FORMAT csv, HEADER)
CREATE TABLE typed AS SELECT "customerID" AS id, fold, "Churn" = 'Yes' AS churned, {numbers} FROM raw JOIN folds ON id = "customerID";
CREATE TABLE telco AS SELECT id, fold, churned, "Contract", "InternetService", "SeniorCitizen", tenure, "MonthlyCharges", to_jsonb(t) - '{{id,fold,churned}}'::text[] AS features,
  ARRAY[{", ".join(c for _, _, c in one_hot)}]::float8[] AS numbers FROM typed t;
ALTER TABLE telco SET (parallel_workers = 2); ANALYZE telco;""")

    # Printed fits, to their digits.
    printed = {
        "three": ("ARRAY[tenure, \"MonthlyCharges\", \"SeniorCitizen\"]", "-3165.67286",
                  [("-1.792668", ".086806"), ("-.054920", ".001701"), (".031098", ".001318"), (".633336", ".079486")]),
        "six": ("ARRAY[tenure, \"MonthlyCharges\", \"SeniorCitizen\", (\"InternetService\" = 'Fiber optic')::int, (\"Contract\" = 'One year')::int, (\"Contract\" = 'Two year')::int]",
                "-3037.99869", [(v, None) for v in ("-1.265043", "-.035171", ".016218", ".415966", ".706831", "-.915905", "-1.801812")]),
    }
    for label, (features, likelihood, want) in printed.items():
        (model,), = psql(f"SELECT clientele.churn_fit({features}::float8[], churned, clientele.churn_def(0)) FROM telco")
        got = json.loads(model)
        pairs = [(got["intercept"], got["intercept_standard_error"])] + [(f["coefficient"], f["standard_error"]) for f in got["features"]]
        for (coefficient, error), (want_coefficient, want_error) in zip(pairs, want):
            check(f"Telco {label} {want_coefficient}", abs(coefficient - float(want_coefficient)) < 5.1e-7, coefficient)
            check(f"Telco {label} {want_error}", want_error is None or abs(error - float(want_error)) < 5.1e-7, error)
        check(f"Telco {label} likelihood", len(pairs) == len(want) and abs(got["fit"]["log_likelihood"] - float(likelihood)) < 5.1e-6, got["fit"])
        check(f"Telco {label} null likelihood", abs(got["fit"]["null_log_likelihood"] - (1869 * math.log(1869 / 7043) + 5174 * math.log(5174 / 7043))) < 1e-6)
        print(f"Telco {label}:", [tuple(f"{v:.6f}" for v in p) for p in pairs], f"{got['fit']['log_likelihood']:.5f}", got["fit"]["iterations"], "iterations")

    # Cross-validation on the given folds, by both doors.
    figures = {}
    for label, definition in (("no penalty", "clientele.churn_def(0)"), ("penalty 1", "clientele.churn_def()"),
                              ("balanced", "clientele.churn_def(class_weight => 'balanced')")):
        psql(f"""CREATE TEMP TABLE fitted AS SELECT held, clientele.churn_fit(features, churned, {definition}) AS by_name, clientele.churn_fit(numbers, churned, {definition}) AS by_place
FROM telco, generate_series(1, 10) held WHERE fold <> held GROUP BY held;
CREATE TABLE "scored {label}" AS SELECT id, fold, churned, clientele.churn_prob(features, by_name) AS p, clientele.churn_prob(numbers, by_place) AS q FROM telco JOIN fitted ON held = fold;""")
        scored = [(int(f), y == "t", float(p), float(q)) for f, y, p, q in psql(f'SELECT fold, churned, p, q FROM "scored {label}"')]
        check(f"Telco {label}: all scored", len(scored) == 7043)
        # The columns are in another order, so another one of two equal columns may be the redundant one; that
        # does not change what is predicted. But customers fall into other folds for the calibration.
        worst = max(abs(p - q) for _, _, p, q in scored)
        check(f"Telco {label}: both doors", worst < (.01 if label == "balanced" else 1e-8), worst)
        auc, accuracy = [], []
        for k in range(1, 11):
            part = [(p, y) for f, y, p, _ in scored if f == k]
            auc.append(area(part))
            accuracy.append(sum((p > .5) == y for p, y in part) / len(part))
        loss = -sum(math.log(p if y else 1 - p) for _, y, p, _ in scored) / len(scored)
        mean = sum(p for _, _, p, _ in scored) / len(scored)
        figures[label] = sum(auc) / 10, sum(accuracy) / 10, loss
        print(f"Telco 10 folds, {label}: AUC {figures[label][0]:.4f}, accuracy {figures[label][1]:.4f}, log loss {loss:.4f}, mean probability {mean:.4f} of .2654")
        check(f"Telco {label}: probabilities are right on average", abs(mean - 1869 / 7043) < .005, mean)
    for label, auc, accuracy in (("no penalty", .8455, .8053), ("penalty 1", .8455, .8036)):
        check(f"Telco {label}: AUC", abs(figures[label][0] - auc) < .002, figures[label])
        check(f"Telco {label}: accuracy", abs(figures[label][1] - accuracy) < .002 and figures[label][1] >= .8, figures[label])
    check("Telco log loss", abs(figures["no penalty"][2] - .4172) < .001, figures)
    for settings in ("SET max_parallel_workers_per_gather = 0;", FORCED):
        (out,), (digest,) = psql(settings + """SELECT clientele.churn_fit(features, churned, clientele.churn_def(0))::text::jsonb #> '{fit,out_of_fold}' FROM telco;
SELECT md5(clientele.churn_model_send(clientele.churn_fit(features, churned, clientele.churn_def()))::text) FROM telco;""")
        figures.setdefault("digest", digest)
        check("Telco, plans", digest == figures["digest"])
    out = json.loads(out)
    print("Telco, what the model says of itself:", out)
    check("Telco, out of fold", abs(out["auc"] - .8455) < .003 and abs(out["log_loss"] - .4172) < .002, out)
    scikit(one_hot)


def scikit(one_hot):
    try:
        import numpy
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler
    except ImportError:
        checks.skip("scikit-learn is not there")
        return
    data = psql("SELECT numbers, churned FROM telco ORDER BY id")
    x = numpy.array([[float(v) for v in n.strip("{}").split(",")] for n, _ in data])
    y = numpy.array([c == "t" for _, c in data])
    z = StandardScaler().fit(x)
    for penalty, weight in ((1, "none"), (100, "balanced"), (.5, "none")):
        theirs = LogisticRegression(C=1 / penalty, class_weight=None if weight == "none" else weight, tol=1e-10, max_iter=10000).fit(z.transform(x), y)
        (model,), = psql(f"SELECT clientele.churn_fit(numbers, churned, clientele.churn_def({penalty}, '{weight}', false)) FROM telco")
        ours = [f["coefficient"] * s for f, s in zip(json.loads(model)["features"], z.scale_)]
        worst = max(abs(a - b) for a, b in zip(ours, theirs.coef_[0]))
        check(f"scikit-learn, penalty {penalty}, {weight}", worst < 1e-4, worst)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    print(f"churn: seed {seed}, {count} random data sets")
    random_sets(random.Random(seed), count)
    plans()
    telco()
    checks.drop_database()
    checks.end()


main()
