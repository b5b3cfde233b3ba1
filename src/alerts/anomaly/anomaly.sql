-- SPDX-License-Identifier: PostgreSQL

\packed anomaly_def
COMMENT ON TYPE anomaly_def IS
  'How the values of a series are judged by those before: what they are, their season, how much of the past counts, and what is unusual.
The function anomaly_def() makes one. Its text form is JSON, such as {"season": "7 days"}; a measure alone, as ratio, is read, too.
At most 1 MB (54000).';

\from_text anomaly_def

\comparable anomaly_def judge alike, word for word

CREATE FUNCTION anomaly_def(
  measure text DEFAULT 'count', grain interval DEFAULT '1 hour', season interval DEFAULT NULL, memory integer DEFAULT NULL,
  min_points integer DEFAULT 4, spread integer DEFAULT 168, scales integer[] DEFAULT '{1}', levels double precision[] DEFAULT '{3,4,6}',
  min_volume double precision DEFAULT 20, min_change double precision DEFAULT 0.1, direction text DEFAULT 'both',
  time_zone text DEFAULT NULL, record integer DEFAULT 0,
  calibrate integer DEFAULT 0, least_spread double precision DEFAULT 0
) RETURNS anomaly_def
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_anomaly_def';
COMMENT ON FUNCTION anomaly_def(text, interval, interval, integer, integer, integer, integer[], double precision[], double precision,
    double precision, text, text, integer, integer, double precision) IS
  'Describes how anomaly() judges the values of a series.
measure: count for numbers of things that happen by themselves, such as orders; ratio for a part of a volume, such as conversions; number
for anything else, such as amounts or times. Counts and ratios are compared on scales on which chance spreads them evenly (Anscombe 1948).
grain, season: a value is compared with those at the same place of the season by the clock of time_zone, as with season => ''7 days'' and
grain => ''1 hour'' those of the same hour of the week. NULL: with those before, wherever they are.
memory: how many earlier values of the place count, 8 by default, and 288 without a season. min_points: with fewer there is no judgement.
spread: how many judged values say how much is usual.
scales: an anomaly is also looked for in the mean of so many values, as in {1,6}; it finds what is smaller and lasts.
levels: the |z| of attention, warning and critical.
min_volume: a count of which neither the value nor what is expected is as large is at level 0, and so is a ratio of a smaller volume.
min_change: as is a value that differs by a smaller share of what is expected. direction: both, up or down.
record: a value is at level 0 unless its |z| is the largest of this many judged values; 0 turns the rule off. For series that jump often.
calibrate: z is divided by the largest |z| of its scale in this many judged values before, so that it says how many times larger it is, and
levels are such multiples; 0 turns the rule off. It is for series of very different tails that shall have the same levels.
least_spread: for numbers, how much is usual at least, as a share of the standard deviation of all earlier values.
Errors: 22023 for other words and what makes no sense, as a season that is not a multiple of grain; 22004 for a NULL in an array;
54000 for memory, spread, record or calibrate above 10000, more than 16 scales or one above 1000, and a season of more than 50000 grains.';

CREATE TYPE anomaly_point AS (
  expected double precision, low double precision, high double precision, z double precision, level integer, scale integer);
COMMENT ON TYPE anomaly_point IS 'What anomaly() says of a value.';
COMMENT ON COLUMN anomaly_point.expected IS 'What was expected, by the values before.';
COMMENT ON COLUMN anomaly_point.low IS 'The lower end of what is usual.';
COMMENT ON COLUMN anomaly_point.high IS 'The upper end of what is usual.';
COMMENT ON COLUMN anomaly_point.z IS 'How far the value is from what was expected, in robust standard deviations, from -1000 to 1000.';
COMMENT ON COLUMN anomaly_point.level IS '0 for a usual value, 1 attention, 2 warning, 3 critical.';
COMMENT ON COLUMN anomaly_point.scale IS 'Of how many values z is the mean: one of the scales.';

CREATE FUNCTION anomaly(at timestamptz, value double precision, volume double precision, def anomaly_def) RETURNS anomaly_point
  LANGUAGE c STABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_anomaly';
COMMENT ON FUNCTION anomaly(timestamptz, double precision, double precision, anomaly_def) IS
  'Judges each value of a series by those before, on any table: (anomaly(at, value, NULL, anomaly_def()) OVER (ORDER BY at)).level.
The value of a row is compared with the median of the earlier values at the same place of the season, moved by the median difference of
the last season, and z is the difference in units of 1.4826 × the median absolute difference of the judged values before (or what chance
alone makes, if that is more). So single outliers, trends and changes of level do not spoil what comes after them.
low, high: 3 standard deviations from what is expected.
volume: of a ratio, of how many value is a part; it has no meaning otherwise. A NULL value is missing: it is not judged and does not
count, and so is a ratio without a volume. Those with too little before them are NULL, too.
An answer depends on the rows before only. Errors: 22023 for rows that are not in the order of time, values that are NaN or beyond 1e100,
a ratio that is negative or above its volume, and different definitions in a partition; 22008 for an infinite time.';
