-- SPDX-License-Identifier: PostgreSQL
-- From which probability on customers are warned of, and what warnings are worth.

CREATE TYPE warning_costs AS (
  value double precision, saved double precision, incentive double precision, accepted double precision, contact double precision
);
COMMENT ON TYPE warning_costs IS
  'What it costs to act on a warning, and what is gained by it; the function warning_costs makes it.';
COMMENT ON COLUMN warning_costs.value IS 'What a customer who stays is worth.';
COMMENT ON COLUMN warning_costs.saved IS 'Share of the customers about to leave that stay because of the action.';
COMMENT ON COLUMN warning_costs.incentive IS 'What the incentive costs for each customer who takes it.';
COMMENT ON COLUMN warning_costs.accepted IS 'Share of the customers who would have stayed anyway that take the incentive.';
COMMENT ON COLUMN warning_costs.contact IS 'What it costs to contact a customer.';

CREATE FUNCTION warning_costs(
    value double precision, saved double precision, incentive double precision DEFAULT 0, accepted double precision DEFAULT 0,
    contact double precision DEFAULT 0)
  RETURNS warning_costs
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wrong text;
BEGIN
  IF num_nulls(value, saved, incentive, accepted, contact) > 0 THEN
    RAISE EXCEPTION 'the arguments of warning_costs() must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT format('%s must be from 0 to %s, not %s', x.name, CASE x.most WHEN 1 THEN '1' ELSE '1e100' END, x.number) INTO wrong
  FROM (VALUES (1, 'value', value, 1e100::float8), (2, 'saved', saved, 1), (3, 'incentive', incentive, 1e100), (4, 'accepted', accepted, 1),
               (5, 'contact', contact, 1e100)) x (place, name, number, most)
  WHERE NOT (x.number >= 0 AND x.number <= x.most) ORDER BY x.place LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN ROW(value, saved, incentive, accepted, contact);
END $$;
COMMENT ON FUNCTION warning_costs(double precision, double precision, double precision, double precision, double precision) IS
  'Says what it costs to act on a warning of churn and what is gained by it, for warning_threshold(), warning_gain() and
warning_thresholds().
value: what a customer who stays is worth. saved: the share of the customers about to leave that the action saves. incentive: what it
costs for each customer who takes it. accepted: the share of the customers who would have stayed anyway that take it. contact: what it
costs to contact a customer. saved and accepted are assumptions until a control group measures them. Errors: 22004 for NULL, 22023 for a
number that is negative or above 1e100, and for a share above 1.';

CREATE FUNCTION warning_threshold(warning_costs) RETURNS double precision
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN x.slope > 0 THEN x.spent / x.slope WHEN x.slope = 0 AND x.spent = 0 THEN 0 ELSE 'infinity'::float8 END
  FROM (SELECT ($1).accepted * ($1).incentive + ($1).contact AS spent,
               ($1).saved * (($1).value - ($1).incentive) + ($1).accepted * ($1).incentive AS slope) x
$$;
COMMENT ON FUNCTION warning_threshold(warning_costs) IS
  'Returns the probability of churn from which on it pays to act; above 1 if it never does.
It is where warning_gain() is zero: (accepted x incentive + contact) / (saved x (value - incentive) + accepted x incentive). See Elkan
(2001), "The foundations of cost-sensitive learning", and Neslin et al. (2006). Infinity if even a customer who leaves for sure is not worth
it.';

CREATE FUNCTION warning_gain(probability double precision, costs warning_costs) RETURNS double precision
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT $1 * ($2).saved * (($2).value - ($2).incentive) - (1 - $1) * ($2).accepted * ($2).incentive - ($2).contact
$$;
COMMENT ON FUNCTION warning_gain(double precision, warning_costs) IS
  'Returns what is gained, on average, by acting on a customer with this probability of churn; below zero if acting costs more than it
brings.
It is probability x saved x (value - incentive) - (1 - probability) x accepted x incentive - contact. The value saved by a campaign is
the sum of it over the customers that were acted on.';

