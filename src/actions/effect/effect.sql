-- SPDX-License-Identifier: PostgreSQL
-- The effect of a campaign, or of any test with a control group, on any rows.

\packed effect_summary
COMMENT ON TYPE effect_summary IS
  'What treated customers and those of a control group did: numbers of customers and exact sums.
The aggregate campaign_outcome makes it, effect_result evaluates it, and campaign_outcome_merge joins summaries of parts. Its size does not
depend on the number of customers.';

CREATE FUNCTION text_to_effect_summary(text) RETURNS effect_summary
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.effect_summary_in(pg_catalog.textout($1))';
COMMENT ON FUNCTION text_to_effect_summary(text) IS
  'Reads an effect_summary from its text form; used by the cast from text.';
CREATE CAST (text AS effect_summary) WITH FUNCTION text_to_effect_summary(text) AS IMPLICIT;
CREATE FUNCTION varchar_to_effect_summary(varchar) RETURNS effect_summary
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT clientele.effect_summary_in(pg_catalog.varcharout($1))';
COMMENT ON FUNCTION varchar_to_effect_summary(varchar) IS
  'Reads an effect_summary from its text form, for drivers that bind strings as varchar.';
CREATE CAST (varchar AS effect_summary) WITH FUNCTION varchar_to_effect_summary(varchar) AS IMPLICIT;

\comparable effect_summary hold the same outcomes

CREATE FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean) RETURNS effect_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_campaign_outcome_accum';
COMMENT ON FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean) IS 'Adds a customer for campaign_outcome().';
CREATE FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean, float8) RETURNS effect_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_campaign_outcome_accum_value';
COMMENT ON FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean, float8) IS 'Adds a customer with a value for campaign_outcome().';
CREATE FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean, float8, float8) RETURNS effect_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_campaign_outcome_accum_before';
COMMENT ON FUNCTION campaign_outcome_accum(effect_summary, boolean, boolean, float8, float8) IS
  'Adds a customer with a value and the value before for campaign_outcome().';
CREATE FUNCTION campaign_outcome_combine(effect_summary, effect_summary) RETURNS effect_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_campaign_outcome_combine';
COMMENT ON FUNCTION campaign_outcome_combine(effect_summary, effect_summary) IS 'Joins the outcomes of two sets of customers.';

