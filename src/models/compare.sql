-- SPDX-License-Identifier: PostgreSQL
-- Comparing the versions of a model with what customers did. Functions that run the caller's query do so with the
-- caller's search_path, and therefore use no operator themselves.

CREATE FUNCTION caller_source(source text, columns text[]) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE AS $$
DECLARE
  checked pg_catalog.text;
  wanted pg_catalog.text;
  kind pg_catalog.regtype;
  relation pg_catalog.regclass;
BEGIN
  BEGIN
    relation := pg_catalog.to_regclass(clientele.relation_text(source));
  EXCEPTION WHEN invalid_name OR syntax_error THEN
    NULL;  -- source_text says what it should be
  END;
  checked := clientele.source_text(source, relation);
  -- Errors in the query itself are reported as they are.
  EXECUTE pg_catalog.format('SELECT FROM %s LIMIT 0', checked);
  FOREACH wanted IN ARRAY columns LOOP
    BEGIN
      EXECUTE pg_catalog.format('SELECT pg_catalog.pg_typeof((SELECT source_row.%I FROM %s LIMIT 0))', wanted, checked) INTO kind;
    EXCEPTION WHEN undefined_column THEN
      RAISE EXCEPTION 'column "%" is missing', wanted USING
        ERRCODE = 'undefined_column',
        DETAIL = pg_catalog.format('Needed are: %s.', pg_catalog.array_to_string(columns, ', ')),
        HINT = 'A purchase_summary s has columns of these names: SELECT (s).* FROM …';
    END;
    PERFORM clientele.check_caller_column(kind, wanted);
  END LOOP;
  RETURN checked;
END $$;
COMMENT ON FUNCTION caller_source(text, text[]) IS
  'Checks a table, view or query that a caller names, and its columns, and returns it as an item of FROM called source_row.
Errors: 42P01 for an unknown table, 42703 for a missing column, 22004 for NULL, 42501 for a relation or a column that may run code of a
role that the caller does not trust; those of read_sql() for what is not a single SELECT that only reads.';

