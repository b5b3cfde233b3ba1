-- SPDX-License-Identifier: PostgreSQL

\packed pattern
COMMENT ON TYPE pattern IS 'A regular expression over the events of a customer, such as search ... view{2,} within 1 day cart.
Its text form is the pattern itself, or {"pattern": …, "within": …, "session_gap": …} if it has options. At most 10,000 events and
100,000 parts with repeats written out, and 1 MB (54000). docs/patterns.md explains the language.';

\from_text pattern

\comparable pattern ask for the same matches, word for word

CREATE FUNCTION pattern(pattern text, within interval DEFAULT NULL, session_gap interval DEFAULT NULL) RETURNS pattern
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_pattern';
COMMENT ON FUNCTION pattern(text, interval, interval) IS
  'Describes a pattern of events, and what bounds its matches.
pattern: atoms one after the other, each of which takes an event: an event''s name, "a name in quotes", #3, <a selector>, . for any event,
!a or !(a|b) for an event that is not one of these. Options are separated by |, parentheses group, (?<name> ) names a group. *, +, ?, {2},
{2,} and {2,5} repeat the atom before, as often as possible, or as rarely as possible with another ? behind. An event follows the one
before directly, unless a gap stands between: ... passes over any events, and so do within 2 hours and after at least 1 day, with a limit
for the time between the two events; directly within 1 minute passes over none. ^ is the beginning of the journey, and $ its end.
within: the time allowed from the first event of a match to the last, inclusive. NULL means no limit. A day is 24 hours.
session_gap: each session is searched for itself; a longer time without events begins the next. NULL: all events are one.
Errors: 22023 for a pattern that is wrong, with the character at which it is, for a negative length and an interval with months; 54000 for a
pattern that is too large.';
