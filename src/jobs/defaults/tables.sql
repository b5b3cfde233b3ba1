-- SPDX-License-Identifier: PostgreSQL
-- Which models are fitted again by themselves, and how. There is no SQL in it, so it runs nothing of its author.

CREATE PROCEDURE create_refit_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.model_refits (
    name text PRIMARY KEY,
    fits text NOT NULL CHECK (fits IN ('purchases', 'spend', 'churn')),
    event text NOT NULL,
    kinds text[] NOT NULL DEFAULT '{}',
    holdout interval NOT NULL CHECK (holdout > '0'),
    unit interval NOT NULL DEFAULT '1 week' CHECK (unit > '0'),
    criterion text NOT NULL DEFAULT 'mean_absolute_error',
    keeps integer NOT NULL DEFAULT 10 CHECK (keeps > 0),
    defined_at timestamptz NOT NULL DEFAULT now(),
    refitted_at timestamptz,
    version integer,
    error text,
    failed_at timestamptz
  );
  COMMENT ON TABLE clientele_data.model_refits IS
    'The models that refit_models() fits again to newer data. clientele.define_refit() writes it.';
  COMMENT ON COLUMN clientele_data.model_refits.name IS 'The name of the model, as in clientele_data.models.';
  COMMENT ON COLUMN clientele_data.model_refits.fits IS
    'What it predicts: purchases (a btyd_model), spend (a spend_model) or churn (a churn_model).';
  COMMENT ON COLUMN clientele_data.model_refits.event IS
    'A selector of the events that are purchases; of churn, those of which one says that a customer has stayed.';
  COMMENT ON COLUMN clientele_data.model_refits.kinds IS
    'Which models of purchases are fitted, such as MBG/NBD: the best on the hold-out is used. Empty for others.';
  COMMENT ON COLUMN clientele_data.model_refits.holdout IS
    'How long the newest time is on which the versions are compared, and which a fit does not see.';
  COMMENT ON COLUMN clientele_data.model_refits.unit IS 'The unit of time of models of purchases.';
  COMMENT ON COLUMN clientele_data.model_refits.criterion IS 'What choose_model() compares the versions by.';
  COMMENT ON COLUMN clientele_data.model_refits.keeps IS
    'How many versions that refit_models() has made stay; older ones are forgotten, except the current one.';
  COMMENT ON COLUMN clientele_data.model_refits.defined_at IS 'When it was defined last.';
  COMMENT ON COLUMN clientele_data.model_refits.refitted_at IS 'When it was last fitted; NULL if never.';
  COMMENT ON COLUMN clientele_data.model_refits.version IS 'The version that was chosen then.';
  COMMENT ON COLUMN clientele_data.model_refits.error IS 'Why the last fit failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_data.model_refits.failed_at IS 'When it failed.';
END $store$;
COMMENT ON PROCEDURE create_refit_tables() IS
  'Creates the table of models that are fitted again; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('jobs/defaults', 'clientele_data.model_refits', 'table', 'create_refit_tables', NULL, false);
