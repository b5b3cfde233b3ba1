-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churned(journey, at timestamptz, horizon interval, selector text DEFAULT '*') RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_churned';
COMMENT ON FUNCTION churned(journey, timestamptz, interval, text) IS
  'Returns whether a customer who was active before a time did nothing in the horizon after it: the label to which a churn model is
fitted.
True if no event that selector picks is from `at` (inclusive) to `at` + horizon (exclusive); false if there is one. NULL if there is no such
event before `at`, because a customer who has not come yet cannot leave. selector: the events that the customer causes; * is every
event. What the shop does is not a sign of activity, so leave out promotions that are sent and the like: use web:*|app:*|store:*, for
example, or purchase for customers who stop buying. horizon: a fixed length of time, which must have passed when the journeys were
loaded: the function takes events that have not happened yet for absent, and returns true. Errors: 22008 for an infinite time; 22023 for a
horizon of zero, negative, or with months; 42704 for an unknown event, 22023 for a syntax error in the selector.';
