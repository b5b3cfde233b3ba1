-- SPDX-License-Identifier: PostgreSQL
-- Prepares a demo: an empty store, and the schema demo for objects of the demo.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clientele;
DROP SCHEMA IF EXISTS demo CASCADE;  -- before the store, which its views read
SELECT to_regclass('clientele_data.customers') IS NOT NULL AS has_store \gset
\if :has_store
  CALL clientele.drop_store();
\endif
CALL clientele.create_store();

CREATE SCHEMA demo;
COMMENT ON SCHEMA demo IS 'What ./run demo works on. It is made again each time.';

CREATE TABLE demo.events (
  row bigint,
  line bigint,
  customer text,
  at timestamptz,
  event text,
  channel text,
  item text,
  amount numeric,
  properties jsonb,
  reject text,
  content text,
  file text
);
COMMENT ON TABLE demo.events IS 'The rows that were loaded, as any table of events might look; those of a file with their number and line in it.';
COMMENT ON COLUMN demo.events.file IS 'Which of several files it is from. Of these only the rows that could not be read are here.';
COMMENT ON COLUMN demo.events.reject IS 'Why this row of the file could not even be read, and then its content.';

CREATE VIEW demo.usable AS
  SELECT row, line, customer, at, event, channel, item, amount FROM demo.events WHERE reject IS NULL;
COMMENT ON VIEW demo.usable IS 'The rows of a file that can be read.';

CREATE VIEW demo.rejects AS
  SELECT row, line, reject AS reason, content, file FROM demo.events WHERE reject IS NOT NULL
  UNION ALL
  SELECT (r.content ->> 'row')::bigint, (r.content ->> 'line')::bigint, r.reason, r.content::text, s.name
  FROM clientele_data.rejects r LEFT JOIN clientele_data.sources s USING (source_id);
COMMENT ON VIEW demo.rejects IS 'All rows of a file that are in no journey, and why.';

CREATE TABLE demo.reasons (reason text PRIMARY KEY, meaning text);
COMMENT ON TABLE demo.reasons IS 'Why a row may be rejected: because of the file or because of its values.';
INSERT INTO demo.reasons VALUES
  ('wrong_field_count', 'It has more or fewer fields than the others.'),
  ('text_after_quote', 'A quoted field goes on after its closing quote.'),
  ('unterminated_quote', 'A quote is opened and never closed.'),
  ('nul_byte', 'It contains a zero byte, which a text cannot have.'),
  ('invalid_text', 'It is not in the encoding of the file, UTF-8 unless another was named.'),
  ('row_too_long', 'It is longer than a megabyte.');
INSERT INTO demo.reasons SELECT reason, meaning FROM clientele.reject_reasons();
INSERT INTO demo.reasons SELECT reason, meaning FROM clientele.source_reject_reasons() ON CONFLICT DO NOTHING;

CREATE TABLE demo.truth (
  customer text PRIMARY KEY,
  name text,
  city text,
  arrived_on date,
  buyer boolean,
  purchases_a_week double precision,
  dropouts_a_week double precision,
  mean_spend numeric,
  alive boolean,
  left_on date,
  taste text,
  channel text,
  purchases integer,
  next_90_days_purchases integer,
  next_90_days_spend numeric
);
COMMENT ON TABLE demo.truth IS 'What the simulated shop cannot know of its customers: predictions can be checked against it.';
COMMENT ON COLUMN demo.truth.purchases_a_week IS 'The rate at which the customer buys while alive, from the first purchase on.';
COMMENT ON COLUMN demo.truth.dropouts_a_week IS 'The rate at which the customer leaves: the lifetime is exponential.';
COMMENT ON COLUMN demo.truth.alive IS 'Whether the customer is one still when the simulation ends.';
COMMENT ON COLUMN demo.truth.taste IS 'The category of most of the customer''s items.';
COMMENT ON COLUMN demo.truth.next_90_days_purchases IS 'Orders in the 90 days after the end, which are not among the events.';
