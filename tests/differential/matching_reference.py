# SPDX-License-Identifier: PostgreSQL
"""Probable matches in plain Python, written from the definitions alone: an oracle for matching.py.

Fellegi and Sunter (1969), with the EM of Winkler (1988) over all candidates. It shares no code with the extension.
"""
import math
import unicodedata

ASCII_PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
ABSENT = {"null", "none", "nil", "n/a", "nan", "undefined", "unknown", "anonymous", "guest", "-", "--", ".", "?", "0", "-1", "\\n",
          "无", "未知", "匿名", "暂无", "00000000-0000-0000-0000-000000000000"}
LEVELS = {"name": 4, "code": 4, "exact": 2}
PRIOR = 10
MOST_SHARED = 300
LEAST = 1e-6


def folded(text):
    """A key that ignores case, for text without characters that show nothing."""
    if text is None or len(text.encode()) > 10_000:
        return None
    plain = unicodedata.normalize("NFKC", text).strip()
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain.casefold()).casefold())
    key = " ".join(key.split())
    return None if not key or key in ABSENT else key


def comparable(text):
    key = folded(text)
    if key is None:
        return None
    blank = (" " if c in ASCII_PUNCTUATION or unicodedata.category(c).startswith("P") else c for c in key)
    return " ".join("".join(blank).split()) or None


def jaro(a, b):
    if not a or not b:
        return float(a == b)
    window = max(max(len(a), len(b)) // 2 - 1, 0)
    taken, common = [False] * len(b), []
    for i, c in enumerate(a):
        for j in range(max(0, i - window), min(len(b), i + window + 1)):
            if not taken[j] and b[j] == c:
                taken[j] = True
                common.append(c)
                break
    if not common:
        return 0.0
    other = [c for c, t in zip(b, taken) if t]
    transpositions = sum(x != y for x, y in zip(common, other)) // 2
    m = len(common)
    return (m / len(a) + m / len(b) + (m - transpositions) / m) / 3


def jaro_winkler(a, b):
    similarity = jaro(a, b)
    if similarity <= 0.7:
        return similarity
    prefix = 0
    while prefix < min(4, len(a), len(b)) and a[prefix] == b[prefix]:
        prefix += 1
    return similarity + prefix * 0.1 * (1 - similarity)


def edit_distance(a, b):
    """Optimal string alignment: insert, delete, change, swap two neighbours; no part is edited twice."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i] + [0] * len(b)
        for j in range(1, len(b) + 1):
            row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


def level(kind, a, b, memory):
    """0 is equal, and the last is else; None where one is absent."""
    if a is None or b is None:
        return None
    if a == b:
        return 0
    if kind == "exact":
        return 1
    if (kind, a, b) not in memory:
        if kind == "name":
            similarity = jaro_winkler(a, b)
            found = 1 if similarity >= 0.92 else 2 if similarity >= 0.85 else 3
        else:
            found = min(edit_distance(a, b), 3) if abs(len(a) - len(b)) < 3 else 3
        memory[kind, a, b] = memory[kind, b, a] = found
    return memory[kind, a, b]


def columns_of(definition):
    return [tuple(text.rsplit(":", 1)) for text in definition]


def candidates(rows, keys):
    """Pairs of places in rows, and the values that were left out: (key, value, rows)."""
    pairs, left_out = set(), []
    for key in keys:
        groups = {}
        for i, row in enumerate(rows):
            value = tuple(row[name] for name in key.split("+"))
            if None not in value:
                groups.setdefault(value, []).append(i)
        for value, members in groups.items():
            if len(members) > MOST_SHARED:
                left_out.append((key, value, len(members)))
                continue
            pairs.update((a, b) for n, a in enumerate(members) for b in members[n + 1:])
    return sorted(pairs), left_out


def patterns_of(rows, pairs, compare):
    memory, counts = {}, {}
    for a, b in pairs:
        pattern = tuple(level(kind, rows[a][name], rows[b][name], memory) for name, kind in compare)
        counts[pattern] = counts.get(pattern, 0) + 1
    return counts


def fit(customers, counts, compare, start_u):
    """The model (λ, m, u, rounds); start_u holds the shares of the levels in random pairs."""
    total = sum(counts.values())
    start_m = [[0.9] + [0.1 / (LEVELS[kind] - 1)] * (LEVELS[kind] - 1) for _, kind in compare]
    m, u = [list(row) for row in start_m], [list(row) for row in start_u]
    odds = min(0.5, customers / (2 * total)) if total else 0.5
    for rounds in range(1, 501):
        sums_m = [[PRIOR * share for share in row] for row in start_m]
        sums_u = [[PRIOR * share for share in row] for row in start_u]
        matches = 0.0
        for pattern, count in sorted(counts.items(), key=lambda item: [-1 if x is None else x for x in item[0]]):
            ratio = odds / (1 - odds)
            for c, x in enumerate(pattern):
                if x is not None:
                    ratio *= m[c][x] / u[c][x]
            share = ratio / (1 + ratio)
            matches += count * share
            for c, x in enumerate(pattern):
                if x is not None:
                    sums_m[c][x] += count * share
                    sums_u[c][x] += count * (1 - share)
        m = [[max(s / sum(row), LEAST) for s in row] for row in sums_m]
        u = [[max(s / sum(row), LEAST) for s in row] for row in sums_u]
        before, odds = odds, (matches + 1) / (total + 2)
        if abs(odds - before) < 1e-9:
            break
    return odds, m, u, rounds


def weight(model, pattern):
    odds, m, u = model[:3]
    return math.log2(odds / (1 - odds)) + sum(math.log2(m[c][x] / u[c][x]) for c, x in enumerate(pattern) if x is not None)
