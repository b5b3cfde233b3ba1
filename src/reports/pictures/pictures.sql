-- SPDX-License-Identifier: PostgreSQL
-- Charts as SVG: an array of objects in, markup out.

CREATE FUNCTION funnel_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_funnel_picture';
COMMENT ON FUNCTION funnel_picture(jsonb, text, text, text, jsonb) IS
  'Draws how many customers reach each step of a funnel, and how many are lost before the next one, as SVG.
data: an array of {name, customers, conversion, step_conversion, median_seconds}, a row for each step in their order. What is absent is
computed from customers, except the time. title, description: NULL means texts of the picture''s own. language: en or zh, for all words
that are not data. options: an object, whose keys docs/pictures.md describes.
Errors: 22023 for data that are not an array of objects, a value of another type, a negative number of customers, another language, an
unknown option or a wrong one; 54000 for more than 20,000 rows. Of a text the first 2,000 bytes are used.';

CREATE FUNCTION sankey_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_sankey_picture';
COMMENT ON FUNCTION sankey_picture(jsonb, text, text, text, jsonb) IS
  'Draws which ways customers take from event to event, as SVG: bands between columns, as thick as the ways are frequent.
data: an array of {step, source, target, value}. A link of a step leads from its column to the next one; steps are whole numbers up to
1,000. A source that is null is the beginning, and a target that is null the end. Rows of the same link are added. Other arguments and
errors are those of funnel_picture(); 54000 also for more than 100 steps.';

CREATE FUNCTION retention_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_retention_picture';
COMMENT ON FUNCTION retention_picture(jsonb, text, text, text, jsonb) IS
  'Draws which share of each cohort comes back in which period, as SVG: a triangle of coloured cells.
data: an array of {cohort, period, customers, rate, complete}. A cohort is a date or a text; the one that is null stands for all together,
above the others. A cell that is not complete has a dotted edge. Periods are whole numbers from 0 to 1,000. Other arguments and errors are
those of funnel_picture(); 54000 also for more than 100,000 cells.';

CREATE FUNCTION week_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_week_picture';
COMMENT ON FUNCTION week_picture(jsonb, text, text, text, jsonb) IS
  'Draws at which hours of the week something happens, as SVG: a coloured cell for each weekday and hour.
data: an array of {weekday, hour, value}, weekday 1 (Monday) to 7 and hour 0 to 23. Rows of the same hour are added; hours without a row
are 0. Other arguments and errors are those of funnel_picture().';

CREATE FUNCTION series_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_series_picture';
COMMENT ON FUNCTION series_picture(jsonb, text, text, text, jsonb) IS
  'Draws numbers over time, as SVG: a line for each series, with a band from low to high, and anomalies marked.
data: an array of {at, series, value, low, high, anomaly}. at: a date or a time; any other text makes all of them labels in their order.
A value that is null leaves a gap. anomaly: whether the point is marked. Other arguments and errors are those of funnel_picture().';

CREATE FUNCTION grid_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_grid_picture';
COMMENT ON FUNCTION grid_picture(jsonb, text, text, text, jsonb) IS
  'Draws values of the pairs of two scales, as SVG: a coloured cell for each pair, such as recency and frequency.
data: an array of {x, y, value, label}. x and y are numbers or texts; numbers are in their order, texts in that of the rows, and y grows
upwards if it has numbers. label is written into the cell. The options x_label and y_label name the scales. Other arguments and errors
are those of funnel_picture().';

CREATE FUNCTION bars_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_bars_picture';
COMMENT ON FUNCTION bars_picture(jsonb, text, text, text, jsonb) IS
  'Draws a number for each of some things, as SVG: horizontal bars beside their labels.
data: an array of {label, value, low, high, group}, drawn in the order of the rows. low and high are the ends of an interval. Each
group has a colour. Negative values extend to the left. Other arguments and errors are those of funnel_picture().';

CREATE FUNCTION curve_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_curve_picture';
COMMENT ON FUNCTION curve_picture(jsonb, text, text, text, jsonb) IS
  'Draws one number as it depends on another, as SVG: lift, gains and calibration of models.
data: an array of {x, y, series}; the points of a series are joined in the order of x. The option diagonal draws the line from (0, 0) on
which x and y are equal. The options x_label and y_label name the axes. Other arguments and errors are those of funnel_picture().';

CREATE FUNCTION journey_map_picture(
  data jsonb, title text DEFAULT NULL, description text DEFAULT NULL, language text DEFAULT 'en', options jsonb DEFAULT '{}'
) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_journey_map_picture';
COMMENT ON FUNCTION journey_map_picture(jsonb, text, text, text, jsonb) IS
  'Draws where the customers of an audience are on their way, as SVG: stages by channels, with the time spent and the customers lost.
data: an array of {stage, channel, customers, dwell_seconds, dropped}, stages and channels in the order of the rows. dropped are the
customers that go no further than the stage; the row of a stage whose channel is null states these for the whole stage, without it they
are added up. Other arguments and errors are those of funnel_picture(); 54000 also for more than 100,000 cells.';

CREATE FUNCTION picture_style() RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_picture_style';
COMMENT ON FUNCTION picture_style() IS
  'Returns the style sheet of all pictures: colours for light and dark screens and for paper.
A page has it once in a style element. The option standalone puts it into a picture.';

CREATE FUNCTION picture_slug(key text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_picture_slug';
COMMENT ON FUNCTION picture_slug(text) IS
  'Returns the last part of the address to which a mark of a picture links, for the key of the mark.
It consists of lower-case letters, digits and hyphens. With the option link => "steps" the step "View item" links to #steps- and this. The
key of a mark is the value of key in its row, or else its name.';
