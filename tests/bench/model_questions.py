# SPDX-License-Identifier: PostgreSQL
"""The data of the models' benchmark, and the questions about them."""

# What tests/bench/customers.cpp makes by default: weeks.
TRUTH = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
HORIZON = 39  # weeks
CUSTOMERS = """CREATE TABLE models.customers (customer bigint, frequency integer,
  recency double precision, age double precision, holdout integer, alive boolean)"""

# Twelve weeks of first purchases, observed for 39: the calendar of the CDNOW data.
SHORT = ("--arrivals", "84", "--observed", "273")

READ = "reading the columns"
FITS = {f"btyd_fit, {model}": model for model in ("BG/NBD", "MBG/NBD", "Pareto/NBD")}
CHURN, EXPECTED = "churn_prob", "expected_purchases"
FITTED = "btyd_fit, BG/NBD"  # the one that the others use
AIMS = {FITTED: 10, f"{CHURN}, BG/NBD": 5}  # times of reading, at ten million customers


def read(table="models.customers"):
    return f"SELECT avg(frequency), avg(recency), avg(age) FROM {table}"


def fit(model, table="models.customers"):
    return f"SELECT btyd_fit(frequency, recency, age, '{model}') FROM {table}"


def predictions(name, model, table="models.customers"):
    """For all customers, by a model's text: churn_prob and expected_purchases."""
    literal = "'" + model.replace("'", "''") + "'::btyd_model"
    return {
        f"{CHURN}, {name}": f"SELECT sum({CHURN}(frequency, recency, age, {literal})) FROM {table}",
        f"{EXPECTED}, {name}":
            f"SELECT sum({EXPECTED}(frequency, recency, age, {literal}, {HORIZON})) FROM {table}",
    }


# Twenty features of four kinds: bell-shaped, amounts, counts, and yes or no. One in five churns.
_BELL = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"
_KINDS = [_BELL, "-20 * ln(1 - random())", "floor(-3 * ln(1 - random()))", "round(random())"]
FEATURES = len(_KINDS) * 5
WEIGHTS = [round((0.05 + 0.05 * (i % 5)) * (-1) ** i * (1, 0.05, 0.3, 1.5)[i % 4], 6)
           for i in range(FEATURES)]
INTERCEPT = -0.75


def features(rows):
    """Statements that make the table; the seed makes it the same each time."""
    values = ", ".join(_KINDS[i % 4] for i in range(FEATURES))
    score = " + ".join(f"{w} * f[{i + 1}]" for i, w in enumerate(WEIGHTS))
    return ["SELECT setseed(0.25)",
            f"""CREATE TABLE models.features AS
SELECT g AS customer, f AS features, random() < 1 / (1 + exp(-({INTERCEPT} + {score}))) AS churned
FROM (SELECT g, ARRAY[{values}]::double precision[] AS f FROM generate_series(1, {rows}) g OFFSET 0) s""",
            "VACUUM (ANALYZE) models.features"]


READ_FEATURES = f"SELECT avg(features[{FEATURES}]), count(*) FILTER (WHERE churned) FROM models.features"
FIT_CLASSIFIER = "SELECT churn_fit(features, churned, churn_def(penalty => 0)) FROM models.features"


def predict_classifier(model):
    literal = "'" + model.replace("'", "''") + "'::churn_model"
    return f"SELECT sum(churn_prob(features, {literal})) FROM models.features"
