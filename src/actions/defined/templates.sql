-- SPDX-License-Identifier: PostgreSQL
-- A template is the payload of a message. In its texts {name} stands for what is known of the customer. All is read from left to right
-- once, so that a value that looks like {name} stays what it is.

CREATE FUNCTION template_parts(template jsonb) RETURNS TABLE (n integer, literal text, name text, fallback text)
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
  -- Outside of its texts JSON has no brace that another character than a quote follows.
  SELECT l.n::integer, l.literal, ('"' || split_part(p.found[1], '|', 1) || '"')::jsonb #>> '{}', nullif(substr(p.found[1], strpos(p.found[1] || '|', '|') + 1), '')
  FROM unnest(regexp_split_to_array(template::text, '[{][^{}"]+[}]')) WITH ORDINALITY l (literal, n)
  LEFT JOIN regexp_matches(template::text, '[{]([^{}"]+)[}]', 'g') WITH ORDINALITY p (found, n) USING (n)
$$;
COMMENT ON FUNCTION template_parts(jsonb) IS
  'Splits a template: the JSON before each variable, its name, and as JSON what stands there where there is no value; a part of
define_action().';

CREATE FUNCTION template_constants(warning boolean) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{action,campaign,channel,customer_id,strategy}'::text[]
    || CASE WHEN warning THEN '{advice,incentive,level,probability,reasons,since,tier,value_at_risk}' ELSE '{}' END::text[]
$$;
COMMENT ON FUNCTION template_constants(boolean) IS
  'Lists the names in templates that are neither tags nor attributes; warning: of an action for a warning.';

CREATE FUNCTION check_template(template jsonb, warning boolean) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  one record;
BEGIN
  IF octet_length(template::text) > 100000 THEN
    RAISE EXCEPTION 'a template must not be longer than 100000 bytes: it has %', octet_length(template::text)
      USING ERRCODE = 'program_limit_exceeded';
  ELSIF (SELECT count(*) > 100 FROM clientele.template_parts(template) p) THEN
    RAISE EXCEPTION 'a template can have at most 99 variables' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  SELECT k.key INTO one FROM jsonb_path_query(template, 'strict $.**') o CROSS JOIN LATERAL (
    SELECT jsonb_object_keys(CASE jsonb_typeof(o) WHEN 'object' THEN o ELSE '{}' END) AS key) k WHERE k.key ~ '[{][^{}"]+[}]' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'a key of a template cannot have a variable: "%"', left(one.key, 100) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR one IN
    SELECT DISTINCT p.name FROM clientele.template_parts(template) p
    WHERE p.name IS NOT NULL AND p.name <> ALL (clientele.template_constants(warning)) ORDER BY p.name
  LOOP
    BEGIN
      PERFORM clientele.segment_source(one.name);
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
      NULL;  -- a tag that is refreshed later
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION check_template(jsonb, boolean) IS
  'Checks that all variables of a template are known; a part of define_action(). Errors: 42704 with the nearest names, 22023, 54000.';

