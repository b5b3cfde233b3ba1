-- SPDX-License-Identifier: PostgreSQL
-- How values become HTML. Every text that comes from the store goes through html_text().

CREATE FUNCTION html_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  -- Marks that turn the direction of writing and characters that HTML does not allow are left out.
  SELECT replace(replace(replace(replace(replace(translate(value, unwanted.characters, ''),
           '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
  FROM (SELECT E'\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000D\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B'
            || E'\u001C\u001D\u001E\u001F\u007F\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091\u0092'
            || E'\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E'
            || E'\u2066\u2067\u2068\u2069\uFEFF\uFFFE\uFFFF' AS characters) unwanted
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

CREATE FUNCTION report_month(month date, language text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_char(month::timestamp, CASE language WHEN 'zh' THEN 'FMYYYY"年"FMMM"月"' ELSE 'FMMonth FMYYYY' END)
$$;
COMMENT ON FUNCTION report_month(date, text) IS
  'Returns a month as people write it, as November 2025 or 2025年11月; a part of report().';
