# SPDX-License-Identifier: PostgreSQL
"""The tags, and questions about them in the words of every system that is asked."""

TAGS = 200
SEED = 1
FAMILIES = ["basic", "behaviour", "preference", "value", "response"]
TOPICS = ["visits", "search", "cart", "orders", "refunds", "coupons", "service", "品类"]
DEGREES = ["often", "seldom", "lately", "first", "新"]
RAREST, MOST_FREQUENT = 0.001, 0.6
# Every fourth tag is of customers with neighbouring numbers, as those who came in the same weeks.
IN_A_ROW = 2000

WORD = 64


class Tag:
    """number from 1; share of customers; in_a_row 0: each customer for himself."""

    def __init__(self, number):
        i = number - 1
        self.number = number
        self.name = ".".join([FAMILIES[i % 5], TOPICS[i // 25], DEGREES[i // 5 % 5]])
        # The shares are evenly spaced in logarithms; 77 and 200 have no common factor.
        place = i * 77 % TAGS / (TAGS - 1)
        self.share = RAREST * (MOST_FREQUENT / RAREST) ** place
        self.in_a_row = IN_A_ROW if i % 4 == 3 else 0
        self.word, self.bit = i // WORD, i % WORD

    def __str__(self):
        return self.name


ALL = [Tag(n) for n in range(1, TAGS + 1)]


def definitions():
    """What tagged.cpp reads."""
    return "".join(f"{t.name}\t{t.share:.6f}\t{t.in_a_row}\n" for t in ALL)


def _nearest(share, clustered=False, but=()):
    return min((t for t in ALL if (t.in_a_row > 0) == clustered and t not in but),
               key=lambda t: abs(t.share - share))


def _tags(*shares, clustered=False):
    chosen = []
    for share in shares:
        chosen.append(_nearest(share, clustered, chosen))
    return chosen


def _questions():
    a, b, c, d, e = _tags(0.5, 0.4, 0.3, 0.2, 0.1)
    r1, r2 = _tags(0.001, 0.01)
    m1, m2, m3, m4, m5 = _tags(0.02, 0.03, 0.04, 0.05, 0.06)
    k1, k2, k3, k4, k5 = _tags(0.5, 0.4, 0.3, 0.2, 0.1, clustered=True)
    return {
        "broad": ("and", a, b, ("not", c), ("or", d, e)),
        "one rare tag": ("and", r1, b, ("not", c), ("or", d, e)),
        "rarer ones": ("and", m1, ("or", m5, r2), a, ("not", d)),
        "all of five": ("and", a, b, c, d, e),
        "any of five": ("or", m1, m2, m3, m4, m5),
        "none of five": ("and", ("not", m5), ("not", e), ("not", d), ("not", c), ("not", r1)),
        "neighbours": ("and", k1, k2, ("not", k3), ("or", k4, k5)),
    }


QUESTIONS = _questions()


def leaves(node):
    """The tags of a question."""
    return [node] if isinstance(node, Tag) else [t for part in node[1:] for t in leaves(part)]


ASKED = sorted({t for q in QUESTIONS.values() for t in leaves(q)}, key=lambda t: t.number)


def _written(node, leaf, join, negate, top=True):
    if isinstance(node, Tag):
        return leaf(node)
    if node[0] == "not":
        return negate(_written(node[1], leaf, join, negate, False))
    text = join(node[0], [_written(part, leaf, join, negate, False) for part in node[1:]])
    return text if top else f"({text})"


def _sql(node, leaf):
    return _written(node, leaf, lambda kind, parts: f" {kind.upper()} ".join(parts), lambda part: f"NOT {part}")


def query(node):
    """As a tag_query."""
    return _written(node, str, lambda kind, parts: (" & " if kind == "and" else " | ").join(parts), lambda part: f"!{part}")


def ours(node):
    return f"SELECT audience_size('{query(node)}')"


def ours_made(node):
    return f"SELECT cardinality(audience_of('{query(node)}'))"


def columns(node, table):
    """A column for each tag: t1 … t200."""
    return f"SELECT count(*) FROM {table} WHERE " + _sql(node, lambda t: f"t{t.number}")


def _signed(bits):
    return bits - (1 << WORD) if bits >> (WORD - 1) else bits


def _masks(node, both):
    """The condition on words of 64 tags, with one comparison a word for tags that are joined."""
    if isinstance(node, Tag):
        node = ("and", node)
    if node[0] == "not":
        return f"NOT ({_masks(node[1], both)})"
    wanted, asked, parts = {}, {}, []
    for part in node[1:]:
        negated = isinstance(part, tuple) and part[0] == "not" and isinstance(part[1], Tag)
        tag = part[1] if negated else part
        if not isinstance(tag, Tag) or (negated and node[0] == "or"):
            parts.append(f"({_masks(part, both)})")
            continue
        asked[tag.word] = asked.get(tag.word, 0) | 1 << tag.bit
        if not negated:
            wanted[tag.word] = wanted.get(tag.word, 0) | 1 << tag.bit
    compare = "= {wanted}" if node[0] == "and" else "<> 0"
    words = [both(f"w{w + 1}", f"({_signed(bits)})") + " " + compare.format(wanted=_signed(wanted.get(w, 0)))
             for w, bits in sorted(asked.items())]
    return (" AND " if node[0] == "and" else " OR ").join(words + parts)


def words(node, table):
    """Four columns of 64 bits."""
    return f"SELECT count(*) FROM {table} WHERE " + _masks(node, lambda w, bits: f"{w} & {bits}::bigint")


def words_clickhouse(node, table):
    return f"SELECT count() FROM {table} WHERE " + _masks(node, lambda w, bits: f"bitAnd({w}, {bits})")


def words_duckdb(node, table):
    return f"SELECT count(*) FROM {table} WHERE " + _masks(node, lambda w, bits: f"({w} & {bits})")


def array(node, table, element=lambda t: str(t.number)):
    """An array of tags: @> for what must be there, && for alternatives."""
    def condition(node):
        if isinstance(node, Tag):
            return f"tags @> '{{{element(node)}}}'"
        if node[0] == "not":
            return f"NOT ({condition(node[1])})"
        plain = [p for p in node[1:] if isinstance(p, Tag)]
        others = [condition(p) for p in node[1:] if not isinstance(p, Tag)]
        # What must not be there is queried once, too.
        absent = [p[1] for p in node[1:] if not isinstance(p, Tag) and p[0] == "not" and isinstance(p[1], Tag)]
        if node[0] == "and" and len(absent) > 1:
            others = [condition(p) for p in node[1:] if not isinstance(p, Tag) and not (p[0] == "not" and isinstance(p[1], Tag))]
            others.append(f"NOT tags && '{{{','.join(map(element, absent))}}}'")
        operator = "@>" if node[0] == "and" else "&&"
        parts = [f"tags {operator} '{{{','.join(map(element, plain))}}}'"] if plain else []
        return "(" + (" AND " if node[0] == "and" else " OR ").join(parts + others) + ")"
    return f"SELECT count(*) FROM {table} WHERE {condition(node)}"


def names(node, table):
    """An array of names with our own operator class."""
    return f"SELECT count(*) FROM {table} WHERE tags @@ '{query(node)}'::tag_query"


def intarray(node, table):
    """The extension intarray's query language."""
    text = _written(node, lambda t: str(t.number),
                    lambda kind, parts: ("&" if kind == "and" else "|").join(parts), lambda part: f"!{part}")
    return f"SELECT count(*) FROM {table} WHERE tags OPERATOR(intarray.@@) '{text}'::intarray.query_int"


def pairs(node, table):
    """A row for each tag of each customer: set operations."""
    def rows(node):
        if isinstance(node, Tag):
            return f"SELECT customer_id FROM {table} WHERE tag = {node.number}"
        if node[0] == "or":
            return " UNION ".join(f"({rows(p)})" for p in node[1:])
        have = [p for p in node[1:] if isinstance(p, Tag) or p[0] != "not"]
        others = [p[1] for p in node[1:] if not isinstance(p, Tag) and p[0] == "not"]
        text = " INTERSECT ".join(f"({rows(p)})" for p in have) or "SELECT customer_id FROM tagged.words"
        return f"({text})" + "".join(f" EXCEPT ({rows(p)})" for p in others)
    return f"SELECT count(*) FROM ({rows(node)}) found"


def clickhouse(node):
    """Bitmaps of one column of states; all customers are tag 0."""
    chosen = leaves(node)
    def bitmap(node):
        if isinstance(node, Tag):
            return f"t{node.number}"
        absent, have = [], []
        for part in node[1:]:
            negated = not isinstance(part, Tag) and part[0] == "not"
            (absent if negated and node[0] == "and" else have).append(bitmap(part[1] if negated else part))
        text = have[0] if have else "t0"
        for part in have[1:]:
            text = f"bitmap{node[0].capitalize()}({text}, {part})"
        for part in absent:
            text = f"bitmapAndnot({text}, {part})"
        return text
    text = bitmap(node)
    numbers = [t.number for t in chosen] + ([0] if "t0" in text else [])
    sets = ", ".join(f"(SELECT customers FROM bitmaps WHERE tag = {n}) AS t{n}" for n in numbers)
    # The outermost operation need not make a bitmap.
    outer = text.index("(")
    return f"WITH {sets} SELECT {text[:outer]}Cardinality{text[outer:]}"
