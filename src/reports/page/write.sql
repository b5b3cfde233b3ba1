-- SPDX-License-Identifier: PostgreSQL
-- What a job can do with a report: keep it in a table, or write it to a file of the server.

CREATE PROCEDURE create_report_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.reports (
    name text COLLATE "C" NOT NULL CHECK (name <> '' AND length(name) <= 500),
    made_at timestamptz NOT NULL,
    language text NOT NULL,
    page text NOT NULL,
    PRIMARY KEY (name, made_at)
  );
  COMMENT ON TABLE clientele_data.reports IS
    'Reports that clientele.keep_report() made. Old ones may be deleted. BI roles may read it.';
  COMMENT ON COLUMN clientele_data.reports.name IS 'The name of the report.';
  COMMENT ON COLUMN clientele_data.reports.made_at IS 'When it was made.';
  COMMENT ON COLUMN clientele_data.reports.language IS 'Its language: en or zh.';
  COMMENT ON COLUMN clientele_data.reports.page IS 'The page, as HTML.';
END $store$;
COMMENT ON PROCEDURE create_report_tables() IS
  'Creates the table in which reports are kept; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('reports/page', 'clientele_data.reports', 'table', 'create_report_tables', true);

CREATE FUNCTION keep_report(
    name text, title text DEFAULT NULL, questions text[] DEFAULT NULL, language text DEFAULT NULL, sections text[] DEFAULT NULL,
    days integer DEFAULT 28, until date DEFAULT NULL, audience text DEFAULT NULL, keep interval DEFAULT '30 days') RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at CONSTANT timestamptz := clock_timestamp();
  page text;
BEGIN
  PERFORM clientele.require_store('reports', 'INSERT'), clientele.require_store('reports', 'DELETE');
  IF keep_report.name IS NULL OR keep_report.name = '' OR length(keep_report.name) > 500 THEN
    RAISE EXCEPTION 'the name of a report must have from 1 to 500 characters' USING ERRCODE = 'invalid_parameter_value';
  ELSIF keep IS NULL OR keep < '0' OR keep > '1000 years' THEN
    RAISE EXCEPTION 'keep must be between 0 and 1000 years' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  page := clientele.report(coalesce(title, keep_report.name), questions, language, sections, days, until, audience);
  INSERT INTO clientele_data.reports (name, made_at, language, page)
  VALUES (keep_report.name, at, CASE WHEN page LIKE E'<!DOCTYPE html>\n<html lang="zh%' THEN 'zh' ELSE 'en' END, page);
  DELETE FROM clientele_data.reports r WHERE r.name = keep_report.name AND r.made_at < at - keep;
  RETURN at;
END $$;
COMMENT ON FUNCTION keep_report(text, text, text[], text, text[], integer, date, text, interval) IS
  'Makes a report and keeps it in clientele_data.reports under a name, as a job does; returns its time.
Reports of this name that are older than keep are deleted. title: NULL means the name. The other arguments are those of report().
Roles that grant_bi() has let read the store may read what is kept. It is made with the rights of the caller.
Errors: 22023 for a name that is NULL, empty or longer than 500 characters and for a keep that is
negative or longer than 1000 years; those of report(); 42501 without the right to write clientele_data.reports.';

CREATE FUNCTION write_report(
    path text, title text DEFAULT NULL, questions text[] DEFAULT NULL, language text DEFAULT NULL, sections text[] DEFAULT NULL,
    days integer DEFAULT 28, until date DEFAULT NULL, audience text DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
DECLARE
  page text;
BEGIN
  IF path IS NULL THEN
    RAISE EXCEPTION 'the path must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT pg_has_role('pg_write_server_files', 'USAGE') THEN
    RAISE EXCEPTION 'permission denied to write a file of the server' USING ERRCODE = 'insufficient_privilege',
      HINT = 'A role that is a member of pg_write_server_files may; keep_report() keeps a report in a table.';
  END IF;
  page := clientele.report(title, questions, language, sections, days, until, audience);
  -- COPY reads a line \. as the end of data, so it would write it in another way.
  page := regexp_replace(page, E'^\\\\[.]$', '&#92;.', 'gn');
  -- Lines without the characters that are named here are written as they are.
  EXECUTE format($copy$COPY (SELECT l.line FROM regexp_split_to_table(%L, E'\n') WITH ORDINALITY l (line, n) ORDER BY l.n) TO %L
    (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01', NULL E'\x03', ENCODING 'UTF8')$copy$, rtrim(page, E'\n'), path);
  RETURN octet_length(page);
END $$;
COMMENT ON FUNCTION write_report(text, text, text[], text, text[], integer, date, text) IS
  'Makes a report and writes it to a file of the server, as a job does; returns its size in bytes.
path: an absolute path that the server may write; a file that is there is overwritten. The other arguments are those of report().
Errors: 42501 unless you are a member of pg_write_server_files; 22004 for NULL; 42602 for a relative path; those of report(), and of COPY
if the file cannot be written.';
