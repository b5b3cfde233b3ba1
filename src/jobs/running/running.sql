-- SPDX-License-Identifier: PostgreSQL
-- jobs: a command is executed

CREATE PROCEDURE run_job(name text)
  LANGUAGE c AS 'MODULE_PATHNAME', 'clientele_run_job';
COMMENT ON PROCEDURE run_job(text) IS
'Runs a job now, in your session, with the rights of its owner, and waits for its end.
The run is recorded as those of the schedule are. It feeds the jobs that come after this one, and moves no due time. If the command fails,
its error is raised again once it has been recorded. The command has the settings of the database and of the owner, not those of your
session, and may commit. You must be the owner or a member of that role, or a superuser. It needs no shared_preload_libraries.
Errors: 25001 in a transaction block; 2D000 in a function, a procedure or DO; 42704 for a job that does not exist; 55006 while a run of it
waits or runs; 42501 for another role''s job; 55000 for it while you have a cursor open; 57014 after max_run_time.';
