-- SPDX-License-Identifier: PostgreSQL
\echo
\echo :title'What became of the rows?':plain
SELECT coalesce(source, 'all') AS source, read, packed, duplicates, rejected,
       to_char(100 * integration, 'FM990.00 %') AS integration, to_char(100 * accuracy, 'FM990.00 %') AS accuracy
FROM demo.integration ORDER BY source IS NULL, read DESC;

\echo :title'Why was a row rejected, and was that right? The faults were planted':plain
SELECT reason, sum(rows) AS rejected, sum(rows) FILTER (WHERE planted = reason) AS "as planned",
       coalesce(sum(rows) FILTER (WHERE planted IS DISTINCT FROM reason), 0) AS "not planned",
       string_agg(DISTINCT source, ', ') AS sources, left(min(example) FILTER (WHERE reason <> 'text_too_long'), 90) AS example
FROM demo.faults GROUP BY reason ORDER BY rejected DESC, reason;

\echo :title'Which identifiers are one person? What was joined, and what should have been':plain
SELECT identifiers, pairs AS "pairs of one person", joined_pairs AS "pairs joined", right_pairs AS "of these right",
       to_char("precision", 'FM0.0000') AS "precision", to_char(recall, 'FM0.0000') AS recall
FROM demo.identity_scores;
SELECT events, found AS "in the journey of their person", to_char(100 * found / events, 'FM990.00 %') AS share FROM demo.found_events;

\echo :title'Identifiers that several people share join no customers: the tills, the tablets and lines of families':plain
SELECT kind, count(*) AS identifiers, count(*) FILTER (WHERE shared) AS shared, count(DISTINCT customer_id) AS customers
FROM clientele_data.identities GROUP BY kind ORDER BY identifiers DESC;
