-- SPDX-License-Identifier: PostgreSQL
-- How far long tasks are, in the view clientele.progress.
SET search_path = public, clientele;
\set VERBOSITY terse
CREATE VIEW shown AS SELECT task, phase, done, total, share FROM clientele.progress WHERE pid = pg_backend_pid();

-- A task lasts until it ends, within the transaction.
BEGIN;
SELECT begin_progress('import', 200);
SELECT * FROM shown;
SELECT report_progress('customers', 50, 200);
SELECT * FROM shown;
SELECT started <= phase_started AND phase_started <= clock_timestamp() AS times,
       database = current_database() AS here, role = session_user AS mine FROM progress WHERE pid = pg_backend_pid();
SELECT pg_sleep(0.001), report_progress(NULL, 60);
SELECT done, total, estimated_end > phase_started AS an_end FROM progress WHERE pid = pg_backend_pid();
-- Phases with the same total are one count; another one begins at 0.
SELECT report_progress('orders', 70, 200);
SELECT done, total, estimated_end > phase_started AS an_end FROM progress WHERE pid = pg_backend_pid();
SELECT report_progress('returns');
SELECT * FROM shown;
SELECT report_progress('returns', 5);
SELECT * FROM shown;
SELECT end_progress();
SELECT * FROM shown;
COMMIT;

-- What is not a number of units is not one.
BEGIN;
SELECT begin_progress('t', -5), report_progress('p', -3, -1);
SELECT * FROM shown;
SELECT report_progress('p', 7, 5);
SELECT * FROM shown;
SELECT report_progress('p', 9223372036854775807, 9223372036854775807);
SELECT * FROM shown;
ROLLBACK;
SELECT begin_progress(NULL);
-- Without a task nothing is shown, and nothing is wrong.
SELECT report_progress('p', 1, 2), end_progress();
SELECT count(*) FROM shown;

-- A task within a task is a phase of it.
BEGIN;
SELECT begin_progress('nightly', 2), report_progress('tags', 0, 2);
SELECT begin_progress('refresh_tags', 9);
SELECT * FROM shown;
SELECT report_progress('vip', 3, 9);
SELECT * FROM shown;
SELECT end_progress();
SELECT * FROM shown;
-- Long names are cut between characters.
SELECT begin_progress(repeat('客户', 20)), report_progress(repeat('标签', 20));
SELECT octet_length(phase), phase FROM shown;
COMMIT;
SELECT count(*) FROM shown;

-- A subtransaction that is rolled back takes its tasks with it, and leaves the others.
CREATE FUNCTION task_of(d integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM clientele.begin_progress('inner'), clientele.report_progress('dividing');
  RETURN 1 / d;
EXCEPTION WHEN division_by_zero THEN
  RETURN (SELECT concat(task, ', ', phase) FROM shown);
END $$;
BEGIN;
SELECT begin_progress('outer'), report_progress('counting');
SELECT task_of(0);
SAVEPOINT a;
SELECT task_of(1);
SELECT * FROM shown;
ROLLBACK TO a;
SELECT * FROM shown;
COMMIT;
-- A statement that ends or fails ends its tasks.
SELECT begin_progress('forgotten');
SELECT count(*) FROM shown;
BEGIN;
SELECT begin_progress('failing');
SELECT 1 / 0;
ROLLBACK;
SELECT count(*) FROM shown;

-- A procedure that commits or rolls back keeps its task until it ends.
CREATE PROCEDURE committing(fails boolean) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM clientele.begin_progress('committing', 2), clientele.report_progress('first', 1, 2);
  COMMIT;
  RAISE INFO 'after COMMIT: %', (SELECT s FROM shown s);
  PERFORM clientele.report_progress('second', 2, 2);
  ROLLBACK;
  RAISE INFO 'after ROLLBACK: %', (SELECT s FROM shown s);
  IF fails THEN
    RAISE EXCEPTION 'it fails';
  END IF;
END $$;
CALL committing(false);
SELECT count(*) FROM shown;
CALL committing(true);
SELECT count(*) FROM shown;
DO $$ BEGIN CALL committing(false); RAISE INFO 'after the call: %', (SELECT s FROM shown s); END $$;
SELECT count(*) FROM shown;
-- A prepared transaction belongs to no session.
BEGIN;
SELECT begin_progress('prepared');
PREPARE TRANSACTION 'progress';
SELECT count(*) FROM shown;
ROLLBACK PREPARED 'progress';

-- Who sees it: its role, members of it, and members of pg_read_all_stats.
CREATE ROLE progress_stranger;
CREATE ROLE progress_monitor IN ROLE pg_read_all_stats;
-- Every session sees its own task, as another role, too.
BEGIN;
SELECT begin_progress('mine');
SET ROLE progress_stranger;
SELECT count(*) FROM clientele.progress WHERE pid = pg_backend_pid();
RESET ROLE;
ROLLBACK;
DROP ROLE progress_stranger, progress_monitor;

-- Built-in tasks.
SET client_min_messages = warning;
CALL create_store();
CREATE TABLE seen (task text, phase text, done bigint, total bigint);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen SELECT task, phase, done, total FROM public.shown;
  RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON clientele_data.load_runs FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER note AFTER INSERT OR UPDATE ON clientele_data.tag_status FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER note AFTER INSERT ON clientele_data.journey_changes FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TABLE orders (id bigint PRIMARY KEY, customer text, at timestamptz);
INSERT INTO orders SELECT i, 'c' || i % 10, '2026-01-01Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 30) i;
ANALYZE orders;
CALL load_events('orders', customer => 'customer', at => 'at', event => NULL);
SELECT DISTINCT task, phase, done, total FROM seen ORDER BY done, phase;
TRUNCATE seen;
SELECT count(*) FROM add_source('orders', 'orders', '{"customer": "customer"}', 'at', '''order''', event_id => 'id');
CALL ingest(batch_rows => 10);
SELECT DISTINCT task, phase, done, total FROM seen WHERE phase NOT LIKE '%resolve%' ORDER BY phase, done;
TRUNCATE seen;
INSERT INTO orders VALUES (31, 'c1', '2026-03-01Z');
SELECT ingest_batch('orders');
SELECT DISTINCT task, phase, done, total FROM seen ORDER BY phase, done;
TRUNCATE seen;
SELECT count(*) FROM (SELECT define_tag('many', 'event_count(journey) > 5'), define_tag('few', 'SELECT customer_id FROM clientele_data.customers LIMIT 2'),
                             define_tag('broken', 'SELECT customer_id FROM clientele_data.customers WHERE 1 / (customer_id - customer_id) = 1')) t;
SELECT tag, outcome FROM refresh_tags();
SELECT DISTINCT task, phase, done, total FROM seen ORDER BY done, phase;
SELECT count(*) FROM shown;
-- A task of one's own shows those that it calls as phases.
TRUNCATE seen;
DO $$ BEGIN
  PERFORM clientele.begin_progress('morning', 2), clientele.report_progress('tags', 0, 2);
  PERFORM clientele.refresh_tags(complete => true);
  INSERT INTO public.seen SELECT task, phase, done, total FROM public.shown;
END $$;
SELECT DISTINCT task, phase, done, total FROM seen ORDER BY done, phase;
-- Fits.
SELECT btyd_fit(x, 3, 10, 'bgnbd') IS NOT NULL AS fitted, (SELECT count(*) FROM shown) AS left_over FROM generate_series(1, 5) x;
CALL drop_store();
DROP TABLE orders, seen;
DROP PROCEDURE committing;
DROP FUNCTION task_of, note;
DROP VIEW shown;
