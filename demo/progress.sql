-- SPDX-License-Identifier: PostgreSQL
-- How far the task is that works for the demo, a line for people who wait.
SELECT format('  %s: %s%s%s', p.task, p.phase, ', ' || to_char(100 * p.share, 'FM990') || ' %', ', done at about ' || to_char(p.estimated_end, 'HH24:MI:SS'))
FROM clientele.progress p WHERE p.share < 1 LIMIT 1;
