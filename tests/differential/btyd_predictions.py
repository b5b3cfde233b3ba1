# SPDX-License-Identifier: PostgreSQL
"""Predictions for random customers by random models, for tests/differential/btyd.py."""
import math

import btyd_reference as reference
from btyd_checks import btyd, check, near, psql
from btyd_published import written
from checks import copy

try:
    import mpmath
except ImportError:
    mpmath = None

# What both sides may lose to rounding, of a result, and of the largest that it could have been.
RELATIVE, OF_SCALE = 1e-9, 1e-12


def spread(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def random_model(rng, kind, low=.25, high=8, times=(.5, 60)):
    if kind == "BG/BB":
        return [spread(rng, low, high) for _ in range(4)]
    leaving = [spread(rng, low, high), spread(rng, *(times if kind == "Pareto/NBD" else (low, high)))]
    return [spread(rng, low, high), spread(rng, *times), *leaving]


def random_history(rng, kind, most=40):
    if kind == "BG/BB":
        age = rng.randint(0, 20)
        t_x = rng.randint(0, age)
        x = rng.randint(1, t_x) if t_x else 0
        return (float(x), float(t_x), float(age))
    age = rng.choice([rng.uniform(0, 5), rng.uniform(0, 100), float(rng.randint(1, 52))])
    x = rng.choice([0, 1, 2, rng.randint(0, 8), rng.randint(0, most)])
    t_x = 0.0 if x == 0 else age * rng.choice([1, rng.random(), rng.random() ** .2, rng.random()])
    return (float(x), t_x, age)


ASK = """
CREATE TABLE asked (id int, kind text, m btyd_model, x float8, t_x float8, age float8, horizon float8, discount float8, n int, p float8,
                    mean float8, spend spend_model);
{copy}
CREATE TABLE answers AS SELECT id,
  ARRAY[churn_prob(x, t_x, age, m), expected_purchases(x, t_x, age, m, horizon), repurchase_prob(x, t_x, age, m, horizon),
        repurchase_prob(x, t_x, age, m, 'infinity'), discounted_purchases(x, t_x, age, m, discount, horizon),
        discounted_purchases(x, t_x, age, m, discount), purchase_count_prob(m, horizon, n), expected_purchases(m, horizon),
        time_to_purchase(x, t_x, age, m, p), customer_value(x, t_x, age, mean, m, spend, horizon, discount),
        customer_value(x, t_x, age, NULL, m, spend, 'infinity', discount), time_to_purchase(x, t_x, age, m)]::float8[] AS a,
  ARRAY[churn_prob(s, m), expected_purchases(s, m, horizon), repurchase_prob(s, m, horizon), repurchase_prob(s, m, 'infinity'),
        discounted_purchases(s, m, discount, horizon), discounted_purchases(s, m, discount), purchase_count_prob(m::text, horizon, n),
        expected_purchases(m::text, horizon), time_to_purchase(s, m, p), customer_value(s, m, spend, horizon, discount),
        customer_value(x, t_x, age, NULL, m::text, spend::text, 'infinity', discount), time_to_purchase(s, m)]::float8[] AS summary,
  ARRAY[churn_prob(x, t_x, age, m::text), expected_purchases(x, t_x, age, m::text, horizon), repurchase_prob(s, m::text, horizon),
        repurchase_prob(x, t_x, age, m::text, 'infinity'), discounted_purchases(s, m::text, discount, horizon), discounted_purchases(x, t_x, age, m::text, discount),
        purchase_count_prob(m, horizon, n), expected_purchases(m, horizon), time_to_purchase(x, t_x, age, m::text, p),
        customer_value(s, m::text, spend::text, horizon, discount),
        customer_value(x, t_x, age, NULL, m, spend, 'infinity', discount), time_to_purchase(s, m::text)]::float8[] AS text_form
FROM (SELECT *, ROW(x::int, t_x, age, mean, NULL, NULL, NULL)::purchase_summary AS s FROM asked) v;
CREATE TABLE waited AS SELECT id, repurchase_prob(x, t_x, age, m, a[9]) AS there, repurchase_prob(x, t_x, age, m, greatest(a[9] - CASE kind WHEN 'BG/BB' THEN 1 ELSE a[9] * 1e-9 END, 0)) AS before
FROM asked JOIN answers USING (id);
"""


def ask(rng, count):
    """One customer, one model, and a prediction; a row each."""
    asked = []
    for i in range(count):
        kind = reference.MODELS[i % 4]
        parameters, history = random_model(rng, kind), random_history(rng, kind)
        if i % 16 == 5:
            parameters[2] = 1.0  # a removable singularity of the published forms
        horizon = float(rng.randint(0, 15)) if kind == "BG/BB" else rng.choice([0.0, spread(rng, 1e-3, 1e3), spread(rng, 1, 100)])
        discount = rng.choice([spread(rng, 1e-4, 1), .0018])
        asked.append((kind, parameters, history, horizon, discount, rng.choice([0, 1, 2, 3, rng.randint(0, 12)]), rng.random(),
                      spread(rng, 1, 1000), (spread(rng, .5, 9), spread(rng, 1.2, 9), spread(rng, 1, 100))))
    return asked


def predictions(rng, count):
    asked = ask(rng, count)
    rows = []
    for i, (kind, parameters, history, horizon, discount, n, p, mean, spend) in enumerate(asked):
        rows.append((i, kind, written(kind, *parameters).split("'")[1], *history, horizon, discount, n, p, mean if history[0] else None,
                     '{"model": "Gamma-Gamma", "parameters": {"p": %r, "q": %r, "v": %r}}' % spend))
    psql(ASK.format(copy=copy("asked", rows)))
    answers = psql("SELECT id, array_to_string(a, ' ', '-'), a::text = summary::text AND a::text = text_form::text, there, before FROM answers JOIN waited USING (id) ORDER BY id;")
    for case, (_, a, same, there, before) in zip(asked, answers):
        compare(case, [None if v == "-" else float(v) for v in a.split()], there, before)
        check("all forms of a question have one answer", same == "t", case)


def compare(case, got, there, before):
    kind, parameters, history, horizon, discount, n, p, mean, spend = case
    what = f"{kind} {parameters} {history} horizon {horizon} discount {discount} n {n}:"
    want = reference.expectations(kind, parameters, history, horizon, discount)
    alive = 1 - want[0]
    for name, value, wanted in zip(("churn_prob", "expected_purchases", "repurchase_prob", "ever", "discounted", "without end"), got, want):
        # 1 - P(alive) is a difference; discounted sums are integrals here and there.
        near(f"{what} {name}", value, wanted, RELATIVE, 1e-12 if value <= 1 else OF_SCALE * wanted / max(alive, 1e-3))
    near(f"{what} purchase_count_prob", got[6], reference.count_of_new(kind, parameters, horizon, n), RELATIVE, 1e-13)
    new = reference.expectations(kind, parameters, (0.0, 0.0, 0.0), horizon, discount)[1]
    near(f"{what} expected_purchases of a new customer", got[7], new, RELATIVE, 1e-13)
    for at, wanted in ((8, p), (11, .5)):
        if abs(want[3] - wanted) > 1e-9:
            check(f"{what} time_to_purchase({wanted}) is there if it can be", (got[at] is not None) == (want[3] > wanted) or late(kind, parameters, history, wanted),
                  (got[at], want[3]))
    if got[8] is not None:
        early = float(before) < p or got[8] == 0
        check(f"{what} time_to_purchase({p})", float(there) >= p * (1 - 1e-9) and early, (got[8], there, before))
        if kind != "BG/BB":
            near(f"{what} repurchase_prob at time_to_purchase", reference.expectations(kind, parameters, history, got[8], discount)[2], p, 1e-7)
    elasticity, q, v = spend
    x = history[0]
    own = elasticity * (v + x * (mean if x else 0)) / (elasticity * x + q - 1)  # note 025, eq. 5
    near(f"{what} customer_value", got[9], want[4] * own, RELATIVE, 1e-12 * own)
    near(f"{what} customer_value without end", got[10], want[5] * elasticity * v / (q - 1), RELATIVE, 1e-11 * own)


def late(kind, parameters, history, p):
    """Whether the answer is NULL as it would be later than ever: 1e12, or 1e6 opportunities."""
    return reference.expectations(kind, parameters, history, 1e12, .1)[2] < p if kind != "BG/BB" else False


def hypergeometric(rng, count):
    """The published closed forms with 60 digits, for parameters far out."""
    if mpmath is None:
        btyd.skip("closed forms: mpmath is not there")
        return
    mpmath.mp.dps = 60
    cases = []
    for i in range(count):
        kind = reference.TIMES[i % 3]
        parameters = random_model(rng, kind, math.exp(-5), math.exp(4), (math.exp(-4), math.exp(6)))
        history = random_history(rng, kind, 300)
        cases.append((kind, parameters, history, spread(rng, .01, 1e4), spread(rng, 1e-4, .5)))
    psql("CREATE TABLE far (id int, m btyd_model, x float8, t_x float8, age float8, horizon float8, discount float8);\n" +
         copy("far", [(i, written(k, *p).split("'")[1], *h, t, d) for i, (k, p, h, t, d) in enumerate(cases)]))
    answers = psql("SELECT churn_prob(x, t_x, age, m), expected_purchases(x, t_x, age, m, horizon), discounted_purchases(x, t_x, age, m, discount), expected_purchases(m, horizon) FROM far ORDER BY id;")
    for (kind, parameters, history, horizon, discount), answer in zip(cases, answers):
        what = f"closed form, {kind} {parameters} {history} {horizon} {discount}:"
        (alive, ahead, worth, new), got = closed_forms(kind, parameters, history, horizon, discount), [float(v) for v in answer]
        near(f"{what} churn_prob", got[0], float(1 - alive), 1e-9, 1e-12)
        near(f"{what} expected_purchases", got[1], float(ahead), 1e-8, 1e-290)
        near(f"{what} of a new customer", got[3], float(new), 1e-8)
        if worth is not None:
            near(f"{what} discounted_purchases", got[2], float(worth), 1e-7, 1e-290)


def closed_forms(kind, parameters, history, horizon, discount):
    r, alpha, c, d = map(mpmath.mpf, parameters)
    x, t_x, age, t = *map(mpmath.mpf, history), mpmath.mpf(horizon)
    f = mpmath.hyp2f1
    if kind == "Pareto/NBD":
        s, beta = c, d
        total = r + s + x
        far, apart, power = (alpha, alpha - beta, s + 1) if alpha >= beta else (beta, beta - alpha, r + x)

        def part(y):
            return f(total, power, total + 1, apart / (far + y)) / (far + y) ** total
        a_0 = part(t_x) - part(age)
        alive = 1 / (1 + s / total * (alpha + age) ** (r + x) * (beta + age) ** s * a_0)
        rate = (r + x) / (alpha + age)

        def bought(rate, beta):
            return rate * beta / (s - 1) * (1 - (beta / (beta + t)) ** (s - 1)) if s != 1 else rate * beta * mpmath.log(1 + t / beta)
        log_discount = mpmath.log1p(mpmath.mpf(discount))
        worth = alive * rate * log_discount ** (s - 1) * (beta + age) ** s * mpmath.hyperu(s, s, log_discount * (beta + age))
        return alive, alive * bought(rate, beta + age), worth, bought(r / alpha, beta)
    a, b, first = c, d, int(kind == "MBG/NBD")
    if a == 1:
        a += mpmath.mpf(10) ** -25

    def bought(n, b, start):
        return (a + b - 1) / (a - 1) * (1 - (start / (start + t)) ** n * f(n, b, a + b - 1, t / (start + t)))
    tries = x + first
    alive = 1 / (1 + a / (b + tries - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x)) if tries else mpmath.mpf(1)
    new = b / (a + b) if first else 1
    return alive, alive * bought(r + x, b + tries, alpha + age), None, new * bought(r, b + first, alpha)
