-- SPDX-License-Identifier: PostgreSQL
-- A small store that has rows in every view of clientele_bi: for tests of clients, which read all of it.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = public, clientele;
CALL clientele.create_store('Asia/Shanghai');

CREATE TABLE visits AS
SELECT 'c' || c AS customer, (ARRAY['web', 'app', '门店'])[1 + (c + n / 4) % 3] AS channel,
       (ARRAY['search', 'view_item', 'cart', 'purchase'])[1 + n % 4] AS event, 'item "' || (c * 7 + n) % 5 || E'" \\ <b>é' AS item,
       now() - (c % 60 + n / 4 * 13) * interval '1 day' + n % 4 * interval '3 minutes' - interval '1 hour' AS at,
       CASE WHEN n % 4 = 3 THEN (c * 37 + n * 11) % 9000 / 100.0 + 0.01 END AS amount, NULL::text AS nothing
FROM generate_series(1, 300) c, generate_series(0, 23) n
WHERE n % 4 <= (c + n / 4) % 5 AND n / 4 <= c % 6;
CALL clientele.load_events('visits', customer => 'customer', at => 'at', event => 'event', channel => 'channel', item => 'item',
  amount => 'amount');

-- A source that rejects a row and leaves out a part of another one.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text, mail text, at text, amount text);
INSERT INTO orders VALUES (1, 'c1', 'someone@example.com', '2026-03-01 10:00', '9.99'), (2, 'c2', 'no address', '2026-03-02 10:00', '1'),
  (3, 'c3', NULL, 'yesterday or so', '5');
SELECT count(*) > 0 FROM clientele.add_source('orders', 'orders', identities => '{"customer": "customer", "email": "mail"}',
  at => 'at', event => '''order''', amount => 'amount');
CALL clientele.ingest();

SELECT count(*) > 0 FROM clientele.define_starter_tags();
SELECT count(*) > 0 FROM clientele.refresh_tags();
SELECT clientele.save_model('plan', '{"model": "sBG", "parameters": {"alpha": 0.668, "beta": 3.806}}', fitted_on => 'a published example');
SELECT clientele.add_job('nightly "tags"', 'SELECT 1', schedule => '0 3 * * *');
CALL clientele.run_job('nightly "tags"');
CREATE ROLE clients_reader LOGIN;
CALL clientele.grant_bi('clients_reader');
