-- SPDX-License-Identifier: PostgreSQL
-- The tables of five systems of the simulated shop, and what none of them knows.
CREATE TABLE demo.accounts (customer_no text PRIMARY KEY, name text, city text);
COMMENT ON TABLE demo.accounts IS 'The customer master: who has an account. Not all of them are recognized when they visit.';

CREATE TABLE demo.rates (currency text, since date, rate numeric);
COMMENT ON TABLE demo.rates IS 'What a unit of a currency is worth in US dollars.';

CREATE TABLE demo.web (
  id bigint PRIMARY KEY,
  cookie text,
  login text,
  member text,
  ts bigint,
  page text,
  item text,
  category text,
  brand text
);
COMMENT ON TABLE demo.web IS 'The web site: views of pages, with a cookie and, after a log-in, an e-mail address.';

CREATE TABLE demo.app (
  id bigint PRIMARY KEY,
  device text,
  member text,
  logged_at text,
  action text,
  item text,
  payload jsonb
);
COMMENT ON TABLE demo.app IS 'The app: events of devices, with the customer number after a log-in. Devices that were offline send theirs later.';

CREATE TABLE demo.orders (
  id bigint PRIMARY KEY,
  line bigint,
  customer_no text,
  email text,
  phone text,
  name text,
  city text,
  ordered_at text,
  shop text,
  status text,
  sku text,
  amount text,
  currency text
);
CREATE INDEX ON demo.orders (line);
COMMENT ON TABLE demo.orders IS 'Orders and returns of all shops, a row for each line of an order; times are those of Shanghai.';

CREATE TABLE demo.service_log (
  id bigint PRIMARY KEY,
  step bigint,
  phone text,
  email text,
  customer_no text,
  day text,
  clock text,
  step_name text,
  received_at timestamptz
);
CREATE INDEX ON demo.service_log (received_at);
COMMENT ON TABLE demo.service_log IS 'The service desk: steps of tickets, with the telephone number or the address of the customer.';
CREATE VIEW demo.service AS SELECT * FROM demo.service_log;
COMMENT ON VIEW demo.service IS 'What the service desk shows of its tickets.';

CREATE TABLE demo.crm (
  id bigint PRIMARY KEY,
  kind text,
  card text,
  email text,
  till text,
  at timestamptz,
  item text
);
COMMENT ON TABLE demo.crm IS 'The CRM: visits to the stores by loyalty card, and what became of e-mails.';

CREATE TABLE demo.hidden_rows (
  source text,
  id bigint,
  person integer,
  planted text,
  duplicate boolean,
  dropped boolean
);
COMMENT ON TABLE demo.hidden_rows IS 'What no system knows of its rows. Only the scores read it.';
COMMENT ON COLUMN demo.hidden_rows.person IS 'The person, by the number in demo.truth.customer.';
COMMENT ON COLUMN demo.hidden_rows.planted IS 'The fault that was planted, by the reason for which the row must be rejected; NULL if it is good.';
COMMENT ON COLUMN demo.hidden_rows.duplicate IS 'Whether it is the second delivery of a row.';
COMMENT ON COLUMN demo.hidden_rows.dropped IS 'Whether one of several identifiers cannot be used.';

CREATE TABLE demo.hidden_identifiers (
  kind text,
  value text,
  person integer
);
COMMENT ON TABLE demo.hidden_identifiers IS 'Whose each identifier is. Only the scores read it.';
COMMENT ON COLUMN demo.hidden_identifiers.person IS
  'The person who has it; of a shared one, the first who used it. NULL for tills and for telephones of people who are not customers.';
