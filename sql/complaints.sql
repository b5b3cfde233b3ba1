-- SPDX-License-Identifier: PostgreSQL
-- How long customers wait for an answer to a complaint.
\set tests :DBNAME
CREATE DATABASE clientele_complaints ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_complaints
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 0;
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;

-- Types 1 and 3 are complaints, 2 and 3 are answers.
CREATE TABLE had (j journey);
INSERT INTO had VALUES ('{2@2026-01-01T00:00:00Z, 1@2026-01-01T10:00:00Z, 1@2026-01-01T11:00:00Z, 4@2026-01-01T11:30:00Z, 2@2026-01-01T12:00:00Z, 1@2026-01-02T10:00:00Z, 3@2026-01-03T11:00:00Z, 1@2026-01-04T00:00:00Z}');
SELECT a.* FROM had, complaint_answers(j, '#1|#3', '#2|#3', until => '2026-01-04 12:00') a;
SELECT a.* FROM had, complaint_answers(j, '#1', '#2', '90 min', '2026-01-01 11:00', '2026-01-05') a;
SELECT a.* FROM had, complaint_answers(j, '#1', '#2', NULL, until => '2026-01-03') a;
SELECT a.* FROM complaint_answers('{1@2026-01-01T10:00:00Z, 2@2026-01-01T10:00:00Z, 3@2026-01-01T10:00:00Z}', '#1|#3', '#2|#3', until => '2026-01-02') a;
SELECT count(*) FROM complaint_answers('{}', '#1', '#2');
SELECT count(*) FROM complaint_answers(NULL, '#1', '#2');
SELECT count(*) FROM had, complaint_answers(j, NULL, '#2');
SELECT f.* FROM unnest(ARRAY['''#1'', ''|''', '''#1'', ''#2'', ''-1 h''', '''#1'', ''#2'', ''1 month''', '''#1'', ''#2'', since => ''infinity''', '''#1'', ''#2'', until => ''-infinity''', '''a'', ''b''']) a,
  fails('SELECT * FROM had, complaint_answers(j, ' || a || ')') f;

-- The store.
CALL create_store('Asia/Shanghai');
SELECT f.* FROM unnest(ARRAY['define_complaints()', 'define_complaints(answer => ''x'')', 'forget_complaints(''x'')', 'forget_complaints(NULL)']) s, fails('SELECT ' || s) f;
CREATE TABLE ev AS
SELECT 'c' || c AS customer, timestamptz '2026-02-27' + c * interval '2 hours' + n * c * interval '50 minutes' AS at, event
FROM generate_series(1, 40) c, unnest('{投诉,已解决}'::text[]) WITH ORDINALITY e (event, n) WHERE event = '投诉' OR c % 4 > 0;
CALL load_events('ev');
SELECT define_complaints();
SELECT name, complaint, answer, within FROM clientele_data.complaint_kinds;
SELECT define_complaints('slow', '投诉', '已解决', '3 days');
SELECT * FROM clientele_bi.complaints ORDER BY kind, month;
-- Times between two events are the same where no complaint is repeated.
SELECT i.pairs, i.p50, i.p90 FROM interval_percentiles((SELECT event_intervals(journey, interval_def('投诉', '已解决')) FROM clientele_data.journeys)) i;
SELECT f.* FROM unnest(ARRAY['NULL', '''''', '''x'', ''unknown'', ''投诉''', '''x'', ''投诉'', ''已解决'', NULL', '''x'', ''投诉'', ''已解决'', ''-1 s''', '''x'', ''投诉'', ''已解决'', ''1 month''']) a,
  fails('SELECT define_complaints(' || a || ')') f;
SELECT forget_complaints('slow');
SELECT DISTINCT kind FROM clientele_bi.complaints;
CREATE ROLE clientele_complaint_reader;
CALL grant_bi('clientele_complaint_reader');
SET ROLE clientele_complaint_reader;
SELECT count(*) AS months FROM clientele_bi.complaints;
RESET ROLE;
SELECT report(sections => '{satisfaction}') ~ 'satisfaction-waits' AS pictures;
CALL drop_store();
DROP OWNED BY clientele_complaint_reader;
DROP ROLE clientele_complaint_reader;
\c :tests
DROP DATABASE clientele_complaints;
