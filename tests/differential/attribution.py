#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Attribution in SQL against a brute-force oracle that shares no code with it: fractions, and all coalitions.

usage: attribution.py [SEED [COUNT]]      (default: a fresh seed, 150 cases; 100,000 with CLIENTELE_LONG=1)

Each case is one group of customers, or of paths counted elsewhere. Rows come in random order, serial and parallel; both must
give the same bytes. Paths that attribution_paths() lists are attributed again, which must change nothing. A file of counted
paths is compared with the oracle, and with figures that were published for it.
"""
import importlib.util
import itertools
import json
import math
import multiprocessing
import os
import pathlib
import random
import sys
import time

from checks import DATA, PARALLEL, SERIAL, Checks, copy

ORACLE = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle/attribution.py"
BATCH = 1000
MODELS = ["first", "last", "last_non_direct", "linear", "position", "position_decay", "time_decay", "markov_1", "markov_2",
          "markov_3", "shapley", "shapley_rate"]
# Exact removal effects and conversions at order 1, with immediate repeats collapsed, which changes nothing there.
PUBLISHED = {"eta": (.3490263319, 3340.847402), "iota": (.4058350045, 3884.614702), "alpha": (.5583994895, 5344.947682),
             "beta": (.2640385357, 2527.352167), "theta": (.2060104628, 1971.912880), "lambda": (.1340221228, 1282.847223),
             "kappa": (.0286633867, 274.363256), "zeta": (.0398105178, 381.062553), "epsilon": (.0626385823, 599.570650),
             "gamma": (.0178799744, 171.145443), "delta": (.0004819958, 4.613618), "mi": (.0001799458, 1.722425)}

ROUNDED = {2: {"alpha": 5617.5, "eta": 3391.9, "iota": 3810.5, "beta": 2439.6, "theta": 1902.5, "lambda": 1189.5},
           3: {"alpha": 5748.1, "eta": 3396.1, "iota": 3791.0, "beta": 2405.5, "theta": 1849.8, "lambda": 1150.7}}
LONG = os.environ.get("CLIENTELE_LONG") == "1"

SCHEMA = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS attribution_oracle CASCADE;
CREATE SCHEMA attribution_oracle;
CREATE UNLOGGED TABLE attribution_oracle.cases (id int, def jsonb, models text[]);
CREATE UNLOGGED TABLE attribution_oracle.events (id int, customer int, second int, role text, channel text, amount numeric);
CREATE UNLOGGED TABLE attribution_oracle.customers (id int, customer int);
CREATE UNLOGGED TABLE attribution_oracle.paths (id int, path text[], conversions bigint, value numeric, nulls bigint);
"""
# Types are numbered in random order, so that their order and that of their names differ. A type that is a touch has two
# names, so that a channel has more than one.
TYPES = """
CALL clientele.create_store();
SELECT clientele.event_type(channel, event) FROM (
  SELECT channel, event FROM unnest('{ads,email,direct,web,微信}'::text[]) channel,
    unnest('{touch,click,conversion,both,other}'::text[]) event) t ORDER BY md5(channel || event || :'seed');
"""
BUILD = """
SET TimeZone = 'UTC';
CREATE UNLOGGED TABLE attribution_oracle.defs AS
SELECT id, clientele.attribution_def('conversion|both', touches => 'touch|click|both',
  direct => CASE WHEN def->'direct' <> '[]' THEN ARRAY(SELECT jsonb_array_elements_text(def->'direct')) END,
  lookback => (def->>'lookback')::numeric * interval '1 second', after_previous => (def->>'after_previous')::boolean,
  half_life => (def->>'half_life')::numeric * interval '1 second',
  weights => ARRAY(SELECT jsonb_array_elements_text(def->'weights')::float8), collapse => (def->>'collapse')::boolean,
  nulls => (def->>'nulls')::boolean, since => '2026-01-01'::timestamptz + (def->>'since')::numeric * interval '1 second',
  until => '2026-01-01'::timestamptz + (def->>'until')::numeric * interval '1 second', models => models) AS def
FROM attribution_oracle.cases;
CREATE UNLOGGED TABLE attribution_oracle.journeys AS
SELECT c.id, c.customer, (SELECT clientele.journey('2026-01-01'::timestamptz + e.second * interval '1 second',
    t.event_type_id, NULL, e.amount)
  FROM attribution_oracle.events e JOIN clientele_data.event_types t ON t.channel = e.channel AND t.event = e.role
  WHERE e.id = c.id AND e.customer = c.customer) AS journey
FROM attribution_oracle.customers c ORDER BY random();
ALTER TABLE attribution_oracle.journeys SET (parallel_workers = 2);
ALTER TABLE attribution_oracle.paths SET (parallel_workers = 2);
ANALYZE attribution_oracle.journeys;
ANALYZE attribution_oracle.paths;
"""
SUMMARIES = """
CREATE UNLOGGED TABLE attribution_oracle.{name} AS
SELECT id, clientele.attribution(journey, def) AS summary FROM attribution_oracle.journeys JOIN attribution_oracle.defs USING (id)
GROUP BY id
UNION ALL
SELECT id, clientele.attribution(path, conversions, value, nulls, def)
FROM attribution_oracle.paths JOIN attribution_oracle.defs USING (id) GROUP BY id;
"""
ANSWERS = """
SELECT id, model, channel, conversions, value, share, removal_effect, value_removal_effect
FROM attribution_oracle.serial, clientele.attribution_credits(summary);
"""
CHECKS = """
SELECT 'serial and parallel', s.id FROM attribution_oracle.serial s JOIN attribution_oracle.parallel p USING (id)
WHERE s.summary::text <> p.summary::text;
SELECT 'written and read', id FROM attribution_oracle.serial
WHERE summary::text <> (summary::text::clientele.attribution_summary)::text;
SELECT 'merged with itself', id FROM attribution_oracle.serial s CROSS JOIN LATERAL (
  SELECT sum(conversions) AS one FROM clientele.attribution_paths(summary)) a CROSS JOIN LATERAL (
  SELECT sum(conversions) AS two FROM clientele.attribution_paths(
    (SELECT clientele.attribution_merge(summary) FROM (VALUES (s.summary), (NULL), (s.summary)) v (summary)))) b
WHERE two <> 2 * one;
"""
PATHS = "SELECT id, array_to_json(path), conversions, value, nulls FROM attribution_oracle.serial, clientele.attribution_paths(summary);\n"
# Untimed models of listed paths are those of the journeys. A definition without null paths lists none.
AGAIN = """
SELECT id, model, channel FROM (
  SELECT id, c.* FROM attribution_oracle.serial JOIN attribution_oracle.cases USING (id), clientele.attribution_credits(summary) c
  WHERE model <> 'time_decay') a
FULL JOIN (
  SELECT id, c.* FROM (
    SELECT id, clientele.attribution(p.path, p.conversions, p.value, p.nulls,
        (d.def::text::jsonb || jsonb_build_object('models', to_jsonb(array_remove(models, 'time_decay'))))::text::clientele.attribution_def) AS again
    FROM attribution_oracle.serial JOIN attribution_oracle.defs d USING (id) JOIN attribution_oracle.cases USING (id),
      clientele.attribution_paths(summary) p GROUP BY id) x, clientele.attribution_credits(again) c) b
USING (id, model, channel)
WHERE channel IS NOT NULL AND (a.conversions, a.value, a.removal_effect) IS DISTINCT FROM (b.conversions, b.value, b.removal_effect);
"""