CREATE AGGREGATE campaign_outcome(treated boolean, converted boolean) (
  SFUNC = campaign_outcome_accum, STYPE = effect_summary, SSPACE = 16384,
  COMBINEFUNC = campaign_outcome_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE campaign_outcome(boolean, boolean) IS
  'Collects who converted of those who were treated and of the control group, for effect_result.
One row for each customer. treated: whether the customer was to be treated (false: held back as control), whatever happened then. converted:
whether the customer did what was hoped for. Rows with a NULL are ignored; without other rows the result is NULL. Errors: 54000 for more
than 2^48 customers.';
CREATE AGGREGATE campaign_outcome(treated boolean, converted boolean, value float8) (
  SFUNC = campaign_outcome_accum, STYPE = effect_summary, SSPACE = 16384,
  COMBINEFUNC = campaign_outcome_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE campaign_outcome(boolean, boolean, float8) IS
  'Collects who converted and what they spent, of those who were treated and of the control group, for effect_result.
value: a number such as the money that the customer spent since; 0 for one who spent nothing. Otherwise as campaign_outcome(boolean,
boolean). Sums are exact, so the result does not depend on the order of the rows or on the plan. Errors: also 22023 for a value that is NaN,
infinite or larger than 1e100.';
CREATE AGGREGATE campaign_outcome(treated boolean, converted boolean, value float8, before float8) (
  SFUNC = campaign_outcome_accum, STYPE = effect_summary, SSPACE = 16384,
  COMBINEFUNC = campaign_outcome_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE campaign_outcome(boolean, boolean, float8, float8) IS
  'Collects who converted, what they spent, and what they had spent before, of those who were treated and of the control group, for
effect_result.
before: the same number in a time before the treatment. What it explains of the value is taken off, which makes the interval narrower.
Otherwise as campaign_outcome(boolean, boolean, float8).';
CREATE AGGREGATE campaign_outcome_merge(effect_summary) (
  SFUNC = campaign_outcome_combine, STYPE = effect_summary, SSPACE = 16384,
  COMBINEFUNC = campaign_outcome_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE campaign_outcome_merge(effect_summary) IS
  'Joins summaries of different customers, such as one for each wave: the result is that of campaign_outcome over all rows.
A summary that is NULL is ignored; without any summary the result is NULL. Errors: 22023 if some have values and others have none.';

CREATE FUNCTION effect_result(
    summary effect_summary, share float8 DEFAULT NULL, smallest_rate float8 DEFAULT 0.01, smallest_value float8 DEFAULT NULL,
    cost float8 DEFAULT NULL, final boolean DEFAULT true,
    OUT measure text, OUT treated bigint, OUT control bigint, OUT treated_sum float8, OUT control_sum float8,
    OUT treated_mean float8, OUT control_mean float8, OUT difference float8, OUT lift float8, OUT standard_error float8, OUT df float8,
    OUT low float8, OUT high float8, OUT p_value float8, OUT theta float8, OUT reduction float8,
    OUT always_p float8, OUT always_low float8, OUT always_high float8, OUT extra float8, OUT extra_low float8, OUT extra_high float8,
    OUT total_cost float8, OUT roi float8, OUT sample_ratio_p float8, OUT trusted boolean, OUT is_final boolean, OUT significant boolean)
  RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 ROWS 3 AS 'MODULE_PATHNAME', 'clientele_effect_result';
COMMENT ON FUNCTION effect_result(effect_summary, float8, float8, float8, float8, boolean) IS
  'Returns by how much treated customers differ from the control group, and how sure that is: a row for conversion, one for value, and one
for adjusted value.
share: the part of the customers that the control group was to have. smallest_rate, smallest_value: the smallest difference that would
matter, for the answers that may be read at any time; the default value is a tenth of the mean value. cost: of the whole campaign. final:
whether nothing more is to come. conversion: difference of shares with the interval of Newcombe (1998, method 10); p_value is twice the
smaller tail of Fisher''s exact test. value: difference of means, zeros included, by the test of Welch (1947); df are its degrees of
freedom. adjusted value: the same of value - theta x (before - its mean), where theta is the slope of value on before within the groups
(CUPED: Deng, Xu, Kohavi and Walker 2013); reduction: by how much of the variance this is narrower, the squared correlation. All intervals
are of 95 %. lift: difference / control_mean. always_p, always_low, always_high hold however often you look (Johari, Koomen, Pekelis and
Walsh 2022): before the end only they count. extra, extra_low, extra_high: customers or value gained by treating, difference x treated,
with the interval that counts. roi: (extra - cost) / cost. sample_ratio_p: how probable a control group of this size is by the share
(exact binomial, twice the smaller tail). trusted: false if it is below 0.001, as then customers were lost on one side. significant:
whether the p that counts (p_value if final, else always_p) is at most 0.05, and the result is trusted. A NULL is undefined: without
customers in a group there is no difference, and with one customer in a group no interval of values. NULL for an option is its default.
Errors: 22023 for a share that is not between 0 and 1, a smallest difference that is not above 0, and a negative cost.';

CREATE FUNCTION rate_difference(
    treated_converted bigint, treated bigint, control_converted bigint, control bigint,
    OUT difference float8, OUT low float8, OUT high float8, OUT p_value float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_rate_difference';
COMMENT ON FUNCTION rate_difference(bigint, bigint, bigint, bigint) IS
  'Returns by how much two shares differ, from four counts: the difference with its 95 % interval, and how probable one as large is by
chance.
The interval is that of Newcombe (1998, method 10), p_value twice the smaller tail of Fisher''s exact test. NULL for a group of none.
Errors: 22023 for negative counts and for more converted customers than customers.';
CREATE FUNCTION always_valid(
    difference float8, variance float8, smallest float8, OUT p_value float8, OUT low float8, OUT high float8)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_always_valid';
COMMENT ON FUNCTION always_valid(float8, float8, float8) IS
  'Returns a p-value and a 95 % interval of a difference that hold even if you look at the test every day and stop when you like.
variance: of the difference, the squared standard error. smallest: the smallest difference that would matter. It is the mixture sequential
ratio test of Johari, Koomen, Pekelis and Walsh (2022), with a normal mixture of this standard deviation. NULL unless both are above 0.
Errors: 22023 for numbers that are NaN, infinite or larger than 1e100.';
CREATE FUNCTION sample_ratio(treated bigint, control bigint, share float8) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_sample_ratio';
COMMENT ON FUNCTION sample_ratio(bigint, bigint, float8) IS
  'Returns how probable it is that a control group drawn with this share has this size or one even further from it; below 0.001 something
is wrong with the test.
Exact binomial, twice the smaller tail. NULL without customers. Errors: 22023 for negative counts and for a share that is not between 0 and
1.';
