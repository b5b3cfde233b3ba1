-- SPDX-License-Identifier: PostgreSQL
-- What is known of the processes that run jobs. The server of this test may have loaded the library or not.
\set VERBOSITY terse
SET search_path = public, clientele;

-- A process is known by its pid and its start.
SELECT process_start() = backend_start AS same FROM pg_stat_activity WHERE pid = pg_backend_pid();
SELECT process_lives(pg_backend_pid(), process_start()) AS this_one,
       process_lives(pg_backend_pid(), process_start() - interval '1 microsecond') AS earlier_one_of_the_pid,
       process_lives(pid, backend_start) AS checkpointer, process_lives(0, backend_start) AS nought, process_lives(-1, backend_start) AS negative,
       process_lives(NULL, backend_start) AS unknown
FROM pg_stat_activity WHERE backend_type = 'checkpointer';

-- It changes nothing, whatever it is called with, and in whichever transaction.
SELECT wake_scheduler(), wake_scheduler(NULL), wake_scheduler(-1), wake_scheduler(9223372036854775807);
BEGIN;
SELECT count(wake_scheduler(i)) FROM generate_series(1, 100) i;
SAVEPOINT s;
SELECT wake_scheduler();
ROLLBACK TO s;
ROLLBACK;

-- The trigger does nothing but that.
CREATE TABLE job_processes (i integer);
CREATE TRIGGER wake AFTER INSERT OR TRUNCATE ON job_processes FOR EACH STATEMENT EXECUTE FUNCTION jobs_changed();
CREATE TRIGGER wake_row BEFORE INSERT OR UPDATE OR DELETE ON job_processes FOR EACH ROW EXECUTE FUNCTION jobs_changed();
INSERT INTO job_processes VALUES (1), (2);
UPDATE job_processes SET i = 3 WHERE i = 1 RETURNING i;
DELETE FROM job_processes WHERE i = 2 RETURNING i;
TABLE job_processes;
TRUNCATE job_processes;
SELECT jobs_changed();
DROP TABLE job_processes;

-- Each answer begins with one of these, and says what to do.
SELECT scheduler_state() ~ '^(not preloaded: Add clientele to shared_preload_libraries|nothing to schedule|starting|running|no launcher|held|no free)' AS known;
SELECT scheduler_waits_for() IS NULL AS for_nothing;

-- The settings are the server's.
SELECT name, setting, context, boot_val FROM pg_settings WHERE name LIKE 'clientele.%' AND context = 'sighup' ORDER BY name COLLATE "C";
SET clientele.max_workers = 8;
SET clientele.databases = 'a';
ALTER SYSTEM SET clientele.databases = 'a b';
ALTER SYSTEM SET clientele.max_workers = 257;
ALTER SYSTEM SET clientele.databases = 'a, "B c", ümlaut';
ALTER SYSTEM SET clientele.databases = '';
ALTER SYSTEM RESET clientele.databases;

-- Statements over databases chain to what PostgreSQL does.
CREATE DATABASE job_processes_copy TEMPLATE template0;
ALTER DATABASE job_processes_copy RENAME TO job_processes_moved;
ALTER DATABASE job_processes_moved CONNECTION LIMIT 5;
ALTER DATABASE job_processes_nowhere RENAME TO x;
DROP DATABASE job_processes_moved;
DROP DATABASE IF EXISTS job_processes_moved;
DROP DATABASE job_processes_moved;
