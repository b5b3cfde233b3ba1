-- SPDX-License-Identifier: PostgreSQL
-- How far long tasks are. It needs no store.

CREATE FUNCTION begin_progress(task text, total bigint DEFAULT NULL) RETURNS void
  LANGUAGE c VOLATILE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_begin_progress';
COMMENT ON FUNCTION begin_progress(text, bigint) IS
  'Shows a task of your session in clientele.progress, until end_progress().
A task that begins within another one is a phase of it. total: how many units of work it has, if that is known. A task also ends with the
statement, or with the transaction block in which it began; a procedure that commits keeps it. Errors: 22004 for a task that is NULL.';

CREATE FUNCTION report_progress(phase text, done bigint DEFAULT NULL, total bigint DEFAULT NULL) RETURNS void
  LANGUAGE c VOLATILE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_report_progress';
COMMENT ON FUNCTION report_progress(text, bigint, bigint) IS
  'Shows how far the task of your session is: the phase, and how many units of it are done, of how many.
A phase that is NULL is the same as before. done and total that are NULL stay as they are, and begin at 0 with another phase. Phases with
the same total are one count, as tags one after the other are. It costs a few microseconds, and does nothing without begin_progress().';

CREATE FUNCTION end_progress() RETURNS void
  LANGUAGE c VOLATILE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_end_progress';
COMMENT ON FUNCTION end_progress() IS
  'Ends the task of your session that began last, so that clientele.progress does not show it any more.';

CREATE FUNCTION running_tasks()
  RETURNS TABLE (pid integer, role_id oid, task text, phase text, done bigint, total bigint, started timestamptz, phase_started timestamptz,
                 estimated_end timestamptz)
  LANGUAGE c VOLATILE PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'clientele_running_tasks';
COMMENT ON FUNCTION running_tasks() IS
  'Returns the tasks that sessions do in this database and that you may see; a part of clientele.progress.';

CREATE VIEW progress AS
  SELECT t.task, t.phase, t.done, t.total,
         CASE WHEN t.total > 0 AND t.done <= t.total THEN t.done::pg_catalog.float8 / t.total END AS share,
         t.started, t.phase_started, t.estimated_end, t.pid, pg_catalog.current_database()::pg_catalog.text AS database,
         pg_catalog.pg_get_userbyid(t.role_id)::pg_catalog.text AS role
  FROM clientele.running_tasks() t;
COMMENT ON VIEW progress IS
  'The long tasks that are at work in this database: those of your own roles, and all of them for members of pg_read_all_stats.
At most 56 tasks of the server are shown.';
COMMENT ON COLUMN progress.task IS 'The task: ingest, refresh_tags and so on.';
COMMENT ON COLUMN progress.phase IS 'The part of the task that is at work, such as a source or a tag; NULL if it has no parts.';
COMMENT ON COLUMN progress.done IS 'How many units of the phase are done, such as rows or tags.';
COMMENT ON COLUMN progress.total IS 'How many units the phase has; NULL if that is not known.';
COMMENT ON COLUMN progress.share IS 'done / total, from 0 to 1; NULL if total is not known.';
COMMENT ON COLUMN progress.started IS 'When the task began.';
COMMENT ON COLUMN progress.phase_started IS 'When the phase began.';
COMMENT ON COLUMN progress.estimated_end IS 'When done reaches total if it goes on at the same rate; NULL if that is not known.';
COMMENT ON COLUMN progress.pid IS 'The process that does it, as in pg_stat_activity.';
COMMENT ON COLUMN progress.database IS 'The database.';
COMMENT ON COLUMN progress.role IS 'The role that the session logged in as.';
GRANT SELECT ON progress TO PUBLIC;
