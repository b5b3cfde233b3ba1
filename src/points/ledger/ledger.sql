-- SPDX-License-Identifier: PostgreSQL
-- Points of a loyalty program: the rules, and the ledger of one customer.

\packed points_def
COMMENT ON TYPE points_def IS
  'The rules of a points program: what earns points, how long they are good, and the tiers of customers. The function points_def() makes
one. Its text form is JSON, such as {"rate": "0.1", "validity": "365 days"}.
At most 1 MB (54000).';

\from_text points_def

CREATE FUNCTION points_def(
    rate numeric DEFAULT 1, purchases text DEFAULT 'purchase', returns text DEFAULT NULL, pending interval DEFAULT '0',
    validity interval DEFAULT NULL, shortfall text DEFAULT 'owe', tiers text[] DEFAULT NULL, tier_points bigint[] DEFAULT NULL,
    multipliers numeric[] DEFAULT NULL, look_back interval DEFAULT '365 days', keeps interval DEFAULT '365 days') RETURNS points_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_points_def';
COMMENT ON FUNCTION points_def(numeric, text, text, interval, interval, text, text[], bigint[], numeric[], interval, interval) IS
  'Defines the rules of a points program, as in points_def(rate => 0.1, validity => ''365 days'').
A purchase earns rate times the multiplier of the tier times its amount, in exact decimals, rounded down. purchases, returns: selectors, for
journeys. pending: how long after the purchase its points can be used; until then a return of it takes nothing else. validity: how long
after the purchase they expire; NULL is never. shortfall: what happens if a return takes back points that were spent and the other points do
not cover it: owe settles it from the next points, forgive lets it go. tiers, tier_points, multipliers: the levels of customers, ascending;
tier_points are the points from which each begins, the first 0; NULL is one tier named member. The points that count are those earned less
those returned in the last look_back. A tier is reached at once, and kept for keeps after it was last reached. A day is 24 hours here.
NULL for an option is its default. Errors: 22003 for a rate or a multiplier with more than 6 decimals; 22004 for a tier that is NULL; 22023
for a negative rate or one above 1,000,000, a multiplier above 1,000, tiers that do not ascend from 0 or have equal names, lengths with
months, below zero or above 366,000 days, another shortfall, and a selector''s syntax.';

\comparable points_def have the same rules, word for word

CREATE TYPE point_account AS (
  account bigint, usable bigint, pending bigint, owed bigint, tier text, tier_points bigint, due timestamptz, rejected bigint[],
  entry_accounts bigint[], entry_ats timestamptz[], entry_kinds text[], entry_lots bigint[], entry_points bigint[], entry_events bigint[],
  entry_lot_ats timestamptz[], entry_froms timestamptz[], entry_expires timestamptz[],
  lots bigint[], lot_ats timestamptz[], lot_froms timestamptz[], lot_expires timestamptz[], lot_earned bigint[], lot_left bigint[],
  lot_taken bigint[], tier_ats timestamptz[], tiers text[]);
COMMENT ON TYPE point_account IS
  'The points of one customer as point_account() returns them: the balance, and the columns of the ledger, of the lots and of the changes
of the tier as arrays. infinity stands for never.';

CREATE FUNCTION point_account(
    rules points_def[], until timestamptz, event bigint[], kind text[], at timestamptz[], amount numeric[] DEFAULT NULL, "of" bigint[] DEFAULT NULL,
    points bigint[] DEFAULT NULL, item bigint[] DEFAULT NULL, posted timestamptz[] DEFAULT NULL, account bigint[] DEFAULT NULL,
    rule integer[] DEFAULT NULL) RETURNS point_account
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_point_account';
COMMENT ON FUNCTION point_account(
  points_def[], timestamptz, bigint[], text[], timestamptz[], numeric[], bigint[], bigint[], bigint[], timestamptz[], bigint[], integer[])