CREATE FUNCTION relation_text(source text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE WHEN (clientele.read_sql(source)).kind <> 'query' AND octet_length(source) <= 1000 THEN source END;
EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_parameter THEN
  RETURN CASE WHEN octet_length(source) <= 1000 THEN source END;  -- a name may be anything, in double quotes
END $$;
COMMENT ON FUNCTION relation_text(text) IS
  'Returns its argument if that may be the name of a table or view, and NULL if it is a query or too long for a name; a part of
caller_source().';

CREATE FUNCTION source_text(source text, relation regclass) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  what record;
BEGIN
  IF source IS NULL OR btrim(source) = '' THEN
    RAISE EXCEPTION 'a table or query must not be NULL or empty' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF relation IS NOT NULL THEN
    PERFORM clientele.check_caller_relation(relation);
    -- Qualified under this search_path, and quoted where needed.
    RETURN relation::text || ' source_row';
  END IF;
  what := clientele.read_sql(source);
  IF what.kind <> 'query' THEN
    RAISE EXCEPTION 'table or view "%" does not exist', source USING ERRCODE = 'undefined_table',
      HINT = 'Give the name of one, or a query that begins with SELECT, WITH, VALUES or TABLE.';
  END IF;
  -- A comment at the end of the query ends with the line.
  RETURN format(E'(%s\n) source_row', what.body);
END $$;
COMMENT ON FUNCTION source_text(text, regclass) IS
  'Writes a table, view or query as an item of FROM; a part of caller_source().
Errors: 42P01 for an unknown table, 22004 for NULL, 42501 for a relation that may run code of a role that you do not trust; those of
read_sql().';

CREATE FUNCTION model_versions(
    name text, OUT version integer, OUT type text, OUT kind text, OUT current boolean, OUT model text) RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('models');
  RETURN QUERY SELECT m.version, m.type, m.kind, m.current, m.model::text FROM clientele_data.models m
    WHERE m.name = model_versions.name ORDER BY m.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'model "%" does not exist', name USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.models lists the models; clientele.save_model() adds one.';
  END IF;
END $$;
COMMENT ON FUNCTION model_versions(text) IS
  'Lists the versions of a model with the model itself in its text form.
Errors: 42704 for an unknown name, 42P01 without a store, 42501 without the right to read clientele_data.models.';

CREATE FUNCTION comparison_of(type text, OUT columns text[], OUT query text)
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  expected text;
  actual text;
BEGIN
  CASE type
    WHEN 'btyd_model' THEN
      columns := '{x,t_x,age,holdout_x,holdout_age}';
      expected := 'clientele.expected_purchases(%1$s.x::float8, %1$s.t_x::float8, %1$s.age::float8, $1::clientele.btyd_model, %1$s.holdout_age::float8)';
      actual := '%1$s.holdout_x::float8';
    WHEN 'spend_model' THEN
      columns := '{x,monetary,holdout_monetary}';
      expected := 'clientele.expected_spend(%1$s.x::float8, %1$s.monetary::float8, $1::clientele.spend_model)';
      actual := '%1$s.holdout_monetary::float8';
    WHEN 'contract_model' THEN
      columns := '{period,renewed}';
      expected := 'clientele.contract_retention($1::clientele.contract_model, %1$s.period::int4)';
      actual := '%1$s.renewed::bool::int4::float8';
    WHEN 'churn_model' THEN
      columns := '{features,churned}';
      expected := 'clientele.churn_prob(%1$s.features, $1::clientele.churn_model)';
      actual := '%1$s.churned::bool::int4::float8';
    WHEN 'text_model' THEN
      -- What each version gave to the label that the text has.
      columns := '{text,label}';
      expected := 'clientele.text_prob(%1$s.text::text, $1::clientele.text_model, %1$s.label::text)';
      actual := 'pg_catalog.float8(pg_catalog.num_nonnulls(%1$s.label))';
    ELSE
      RAISE EXCEPTION 'a % cannot be compared on a hold-out', type USING ERRCODE = 'wrong_object_type';
  END CASE;
  query := replace(format('SELECT clientele.holdout_quality(' || expected || ', ' || actual || ') FROM ', 'source_row'),
                   '::float8', '::pg_catalog.float8');
  query := replace(replace(query, '::int4', '::pg_catalog.int4'), '::bool', '::pg_catalog.bool');
END $$;
COMMENT ON FUNCTION comparison_of(text) IS
  'Writes how models of a type are compared with what happened, and lists the columns that this needs; a part of compare_models().
Errors: 42809 for a type that cannot be compared.';

CREATE FUNCTION compare_models(
    name text, holdout text, versions integer[] DEFAULT NULL, OUT version integer, OUT kind text, OUT current boolean,
    OUT customers bigint, OUT expected double precision, OUT actual double precision,
    OUT mean_absolute_error double precision, OUT root_mean_squared_error double precision, OUT bias double precision,
    OUT correlation double precision, OUT poisson_deviance double precision) RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 AS $$
BEGIN
  RETURN QUERY
  SELECT h.version, h.kind, h.current, COALESCE(e.customers, 0::pg_catalog.int8), e.expected, e.actual, e.mean_absolute_error,
         e.root_mean_squared_error, e.bias, e.correlation, e.poisson_deviance
  FROM clientele.model_holdouts(name, holdout, versions) h LEFT JOIN LATERAL clientele.holdout_errors(h.summary) e ON true;
END $$;
COMMENT ON FUNCTION compare_models(text, text, integer[]) IS
  'Compares the versions of a model by how well each predicts what customers did afterwards.
holdout is the name of a table or view, or a query, with one row for each customer. For a btyd_model it has columns x, t_x, age, holdout_x
and holdout_age, as purchase_summary returns them with a holdout_until, and expected_purchases over holdout_age is compared with
holdout_x. For a spend_model: x, monetary and holdout_monetary, which expected_spend is compared with. For a contract_model: period and
renewed (boolean), which contract_retention is compared with. For a churn_model: features (jsonb or double precision[]) and churned
(boolean), which churn_prob is compared with. For a text_model: text and label, and the probability that text_prob gives to the label is
compared with 1. versions picks some; all by default. Rows with a NULL are ignored. The columns of the result
are those of holdout_errors(). The query runs with your rights and search_path, and may only read; a table or view is refused where
reading it may run code of a role that clientele.trusts() does not trust. Errors: 42704 for an unknown model, 42P01 for an unknown table
or without a store, 42703 for a missing column, 42501 for what is not trusted.';

CREATE FUNCTION wanted_version(version integer, versions integer[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT versions IS NULL OR version = ANY (versions)
$$;
COMMENT ON FUNCTION wanted_version(integer, integer[]) IS
  'Returns whether a version is wanted, as all are for NULL; a part of compare_models().';

CREATE FUNCTION keep_best_model(name text, holdout text, criterion text, compared jsonb) RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  best integer;
BEGIN
  PERFORM clientele.require_store('models', 'UPDATE'), clientele.require_store('model_names', 'UPDATE');
  IF criterion IS NULL OR criterion NOT IN ('mean_absolute_error', 'root_mean_squared_error', 'bias', 'correlation', 'poisson_deviance') THEN
    RAISE EXCEPTION 'unknown criterion "%"', criterion USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The criteria are mean_absolute_error, root_mean_squared_error, bias, correlation and poisson_deviance.';
  END IF;
  -- Of equally good versions the current one stays; otherwise the newest is taken.
  SELECT (c.found ->> 'version')::integer INTO best
  FROM jsonb_array_elements(compared) c (found),
       LATERAL (SELECT (c.found ->> criterion)::double precision AS value) v
  WHERE v.value IS NOT NULL AND (criterion <> 'bias' OR v.value > 0)
  ORDER BY CASE criterion WHEN 'bias' THEN abs(ln(v.value)) WHEN 'correlation' THEN -v.value ELSE v.value END,
           (c.found ->> 'current')::boolean DESC, (c.found ->> 'version')::integer DESC
  LIMIT 1;
  IF best IS NULL THEN
    RAISE EXCEPTION '% is not defined for any version of model "%" on this hold-out', criterion, name USING
      ERRCODE = 'invalid_parameter_value',
      HINT = 'Rows with a NULL do not count. Does the hold-out have customers, with a holdout_until in their purchase_def?';
  END IF;
  PERFORM FROM clientele_data.model_names n WHERE n.name = keep_best_model.name FOR UPDATE;
  UPDATE clientele_data.models m
  SET quality = c.found - '{version,kind,current}'::text[]
                || jsonb_build_object('holdout', left(holdout, 1000), 'criterion', criterion, 'compared_at', now())
  FROM jsonb_array_elements(compared) c (found)
  WHERE m.name = keep_best_model.name AND m.version = (c.found ->> 'version')::integer;
  PERFORM clientele.make_model_current(name, best);
  RETURN best;
END $$;
COMMENT ON FUNCTION keep_best_model(text, text, text, jsonb) IS
  'Stores how good the versions of a model are and makes the best one current; a part of choose_model().
Errors as choose_model().';

CREATE FUNCTION choose_model(name text, holdout text, criterion text DEFAULT 'mean_absolute_error') RETURNS integer
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  compared pg_catalog.jsonb;
BEGIN
  SELECT pg_catalog.jsonb_agg(clientele.holdout_figures(h.version, h.kind, h.current, h.summary) ORDER BY h.version) INTO compared
  FROM clientele.model_holdouts(name, holdout, NULL) h;
  RETURN clientele.keep_best_model(name, holdout, criterion, compared);
END $$;
COMMENT ON FUNCTION choose_model(text, text, text) IS
  'Compares the versions of a model as compare_models() does, stores how good each was, makes the best one current and returns its version.
criterion: mean_absolute_error (the default), root_mean_squared_error or poisson_deviance, of which the least is best; correlation, of
which the largest is best; bias, of which the nearest to 1 as a ratio is best. Of equally good versions the current one stays; otherwise
the newest is taken. The figures are stored in clientele_data.models.quality, with those of holdout_calibration() under calibration, which
clientele_bi.model_calibration shows. Errors: as compare_models(), 22023 for an unknown criterion
and if no version can be judged, 42501 without the right to change clientele_data.models and model_names.';
