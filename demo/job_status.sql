-- SPDX-License-Identifier: PostgreSQL
\echo
\echo :title'How the jobs are doing, and the last runs':plain
SELECT job, state, schedule, last_outcome, round(last_seconds::numeric, 2) AS seconds, date_trunc('second', next_due_at) AS "next run" FROM clientele_bi.job_status
ORDER BY job;
SELECT run_id, job, state, date_trunc('milliseconds', due_at)::time AS due, round(1000 * extract(epoch FROM started_at - due_at)) AS "started after ms",
       round(1000 * extract(epoch FROM ended_at - started_at)) AS "took ms", rows
FROM clientele_bi.job_runs ORDER BY run_id DESC LIMIT 8;
