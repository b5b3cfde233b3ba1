-- SPDX-License-Identifier: PostgreSQL
-- What the week adds to the tables of the shop: the survey, and what the simulation alone knows.
CREATE TABLE demo.surveys (
  id bigint PRIMARY KEY,
  customer_no text,
  asked_at timestamptz,
  answered_at timestamptz,
  score integer,
  comment text
);
COMMENT ON TABLE demo.surveys IS 'The service desk: a survey of customers, how likely it is, from 0 to 10, that they recommend the shop, and why.';

CREATE TABLE demo.hidden_answers (
  id bigint PRIMARY KEY,
  topic text,
  praise boolean
);
COMMENT ON TABLE demo.hidden_answers IS 'What the comments in demo.surveys are about, and whether they praise it. No system knows it.';

CREATE TABLE demo.people (
  customer text PRIMARY KEY,
  response text,
  lift double precision,
  messaged_at timestamptz,
  orders_without integer,
  spend_without numeric,
  orders_with integer,
  spend_with numeric,
  orders_lost integer
);
COMMENT ON TABLE demo.people IS 'What no system knows: who can be persuaded by a message, and what each buys in the week with and without it.';
COMMENT ON COLUMN demo.people.response IS 'persuadable, sure thing (buys anyway), lost cause (does not care), sleeping dog (is annoyed, and buys less).';
COMMENT ON COLUMN demo.people.lift IS 'The chance that a message alone makes a purchase in the week.';
COMMENT ON COLUMN demo.people.orders_lost IS 'Orders that were lost as the app took no payments.';

CREATE TABLE demo.incident (
  since timestamptz,
  until timestamptz,
  channel text,
  share_lost numeric,
  orders_lost integer,
  customers integer
);
COMMENT ON TABLE demo.incident IS 'When the app could take no payments, what share of its orders was lost, and how many. No system knows it.';