checks = Checks("attribution", database="clientele_attribution")
psql = checks.psql


def load_oracle():
    spec = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def make_cases(seed_and_count):
    seed, count = seed_and_count
    oracle, rng = load_oracle(), random.Random(seed)
    return [oracle.random_case(rng) for _ in range(count)]


def loading(cases, rng):
    lines, events, customers, paths = [], [], [], []
    for i, case in enumerate(cases):
        models = [m for m in MODELS if m in case["expected"]]
        lines.append([i, json.dumps(case["def"]), "{" + ",".join(models) + "}"])
        for c, journey in enumerate(case.get("customers", [])):
            customers.append([i, c])
            for second, role, channel, amount in journey:
                events.append([i, c, second, rng.choice(["touch", "click"]) if role == "touch" else role, channel, amount])
        for path, conversions, value, nulls in case.get("paths", []):
            text = "{" + ",".join(path) + "}" if path or rng.random() < .5 else None
            paths.append([i, text, conversions, value, nulls])
    rng.shuffle(events)
    rng.shuffle(paths)
    return SCHEMA + "".join(copy(f"attribution_oracle.{t}", rows) for t, rows in (
        ("cases", lines), ("events", events), ("customers", customers), ("paths", paths))) + BUILD


def close(got, wanted, slack=1e-8):
    return math.isclose(got, wanted, rel_tol=slack, abs_tol=slack)