IS   'Computes the ledger of points of one customer from its events, each an element of the arrays, up to a time.
event: numbers, no two equal. kind: purchase (with an amount), return (with the purchase, of, or with an item, of which it takes the latest
purchase; and with an amount, NULL being all of it), spend, grant or adjust (with points). at: when it happened. Other arrays may be NULL.
posted: when it was posted, later than at for what arrived late; then events are posted in the order of their numbers. Without posted,
those of one instant are in the order purchases and grants, returns, spends, then by number. account: whose points they are; an event of
the kind join adds the account of to account. rule: the place in rules of those in force. points_ledger() is easier to call.
Errors: 22003 for more than 10^15 points of one event, 22004 for a missing number, kind or time, 22008 for infinite times, 22023 for arrays
of different lengths, an unknown kind, two equal numbers, negative grants and returns, and what is posted before it happened, 54000 for
more than 1,000,000 events.';

CREATE FUNCTION point_events(journey, points_def, OUT kind text, OUT at timestamptz, OUT item bigint, OUT amount numeric) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 10 COST 100 AS 'MODULE_PATHNAME', 'clientele_point_events';
COMMENT ON FUNCTION point_events(journey, points_def) IS
  'Lists the purchases and the returns in a journey that rules of points pick.
The amount of a return may be negative in the journey; here it is positive. Errors: 42704 for an unknown event in purchases or returns.';

CREATE FUNCTION point_account_of(rules points_def, events jsonb, until timestamptz) RETURNS point_account
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
  a record;
BEGIN
  IF jsonb_typeof(events) <> 'array' THEN
    RAISE EXCEPTION 'events must be an array of objects, not %', jsonb_typeof(events) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(coalesce(e.event, e.n)) AS event, array_agg(e.kind) AS kind, array_agg(e.at) AS at, array_agg(e.amount) AS amount,
         array_agg(e."of") AS "of", array_agg(e.points) AS points, array_agg(e.item) AS item INTO a
  FROM ROWS FROM (jsonb_to_recordset(events) AS (event bigint, kind text, at timestamptz, amount numeric, "of" bigint, points bigint, item bigint))
    WITH ORDINALITY e (event, kind, at, amount, "of", points, item, n);
  RETURN clientele.point_account(ARRAY[rules], until, a.event, a.kind, a.at, a.amount, a."of", a.points, a.item);
END $$;
COMMENT ON FUNCTION point_account_of(points_def, jsonb, timestamptz) IS
  'Computes the ledger of points of one customer from events as a JSON array; a part of points_ledger().';

CREATE FUNCTION points_ledger(rules points_def, events jsonb, until timestamptz DEFAULT now())
  RETURNS TABLE (entry integer, at timestamptz, kind text, lot bigint, points bigint, event bigint, usable_from timestamptz, expires_at timestamptz)
  LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.n::integer, e.at, e.kind, e.lot, e.points, e.event, e.usable_from, nullif(e.expires, 'infinity')
  FROM clientele.point_account_of(rules, events, until) a
  CROSS JOIN LATERAL unnest(a.entry_ats, a.entry_kinds, a.entry_lots, a.entry_points, a.entry_events, a.entry_froms, a.entry_expires)
    WITH ORDINALITY e (at, kind, lot, points, event, usable_from, expires, n)
  ORDER BY e.n
$$;
COMMENT ON FUNCTION points_ledger(points_def, jsonb, timestamptz) IS
  'Lists the entries of the ledger of points of one customer: what was earned, spent, returned and what expired, up to a time.
events: an array of objects with at (a time), kind, and what the kind needs: purchase amount; return of (the purchase''s event) or item,
and amount; spend points; grant points; adjust points. event is the number of each, and its place in the array if it is absent. To ask of
the rows of a table, give jsonb_agg(to_jsonb(r)) of each customer''s rows. kind of an entry: earn and grant add points; spend, expire,
reverse (by a return) and settle (of what was owed) take them, adjust does either. lot: the event whose points these are. The sum of points
is what is left. A time without a zone is in UTC. Errors: as point_account(), and those of JSON that is not such an array.';

