-- SPDX-License-Identifier: PostgreSQL
-- The report page: its texts, unusual days, sections, rights, and what becomes of it.
\set VERBOSITY terse
SET client_min_messages = warning;
SET search_path = clientele, public;

-- Texts
SELECT html_text($$<a href="x" title='y'>&amp;</a>$$);
SELECT html_text(E'a\u202Eb\u2067c\u200Fd\u0007e\rf\u0085g') = 'abcdefg', html_text('') = '', html_text(NULL) IS NULL;
SELECT html_name(repeat('浏览', 100)) = '<bdi>' || left(repeat('浏览', 100), 119) || '…</bdi>';
SELECT report_number(1234567.5), report_number(-0.4), report_number(1e30), report_number('NaN'), report_number(1234.567, 2);
SELECT report_share(0.12345), report_share('NaN'), report_duration(42, 'en'), report_duration(7200, 'zh'), report_duration(1e6, 'en'), report_date('2025-11-03', 'zh');
SELECT report_short(1250000, 'en'), report_short(1250000, 'zh'), report_short(99999, 'en'), report_short(2.5, 'en');

-- The phrases of both languages have the same places for what the store says.
SELECT count(*) FROM jsonb_each_text(report_words('en')) e FULL JOIN jsonb_each_text(report_words('zh')) z USING (key)
WHERE (SELECT array_agg(DISTINCT m ORDER BY m) FROM regexp_matches(e.value, '%\d[$]s', 'g') m)
   IS DISTINCT FROM (SELECT array_agg(DISTINCT m ORDER BY m) FROM regexp_matches(z.value, '%\d[$]s', 'g') m) AND key NOT IN ('same', 'no_before');

-- Unusual days: one day among weeks with a rhythm, and none among weeks, or fortnights, without a surprise
CREATE TEMP TABLE days AS
SELECT d::date AS day, (CASE WHEN extract(isodow FROM d) > 5 THEN 400 ELSE 100 END + (extract(doy FROM d)::int * 7) % 5)::numeric AS value
FROM generate_series(timestamp '2025-01-01', '2025-06-30', '1 day') d;
SELECT u.* FROM (SELECT array_agg(day) AS d, array_agg(CASE day WHEN '2025-04-09' THEN 180 WHEN '2025-05-03' THEN 250 ELSE value END) AS v FROM days) a,
  unusual_days(a.d, a.v) u WHERE u.unusual;
SELECT count(*), count(*) FILTER (WHERE u.unusual) FROM (SELECT array_agg(day ORDER BY random()) AS d, array_agg(value ORDER BY random()) AS v FROM days) x,
  (SELECT array_agg(day) AS d, array_agg(value + CASE WHEN (day - date '2025-01-01') % 14 = 3 THEN 5000 ELSE 0 END) AS v FROM days) a, unusual_days(a.d, a.v) u;
SELECT * FROM unusual_days('{2025-01-01}', '{5}');
SELECT count(*) FROM unusual_days('{}', '{}');
SELECT unusual FROM unusual_days(ARRAY(SELECT date '2025-01-01' + 7 * n FROM generate_series(0, 8) n), '{0,0,0,NULL,100,-5,0,0,Infinity}');
SELECT unusual_days('{2025-01-01}', '{}');
SELECT unusual_days('{2025-01-01,2025-01-01}', '{1,2}');
SELECT unusual_days('{infinity}', '{1}');
SELECT unusual_days('{2025-01-01}', '{1}', 0);

-- Without a store
SELECT report();
CALL create_store(time_zone => 'Asia/Shanghai');

-- An empty store
SELECT report() LIKE E'<!DOCTYPE html>\n<html lang="en">%There are no events in the store yet.%</html>\n';
SELECT p ~ '<title>月报 &lt;b&gt;</title>', p ~ 'Asia/Shanghai', p !~ '<script|style=|https?://(?!www.w3.org)', p ~ 'lang="zh-CN"'
FROM report(E'月报 \u202E<b>', language => 'zh') p;
-- The policy allows the style that the page has, and nothing else.
SELECT substring(p FROM 'sha256-([^'']+)') = encode(sha256(convert_to(substring(p FROM '<style>(.*?)</style>'), 'UTF8')), 'base64') FROM report() p;