def compare(i, case, got, listed):
    """got: {model: [[channel, conversions, value, share, effect, value effect]]}; True if all of it is as it must be."""
    if not case.get("customers", True) or not case.get("paths", True):
        return checks.same("no rows, no answer", {}, got)
    total = sum(r[1] for r in case["expected"]["first"])
    for model, rows in case["expected"].items():
        mine = sorted(got.get(model, []), key=lambda r: (r[0] == "", r[0].encode()))
        wanted = [["" if r[0] is None else r[0], *r[1:3], r[1] / total if total else None, *r[3:]] for r in rows]
        good = [r[0] for r in mine] == [r[0] for r in wanted] and all(
            (g == "") == (w is None) and (w is None or close(float(g), w))
            for one, other in zip(mine, wanted) for g, w in itertools.zip_longest(one[1:], other[1:], fillvalue=None)
            if not (g == "" and w is None))
        if not good:
            return checks.check("credits", False, f"case {i} {model}: {mine}, wanted {wanted}; {case}")
    if "paths_made" in case:
        wanted = {}
        for path, conversions, value, nulls in case["paths_made"]:
            sums = wanted.setdefault(tuple(path), [0, 0, 0])
            for k, more in enumerate((conversions, float(value), nulls)):
                sums[k] += more
        same = wanted.keys() == listed.keys() and all(close(a, b) for p, sums in wanted.items() for a, b in zip(sums, listed[p]))
        if not same:
            return checks.check("paths", False, f"case {i}: {listed}, wanted {wanted}; {case}")
    return True


def run_cases(cases, rng):
    script = loading(cases, rng)
    script += SERIAL + SUMMARIES.format(name="serial")
    script += PARALLEL + SUMMARIES.format(name="parallel") + SERIAL
    different = psql(script + CHECKS + AGAIN)
    checks.check("exact and plan-free", not different, different[:5], weight=len(cases))
    got, listed = {}, {}
    for i, model, channel, *numbers in psql(ANSWERS):
        got.setdefault(int(i), {}).setdefault(model, []).append([channel, *numbers])
    for i, path, conversions, value, nulls in psql(PATHS):
        listed.setdefault(int(i), {})[tuple(json.loads(path))] = [int(conversions), float(value), int(nulls)]
    good = sum(bool(compare(i, case, got.get(i, {}), listed.get(i, {}))) for i, case in enumerate(cases))
    checks.count(good, 0)


def run_file(oracle, name):
    models = [m for m in MODELS if m not in ("last_non_direct", "time_decay", "shapley_rate")]
    rows = psql(f"""CREATE TEMP TABLE file (path text, conversions bigint, value numeric, nulls bigint);
\\copy file FROM '{DATA / name}' (FORMAT csv, HEADER)
SELECT c.model, c.channel, c.conversions, c.value, c.removal_effect, c.value_removal_effect FROM (
  SELECT clientele.attribution(string_to_array(path, ' > '), conversions, value, nulls,
    clientele.attribution_def('purchase', models => '{{{",".join(models)}}}')) AS summary FROM file) s,
  clientele.attribution_credits(summary) c;""")
    got = {}
    for model, channel, *numbers in rows:
        got.setdefault(model, {})[channel] = [float(x) for x in numbers if x != ""]
    for order, conversions in ROUNDED.items():
        checks.check(f"rounded, order {order}", all(abs(got[f"markov_{order}"][c][0] - n) < .0501 for c, n in conversions.items()),
                     got[f"markov_{order}"])
    # The oracle takes a quarter of a minute for the file.
    for order in (1, 2, 3) if LONG else ():
        for model, wanted in oracle.from_file(DATA / name, order).items():
            if model in models:
                checks.check(f"{name}, {model}", all(close(a, b) for channel, *numbers in wanted
                                                     for a, b in zip(numbers, got[model][channel])), got[model])
    for channel, (effect, conversions) in PUBLISHED.items():
        mine = got["markov_1"][channel]
        checks.check(f"published, {channel}", abs(mine[2] - effect) < 6e-11 and abs(mine[0] - conversions) < 6e-7, mine)
    for model, channels in got.items():
        checks.check(f"{model} adds up", close(sum(c[0] for c in channels.values()), 19785), channels)


def main():
    if not ORACLE.exists():
        checks.skip(f"{ORACLE} is not there")
        checks.end()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000 if LONG else 150
    print(f"seed {seed}, {count} cases", flush=True)
    rng = random.Random(seed)
    checks.new_database("CREATE EXTENSION clientele;\n\\set seed " + str(seed) + TYPES)
    batches = [(rng.randrange(2**40), min(BATCH, count - start)) for start in range(0, count, BATCH)]
    if len(batches) == 1:
        run_cases(make_cases(batches[0]), rng)
    else:
        with multiprocessing.Pool(2) as pool:
            for cases in pool.imap(make_cases, batches):
                run_cases(cases, rng)
    if checks.there("channel_paths.csv"):
        run_file(load_oracle(), "channel_paths.csv")
    checks.drop_database()
    checks.end()


if __name__ == "__main__":
    main()