CREATE FUNCTION warning_thresholds(
    classification_summary, least_precision double precision DEFAULT 0.8, least_recall double precision DEFAULT 0.8, least_warned bigint DEFAULT 30,
    warning double precision DEFAULT NULL,
    OUT level text, OUT threshold double precision, OUT warned bigint, OUT hits bigint, OUT "precision" double precision,
    OUT precision_low double precision, OUT precision_high double precision, OUT recall double precision) RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 3 AS 'MODULE_PATHNAME', 'clientele_warning_thresholds';
COMMENT ON FUNCTION warning_thresholds(classification_summary, double precision, double precision, bigint, double precision) IS
  'Returns from which probability on customers are warned of at the levels critical, warning and attention, with how good each would have
been.
The summary has probabilities of a model for customers that it was not fitted to, with what they did. critical: the lowest probability
from which on the share of hits is at least least_precision, with least_warned customers or more; NULL if there is none. attention: the
highest probability from which on at least least_recall of the churners are found. warning: where F1 is best, of equals the highest; or the
probability that is given, as by warning_threshold(costs), and none for one above 1. Where two levels cross, the lower one takes the
threshold of the higher one. warned: customers with at least this probability, also those of higher levels; hits: those of them who
churned. precision_low and precision_high: the 95 % interval (Wilson 1927). No rows for a summary that is NULL. Errors: 22004 for a goal
that is NULL, 22023 for a share that is not from 0 to 1, a negative number of customers, and a negative warning.';

CREATE FUNCTION warning_thresholds(
    classification_summary, costs warning_costs, least_precision double precision DEFAULT 0.8, least_recall double precision DEFAULT 0.8,
    least_warned bigint DEFAULT 30,
    OUT level text, OUT threshold double precision, OUT warned bigint, OUT hits bigint, OUT "precision" double precision,
    OUT precision_low double precision, OUT precision_high double precision, OUT recall double precision) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.* FROM clientele.warning_thresholds($1, $3, $4, $5, clientele.warning_threshold($2)) t
$$;
COMMENT ON FUNCTION warning_thresholds(classification_summary, warning_costs, double precision, double precision, bigint) IS
  'Returns from which probability on customers are warned of at the levels critical, warning and attention, with the level warning where
it pays to act.
Its threshold is warning_threshold(costs); best F1 decides if costs is NULL. Otherwise as warning_thresholds(classification_summary, double
precision, double precision, bigint, double precision).';

CREATE FUNCTION warning_quality(
    classification_summary, critical double precision, warning double precision, attention double precision,
    OUT level text, OUT threshold double precision, OUT customers bigint, OUT churned bigint, OUT base_rate double precision,
    OUT base_rate_low double precision, OUT base_rate_high double precision, OUT majority_accuracy double precision,
    OUT warned bigint, OUT hits bigint, OUT accuracy double precision, OUT accuracy_low double precision, OUT accuracy_high double precision,
    OUT "precision" double precision, OUT precision_low double precision, OUT precision_high double precision,
    OUT recall double precision, OUT recall_low double precision, OUT recall_high double precision, OUT claim_met boolean)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'clientele_warning_quality';
COMMENT ON FUNCTION warning_quality(classification_summary, double precision, double precision, double precision) IS
  'Returns how good warnings are at each level, by both meanings of accuracy: the share of customers that were judged correctly, and the
share of the warned customers who churned (precision).
The summary has probabilities for customers that neither the model nor the thresholds have seen. One row for each level whose threshold is
not NULL, and one for one half, as classifiers are usually judged. A level is that of customers with at least its threshold. base_rate: the
share of churners; majority_accuracy: the accuracy of the same answer for all customers. warned and hits: customers at the level or a
higher one, and those of them who churned. recall: the share of the churners that were warned of. _low and _high: 95 % intervals
(Wilson 1927). claim_met, the same in all rows: the accuracy at one half is at least .80 and above that of the majority, and the precision
at the critical level is at least .80 with 30 customers or more. No rows for a summary that is NULL. Errors: 22023 for a threshold that is
not from 0 to 1.';
