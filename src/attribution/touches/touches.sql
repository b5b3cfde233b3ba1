-- SPDX-License-Identifier: PostgreSQL

\packed attribution_def
COMMENT ON TYPE attribution_def IS
  'A question about attribution: which events convert, which touches led to them, and by which models they share the credit. The function
attribution_def() makes one. Its text form is JSON, such as {"conversion": "purchase"}; {"lookback": "none"} there is a look-back without
a limit. Other text that does not begin with { is the selector of the conversions.
At most 1 MB (54000).';

\from_text attribution_def

CREATE FUNCTION attribution_def(
    conversion text, touches text DEFAULT '*', by text DEFAULT 'channel', groups text[] DEFAULT NULL,
    direct text[] DEFAULT NULL, lookback interval DEFAULT '30 days', after_previous boolean DEFAULT false,
    half_life interval DEFAULT '7 days', weights double precision[] DEFAULT '{0.4,0.2,0.4}', collapse boolean DEFAULT false,
    nulls boolean DEFAULT true, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
    models text[] DEFAULT NULL) RETURNS attribution_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_attribution_def';
COMMENT ON FUNCTION attribution_def(
    text, text, text, text[], text[], interval, boolean, interval, double precision[], boolean, boolean, timestamptz, timestamptz, text[]) IS
  'Describes a question about attribution, as in attribution_def(''purchase'', touches => ''visit|open'', lookback => ''14 days'').
conversion, touches: selectors. An event in both roles is a conversion only. Each conversion counts by itself, and its value is its
amount. Its path are the touches at most lookback before it, those at its instant included; NULL means without a limit. With
after_previous, only touches later than the last conversion at an earlier instant.
by: what a touch is called, its channel or its event (named as in paths). A channel without a name is (none). groups: names for events, as
in ''{"Search=google|bing","Mail=e-mail:*"}''; the first that picks an event names it. direct: the channels that last_non_direct skips.
since, until: conversions from since to before until count; earlier touches may be in their paths. NULL for until is the start of the
transaction. Touches that are in no path are null paths, at most lookback long, cut from the last one backwards; nulls => false leaves
them out.
models: first, last, last_non_direct; linear; position, by weights for the first touch, all middle touches together, and the last one;
position_decay, half as much for each touch further back; time_decay, half as much for each half_life further back; markov_1 to
markov_3, by removal effects in a Markov chain of the last one to three touches, where collapse counts a run of one channel once;
shapley, an equal share for each different channel; shapley_rate, the Shapley value of the conversion rate. NULL asks for first, last,
last_non_direct if there are direct channels, linear, position, time_decay and markov_1. Name the options.
Errors: 22004 for a NULL conversion, 22023 for a length with months or below zero, for a half_life that is zero, for weights that are not
three, that are negative or all zero, for unknown words, for a model that is named twice, for last_non_direct without direct, and for the
syntax of selectors and groups.';

\comparable attribution_def ask the same, word for word
