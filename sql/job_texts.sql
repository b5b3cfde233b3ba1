-- SPDX-License-Identifier: PostgreSQL
-- Jobs with names, commands, schedules and errors that are Chinese, long, or full of quotes and line breaks.
\set tests :DBNAME
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE DATABASE clientele_job_texts ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_job_texts
SET client_min_messages = warning;
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');

-- Names are kept byte by byte, and looked up by equality: none is taken for a pattern, an identifier or a format.
CREATE TABLE texts (n integer, name text);
INSERT INTO texts VALUES (1, '客户 日报 🛒'), (2, 'it''s "quoted"'), (3, E'two\nlines\tand a tab'), (4, '100% of %s $1 {} \ %I'),
  (5, ' '), (6, '%'), (7, 'job''); DROP TABLE texts; --'), (8, E'\u202Eright to left'), (9, 'NULL'), (10, repeat('客', 166) || 'ab'),
  (11, E'\x01\x7F'), (12, 'É'), (13, 'é'), (14, E'e\u0301');
SELECT n, clientele.add_job(name, format('SELECT %L, %s', name, n), every => '1000 years', time_zone => 'UTC') > 0 AS added
FROM texts ORDER BY n;
SELECT count(*) AS all_there FROM clientele_data.jobs j JOIN texts t ON t.name = j.name AND j.command = format('SELECT %L, %s', t.name, t.n);
SELECT count(*) AS shown FROM clientele_bi.job_status s JOIN texts t ON t.name = s.job;
\set ECHO none
SELECT format('CALL clientele.run_job(%L)', name) FROM texts ORDER BY n
\gexec
\set ECHO all
SELECT t.n, r.state, r.rows, r.message FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id) JOIN texts t ON t.name = j.name
ORDER BY t.n;
SELECT count(clientele.pause_job(name)) AS paused FROM texts;
SELECT count(*) FROM clientele_data.jobs WHERE paused;
SELECT count(clientele.resume_job(name)) AS resumed FROM texts;
SELECT clientele.add_job('after all', 'SELECT 1', after => array_agg(name)) > 0 AS added FROM texts;
SELECT cardinality(after_ids) FROM clientele_data.jobs WHERE name = 'after all';

-- Errors name them as they are.
SELECT clientele.add_job('客户 日报 🛒', 'SELECT 1', every => '1 hour');
SELECT clientele.add_job('', 'SELECT 1', every => '1 hour');
SELECT clientele.add_job(repeat('客', 167), 'SELECT 1', every => '1 hour');
SELECT clientele.add_job(repeat('x', 10000), 'SELECT 1', every => '1 hour');
SELECT clientele.drop_job('客户 日报');
SELECT clientele.drop_job('IT''S "QUOTED"');
CALL clientele.run_job(E'two\nlines');
SELECT clientele.alter_job('客户 日报 🛒', after => ARRAY['after all']);
SELECT clientele.alter_job('it''s "quoted"', new_name => ' ');
SELECT clientele.add_job('x', 'SELECT 1', after => ARRAY['一', '二']);
SELECT clientele.alter_job('客户 日报 🛒', new_name => '日报', notify => '频道');
SELECT job, schedule FROM clientele_bi.job_status WHERE job = '日报';

-- Schedules and zones.
SELECT clientele.add_job('周一', '0 9 * * 1', '每周一');
SELECT clientele.add_job('x', 'SELECT 1', '0 9 * * 周一');
SELECT clientele.add_job('x', 'SELECT 1', E'0 9 * * 1\n');
SELECT clientele.add_job('x', 'SELECT 1', '0 9 * * 1'', ''x');
SELECT clientele.add_job('x', 'SELECT 1', '0 9 * * 1', time_zone => '北京');
SELECT clientele.add_job('x', 'SELECT 1', '0 9 * * 1', time_zone => E'Asia/Shanghai''\n');
SELECT clientele.add_job('x', 'SELECT 1', '0 9 * * ' || repeat('1,', 5000) || '1');
SELECT clientele.add_job('long schedule', 'SELECT 1', '0 9 * * ' || repeat('1,', 4990) || '1') > 0 AS added;
SELECT length(schedule) FROM clientele_bi.job_status WHERE job = 'long schedule';
SELECT clientele.add_job('x', 'SELECT 1', every => '1 hour', notify => repeat('频', 22));
SELECT clientele.add_job('x', 'SELECT 1', every => '1 hour', missed => repeat('两次', 100));

-- Commands: one statement, whatever is in it.
CREATE TABLE 顾客 ("编号 ""a""" integer);
CREATE PROCEDURE 登记(客户 text) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO 顾客 VALUES (length(客户)); COMMIT; RAISE NOTICE '%', 客户; END $$;
SELECT clientele.add_job('call', $$CALL public.登记('客户 ''a''; SELECT 2')$$, every => '1000 years') > 0 AS added;
SELECT clientele.add_job('do', $c$DO $客$ BEGIN INSERT INTO public.顾客 VALUES (1); END $客$$c$, every => '1000 years') > 0 AS added;
SELECT clientele.add_job('comment', E'-- 客户; SELECT 1\n/* ; /* ; */ */ INSERT INTO public.顾客 SELECT 7;\n', every => '1000 years') > 0 AS added;
SELECT clientele.add_job('long', 'SELECT ' || quote_literal(repeat('客户', 100000)), every => '1000 years') > 0 AS added;
CALL clientele.run_job('call');
CALL clientele.run_job('do');
CALL clientele.run_job('comment');
CALL clientele.run_job('long');
SELECT array_agg("编号 ""a""" ORDER BY "编号 ""a""") FROM 顾客;
SELECT clientele.add_job('x', 'SELECT 1; SELECT 2', every => '1 hour');
SELECT clientele.add_job('x', '', every => '1 hour');
SELECT clientele.add_job('x', '-- 客户', every => '1 hour');
SELECT clientele.add_job('x', '选择 1', every => '1 hour');
SELECT clientele.add_job('x', 'SELECT ''客户', every => '1 hour');
\set VERBOSITY sqlstate
SELECT clientele.add_job('x', 'SELECT ' || repeat('(', 100000), every => '1 hour');
\set VERBOSITY default
SELECT clientele.add_job('x', 'SELECT ' || quote_literal(repeat('客', 400000)), every => '1 hour');

-- What is recorded of an error is the beginning of it, in whole characters.
SELECT clientele.add_job('error', $c$DO $d$ BEGIN RAISE EXCEPTION USING MESSAGE = E'客户 "x"\n第二行', DETAIL = '细节', HINT = '提示', ERRCODE = 'P4321'; END $d$$c$,
                         every => '1000 years') > 0 AS added;
CALL clientele.run_job('error');
SELECT clientele.add_job('long error', $c$DO $d$ BEGIN RAISE EXCEPTION '%', repeat('客户', 1000000); END $d$$c$, every => '1000 years') > 0 AS added;
\set VERBOSITY sqlstate
CALL clientele.run_job('long error');
\set VERBOSITY default
SELECT j.name, r.sqlstate, left(r.message, 20) AS message, length(r.message) < 10000 AS in_part, left(r.context, 40) AS context
FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id) WHERE j.name LIKE '%error' ORDER BY 1;

-- Nothing is left of a job that is dropped.
SELECT count(clientele.drop_job(j.name)) AS dropped FROM (SELECT name FROM clientele_data.jobs ORDER BY after_ids IS NULL) j;
SELECT count(*) FROM clientele_data.jobs;
SELECT count(*) FROM clientele_data.job_runs;
SELECT count(*) AS texts FROM texts;
\c :tests
DROP DATABASE clientele_job_texts WITH (FORCE);
