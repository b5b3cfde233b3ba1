-- SPDX-License-Identifier: PostgreSQL

CREATE TYPE path_link AS (
  step integer, source text, target text, customers bigint, paths bigint, median_time interval,
  share double precision, source_share double precision
);
COMMENT ON TYPE path_link IS
  'One link of paths: how many customers and paths went from one event to the next, and in which median time.';

\packed path_summary
COMMENT ON TYPE path_summary IS
  'The links of many customers'' paths while they are counted: the state of path_links, which travels between processes and servers.
At most 2,000,000 different links, with the ends of paths, and 1 GB (54000).';

\comparable path_summary count the same paths, asked in the same way

CREATE FUNCTION path_links_accum(path_summary, journey, path_def) RETURNS path_summary
  LANGUAGE c STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'clientele_path_links_accum';
COMMENT ON FUNCTION path_links_accum(path_summary, journey, path_def) IS 'Counts a journey for path_links().';
CREATE FUNCTION path_links_combine(path_summary, path_summary) RETURNS path_summary
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_path_links_combine';
COMMENT ON FUNCTION path_links_combine(path_summary, path_summary) IS 'Adds two counts of links over different customers.';
CREATE FUNCTION path_links_final(path_summary) RETURNS path_link[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_path_links_final';
COMMENT ON FUNCTION path_links_final(path_summary) IS 'Lists the counted links.';
CREATE AGGREGATE path_links(journey, path_def) (
  SFUNC = path_links_accum, STYPE = path_summary, SSPACE = 65536, FINALFUNC = path_links_final,
  COMBINEFUNC = path_links_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE path_links(journey, path_def) IS
  'Counts the customers that went from one event to another, over many journeys: the edges of a Sankey diagram, as SELECT
(unnest(path_links(journey, path_def(…)))).*.
One journey is one customer. A link joins two events that follow each other in a path. With by_step, step is its place in the path, from
1; customers counts the journeys that have the link at that step, and paths their paths. Without by_step, step is NULL; customers counts
the journeys that have the link anywhere, and paths counts every passage, so that a path that takes a link twice counts twice. median_time
is the median over all passages: exact for up to 65,536 of them on one link, within 1 % for more, and NULL with times => false. share is
customers divided by all customers given. source_share is paths divided by how often the source stands at that step and is not the last
event before a cut: the links of a source and its end add up to 1. With ends, a link whose target is NULL counts the paths that end at the
source; those that max_length cut there do not end. With top => N, the N events of most customers at each step keep their names (without
by_step: the N of all), then of most paths, then by name; all others are called rest. So do links of an event that has this name. Links with
rest have exact paths, times and source_share, but customers and share are NULL. min_weight leaves out links of fewer customers, not those
with NULL. The links are ordered by step; those with rest come last in their step; most customers come first, then most paths, then names.
The result is NULL without journeys, and an empty array without links. Errors: 22023 if the path_def differs between journeys of a group.';

CREATE AGGREGATE path_links_summary(journey, path_def) (
  SFUNC = path_links_accum, STYPE = path_summary, SSPACE = 65536, COMBINEFUNC = path_links_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE path_links_summary(journey, path_def) IS
  'Counts what path_links() counts, as a summary that can be stored and merged; path_links_final() lists its links.
Errors: those of path_links().';
CREATE AGGREGATE path_links_merge(path_summary) (
  SFUNC = path_links_combine, STYPE = path_summary, SSPACE = 65536, COMBINEFUNC = path_links_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE path_links_merge(path_summary) IS
  'Joins stored summaries of the same question of paths over different customers into one.
Errors: 22023 if the questions differ.';
