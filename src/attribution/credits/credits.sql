-- SPDX-License-Identifier: PostgreSQL

\packed attribution_summary
COMMENT ON TYPE attribution_summary IS
  'What led to conversions, over many customers, as far as the models of its attribution_def need it. attribution_credits() and
attribution_paths() show it as rows.
All sums in it are exact: it does not depend on the order of rows or on the plan. At most 65,536 channels (54000). Paths are kept up to
1,000,000 different ones with 4,194,304 touches together, of which 524,288 in paths of more than 4; above that, attribution_paths()
raises an error and the credits stay exact.';

\comparable attribution_summary count the same conversions and paths for the same question

-- Journeys

CREATE FUNCTION attribution_accum(attribution_summary, journey, attribution_def) RETURNS attribution_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_attribution_accum';
COMMENT ON FUNCTION attribution_accum(attribution_summary, journey, attribution_def) IS 'Adds a customer for attribution().';
CREATE FUNCTION attribution_accum(attribution_summary, text[], bigint, numeric, bigint, attribution_def)
  RETURNS attribution_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'clientele_attribution_accum_path';
COMMENT ON FUNCTION attribution_accum(attribution_summary, text[], bigint, numeric, bigint, attribution_def) IS
  'Adds a counted path for attribution().';
CREATE FUNCTION attribution_combine(attribution_summary, attribution_summary) RETURNS attribution_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_attribution_combine';
COMMENT ON FUNCTION attribution_combine(attribution_summary, attribution_summary) IS 'Joins the summaries of two sets of customers.';

CREATE AGGREGATE attribution(journey, def attribution_def) (
  SFUNC = attribution_accum, STYPE = attribution_summary, SSPACE = 65536, COMBINEFUNC = attribution_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE attribution(journey, attribution_def) IS
  'Finds which touches led to conversions, over many customers; attribution_credits() shows how much each channel has earned.
One journey is one customer. NULL journeys do not count, and the result is NULL without journeys. Errors: 22023 if the attribution_def
differs between journeys of a group, 42704 for an unknown event in a selector, 54000 for more than 65,536 channels or more than 2,000,000
different moves of a Markov model.';
CREATE AGGREGATE attribution(path text[], conversions bigint, value numeric, nulls bigint, def attribution_def) (
  SFUNC = attribution_accum, STYPE = attribution_summary, SSPACE = 65536, COMBINEFUNC = attribution_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE attribution(text[], bigint, numeric, bigint, attribution_def) IS
  'Attributes conversions by paths that were counted elsewhere: the channels in order, their conversions and value, and how often the path
led to nothing.
An empty or NULL path is one without a touch. Values are rounded to twelve decimals. Counts and values that are NULL are 0, and a row of
NULLs does not count. Of the attribution_def only direct, weights, collapse, nulls and models matter. Errors: 0A000 for time_decay, as
counted paths have no times; 22004 for a NULL in a path; 22003 for a value of 10^18 or more, and for more than 281,474,976,710,656
conversions or nulls; 22023 for negative counts, for a value without conversions, and if the attribution_def differs between rows of a
group.';

CREATE AGGREGATE attribution_merge(attribution_summary) (
  SFUNC = attribution_combine, STYPE = attribution_summary, COMBINEFUNC = attribution_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE attribution_merge(attribution_summary) IS
  'Joins stored summaries of the same question over different customers into one.
Errors: 22023 for summaries of different questions, and for those of journeys and of counted paths.';

CREATE FUNCTION attribution_credits(
  attribution_summary, OUT model text, OUT channel text, OUT conversions double precision, OUT value double precision,
  OUT share double precision, OUT removal_effect double precision, OUT value_removal_effect double precision
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 50 AS 'MODULE_PATHNAME', 'clientele_attribution_credits';
COMMENT ON FUNCTION attribution_credits(attribution_summary) IS
  'Shows what each channel has earned by each model: conversions, their value, and its share of all conversions.
The channel is NULL for conversions without a touch, so that each model adds up to all conversions. removal_effect is the share of the
conversions that would be lost without the channel, and value_removal_effect that of their value; they are NULL except for markov_1
to markov_3. Models are in the order of the attribution_def, channels in that of their names. Errors: 54000 for shapley_rate with more than
20 channels.';
CREATE FUNCTION attribution_paths(
  attribution_summary, OUT path text[], OUT conversions bigint, OUT value numeric, OUT nulls bigint
) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 AS 'MODULE_PATHNAME', 'clientele_attribution_paths';
COMMENT ON FUNCTION attribution_paths(attribution_summary) IS
  'Lists the different paths: how many conversions each led to, of which value, and how often it led to nothing.
Most conversions come first, then most nulls, then names. The path {} stands for conversions without a touch. Errors: 54000 for more than
1,000,000 different paths, 4,194,304 touches in them, or 524,288 in those of more than 4 touches.';