-- A store with events
CREATE TABLE visits AS
SELECT c::text AS customer, timestamptz '2025-03-01 16:30+00' + (d + c % 3) * interval '1 day' AS at,
       CASE WHEN d % 5 = 0 THEN 'purchase' ELSE '<view>' END AS event, CASE c % 2 WHEN 0 THEN 'web' ELSE 'app & more' END AS channel, 9.5 AS amount
FROM generate_series(1, 40) c, generate_series(1, 60, 3) d;
CALL load_events('visits', event => 'event', channel => 'channel', amount => 'amount');
SELECT define_tag('half', 'customer_id % 2 = 0');
SELECT count(*) FROM refresh_tags();
SELECT define_question('Buy?', funnel_def(ARRAY['"<view>"', 'purchase'], within => '30 days'), by => 'half', description => 'a "b"');
SELECT define_question('fails', 'SELECT 1 / count(*) AS number FROM clientele_bi.events e WHERE e.customer_id = -1');
SELECT outcome, error FROM refresh_questions() ORDER BY question;
SELECT regexp_matches(report(), '<section id="([a-z-]+)"', 'g');
SELECT regexp_matches(report(sections => '{week,funnels}'), '<section id="([a-z-]+)"', 'g');
SELECT p ~ '1 Mar 2025|29 Apr 2025|30 Apr 2025|1 May 2025', p ~ 'href="#funnel1-s2"', p ~ 'id="funnel1-s2"', p ~ 'division by zero', p !~ '<view>', p ~ '&lt;view&gt;', p ~ 'a &quot;b&quot;'
FROM report() p;
-- Numbers of the top are those of SQL of one's own.
SELECT report_number(count(DISTINCT customer)), report_number(count(*)), p LIKE format('%%, %s customers were active, with %s events.%%', report_number(count(DISTINCT customer)), report_number(count(*)))
FROM visits, report() p WHERE at >= timestamptz '2025-05-01 00:30+08' - interval '28 days' AND at <= (SELECT max(at) FROM visits) GROUP BY p;
-- The page does not depend on settings of the session.
CREATE TEMP TABLE pages AS SELECT report() AS page;
SET timezone = 'America/New_York'; SET datestyle = 'SQL, DMY'; SET intervalstyle = iso_8601; SET extra_float_digits = -15; SET search_path = public; SET array_nulls = off;
SELECT page = clientele.report() FROM pages;
RESET timezone; RESET datestyle; RESET intervalstyle; RESET extra_float_digits; RESET array_nulls;
SET search_path = clientele, public;

-- Errors
SELECT report(language => 'fr');
SELECT report(sections => '{week,weeks}');
SELECT report(questions => '{nothing}');
SELECT report(days => 0);
SELECT report(until => 'infinity');
SELECT report(audience => 'no_such_tag');

-- What becomes of it
SELECT keep_report('daily', keep => '0') IS NOT NULL, keep_report('daily', language => 'zh', keep => '0') IS NOT NULL;
SELECT name, language, left(page, 15) FROM clientele_data.reports;
SELECT keep_report('');
SELECT write_report('report.html');
SELECT write_report(NULL);

-- A BI role sees the same page; one that may read less sees less, and why.
CREATE ROLE regress_report_bi;
CREATE ROLE regress_report_few;
CALL grant_bi('regress_report_bi');
GRANT USAGE ON SCHEMA clientele_bi TO regress_report_few;
SET ROLE regress_report_bi;
SELECT count(*) FROM regexp_matches(report(), '<section id="([a-z-]+)"', 'g');
SELECT write_report('/tmp/report.html');
SET ROLE regress_report_few;
SELECT report();
RESET ROLE;
GRANT SELECT ON clientele_bi.store, clientele_bi.daily_activity TO regress_report_few;
SET ROLE regress_report_few;
SELECT regexp_matches(p, '<section id="([a-z-]+)"', 'g'), p ~ 'You may not read clientele_bi.rfm' FROM report() p;
RESET ROLE;
CALL drop_store();
DROP TABLE visits;
DROP OWNED BY regress_report_bi, regress_report_few;
DROP ROLE regress_report_bi, regress_report_few;
