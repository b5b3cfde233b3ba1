-- SPDX-License-Identifier: PostgreSQL
-- Options of a source, and how new rows are found.

CREATE FUNCTION is_country(code text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT code = ANY (string_to_array('AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS '
    'BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA '
    'GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN '
    'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG '
    'NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS '
    'ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW', ' '))
$$;
COMMENT ON FUNCTION is_country(text) IS
  'Whether a text is the code of a country in two capital letters (ISO 3166-1), as CN or DE.';

CREATE FUNCTION check_interval(value interval, argument text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET IntervalStyle = 'postgres' AS $$
BEGIN
  IF NOT isfinite(value) OR value <= '0' THEN
    RAISE EXCEPTION '% must be longer than 0, not %', argument, value USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;
COMMENT ON FUNCTION check_interval(interval, text) IS
  'Checks that an interval is positive and finite; a part of add_source(). Errors: 22023 if not.';

CREATE FUNCTION checked_expression(expression text, argument text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
DECLARE
  found record;
  message text;
  hint text;
BEGIN
  BEGIN
    SELECT r.kind, r.body INTO found FROM clientele.read_sql(expression) r;
  EXCEPTION WHEN syntax_error THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RAISE EXCEPTION 'argument %: %', argument, message USING ERRCODE = 'syntax_error', DETAIL = format('It is: %s', left(expression, 1000)),
      HINT = coalesce(nullif(hint, ''), 'An expression is SQL over one row of the source, a column''s name being the simplest. '
        'A name with blanks or capitals is in double quotes, a constant in single ones.');
  END;
  IF found.kind IS DISTINCT FROM 'expression' THEN
    RAISE EXCEPTION 'argument %: a query is not allowed', argument USING ERRCODE = 'invalid_object_definition',
      DETAIL = format('It is: %s', left(expression, 1000)), HINT = 'An expression is over one row of the source.';
  END IF;
  RETURN found.body;
END $$;
COMMENT ON FUNCTION checked_expression(text, text) IS
  'Checks that a text is one expression, and returns it without a semicolon at its end; a part of add_source().
Errors: 42601 for bad syntax, 42P17 for a query.';

CREATE FUNCTION checked_expressions(given jsonb, argument text) RETURNS jsonb
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bad text;
  result jsonb;
BEGIN
  IF jsonb_typeof(given) <> 'object' THEN
    RAISE EXCEPTION '% must be a JSON object', argument USING ERRCODE = 'invalid_parameter_value',
      HINT = CASE argument WHEN 'identities' THEN 'It names kinds and expressions, as in {"email": "e_mail", "phone": ["mobile", "landline"]}.'
                           ELSE 'It names expressions, as in {"category": "category", "size": "upper(size)"}.' END;
  END IF;
  bad := (SELECT e.key FROM jsonb_each(given) e WHERE e.key = '' OR octet_length(e.key) > 500 LIMIT 1);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'a name in % is empty or longer than 500 bytes', argument USING ERRCODE = 'invalid_parameter_value';
  END IF;
  bad := (SELECT e.key FROM jsonb_each(given) e
          WHERE CASE WHEN argument = 'identities' AND jsonb_typeof(e.value) = 'array'
                     THEN jsonb_array_length(e.value) = 0
                       OR EXISTS (SELECT FROM jsonb_array_elements(e.value) v (x) WHERE jsonb_typeof(v.x) <> 'string')
                     ELSE jsonb_typeof(e.value) <> 'string' END LIMIT 1);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION '%.% must be an expression%', argument, bad, CASE argument WHEN 'identities' THEN ' or a list of expressions' ELSE '' END
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Expressions are JSON strings.';
  END IF;
  IF argument = 'identities' THEN
    SELECT jsonb_agg(jsonb_build_object('kind', e.key, 'expression',
                                        clientele.checked_expression(x.expression, 'identities.' || e.key)) ORDER BY e.n, x.n)
    INTO result FROM jsonb_each(given) WITH ORDINALITY e (key, value, n)
    CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(e.value) WHEN 'array' THEN e.value ELSE jsonb_build_array(e.value) END)
      WITH ORDINALITY x (expression, n);
    IF result IS NULL THEN
      RAISE EXCEPTION 'identities must not be empty' USING ERRCODE = 'invalid_parameter_value',
        HINT = 'A row belongs to the customer whose identifiers it has, as in {"customer": "customer_no"}.';
    END IF;
  ELSE
    SELECT coalesce(jsonb_object_agg(e.key, clientele.checked_expression(e.value, argument || '.' || e.key)), '{}')
    INTO result FROM jsonb_each_text(given) e;
  END IF;
  RETURN result;
END $$;
COMMENT ON FUNCTION checked_expressions(jsonb, text) IS
  'Checks identities, properties or attributes, and returns them as clientele_data.sources has them; a part of add_source().
Errors: 22023 for another shape, and those of checked_expression().';

CREATE FUNCTION checked_mapping(given jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' AS $$
DECLARE
  mapping jsonb := given - '{identities,properties,attributes}'::text[];
  argument text;
BEGIN
  FOREACH argument IN ARRAY '{at,event,channel,item,amount,currency,event_id,cursor}'::text[] LOOP
    IF given ? argument THEN
      mapping := mapping || jsonb_build_object(argument, clientele.checked_expression(given ->> argument, argument));
    END IF;
  END LOOP;
  FOREACH argument IN ARRAY '{identities,properties,attributes}'::text[] LOOP
    IF given ? argument THEN
      mapping := mapping || jsonb_build_object(argument, clientele.checked_expressions(given -> argument, argument));
    END IF;
  END LOOP;
  IF given ? 'time_zone' THEN
    PERFORM clientele.check_time_zone(given ->> 'time_zone');
  END IF;
  IF given ? 'date_order' THEN
    mapping := mapping || jsonb_build_object('date_order', lower(given ->> 'date_order'));
  END IF;
  -- The functions that read values check the options of reading.
  PERFORM clientele.clean_time('2026-01-01', date_order => mapping ->> 'date_order', unit => given ->> 'unit'),
          clientele.clean_amount('1', "decimal" => coalesce(given ->> 'decimal', '.'));
  IF NOT isfinite((given ->> 'oldest')::timestamptz) THEN
    RAISE EXCEPTION 'oldest must be finite' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF given ? 'country' THEN
    mapping := mapping || jsonb_build_object('country', upper(given ->> 'country'));
    IF NOT clientele.is_country(mapping ->> 'country') THEN
      RAISE EXCEPTION 'country "%" does not exist', left(given ->> 'country', 100) USING ERRCODE = 'invalid_parameter_value',
        HINT = 'It is a code of ISO 3166 in two letters, as CN or DE.';
    END IF;
  END IF;
  IF given ? 'future' THEN
    PERFORM clientele.check_interval((given ->> 'future')::interval, 'future'),
            clientele.clean_time('2026-01-01', future => (given ->> 'future')::interval);
  END IF;
  IF given ? 'duplicates_within' THEN
    PERFORM clientele.check_interval((given ->> 'duplicates_within')::interval, 'duplicates_within');
    IF (given ->> 'duplicates_within')::interval > '7 days' THEN
      RAISE EXCEPTION 'duplicates_within must not be longer than 7 days, not %', given ->> 'duplicates_within' USING
        ERRCODE = 'invalid_parameter_value', HINT = 'Events are remembered for 7 days to find those that repeat them.';
    END IF;
  END IF;
  RETURN mapping;
END $$;
COMMENT ON FUNCTION checked_mapping(jsonb) IS
  'Checks the arguments of add_source() that say how a row becomes an event, and returns the mapping; a part of add_source().
Types and columns are checked by source_expressions(). Errors: 22023 for options, 42601 and 42P17 for expressions.';

CREATE FUNCTION source_key(source regclass) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
  -- A key of an inherited table does not hold for its children.
  SELECT CASE WHEN k.n = 1 THEN k.columns ELSE 'jsonb_build_array(' || k.columns || ')::text' END
  FROM (
    SELECT i.indrelid, i.indexrelid, i.indisprimary, count(*) AS n, string_agg(format('s.%I', a.attname), ', ' ORDER BY u.n) AS columns,
           count(*) = 1 AND bool_and(a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)) AS whole_number
    FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY u (attnum, n)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
    WHERE i.indrelid = source AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
      AND u.n <= i.indnkeyatts
    GROUP BY i.indexrelid HAVING bool_and(a.attnotnull)) k
  JOIN pg_class c ON c.oid = k.indrelid
  WHERE c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = source)
  ORDER BY k.whole_number DESC, k.indisprimary DESC, k.n, k.columns LIMIT 1
$$;
COMMENT ON FUNCTION source_key(regclass) IS
  'Returns an expression that is unique among the rows of a table, by its primary key or a unique index over columns that are not NULL,
a single whole number if there is one; NULL if there is none. A part of add_source().';

CREATE FUNCTION source_method(source regclass, given_method text, given_id text, cursor text, lateness interval, OUT method text,
                              OUT event_id text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind CONSTANT "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = source);
  by_cursor CONSTANT text := 'Give cursor, an expression that grows with time (when a row was changed, a number that ascends), and '
    'event_id, one that is unique: rows are then read as the cursor ascends.';
BEGIN
  IF given_method NOT IN ('key', 'mark', 'cursor') THEN
    RAISE EXCEPTION 'method must be key, mark or cursor, not "%"', left(given_method, 100) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM clientele.check_interval(lateness, 'lateness');
  event_id := coalesce(given_id, CASE WHEN given_method IS DISTINCT FROM 'cursor' AND kind IN ('r', 'p') THEN clientele.source_key(source) END);
  method := coalesce(given_method, CASE WHEN kind IN ('v', 'f', 'm') THEN 'cursor' WHEN event_id IS NOT NULL THEN 'key' END);
  IF method IS NULL THEN
    RAISE EXCEPTION 'table % has no key by which new rows are known', source USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It has no primary key, and no unique index over columns that are not NULL.',
      HINT = 'Give event_id, an expression that is unique; or method => ''mark'', which adds a column to the table; or event_id and cursor, '
        'for rows that arrive in the order of a time or a number.';
  ELSIF kind IN ('v', 'f') AND method <> 'cursor' THEN
    RAISE EXCEPTION 'method % is for tables, and % is a %', method, source, CASE kind WHEN 'v' THEN 'view' ELSE 'foreign table' END USING
      ERRCODE = 'invalid_parameter_value', HINT = by_cursor;
  ELSIF kind = 'm' AND method = 'mark' THEN
    RAISE EXCEPTION 'method mark is for tables, and % is a materialized view', source USING ERRCODE = 'invalid_parameter_value',
      HINT = by_cursor;
  ELSIF method = 'cursor' AND (cursor IS NULL OR event_id IS NULL) THEN
    RAISE EXCEPTION '% is needed to read % by method cursor', CASE WHEN cursor IS NULL THEN 'cursor' ELSE 'event_id' END, source USING
      ERRCODE = 'invalid_parameter_value', HINT = by_cursor;
  ELSIF method = 'key' AND event_id IS NULL THEN
    RAISE EXCEPTION 'event_id is needed to read % by method key', source USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is an expression that is unique among the rows.';
  ELSIF method = 'mark' AND lateness IS NOT NULL THEN
    RAISE EXCEPTION 'lateness has no meaning for method mark' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'By its marks each row is found, however late it arrives.';
  END IF;
END $$;
COMMENT ON FUNCTION source_method(regclass, text, text, text, interval) IS
  'Chooses how new rows of a source are found where that is not given, and an expression that is unique; a part of add_source().
A table with a key is read by it, a view or a foreign table by a cursor. Errors: 22023 if there is no way, with the choice as hint.';

CREATE FUNCTION sample_report(name text) RETURNS TABLE (outcome text, "rows" bigint, example text, meaning text)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH sampled AS MATERIALIZED (
    SELECT row_number() OVER () AS n, p.reason, p.event_id, p.detail, p.dropped, p.event, p.amount
    FROM clientele.preview_source(sample_report.name, 1000) p
  ), outcomes AS (
    SELECT s.n, coalesce(s.reason, 'packed') AS outcome, s.reason IS NOT NULL AS place,
           concat_ws(': ', s.event_id, CASE WHEN s.reason IS NULL THEN concat_ws(' ', s.event, s.amount) ELSE s.detail END) AS example
    FROM sampled s
    UNION ALL
    SELECT s.n, 'packed without ' || d.what, false, s.event_id
    FROM sampled s CROSS JOIN LATERAL unnest(s.dropped) d (what) WHERE s.reason IS NULL
  ), counted AS (
    SELECT o.outcome, o.place, count(DISTINCT o.n) AS n, left((array_agg(o.example ORDER BY o.n))[1], 100) AS example
    FROM outcomes o GROUP BY 1, 2
  )
  SELECT 'read', (SELECT count(*) FROM sampled), NULL, 'The first rows of the source, at most 1,000.'
  UNION ALL
  (SELECT c.outcome, c.n, c.example,
          CASE WHEN c.outcome = 'packed' THEN 'Rows that would become events.'
               WHEN NOT c.place THEN 'Rows of these that would lack an identifier or property for this reason.'
               ELSE r.meaning END
   FROM counted c LEFT JOIN clientele.source_reject_reasons() r ON r.reason = c.outcome
   ORDER BY c.place, c.outcome <> 'packed', c.n DESC, c.outcome COLLATE "C");
END $$;
COMMENT ON FUNCTION sample_report(text) IS
  'Shows what would become of the first rows of a source: how many are read and packed, how many are rejected for which reason, and one of
each, as its event_id and what it is about; a part of add_source().';
