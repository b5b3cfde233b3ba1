-- SPDX-License-Identifier: PostgreSQL
-- Values as other systems write them, in their normal forms.
\set SHOW_CONTEXT never
\pset null '(null)'
SET search_path = clientele, public;
-- Nothing depends on the session.
SET TimeZone = 'America/New_York';
SET DateStyle = 'German, DMY';
SET IntervalStyle = 'sql_standard';
SET lc_numeric = 'C';

-- The normal form or the reason, never both and never neither.
CREATE TABLE dirty (kind text, value text, form text, reason text);
INSERT INTO dirty SELECT 'email', v, clean_email(v), clean_email_reason(v) FROM unnest(ARRAY[
  ' Ann.Lee@Shop.DE ', 'ａｎｎ＠ｓｈｏｐ．ｄｅ', 'Ann Lee <mailto:ann@shop.de>', 'Ju' || chr(776) || 'rgen@web.de', 'ann@shop。cn',
  'o''neil@shop.ie', 'ann@shop', 'ann@192.168.1.1', '"ann"@shop.de', 'a@shop.de,b@shop.de', 'n/a', '无', chr(12288), NULL]) v;
INSERT INTO dirty SELECT 'key', v, clean_key(v), clean_key_reason(v) FROM unnest(ARRAY[
  ' Ａ００１２ ', 'A  1' || chr(160) || '2', 'A' || chr(8203) || chr(7) || '12', '007', 'ﬁ9', '張三', '00', '0', '-1', 'ＮＵＬＬ', E' \t', NULL]) v;
INSERT INTO dirty SELECT 'nocase', v, clean_key(v, 'nocase'), clean_key_reason(v, 'nocase') FROM unnest(ARRAY[
  'ABC-def', 'Straße', 'ΑΣ', 'I', 'İ', 'ı', 'ﬃ', 'Unknown']) v;
INSERT INTO dirty SELECT 'exact', v, clean_key(v, 'exact'), clean_key_reason(v, 'exact') FROM unnest(ARRAY[' Ａ12 ', 'null', 'oUp_M2']) v;
INSERT INTO dirty SELECT 'uuid', v, clean_key(v, 'uuid'), clean_key_reason(v, 'uuid') FROM unnest(ARRAY[
  '{A0EEBC999C0B4EF8BB6D6BB9BD380A11}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1', '00000000-0000-0000-0000-000000000000']) v;
INSERT INTO dirty SELECT 'event', v, clean_event(v), clean_event_reason(v) FROM unnest(ARRAY[
  ' View_Item ', '购买', 'cafe' || chr(769), 'ＶＩＥＷ', 'null', ' ', NULL]) v;
INSERT INTO dirty SELECT 'currency', v, clean_currency(v), clean_currency_reason(v) FROM unnest(ARRAY[
  ' usd ', 'ＲＭＢ', '人民币', '元', '￡', 'HK$', '$', '¥', 'XAU', 'BTC', 'N/A', NULL]) v;
INSERT INTO dirty SELECT 'currency CNY', v, clean_currency(v, 'cny'), clean_currency_reason(v, 'cny') FROM unnest(ARRAY['￥', '$', 'EUR', NULL]) v;
-- Unaligned, because versions of psql differ in the width of what is not visible.
\pset format unaligned
SELECT kind, value, form, reason FROM dirty;
\pset format aligned
SELECT count(*) FROM dirty WHERE (form IS NULL) = (reason IS NULL);

-- gmail
SELECT clean_email(v), clean_email(v, 'keep'), clean_email(v, gmail => 'fold') FROM unnest(ARRAY['A.N.N+x.y@GoogleMail.com', 'a.n+x@shop.de']) v;
SELECT clean_email('a.' || chr(776) || 'b@gmail.com', 'fold') = 'äb@gmail.com' AS composed;

-- amounts
SELECT v AS value, clean_amount(v), clean_amount_reason(v), clean_amount(v, ',') AS comma, clean_amount_reason(v, ',') AS comma_reason,
       clean_amount(v, 'auto') AS auto, clean_amount_reason(v, 'auto') AS auto_reason
FROM unnest(ARRAY['12.50', '12,50', '-1.234,56', '1,234.56', '12,34,567', '1,299', '1299,000', '(12.50)', '12.50-', '1e3', '1,5e3', '12%',
  'NaN', '-inf', '1000000000000', '0.1234567', '0', '-', 'null', '', NULL]) v;
SELECT v AS value, c AS currency, clean_amount(v, currency => c), clean_amount_reason(v, currency => c)
FROM (VALUES ('￥1,299.00', 'CNY'), ('¥5', 'JPY'), ('1,299.00元', 'CNY'), ('RMB 5', 'CNY'), ('($5.00)', 'HKD'), ('US$5', 'CAD'), ('5 GBP', 'EUR'),
  ('人民币5元', 'CNY'), ('5 XYZ', 'EUR'), ('€5', NULL)) x (v, c);
