-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION churned(journey, at timestamptz, horizon interval, selector text DEFAULT '*') RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_churned';
COMMENT ON FUNCTION churned(journey, timestamptz, interval, text) IS
  'Tells whether a customer who was active before a time did nothing in the horizon after it: the label to fit a churn model to.
True if no event that selector picks is from `at` (inclusive) to `at` + horizon (exclusive), false if there is one; NULL if there is none
before `at`, as who has not come yet cannot leave. selector: which events are the customer''s own doing; * is every event. What the shop
does is no sign of life, so leave promotions that are sent and the like out: web:*|app:*|store:*, say, or purchase for who stops
buying. horizon: a fixed length of time, and all of it must be over when the journeys were loaded: of what has not happened yet, the
function knows nothing and says true. Errors: 22008 for an infinite time; 22023 for a horizon of zero, negative, or with months; 42704
for an unknown event, 22023 for the selector''s syntax.';