CREATE FUNCTION points_ledger(journey, rules points_def, until timestamptz DEFAULT now())
  RETURNS TABLE (entry integer, at timestamptz, kind text, lot bigint, points bigint, event bigint, usable_from timestamptz, expires_at timestamptz)
  LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.n::integer, e.at, e.kind, e.lot, e.points, e.event, e.usable_from, nullif(e.expires, 'infinity')
  FROM (SELECT array_agg(p.n) AS event, array_agg(p.kind) AS kind, array_agg(p.at) AS at, array_agg(p.amount) AS amount, array_agg(p.item) AS item
        FROM clientele.point_events($1, $2) WITH ORDINALITY p (kind, at, item, amount, n)) g
  CROSS JOIN LATERAL clientele.point_account(ARRAY[$2], $3, g.event, g.kind, g.at, g.amount, item => g.item) a
  CROSS JOIN LATERAL unnest(a.entry_ats, a.entry_kinds, a.entry_lots, a.entry_points, a.entry_events, a.entry_froms, a.entry_expires)
    WITH ORDINALITY e (at, kind, lot, points, event, usable_from, expires, n)
  ORDER BY e.n
$$;
COMMENT ON FUNCTION points_ledger(journey, points_def, timestamptz) IS
  'Lists the entries of the ledger of points that the purchases and returns in a journey give, up to a time.
A return takes back from the latest purchase of its item that was not returned wholly; without an item, from the latest purchase at all.
lot and event number these events of the journey from 1. Otherwise as points_ledger() of events. Errors: also 42704 for an unknown event in
the rules.';

CREATE FUNCTION points_balance(rules points_def, events jsonb, until timestamptz DEFAULT now(),
    OUT usable bigint, OUT pending bigint, OUT owed bigint, OUT tier text, OUT tier_points bigint, OUT rejected bigint[])
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.usable, a.pending, a.owed, a.tier, a.tier_points, a.rejected FROM clientele.point_account_of(rules, events, until) a
$$;
COMMENT ON FUNCTION points_balance(points_def, jsonb, timestamptz) IS
  'Returns the points of one customer at a time: those that can be used, those still pending, those owed, and the tier.
tier_points: the points that count for the tier. rejected: the spends that the usable points did not cover, and the returns without a
purchase before them. Arguments and errors as points_ledger().';

CREATE FUNCTION points_lots(rules points_def, events jsonb, until timestamptz DEFAULT now())
  RETURNS TABLE (lot bigint, at timestamptz, earned bigint, "left" bigint, usable_from timestamptz, expires_at timestamptz)
  LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
  SELECT l.lot, l.at, l.earned, l.rest, l.usable_from, nullif(l.expires, 'infinity')
  FROM clientele.point_account_of(rules, events, until) a
  CROSS JOIN LATERAL unnest(a.lots, a.lot_ats, a.lot_earned, a.lot_left, a.lot_froms, a.lot_expires)
    WITH ORDINALITY l (lot, at, earned, rest, usable_from, expires, n)
  ORDER BY l.n
$$;
COMMENT ON FUNCTION points_lots(points_def, jsonb, timestamptz) IS
  'Lists the lots of points of one customer: what each event earned, what is left of it, and when that can be used and expires.
Arguments and errors as points_ledger().';

CREATE FUNCTION points_tier_changes(rules points_def, events jsonb, until timestamptz DEFAULT now())
  RETURNS TABLE (at timestamptz, tier text)
  LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.at, c.tier
  FROM clientele.point_account_of(rules, events, until) a
  CROSS JOIN LATERAL unnest(a.tier_ats, a.tiers) WITH ORDINALITY c (at, tier, n)
  ORDER BY c.n
$$;
COMMENT ON FUNCTION points_tier_changes(points_def, jsonb, timestamptz) IS
  'Lists the tiers that one customer had, each from a time on; the first from the first event on.
Arguments and errors as points_ledger().';
