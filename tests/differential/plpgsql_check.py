#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""plpgsql_check over every PL/pgSQL function of the extension: no error, and no warning without a reason.

usage: plpgsql_check.py      (in a database with the extension; needs plpgsql_check)
"""
from checks import Checks

# (function, part of the message): why it may be said. What nothing matches any more is an error, too.
TEMPORARY = "names of temporary relations that temporary_name() makes and quotes, and columns that are constants"
CALLER = "runs a query that the caller gives, which is what it is for"
MEMBER = "names of members of the store, which the extension lists and PostgreSQL quotes, and statements made of them"
RULE = "runs a rule, which is SQL of an author that the caller trusts"
QUESTION = "SQL of question_kinds(), which are constants, and a definition as a literal"
ALLOWED = {
    **{(name, "is not sanitized"): TEMPORARY for name in (
        "load_events", "load_customers", "load_event_types", "load_items", "require_all_keys", "merge_given", "merge_journeys", "open_source", "time_reading", "match_fit", "match_pairs",
        "match_left_out")},
    **{(name, "is not sanitized"): CALLER for name in ("caller_source", "model_holdouts", "track_purchases")},
    **{(name, "is not sanitized"): MEMBER for name in (
        "drop_store", "grant_bi", "revoke_bi", "rename_store_column", "create_members", "upgrade_store", "comment_store")},
    ("explain_change_of", "is not sanitized"): "quotes all names and definitions, and runs expressions that the caller gives",
    ("explain_change_of", "is maybe unmodified"): "returns the rows of a query that is made",
    ("measured_values", "is maybe unmodified"): "returns the rows of a query that is made",
    **{(name, "is not sanitized"): RULE for name in ("evaluate_values", "evaluate_journey_rules", "evaluate_rule", "describe_tag_rule")},
    **{(name, "is not sanitized"): QUESTION for name in ("answer_journey_question", "check_question_definition")},
    **{(name, "is not sanitized"): RULE for name in ("answer_sql_question", "check_question_sql", "check_metric_sql")},
    ("save_starter_questions", "is not sanitized"): "definitions of starter questions, whose names are quoted",
    ("create_customer_views", "is not sanitized"): "columns of customer_view_columns(), which quotes their names",
    ("customer_profiles", "is not sanitized"): "columns of customer_view_columns(), which quotes their names",
    ("customer_profiles", "is maybe unmodified"): "returns the rows of a query that is made",
    ("report_rows", "is not sanitized"): "statements that are constants of report(), which quotes the names in them",
}


def main():
    checks = Checks("plpgsql_check")
    if checks.psql("SELECT count(*) FROM pg_available_extensions WHERE name = 'plpgsql_check'") != [["1"]]:
        checks.skip("plpgsql_check is not there")
        checks.end()
    rows = checks.psql(r"""
        SET client_min_messages = warning;
        CREATE EXTENSION IF NOT EXISTS plpgsql_check;
        CALL clientele.create_store();
        -- One that is wrong, so that finding nothing says something.
        CREATE FUNCTION public.planted() RETURNS integer LANGUAGE plpgsql AS $$ DECLARE never integer; BEGIN RETURN nothing FROM clientele_data.customers; END $$;
        SELECT p.oid::regprocedure, c.level, c.sqlstate, translate(c.message, E'\n\t', '  '), coalesce(c.lineno, 0), translate(coalesce(c.query, ''), E'\n\t', '  ')
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
        LEFT JOIN LATERAL plpgsql_check_function_tb(
          p.oid, coalesce((SELECT t.tgrelid FROM pg_trigger t WHERE t.tgfoid = p.oid LIMIT 1), 0), fatal_errors => false,
          oldtable => (SELECT max(t.tgoldtable)::name FROM pg_trigger t WHERE t.tgfoid = p.oid),
          newtable => (SELECT max(t.tgnewtable)::name FROM pg_trigger t WHERE t.tgfoid = p.oid),
          performance_warnings => false, extra_warnings => true, security_warnings => true, compatibility_warnings => true) c ON true
        WHERE p.pronamespace IN ('clientele'::regnamespace, 'clientele_bi'::regnamespace, 'clientele_data'::regnamespace, 'public'::regnamespace)
        ORDER BY p.oid::regprocedure::text COLLATE "C", 5;""")
    functions, used, planted = set(), set(), 0
    for function, level, code, message, line, query in rows:
        if "planted" in function:
            planted += level in ("error", "warning", "warning extra")
            continue
        functions.add(function)
        if not level:
            continue
        reasons = [key for key in ALLOWED if key[0] == function.split("(")[0].removeprefix("clientele.") and key[1] in message]
        used.update(reasons)
        checks.check(f"{function} line {line}: {level} {code} {message}", reasons, query[:200])
    checks.check("what is planted is found", planted >= 2, str(planted))
    checks.check("there are functions", len(functions) > 40, str(len(functions)))
    checks.count(len(functions), 0)
    for key in ALLOWED.keys() - used:
        checks.check(f"nothing is found any more that is allowed: {key}", False)
    checks.psql("DROP FUNCTION public.planted(); CALL clientele.drop_store();")
    checks.end()


if __name__ == "__main__":
    main()
