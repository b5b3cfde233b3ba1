-- SPDX-License-Identifier: PostgreSQL

-- Many answers

\packed survey_summary
COMMENT ON TYPE survey_summary IS
  'The answers to a survey: how often each score of its scale was given. The aggregate survey makes it, survey_result() shows it as a row.
It counts exactly, takes 40 bytes at most for up to a million answers, and holds nothing of single customers.';

\comparable survey_summary count the same scores of one scale

CREATE FUNCTION survey_accum(survey_summary, double precision, text) RETURNS survey_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_survey_accum';
COMMENT ON FUNCTION survey_accum(survey_summary, double precision, text) IS 'Adds an answer for survey().';
CREATE FUNCTION survey_combine(survey_summary, survey_summary) RETURNS survey_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_survey_combine';
COMMENT ON FUNCTION survey_combine(survey_summary, survey_summary) IS 'Joins the answers of two sets of customers.';

CREATE AGGREGATE survey(score double precision, scale text) (
  SFUNC = survey_accum, STYPE = survey_summary, COMBINEFUNC = survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE survey(double precision, text) IS
  'Collects the scores of a survey, as survey(score, ''nps''); survey_result() shows the result with its interval.
scale: nps (how likely customers are to recommend, 0 to 10), csat (how satisfied they are, 1 to 5) or ces (how easy it was, 1 to 7).
Each row is one answer: let each customer have one by last_answer() first. Rows in which either is NULL are ignored; without other rows the
result is NULL. Errors: 22023 for a score that is not a whole number of the scale, for another scale, and if the rows of a group have
several; 54000 for more than 2^48 answers.';

CREATE AGGREGATE survey_merge(survey_summary) (
  SFUNC = survey_combine, STYPE = survey_summary, COMBINEFUNC = survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE survey_merge(survey_summary) IS
  'Joins summaries of different answers, such as one for each month: the result is that of survey over all rows.
A summary that is NULL is ignored; without any summary the result is NULL. Errors: 22023 for different scales.';

CREATE FUNCTION survey_rest("all" survey_summary, part survey_summary) RETURNS survey_summary
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_survey_rest';
COMMENT ON FUNCTION survey_rest(survey_summary, survey_summary) IS
  'Returns the answers that are left of all without those of a part; NULL if none are.
Errors: 22023 for different scales, and for a part with answers that are not among all.';

-- Results

CREATE FUNCTION survey_result(
  survey_summary, OUT scale text, OUT answers bigint, OUT promoters bigint, OUT passives bigint, OUT detractors bigint,
  OUT mean double precision, OUT score double precision, OUT low double precision, OUT high double precision
) RETURNS record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_survey_result';
COMMENT ON FUNCTION survey_result(survey_summary) IS
  'Shows the result of a survey: how many answers there are, and the score with its 95 % interval.
nps: the Net Promoter Score (Reichheld 2003), from -100 to 100: the percentage of promoters (9 and 10) minus that of detractors (0 to 6).
Its interval is the score interval of a difference of a trinomial distribution (Tango 1998), which holds for few answers, too.
csat: the share of satisfied answers (4 and 5), from 0 to 1. ces: the share of answers that say it was easy (5 to 7). Both have the interval
of Wilson (1927). promoters are these answers, passives the middle one (3; 4), detractors the others. mean: of the scores themselves.';

CREATE FUNCTION survey_difference(
  first survey_summary, second survey_summary, OUT difference double precision, OUT low double precision, OUT high double precision,
  OUT p_value double precision
) RETURNS record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_survey_difference';
COMMENT ON FUNCTION survey_difference(survey_summary, survey_summary) IS
  'Compares two results of a survey, of two months or of two groups of customers: first - second with its 95 % interval, and how probable it
is by chance.
The interval is made of those of the two scores by square-and-add (Zou and Donner 2008). p_value: the probability of a difference at least
as large if all answers had been dealt to the two at random. It is exact, twice the smaller tail (Fisher 1935, for nps over promoters and
detractors); above 100,000 answers nps uses the normal distribution. The two must be of different customers, or of different times.
Many p-values at once need adjusted_p(). Errors: 22023 for different scales.';

-- One answer of each customer

CREATE FUNCTION last_answer_accum(bytea, double precision, timestamptz) RETURNS bytea
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_last_answer_accum';
COMMENT ON FUNCTION last_answer_accum(bytea, double precision, timestamptz) IS 'Adds an answer for last_answer().';
CREATE FUNCTION last_answer_combine(bytea, bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_last_answer_combine';
COMMENT ON FUNCTION last_answer_combine(bytea, bytea) IS 'Returns the later one of two answers.';
CREATE FUNCTION last_answer_final(bytea) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_last_answer_final';
COMMENT ON FUNCTION last_answer_final(bytea) IS 'Returns the score of the last answer, for last_answer().';

CREATE AGGREGATE last_answer(score double precision, at timestamptz) (
  SFUNC = last_answer_accum, STYPE = bytea, FINALFUNC = last_answer_final, COMBINEFUNC = last_answer_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE last_answer(double precision, timestamptz) IS
  'Returns the score of the last answer, so that each customer counts once in a period: group by the customer and the period.
Of answers of one instant the lowest score counts. Rows in which either is NULL are ignored; without other rows the result is NULL.
Errors: 22008 for an infinite time.';