SELECT v AS value, r AS rate, clean_amount(v, currency => 'USD', reporting => 'CNY', rate => r),
       clean_amount_reason(v, currency => 'USD', reporting => 'CNY', rate => r)
FROM (VALUES ('100', 7.1), ('0.1', 7.123456789), ('0.000005', 0.1), ('-0.000005', 0.1), ('100', NULL), ('999999999999', 7.1), ('x', NULL)) x (v, r);
SELECT clean_amount('100', currency => 'CNY', reporting => 'CNY') AS same, clean_amount('100', reporting => 'CNY') AS only_one,
       clean_amount_reason('€100', reporting => 'CNY') AS not_the_reporting_one;

-- times
SELECT v AS value, clean_time(v, 'Asia/Shanghai', as_of => '2026-07-01Z') AT TIME ZONE 'UTC' AS utc,
       clean_time_reason(v, 'Asia/Shanghai', as_of => '2026-07-01Z') AS reason
FROM unnest(ARRAY['2026-01-02 03:04:05', '2026-01-02T03:04:05Z', '2026-01-02 03:04:05.1234567 +0100', '2026-01-02 03:04 Europe/Berlin',
  '2026-01-02 03:04 Europe/Nowhere', '2026-01-02 03:04 CST', '20260102', '20260102030405', '1767323045', '1767323045678', '1767323045.5',
  '2026年1月2日 下午3:04', '2 Jan 2026', '02.01.2026', '2026-02-30', '2099-12-31', '2026-07-02 08:00', '2026-07-02 08:00:00.000001',
  '1970-01-01', 'infinity', '10000-01-01', '0044-03-15 BC', '0000-00-00', 'null', 'now', NULL]) v;
SELECT v AS local, clean_time(v, 'Europe/Berlin') AT TIME ZONE 'UTC' AS utc FROM unnest(ARRAY['2026-03-29 02:30', '2025-10-26 02:30']) v;
SELECT v AS value, u AS unit, clean_time(v, unit => u, oldest => '-infinity', as_of => '2026-07-01Z') AT TIME ZONE 'UTC' AS utc,
       clean_time_reason(v, unit => u, oldest => '-infinity', as_of => '2026-07-01Z') AS reason
FROM (VALUES ('1767323045.5', 's'), ('1767323045678', 'ms'), ('1767323045678', 's'), ('45292.75', 'excel'), ('43830', 'excel1904'), ('60', 'excel'),
  ('59', 'excel'), ('0.5', 'excel'), ('2958466', 'excel'), ('1767323045.5', 'epoch'), ('1767323045678', 'epoch'), ('2026-01-02', 's')) x (v, u);
SELECT o AS date_order, clean_time('2.1.26', date_order => o) AT TIME ZONE 'UTC' AS utc, clean_time_reason('2.1.26', date_order => o) AS reason
FROM unnest(ARRAY['dmy', 'mdy', 'ymd', NULL]) o;
-- as_of is the present unless it is given, and future may be longer.
SELECT clean_time_reason(to_char(now() + interval '1 hour', 'YYYY-MM-DD HH24:MI:SS.USTZH:TZM')) IS NULL AS soon,
       clean_time_reason(to_char(now() + interval '2 days', 'YYYY-MM-DD HH24:MI:SS.USTZH:TZM')) AS later,
       clean_time_reason('2026-07-08', future => '7 days', as_of => '2026-07-01Z') AS in_a_week,
       clean_time_reason('9000-01-01', as_of => 'infinity') AS ever, clean_time_reason('2000-01-01', as_of => '-infinity') AS never;

-- Long input is refused.
SELECT clean_key_reason(repeat('a', 10000)) AS longest, clean_key_reason(repeat('a', 10001)) AS key, clean_email_reason(repeat('a', 10001)) AS email,
       clean_amount_reason(repeat('1', 10001)) AS amount, clean_time_reason(repeat('1', 10001)) AS time, clean_currency_reason(repeat('a', 10001)) AS currency,
       clean_event_reason(repeat('a', 10001)) AS event, clean_amount_reason(repeat('1', 10000)) AS digits;
SELECT length(clean_key(repeat('ﷺ', 3000))) AS expanded;

-- A NULL option has its default.
SELECT clean_email('a@b.de', NULL), clean_key('a', NULL), clean_amount('1.5', NULL), clean_time('2026-01-02', NULL, NULL, NULL, NULL, NULL, NULL) IS NOT NULL AS time;

-- Options that do not exist.
SELECT clean_email('a@b.de', 'drop');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_key('a', 'upper');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_key_reason(NULL, 'upper');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_currency('EUR', 'euro');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', ';');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', currency => 'XAU');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', reporting => '');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', rate => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', rate => 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_amount('1', rate => 1e12);
\echo :LAST_ERROR_SQLSTATE
SELECT clean_time('2026-01-02', 'Mars/Olympus');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_time('2026-01-02', date_order => 'iso');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_time('2026-01-02', unit => 'days');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_time('2026-01-02', future => '1 month');
\echo :LAST_ERROR_SQLSTATE
SELECT clean_time('2026-01-02', future => '-1 day');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE dirty;
