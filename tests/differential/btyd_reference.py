# SPDX-License-Identifier: PostgreSQL
"""Buy-till-you-die models from the story of one customer, for tests/differential/btyd.py.

One customer has a rate of purchases and a rate (or a probability) of leaving. What such a customer
does is elementary; what the models say is its mean over the customers that there may be, weighted
by the history that was seen. So every prediction is a sum over a grid of rates: no formula of the
models is needed, no special function, and none is used. BG/BB is worked out in exact fractions.
The likelihoods of whole data sets, which must be quick, are the textbook formulas; that of
Pareto/NBD is an integral over the time of leaving.
"""
import fractions
import functools
import math

EMPTY = float("-inf")
TIMES = ("BG/NBD", "MBG/NBD", "Pareto/NBD")
MODELS = TIMES + ("BG/BB",)
NAMES = {"BG/NBD": ("r", "alpha", "a", "b"), "MBG/NBD": ("r", "alpha", "a", "b"),
         "Pareto/NBD": ("r", "alpha", "s", "beta"), "BG/BB": ("alpha", "beta", "gamma", "delta")}


def log_add(a, b):
    high, low = max(a, b), min(a, b)
    return high if low == EMPTY else high + math.log1p(math.exp(low - high))


def kept(nodes):
    """Nodes (value..., log of weight) that matter, with weights in place of logs, and the scale."""
    top = max(n[-1] for n in nodes)
    return [(*n[:-1], math.exp(n[-1] - top)) for n in nodes if n[-1] > top - 60], top


def rates(shape, rate):
    """The integral of x^(shape-1) e^(-rate x) f(x) dx as a sum, x = e^(u - e^-u) / rate * shape."""
    unit, step, nodes = max(shape, 1) / rate, 1 / 20, []
    for i in range(-180, 230):
        u = i * step
        log_x = math.log(unit) + u - math.exp(-u)
        if log_x > -700 and log_x < 700:
            x = math.exp(log_x)
            nodes.append((x, shape * log_x - rate * x + math.log(step * (1 + math.exp(-u)))))
    return kept(nodes)


def chances(a, b):
    """The integral of p^(a-1) (1-p)^(b-1) f(p) dp as a sum: nodes p, 1-p, weight."""
    step, nodes, centre = 1 / 24, [], math.log(a / b)
    for i in range(-220, 221):
        v = centre + 3 * math.sinh(i * step)
        log_p, log_q = -math.log1p(math.exp(-v)) if v > -700 else v, -math.log1p(math.exp(v)) if v < 700 else -v
        nodes.append((math.exp(log_p), math.exp(log_q), a * log_p + b * log_q + math.log(3 * step * math.cosh(i * step))))
    return kept(nodes)


def faded(k, t):
    """The integral of e^(-k s) over s from 0 to t, which may be infinite."""
    if math.isinf(t):
        return 1 / k
    return -math.expm1(-k * t) / k if k * t > 1e-8 else t * (1 - k * t / 2)


def expectations(model, parameters, history, horizon, discount):
    """P(left), E[purchases], P(buys), P(ever buys), discounted purchases within the horizon and without."""
    x, t_x, age = history
    delta = math.log1p(discount)
    if model == "BG/BB":
        return opportunities(parameters, history, horizon, discount)
    r, alpha = parameters[:2]
    buying, _ = rates(r + x, alpha + t_x)
    alive = dead = expected = soon = ever = worth = lasting = 0.0
    if model == "Pareto/NBD":
        leaving, _ = rates(parameters[2], parameters[3] + t_x)
        for rate, weight in buying:
            for mu, share in leaving:
                both = rate + mu
                lives = weight * share * math.exp(-both * (age - t_x))
                alive += lives
                dead += weight * share * mu * faded(both, age - t_x)
                expected += lives * rate * faded(mu, horizon)
                soon += lives * rate * faded(both, horizon)
                ever += lives * rate / both
                worth += lives * rate * faded(mu + delta, horizon)
                lasting += lives * rate / (mu + delta)
    else:
        first = int(model == "MBG/NBD")
        b = parameters[3] + x + first
        leaving, scale = chances(parameters[2], b)
        stays = sum(w for _, _, w in leaving)
        # Left at the last chance to leave: p instead of 1 - p there.
        left = 0.0
        if x + first > 0:
            gone, other = chances(parameters[2] + 1, b - 1)
            left = sum(w for _, _, w in gone) * math.exp(other - scale)
        for rate, weight in buying:
            lives = weight * math.exp(-rate * (age - t_x))
            alive += lives * stays
            dead += weight * left
            soon += lives * stays * -math.expm1(-rate * horizon)
            ever += lives * stays
            for p, _, share in leaving:
                both = lives * share * rate
                expected += both * faded(rate * p, horizon)
                worth += both * faded(rate * p + delta, horizon)
                lasting += both / (rate * p + delta)
    return [dead / (alive + dead), *(v / (alive + dead) for v in (expected, soon, ever, worth, lasting))]


