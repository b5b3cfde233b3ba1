# SPDX-License-Identifier: PostgreSQL
"""Splink on DuckDB: one question as a line of JSON, one answer. It runs in an environment of peers.py.

The same columns, levels and block keys as ours, and Splink's own way to a model: the chance of two random records to match by
deterministic rules, u from random pairs, m by EM over the pairs of three keys. See splink's documentation, "Training".
"""
import importlib.metadata
import json
import logging
import resource
import sys
import time

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons


def comparison(name, kind):
    different = [levels.NullLevel(name), levels.ExactMatchLevel(name)]
    if kind == "name":
        different += [levels.JaroWinklerLevel(name, 0.92), levels.JaroWinklerLevel(name, 0.85)]
    elif kind == "code":
        different += [levels.DamerauLevenshteinLevel(name, 1), levels.DamerauLevenshteinLevel(name, 2)]
    return comparisons.CustomComparison(output_column_name=name, comparison_levels=[*different, levels.ElseLevel()])


def match(question):
    database = duckdb.connect()
    database.execute(f"SET threads = {question['threads']}")
    columns = ", ".join(f"nullif({name}, '') AS {name}" for name, _ in question["compare"])
    database.execute(f"CREATE TABLE people AS SELECT id AS unique_id, {columns} FROM read_csv('{question['file']}', all_varchar = true)")
    keys = [block_on(*key) for key in question["block"]]
    started = time.perf_counter()
    settings = SettingsCreator(link_type="dedupe_only", comparisons=[comparison(*column) for column in question["compare"]],
                               blocking_rules_to_generate_predictions=keys, retain_intermediate_calculation_columns=False)
    linker = Linker(DuckDBAPI(connection=database).register("people"), settings)
    linker.training.estimate_probability_two_random_records_match([keys[0], keys[1]], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for key in (keys[0], keys[1], keys[6]):
        linker.training.estimate_parameters_using_expectation_maximisation(key)
    fitted = time.perf_counter()
    found = linker.inference.predict(threshold_match_probability=0.9)
    total, right = database.execute(f"""SELECT count(*), count(*) FILTER (WHERE split_part(unique_id_l, '-', 1) = split_part(unique_id_r, '-', 1))
FROM {found.physical_name}""").fetchone()
    done = time.perf_counter()
    return {"fit": 1000 * (fitted - started), "pairs": 1000 * (done - fitted)}, total, right


def main():
    logging.getLogger("splink").setLevel(logging.WARNING)
    answers = sys.stdout
    sys.stdout = sys.stderr
    print(json.dumps({"version": f"Splink {importlib.metadata.version('splink')}, DuckDB {duckdb.__version__}"}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            measured = [match(question) for _ in range(question["runs"])]
            mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer = {"times": [times for times, _, _ in measured], "found": measured[-1][1], "right": measured[-1][2], "mb": mb}
        except Exception as error:  # pylint: disable=broad-except
            answer = {"error": str(error)[:500]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
