-- SPDX-License-Identifier: PostgreSQL
-- Which segments moved a number from one period to another.

CREATE TYPE metric_def AS (number text, per text, selector text);
COMMENT ON TYPE metric_def IS
  'A number of customers as expressions over a journey; the function metric() makes one, and explain_change() explains how it changed.';
COMMENT ON COLUMN metric_def.number IS 'The expression for the number of a customer in a period.';
COMMENT ON COLUMN metric_def.per IS 'The expression for its base, by which the sum of all numbers is divided; NULL for the sum itself.';
COMMENT ON COLUMN metric_def.selector IS 'The events that say which channel a customer belongs to, for event:channel.';

CREATE FUNCTION metric(number text, per text DEFAULT NULL, selector text DEFAULT '*') RETURNS metric_def
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  AS 'SELECT ROW(number, per, selector)::clientele.metric_def';
COMMENT ON FUNCTION metric(text, text, text) IS
  'Describes a number by expressions over the journey of a customer, as metric(''event_count(journey, ''''purchase'''')'').
In explain_change() journey has the events of one period. The expressions are SQL that runs with your rights; they find names without a
schema in pg_catalog and clientele only. A boolean counts as 1 or 0, and NULL as 0.
per: what the sum of all customers is divided by, as session_count(journey, ''30 minutes'') for purchases per session. NULL means that the
sum itself is the number.
selector: the events that say which channel a customer belongs to, for event:channel.';

CREATE FUNCTION change_effects(
    kind text, everyone double precision[], before double precision[], after double precision[], "both" double precision[],
    OUT mix_effect double precision, OUT rate_effect double precision, OUT contribution double precision,
    OUT z double precision, OUT p_value double precision)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_change_effects';
COMMENT ON FUNCTION change_effects(text, double precision[], double precision[], double precision[], double precision[]) IS
  'Returns what a segment contributes to the change of a number, from sums over customers; explain_change() calls it.
Each customer has four numbers: number and base in the period before, number and base in the one after. An array has their sums, and then
the sums of the products of each two of them, in the order 11 12 13 14 22 23 24 33 34 44: of everyone; of the customers that were in the
segment before; of those that were in it after; of those in both.
kind: rate (the sum of numbers divided by the sum of bases) or total (the sum of numbers).
mix_effect is what is due to the segment''s share of the base (of a total: to its base), rate_effect what is due to its own rate. Both
add up to contribution, and the contributions of segments that have everyone in one of them add up to the change of the number. They are
NULL if a rate has no base. z: how many standard deviations the segment is from having changed as all did; p_value the probability of that,
two-sided, in the normal distribution. Errors: 22023 for another kind, and for arrays that are not 14 finite numbers.';

CREATE FUNCTION change_of_all(
    kind text, everyone double precision[],
    OUT mix_effect double precision, OUT rate_effect double precision, OUT contribution double precision,
    OUT z double precision, OUT p_value double precision)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_change_of_all';
COMMENT ON FUNCTION change_of_all(text, double precision[]) IS
  'Returns how a number changed, from sums over all customers; explain_change() calls it.
The arguments are those of change_effects(). z: the change in standard deviations.';

CREATE FUNCTION change_dimensions() RETURNS text[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('tags'), clientele.require_store('tag_audiences'), clientele.require_store('event_types'),
          clientele.require_store('customer_attributes');
  RETURN ARRAY(
    SELECT d.name FROM (
      SELECT 1 AS place, 'event:channel' AS name
      FROM (SELECT DISTINCT e.channel FROM clientele_data.event_types e) c HAVING count(*) BETWEEN 2 AND 50
      UNION ALL
      SELECT 2, CASE WHEN EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = a.name) THEN 'attribute:' || a.name ELSE a.name END
      FROM clientele_data.customer_attributes a GROUP BY a.name HAVING count(DISTINCT a.value) BETWEEN 2 AND 50
      UNION ALL
      -- What is computed from journeys is a consequence of what is measured, not its reason.
      SELECT 3, t.name FROM clientele_data.tags t JOIN clientele_data.tag_status s ON s.tag = t.name
      WHERE s.refresh_id IS NOT NULL AND s.customers > 0 AND coalesce(s.holds, t.holds) <> 'number'
        AND (t.kind = 'fixed' OR t.kind = 'query' AND t.rule !~* 'journey|clientele_bi')
        AND (SELECT count(*) FROM clientele_data.tag_audiences a WHERE a.tag = t.name AND a.value <> '') <= 50) d
    ORDER BY d.place, d.name COLLATE "C" LIMIT 12);
END $$;
COMMENT ON FUNCTION change_dimensions() IS
  'Lists by what explain_change() divides the customers if by is NULL: event:channel if there are channels, attributes of customers and
tags with 2 to 50 values, 12 at most.
Tags whose rules read journeys are left out, as what a customer did is not a reason for it. Tags that hold numbers are left out, too.
Errors: 42P01 without a store, 42501 without the right to read tags and attributes.';