def rising(a, n):
    product = fractions.Fraction(1)
    for i in range(n):
        product *= a + i
    return product


def moment(a, b, i, j):
    """E[p^i (1-p)^j], p ~ Beta(a, b), exactly."""
    return rising(a, i) * rising(b, j) / rising(a + b, i + j)


def opportunities(parameters, history, horizon, discount):
    alpha, beta, gamma, delta = map(fractions.Fraction, parameters)
    x, t_x, n = map(int, history)

    def seen(bought, missed, lived, died=0):
        return moment(alpha, beta, bought, missed) * moment(gamma, delta, died, lived)

    alive = seen(x, n - x, n)
    total = alive + sum(seen(x, i - x, i, 1) for i in range(t_x, n))
    fade = 1 / (1 + fractions.Fraction(discount))
    ahead = range(1, int(horizon) + 1)
    buys = [seen(x + 1, n - x, n + k) for k in ahead]
    first = [seen(x + 1, n - x + k - 1, n + k) for k in ahead]
    # Without end: what customers of given p and theta do.
    tries, _ = chances(parameters[0] + x, parameters[1] + n - x)
    lives, _ = chances(parameters[2], parameters[3] + n)
    weight = sum(w for _, _, w in tries) * sum(w for _, _, w in lives)
    ever = sum(w * v * p * stay / (theta + p * stay) for p, _, w in tries for theta, stay, v in lives) / weight
    share = alpha + x
    share = float(share / (alpha + beta + n))
    lasting = share * sum(v * stay * float(fade) / (1 - stay * float(fade)) for _, stay, v in lives) / sum(v for _, _, v in lives)
    alive_now = float(alive / total)
    return [float(1 - seen(x, n - x, n + 1) / total), float(sum(buys) / total), float(sum(first) / total), ever * alive_now,
            float(sum(b * fade**k for k, b in zip(ahead, buys)) / total), lasting * alive_now]


def poisson_more(n, mean):
    """P(at least n), a Poisson number."""
    if n <= 0:
        return 1.0
    if not mean > 0:
        return 0.0
    if mean > n:
        return 1 - sum(math.exp(j * math.log(mean) - mean - math.lgamma(j + 1)) for j in range(n))
    term, total, j = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)), 0.0, n
    while term > 1e-20 * total:
        total, j = total + term, j + 1
        term *= mean / j
    return total


def poisson(n, mean):
    return math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) if mean > 0 else float(n == 0)


def count_of_new(model, parameters, t, n):
    """P(a new customer makes n repeat purchases until t)."""
    if model == "BG/BB":
        alpha, beta, gamma, delta = map(fractions.Fraction, parameters)
        end = int(t)
        if n > end:
            return 0.0
        return float(math.comb(end, n) * moment(alpha, beta, n, end - n) * moment(gamma, delta, 0, end) +
                     sum(math.comb(i, n) * moment(alpha, beta, n, i - n) * moment(gamma, delta, 1, i) for i in range(n, end)))
    buying, _ = rates(*parameters[:2])
    weight = sum(w for _, w in buying)
    if model == "Pareto/NBD":
        leaving, _ = rates(*parameters[2:])
        # Who leaves at y has bought n times until y: over y = t / (1 + e^-v), by parts of one rate each.
        total, step = 0.0, 1 / 20
        living = sum(w * math.exp(-mu * t) for mu, w in leaving) * sum(w * poisson(n, rate * t) for rate, w in buying)
        for i in range(-90, 91):
            v = 2 * math.sinh(i * step)
            y, slope = t / (1 + math.exp(-v)), 2 * step * math.cosh(i * step) / (1 + math.exp(v))
            total += y * slope * sum(w * mu * math.exp(-mu * y) for mu, w in leaving) * sum(w * poisson(n, rate * y) for rate, w in buying)
        return (living + total) / weight / sum(w for _, w in leaving)
    first = int(model == "MBG/NBD")
    leaving, _ = chances(*parameters[2:])
    all_leaving = sum(w for _, _, w in leaving)
    stayed = sum(w * q ** (n + first) for _, q, w in leaving) / all_leaving
    left = sum(w * p * q ** (n + first - 1) for p, q, w in leaving) / all_leaving if n + first > 0 else 0
    return stayed * sum(w * poisson(n, rate * t) for rate, w in buying) / weight + left * sum(
        w * poisson_more(n, rate * t) for rate, w in buying) / weight


