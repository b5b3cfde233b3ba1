-- SPDX-License-Identifier: PostgreSQL
-- Reads the rows of one of several files from psql's standard input, and makes them a source. The
-- variables are its number, its name as a source, and the country of telephone numbers, empty if unknown.
CREATE TABLE demo.incoming (
  row bigint, line bigint, customer text, at timestamptz, event text, channel text, item text, amount numeric,
  open_id text, email text, phone text, device text, cookie text, reject text, content text
);
\copy demo.incoming FROM pstdin
INSERT INTO demo.events (row, line, reject, content, file)
SELECT row, line, reject, content, :'source' FROM demo.incoming WHERE reject IS NOT NULL;
DELETE FROM demo.incoming WHERE reject IS NOT NULL;
ALTER TABLE demo.incoming DROP COLUMN reject, DROP COLUMN content, ADD PRIMARY KEY (row);
ANALYZE demo.incoming;
SELECT 'file_' || :'number' AS file \gset
ALTER TABLE demo.incoming RENAME TO :"file";

-- Numbers in national form are those of China if most look like mobile numbers there.
SELECT jsonb_strip_nulls(jsonb_build_object(
         'customer', CASE WHEN count(customer) > 0 THEN 'customer' END, 'open_id', CASE WHEN count(open_id) > 0 THEN 'open_id' END,
         'email', CASE WHEN count(email) > 0 THEN 'email' END, 'phone', CASE WHEN count(phone) > 0 THEN 'phone' END,
         'device', CASE WHEN count(device) > 0 THEN 'device' END, 'cookie', CASE WHEN count(cookie) > 0 THEN 'cookie' END)) AS identities,
       coalesce(nullif(:'country', ''), CASE WHEN 2 * count(*) FILTER (WHERE phone ~ '^1[3-9][0-9]{9}$') > count(phone) THEN 'CN' END, '') AS country
FROM demo.:"file"
\gset
SELECT CASE :'identities' WHEN '{}' THEN '{"customer": "customer"}' ELSE :'identities' END AS identities \gset
SELECT count(*) AS n FROM clientele.add_source(
  :'source', ('demo.' || :'file')::regclass, identities => :'identities', country => nullif(:'country', ''),
  at => 'at', event => 'event', channel => 'channel', item => 'item', amount => 'amount', event_id => 'row',
  oldest => '0001-01-01', future => '1000000 days') \gset