CREATE FUNCTION template_values(name text, customers audience) RETURNS TABLE (customer_id bigint, value text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  source record;
BEGIN
  PERFORM clientele.require_store('tag_audiences'), clientele.require_store('tag_numbers');
  source := clientele.segment_source(template_values.name);
  IF source.kind = 'attribute' THEN
    PERFORM clientele.require_store('customer_attributes');
    RETURN QUERY
    SELECT a.customer_id, a.value::text FROM clientele_data.customer_attributes a
    WHERE a.name = source.name AND customers OPERATOR(clientele.@>) a.customer_id;
  ELSIF source.holds = 'number' THEN
    RETURN QUERY
    SELECT s.customer_id, trim_scale(s.score)::text FROM clientele_data.tag_numbers n CROSS JOIN LATERAL clientele.scores(n.scores) s
    WHERE n.tag = source.name AND customers OPERATOR(clientele.@>) s.customer_id;
  ELSE
    RETURN QUERY
    SELECT m.customer_id, string_agg(m.value, ', ' ORDER BY m.value COLLATE "C")
    FROM (SELECT clientele.members(a.customers OPERATOR(clientele.&) customers) AS customer_id,
                 CASE WHEN source.holds = 'flag' THEN 'true' ELSE a.value END AS value
          FROM clientele_data.tag_audiences a WHERE a.tag = source.name AND (a.value = '') = (source.holds = 'flag')) m
    GROUP BY 1;
  END IF;
END $$;
COMMENT ON FUNCTION template_values(text, audience) IS
  'Returns the value of a tag or an attribute of each customer that has one, as text; a part of run_actions(). A tag without values is true,
several values are a list.';

CREATE FUNCTION warning_values(warning text, customers audience) RETURNS TABLE (customer_id bigint, facts jsonb)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
BEGIN
  IF warning IS NULL
     OR NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('clientele_data') AND c.relname = 'warnings') THEN
    RETURN;
  END IF;
  PERFORM clientele.require_store('warnings'), clientele.require_store('warning_definitions');
  RETURN QUERY
  SELECT w.customer_id,
         jsonb_build_object('level', w.level, 'since', w.since, 'probability', round(w.probability::numeric, 4),
                            'reasons', array_to_string(w.reasons, '; '), 'value_at_risk', round(w.value_at_risk::numeric, 2), 'tier', w.tier,
                            'strategy', s.strategy, 'advice', s.advice, 'incentive', s.incentive)
  FROM clientele_data.warnings w
  JOIN clientele_data.warning_definitions d ON d.name = w.warning
  CROSS JOIN LATERAL clientele.warning_strategy(w.level, w.tier, d.language) s
  WHERE w.warning = warning_values.warning AND customers OPERATOR(clientele.@>) w.customer_id;
END $$;
COMMENT ON FUNCTION warning_values(text, audience) IS
  'Returns what a warning says of each customer, for templates; a part of run_actions().';

CREATE FUNCTION render_messages(template jsonb, customers audience, constants jsonb DEFAULT '{}', warning text DEFAULT NULL)
  RETURNS TABLE (customer_id bigint, payload jsonb)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH parts AS MATERIALIZED (
    SELECT p.n, p.literal, p.name, p.fallback FROM clientele.template_parts(template) p
  ), names AS MATERIALIZED (
    SELECT DISTINCT p.name FROM parts p WHERE p.name IS NOT NULL
  ), known AS MATERIALIZED (
    SELECT n.name, v.customer_id, v.value
    FROM names n CROSS JOIN LATERAL clientele.template_values(n.name, customers) v
    WHERE n.name <> ALL (clientele.template_constants(warning IS NOT NULL))
    UNION ALL
    SELECT n.name, w.customer_id, w.facts ->> n.name
    FROM clientele.warning_values(warning, customers) w JOIN names n ON w.facts ? n.name
  )
  SELECT m.customer_id,
         string_agg(p.literal || CASE
           WHEN p.name IS NULL THEN ''
           WHEN given.value IS NOT NULL THEN substr(to_json(given.value)::text, 2, length(to_json(given.value)::text) - 2)
           ELSE coalesce(p.fallback, '') END, '' ORDER BY p.n)::jsonb
  FROM (SELECT clientele.members(customers) AS customer_id) m
  CROSS JOIN parts p
  LEFT JOIN known k ON k.name = p.name AND k.customer_id = m.customer_id
  CROSS JOIN LATERAL (SELECT CASE p.name WHEN 'customer_id' THEN m.customer_id::text ELSE coalesce(constants ->> p.name, k.value) END) given (value)
  GROUP BY 1;
END $$;
COMMENT ON FUNCTION render_messages(jsonb, audience, jsonb, text) IS
  'Returns the payload of each customer by a template, to see what define_action() would send.
In the texts of the template {name} stands for the value of a tag or an attribute, and {name|text} for text where the customer has none;
{tag:name} and {attribute:name} say which is meant. {customer_id}, {action}, {campaign}, {channel} and {strategy} are known, too, and of
an action for a warning {level}, {probability}, {reasons}, {since}, {tier}, {value_at_risk}, {advice} and {incentive}; its {strategy} is the
one that warning_strategies has for the level and the tier, unless the action names one. constants: values of such names for all customers.
Neither name nor text can contain braces or double quotes. Errors: 42704 for an unknown name, 55000 for a tag that was never refreshed,
42P01 without a store, 42501 without the rights.';