@functools.cache
def gauss(n):
    """Nodes and weights of Gauss and Legendre on (0, 1)."""
    rule = []
    for i in range(n):
        z = math.cos(math.pi * (i + .75) / (n + .5))
        for _ in range(20):
            p, q = 1.0, 0.0
            for j in range(n):
                p, q = ((2 * j + 1) * z * p - j * q) / (j + 1), p
            slope = n * (z * p - q) / (z * z - 1)
            z -= p / slope
        rule.append(((1 + z) / 2, 1 / ((1 - z * z) * slope * slope)))
    return rule


def log_rising(a, n):
    """ln of a (a + 1) ... (a + n - 1)"""
    return sum(math.log(a + i) for i in range(int(n))) if n < 64 else math.lgamma(a + n) - math.lgamma(a)


def log_density(model, parameters, history):
    x, t_x, age = history
    if model == "BG/BB":
        alpha, beta, gamma, delta = parameters

        def seen(n, died):
            return (log_rising(alpha, x) + log_rising(beta, n - x) - log_rising(alpha + beta, n) +
                    (math.log(gamma) if died else 0) + log_rising(delta, n) - log_rising(gamma + delta, n + died))
        total = seen(int(age), 0)
        for i in range(int(t_x), int(age)):
            total = log_add(total, seen(i, 1))
        return total
    r, alpha = parameters[:2]

    def silent_since(t):
        return -r * math.log1p(t / alpha) - x * math.log(alpha + t)
    if model == "Pareto/NBD":
        s, beta = parameters[2:]
        total = silent_since(age) - s * math.log1p(age / beta)
        if age > t_x:
            # Over the time of leaving y = near e^u - near.
            near = min(alpha, beta)
            low, high = math.log1p(t_x / near), math.log1p(age / near)

            def integrand(u):
                y = near * math.expm1(u)
                return silent_since(y) - s * math.log1p(y / beta) - math.log(beta + y) + u
            first = integrand(low)
            if integrand(high) < first - 60:  # what is beyond is e^-50 of it
                near_end, far_end = low, high
                while far_end - near_end > 1e-3 * (far_end - low):
                    middle = (near_end + far_end) / 2
                    if integrand(middle) < first - 50:
                        far_end = middle
                    else:
                        near_end = middle
                high = far_end
            panels = 1 + int(high - low) + int(abs(integrand(high) - first) / 6)
            width, points = (high - low) / panels, []
            for panel in range(panels):
                for at, weight in gauss(16):
                    points.append(integrand(low + (panel + at) * width) + math.log(weight))
            top = max(points)
            total = log_add(total, top + math.log(sum(math.exp(p - top) for p in points)) + math.log(s * near * width))
        return log_rising(r, x) + total
    a, b = parameters[2:]
    tries = x + (model == "MBG/NBD")
    total = log_rising(b, tries) - log_rising(a + b, tries) + silent_since(age)
    if tries > 0:
        left = math.log(a) + log_rising(b, tries - 1) - log_rising(a + b, tries)
        total = log_add(total, left + silent_since(t_x))
    return log_rising(r, x) + total


def log_likelihood(model, parameters, groups):
    return math.fsum(n * log_density(model, parameters, h) for h, n in groups.items())


def highest(f, start, bounds, rounds=500):
    """Nelder and Mead, kept within bounds; begun again where it ended until that gains nothing."""
    def inside(at):
        return [min(max(v, low), high) for v, (low, high) in zip(at, bounds)]
    best, value = inside(start), -math.inf
    while True:
        n = len(best)
        corners = [best] + [inside([v + (.7 if i == j else 0) * (-1 if v > 5 else 1) for j, v in enumerate(best)]) for i in range(n)]
        points = sorted(((f(c), c) for c in corners), key=lambda p: -p[0])
        for _ in range(rounds):
            if points[0][0] - points[-1][0] < 1e-10:
                break
            centre = [sum(p[1][j] for p in points[:-1]) / n for j in range(n)]

            def along(by):
                at = inside([c + by * (c - w) for c, w in zip(centre, points[-1][1])])
                return f(at), at
            mirrored = along(1)
            if mirrored[0] > points[0][0]:
                further = along(2)
                points[-1] = max(mirrored, further, key=lambda p: p[0])
            elif mirrored[0] > points[-2][0]:
                points[-1] = mirrored
            else:
                nearer = along(.5 if mirrored[0] > points[-1][0] else -.5)
                if nearer[0] > max(points[-1][0], mirrored[0]):
                    points[-1] = nearer
                else:
                    centre = points[0][1]
                    points[1:] = [(f(at), at) for at in ([(c + v) / 2 for c, v in zip(centre, p[1])] for p in points[1:])]
            points.sort(key=lambda p: -p[0])
        gained = points[0][0] - value
        value, best = points[0]
        if gained < 1e-7:
            return value, best
