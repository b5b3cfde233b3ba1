-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE path_count AS (
  path text[], customers bigint, paths bigint, share double precision, median_time interval
);
COMMENT ON TYPE path_count IS 'One path: how many customers took it how often, and in which median time.';

\packed path_count_summary
COMMENT ON TYPE path_count_summary IS
  'The different paths of many customers while they are counted: the state of path_counts, which travels between processes and servers.
At most 1,000,000 different paths of 268,435,456 events in all, and 1 GB (54000).';

\comparable path_count_summary count the same paths, asked in the same way

CREATE FUNCTION path_counts_accum(path_count_summary, journey, path_def) RETURNS path_count_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_path_counts_accum';
COMMENT ON FUNCTION path_counts_accum(path_count_summary, journey, path_def) IS 'Counts a journey for path_counts().';
CREATE FUNCTION path_counts_combine(path_count_summary, path_count_summary) RETURNS path_count_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_path_counts_combine';
COMMENT ON FUNCTION path_counts_combine(path_count_summary, path_count_summary) IS 'Adds two counts of paths over different customers.';
CREATE FUNCTION path_counts_final(path_count_summary) RETURNS path_count[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_path_counts_final';
COMMENT ON FUNCTION path_counts_final(path_count_summary) IS 'Lists the counted paths.';
CREATE AGGREGATE path_counts(journey, path_def) (
  SFUNC = path_counts_accum, STYPE = path_count_summary, SSPACE = 65536, FINALFUNC = path_counts_final,
  COMBINEFUNC = path_counts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE path_counts(journey, path_def) IS
  'Counts whole paths over many journeys: which ways customers take, and how many take each, as SELECT (unnest(path_counts(journey,
path_def(…)))).*.
One journey is one customer. path has the names that journey_paths() shows. customers counts the journeys that have the path, paths how
often they have it, and share is customers divided by all customers given. median_time is the median time from the first event of the path
to the last: exact for up to 65,536 of them, within 1 % for more, and NULL with times => false. Order: most customers, then most paths, then
names. With top => N there are N paths, and then one row for all others, if there are any: path, customers, share and median_time are NULL,
and paths is their sum. min_weight leaves out paths of fewer customers. The result is NULL without journeys, and an empty array without
paths. Errors: 22023 if the path_def differs between journeys of a group, 54000 for more than 1,000,000 different paths.';
