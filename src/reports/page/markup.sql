-- SPDX-License-Identifier: PostgreSQL
-- How values become HTML. Every text that comes from the store goes through html_text().

CREATE FUNCTION html_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  -- Marks that turn the direction of writing and characters that HTML does not allow are left out.
  SELECT replace(replace(replace(replace(replace(translate(value, unwanted.characters, ''),
           '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
  FROM (SELECT U&'\0001\0002\0003\0004\0005\0006\0007\0008\000B\000C\000D\000E\000F\0010\0011\0012\0013\0014\0015\0016\0017\0018\0019\001A\001B'
            || U&'\001C\001D\001E\001F\007F\0080\0081\0082\0083\0084\0085\0086\0087\0088\0089\008A\008B\008C\008D\008E\008F\0090\0091\0092'
            || U&'\0093\0094\0095\0096\0097\0098\0099\009A\009B\009C\009D\009E\009F\061C\200E\200F\2028\2029\202A\202B\202C\202D\202E'
            || U&'\2066\2067\2068\2069\FEFF\FFFE\FFFF' AS characters) unwanted
$$;
COMMENT ON FUNCTION html_text(text) IS
  'Returns a text so that HTML shows it as it is: markup in it has no effect.
Control characters, marks that turn the direction of writing, and characters that HTML does not allow are left out.';

CREATE FUNCTION html_name(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<bdi>' || clientele.html_text(CASE WHEN length(value) > 120 THEN left(value, 119) || '…' ELSE value END) || '</bdi>'
$$;
COMMENT ON FUNCTION html_name(text) IS
  'Returns a name as HTML for use in a sentence: its direction of writing does not change that of the sentence.
A name of more than 120 characters is cut; a part of report().';

CREATE FUNCTION report_number(value numeric, digits integer DEFAULT 0) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN value = 'NaN' OR abs(value) >= 1e27 THEN value::text
              ELSE to_char(value, 'FM' || repeat('999,', 9) || '990' || CASE WHEN digits > 0 THEN '.' || repeat('0', digits) ELSE '' END) END
$$;
COMMENT ON FUNCTION report_number(numeric, integer) IS
  'Returns a number with commas between thousands and that many decimals; a part of report().';

CREATE FUNCTION report_share(value double precision, digits integer DEFAULT 1) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN value = 'NaN' OR abs(value) > 1e15 THEN '–' ELSE clientele.report_number((100 * value)::numeric, digits) || '%' END
$$;
COMMENT ON FUNCTION report_share(double precision, integer) IS
  'Returns a share as a percentage; a part of report().';

CREATE FUNCTION report_duration(seconds double precision, language text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN abs(seconds) > 1e12 OR seconds = 'NaN' THEN '–' ELSE clientele.report_number((seconds / u.length)::numeric, u.digits) || u.unit END
  FROM (SELECT CASE WHEN abs(seconds) < 90 THEN 1 WHEN abs(seconds) < 5400 THEN 60 WHEN abs(seconds) < 129600 THEN 3600 ELSE 86400 END AS length,
               CASE WHEN abs(seconds) BETWEEN 10 AND 5400 THEN 0 ELSE 1 END AS digits,
               (CASE WHEN language = 'zh' THEN '{秒,分钟,小时,天}' ELSE '{" s"," min"," h"," d"}' END::text[])
                 [CASE WHEN abs(seconds) < 90 THEN 1 WHEN abs(seconds) < 5400 THEN 2 WHEN abs(seconds) < 129600 THEN 3 ELSE 4 END] AS unit) u
$$;
COMMENT ON FUNCTION report_duration(double precision, text) IS
  'Returns a length of time in a unit that suits it: seconds, minutes, hours or days; a part of report().';

CREATE FUNCTION report_date(day date, language text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_char(day::timestamp, CASE language WHEN 'zh' THEN 'FMYYYY"年"FMMM"月"FMDD"日"' ELSE 'FMDD Mon FMYYYY' END)
$$;
COMMENT ON FUNCTION report_date(date, text) IS
  'Returns a day as people write it, as 3 Nov 2025 or 2025年11月3日; a part of report().';
