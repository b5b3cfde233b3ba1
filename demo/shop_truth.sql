-- SPDX-License-Identifier: PostgreSQL
-- How good the integration is, measured by what the systems do not know.
CREATE VIEW demo.integration AS
  SELECT s.name AS source, sum(r.rows_read)::bigint AS read, sum(r.rows_packed)::bigint AS packed,
         sum(r.rows_duplicate)::bigint AS duplicates, sum(r.rows_rejected)::bigint AS rejected, sum(r.rows_complete)::bigint AS complete,
         sum(r.rows_packed) / nullif(sum(r.rows_read - r.rows_duplicate), 0) AS integration,
         sum(r.rows_complete) / nullif(sum(r.rows_read - r.rows_duplicate), 0) AS accuracy
  FROM clientele_data.sources s JOIN clientele_data.load_runs r USING (source_id)
  GROUP BY GROUPING SETS ((s.source_id, s.name), ());
COMMENT ON VIEW demo.integration IS
  'What became of the rows of each source, and of all (source is NULL): the shares that were packed, and packed without loss.';

CREATE VIEW demo.faults AS
  SELECT coalesce(h.source, r.source) AS source, h.planted, r.reason, count(*) AS rows, min(r.content) AS example
  FROM (SELECT source, id, planted FROM demo.hidden_rows WHERE planted IS NOT NULL) h
  FULL JOIN (SELECT s.name AS source, (j.content ->> 'id')::bigint AS id, j.reason, j.content::text
             FROM clientele_data.rejects j JOIN clientele_data.sources s USING (source_id)) r USING (source, id)
  GROUP BY 1, 2, 3;
COMMENT ON VIEW demo.faults IS
  'The faults that were planted beside the reasons for which rows were rejected: both are the same if each rejected row is explained.';

CREATE VIEW demo.identity_scores AS
  WITH found AS (
    SELECT t.person, i.customer_id
    FROM demo.hidden_identifiers t JOIN clientele_data.identities i USING (kind, value)
  )
  SELECT a.identifiers, a.pairs, p.pairs AS joined_pairs, b.pairs AS right_pairs,
         b.pairs / nullif(p.pairs, 0) AS "precision", b.pairs / nullif(a.pairs, 0) AS recall
  FROM (SELECT sum(n) AS identifiers, sum(n * (n - 1) / 2) FILTER (WHERE person IS NOT NULL) AS pairs
        FROM (SELECT person, count(*) AS n FROM demo.hidden_identifiers GROUP BY person) x) a,
       (SELECT sum(n * (n - 1) / 2) AS pairs FROM (SELECT count(*) AS n FROM found GROUP BY customer_id) x) p,
       (SELECT sum(n * (n - 1) / 2) AS pairs
        FROM (SELECT count(*) AS n FROM found WHERE person IS NOT NULL GROUP BY person, customer_id) x) b;
COMMENT ON VIEW demo.identity_scores IS
  'Precision: of all pairs of identifiers of one customer, the share of those that belong to one person. Recall: of all pairs of identifiers
of one person, the share of those that are one customer. An identifier that belongs to no customer is right beside no other.';

CREATE VIEW demo.found_events AS
  WITH mine AS (
    SELECT DISTINCT ON (person) person, customer_id
    FROM (SELECT t.person, i.customer_id, count(*) AS n
          FROM demo.hidden_identifiers t JOIN clientele_data.identities i USING (kind, value)
          WHERE EXISTS (SELECT FROM clientele_data.stored_journeys j WHERE j.customer_id = i.customer_id)
          GROUP BY t.person, i.customer_id) x
    ORDER BY person, n DESC, customer_id
  )
  SELECT sum(h.n) AS events, sum(least(h.n, clientele.event_count(j.journey))) AS found
  FROM (SELECT person, count(*) AS n FROM demo.hidden_rows WHERE planted IS NULL AND NOT duplicate GROUP BY person) h
  LEFT JOIN mine USING (person) LEFT JOIN clientele_data.journeys j USING (customer_id);
COMMENT ON VIEW demo.found_events IS
  'How many events there are, and how many of them are in the journey of the customer that has most identifiers of their person.';
