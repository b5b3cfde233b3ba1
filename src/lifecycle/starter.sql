-- SPDX-License-Identifier: PostgreSQL
-- Lifecycles to begin with.

CREATE FUNCTION starter_lifecycle(
  language text DEFAULT 'en', scheme text DEFAULT 'relationship', purchase text DEFAULT 'purchase', own text DEFAULT '*', period text DEFAULT 'month',
  since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, time_zone text DEFAULT NULL
) RETURNS lifecycle_def
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE names text[];
BEGIN
  IF purchase IS NULL OR own IS NULL THEN
    RAISE EXCEPTION 'purchase and own must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  names := CASE concat(scheme, ' ', language)
    WHEN 'relationship en' THEN '{identified,first purchase,developing,loyal,silent,lost}'::text[]
    WHEN 'relationship zh' THEN '{识别期,成交期,培育期,维护期,沉默期,流失期}'::text[]
    WHEN 'growth en' THEN '{attracted,converted,retained,expanding,silent,lost}'::text[]
    WHEN 'growth zh' THEN '{吸引,转化,留存,扩展,沉默,流失}'::text[]
  END;
  IF names IS NULL THEN
    RAISE EXCEPTION 'starter lifecycle "%" in language "%" does not exist', scheme, language
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The scheme is relationship or growth, and the language en or zh.';
  END IF;
  RETURN clientele.lifecycle_def(
    ARRAY[concat(names[1], '=', own), concat(names[2], '=', purchase), concat(names[3], '=', purchase), concat(names[4], '=', purchase),
          concat(names[5], '=', own), concat(names[6], '=', own)],
    at_least => CASE scheme WHEN 'growth' THEN '{1,1,2,3,1,1}'::integer[] ELSE '{1,1,2,5,1,1}' END,
    within => CASE scheme WHEN 'growth' THEN ARRAY[NULL, NULL, NULL, '180 days', NULL, NULL]::interval[] END,
    silence => ARRAY[NULL, NULL, NULL, NULL, '90 days', '365 days']::interval[],
    days => true, period => period, since => since, until => until, time_zone => time_zone);
END $$;
COMMENT ON FUNCTION starter_lifecycle(text, text, text, text, text, timestamptz, timestamptz, text) IS
  'Makes a usual lifecycle_def, with names in English or Chinese.
Scheme relationship: identified (any event), first purchase, developing (bought on two days), loyal (on five days), silent (no event for 90
days), lost (for 365 days); in Chinese 识别期, 成交期, 培育期, 维护期, 沉默期, 流失期. Scheme growth: attracted, converted (first
purchase), retained (bought on two days), expanding (on three days of the last 180), silent, lost; in Chinese 吸引, 转化, 留存, 扩展,
沉默, 流失. purchase is the selector of purchases, and own that of what customers do themselves, so that a letter to them does not end their
silence. The other arguments are those of lifecycle_def(). Errors: 22023 for another language or scheme; 22004 for a selector that is NULL.';
