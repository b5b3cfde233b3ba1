-- SPDX-License-Identifier: PostgreSQL
-- Which identifiers are one customer: kinds, links, decisions, numbers of customers, and their journeys.
\set tests :DBNAME
CREATE DATABASE clientele_identity ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_identity
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET client_min_messages = warning;
SET search_path = public, clientele;
CREATE EXTENSION clientele;
CALL clientele.create_store();
CREATE FUNCTION event(n integer) RETURNS journey LANGUAGE sql AS $$
  SELECT clientele.journey(timestamptz '2026-01-01 00:00Z' + n * interval '1 day', n) $$;
CREATE VIEW now AS
  SELECT i.customer_id, string_agg(i.kind || '=' || i.value || CASE WHEN i.shared THEN ' (shared)' ELSE '' END, ' ' ORDER BY i.identity_id)
           AS identifiers, j.journey
  FROM clientele_data.identities i LEFT JOIN clientele_data.journeys j USING (customer_id) GROUP BY i.customer_id, j.journey;
CREATE VIEW consistent AS
  SELECT bool_and(coalesce(c.merged_into, c.customer_id) = i.customer_id AND customer_now(c.customer_id) = i.customer_id) AS consistent
  FROM clientele_data.customers c JOIN clientele_data.identities i ON i.identity_id = c.owner_id;
TABLE clientele_data.identity_kinds ORDER BY rank, kind;

-- A batch: one row with an e-mail address and a phone, one with a device only, one with a customer number and the device.
SELECT resolve_identities('{email,phone,device}', '{a@x.y,+861,d}', '{1}', '{2}');
SELECT merge_home_journeys('{1,3}', ARRAY[event(1), event(2)]);
TABLE now ORDER BY 1;
-- A number that is stronger takes over, and the number of the device is gone.
SELECT resolve_identities('{customer,device,email}', '{n1,d,a@x.y}', '{1,1}', '{2,3}', 7);
TABLE now ORDER BY 1;
SELECT customer_id, owner_id, merged_into, customer_now(customer_id) FROM clientele_data.customers ORDER BY 1;
SELECT merge_id, run_id, kept_id, gone_id, because, split, gone_identities, undone_at FROM clientele_data.merges ORDER BY 1;
TABLE clientele_data.home_journeys;
SELECT customer_id, home_id FROM clientele_data.stored_journeys;
-- Events of either home go to the one journey; those of merge_journeys() are of the owner of the number, also of one that is gone.
SELECT merge_home_journeys('{3,1,3}', ARRAY[event(3), event(4), event(5)]);
CREATE VIEW parts AS SELECT n AS customer_id, event(20 + n) AS journey FROM generate_series(1, 2) n;
SELECT merge_journeys('parts');
TABLE now ORDER BY 1;
TABLE clientele_data.home_journeys ORDER BY 1;
-- What is known already changes nothing.
SELECT resolve_identities('{device,email,customer}', '{d,a@x.y,n1}', '{3,3}', '{2,1}');
SELECT count(*) AS links, count(DISTINCT batch) AS batches FROM clientele_data.identity_links;
-- Another customer with the same device: it is shared, joins no customers, and has the events of its own rows. It gets its number back.
SELECT resolve_identities('{customer,device}', '{n2,d}', '{1}', '{2}');
TABLE now ORDER BY 1;
SELECT merge_id, kept_id, gone_id, because, split, gone_identities, undone_at IS NOT NULL AS undone FROM clientele_data.merges ORDER BY 1;
SELECT * FROM explain_identity(1);
SELECT * FROM explain_identity(2);
TABLE consistent;

-- Two customer numbers are joined by hand only.
SELECT resolve_identities('{customer,email}', '{n2,a@x.y}', '{1}', '{2}');
TABLE now ORDER BY 1;
SELECT merge_customers(1, 3, 'same person, two accounts') AS merge_id \gset
TABLE now ORDER BY 1;
SELECT kept_id, gone_id, because, decision_id FROM clientele_data.merges WHERE merge_id = :merge_id;
SELECT decision_id, verdict, a_id, b_id, decided_by = session_user AS by_me, note, withdrawn_at FROM clientele_data.identity_decisions;
SELECT kind, value, other_kind, other_value, followed, regexp_replace(because, ' of .* on [0-9-]*', ' on DAY') AS because, decision_id
FROM explain_identity(3);
SELECT keep_apart(1, 3);
SELECT merge_customers(1, 1);
SELECT merge_customers(1, 99);
SELECT merge_customers(NULL, 1);
-- Undone, the numbers and the journeys are what they were.
SELECT undo_merge(:merge_id);
TABLE now ORDER BY 1;
SELECT undo_merge(:merge_id);
SELECT undo_merge(1000);
-- Kept apart, they cannot be merged; the decision can be taken back.
SELECT keep_apart(1, 3, 'father and son') AS decision_id \gset
SELECT merge_customers(3, 1);
SELECT withdraw_decision(:decision_id);
SELECT withdraw_decision(:decision_id);
SELECT merge_customers(3, 1, 'again') AS merge_id \gset
SELECT undo_merge(:merge_id);
TABLE consistent;

-- A merge by rows is undone: the links are withdrawn, and stay so though rows repeat them. Events stay with their homes.
SELECT resolve_identities('{email,email,phone}', '{p@x.y,q@x.y,+862}', '{}', '{}');
SELECT merge_home_journeys(find_identities('{email,email}', '{p@x.y,q@x.y}'), ARRAY[event(30), event(31)]);
SELECT * FROM now WHERE customer_id > 3 ORDER BY 1;
SELECT resolve_identities('{email,phone}', '{p@x.y,+862}', '{1}', '{2}');
SELECT resolve_identities('{email,phone}', '{q@x.y,+862}', '{1}', '{2}');
SELECT * FROM now WHERE customer_id > 3 ORDER BY 1;
SELECT merge_home_journeys(find_identities('{email,email}', '{p@x.y,q@x.y}'), ARRAY[event(32), event(33)]);
SELECT max(merge_id) AS merge_id FROM clientele_data.merges \gset
SELECT undo_merge(:merge_id);
SELECT resolve_identities('{email,phone}', '{q@x.y,+862}', '{1}', '{2}');
SELECT * FROM now WHERE customer_id > 3 ORDER BY 1;
SELECT a.value, b.value, d.verdict FROM clientele_data.identity_decisions d JOIN clientele_data.identities a ON a.identity_id = d.a_id
JOIN clientele_data.identities b ON b.identity_id = d.b_id WHERE d.verdict = 'unlinked';
SELECT undo_merge(:merge_id);
-- Other links may still join them: a NOTICE says so.
SELECT resolve_identities('{email,phone,phone}', '{q@x.y,+863,+864}', '{1,1}', '{2,3}');
SELECT resolve_identities('{email,phone,phone}', '{p@x.y,+863,+864}', '{1,1}', '{2,3}');
SELECT * FROM now WHERE customer_id > 3 ORDER BY 1;
SET client_min_messages = notice;
SELECT max(merge_id) AS merge_id FROM clientele_data.merges \gset
SELECT undo_merge(:merge_id);
SET client_min_messages = warning;
SELECT * FROM now WHERE customer_id > 3 ORDER BY 1;

-- An identifier that says nothing.
SELECT resolve_identities('{email,phone,email}', '{r@x.y,+865,s@x.y}', '{1,3}', '{2,2}');
SELECT * FROM now WHERE customer_id > 6 ORDER BY 1;
SELECT ignore_identity('phone', '+865', 'the shop''s own number') AS decision_id \gset
SELECT * FROM now WHERE customer_id > 6 ORDER BY 1;
SELECT withdraw_decision(:decision_id);
SELECT * FROM now WHERE customer_id > 6 ORDER BY 1;
SELECT ignore_identity('phone', '+999');

-- Kinds are data: a change resolves all again.
UPDATE clientele_data.identity_kinds SET max_links = 3 WHERE kind = 'device';
SELECT count(*) FILTER (WHERE shared) AS shared FROM clientele_data.identities;
UPDATE clientele_data.identity_kinds SET one_per_customer = false WHERE kind = 'customer';
SELECT count(*) FILTER (WHERE shared) AS shared FROM clientele_data.identities;
TABLE now ORDER BY 1;
UPDATE clientele_data.identity_kinds SET one_per_customer = true WHERE kind = 'customer';
TABLE now ORDER BY 1;
TABLE consistent;
SELECT resolve_all_identities();
UPDATE clientele_data.identity_kinds SET normal = 'nocase' WHERE kind = 'email';
UPDATE clientele_data.identity_kinds SET normal = 'nocase' WHERE kind = 'cookie';
DELETE FROM clientele_data.identity_kinds WHERE kind = 'email';
INSERT INTO clientele_data.identity_kinds (kind, rank, max_links) VALUES ('loyalty', 2, 3);

-- load_events() finds the same customers, and its events are of their homes.
CREATE TABLE visits (customer text, at timestamptz);
INSERT INTO visits VALUES ('d', '2026-03-01'), ('e', '2026-03-02'), ('d', '2026-03-03');
CALL load_events('visits', event => NULL, default_event => 'visit', identity_kind => 'device');
INSERT INTO visits VALUES ('a@x.y', '2026-03-04'), ('p@x.y', '2026-03-05');
CREATE VIEW addresses AS SELECT * FROM visits WHERE customer LIKE '%@%';
CALL load_events('addresses', event => NULL, default_event => 'visit', identity_kind => 'email');
TABLE now ORDER BY 1;
-- A journey that is written by hand is of the home that owns the number.
SELECT merge_customers(6, 7) AS merge_id \gset
SELECT count(*) FROM clientele_data.home_journeys h JOIN clientele_data.identities i ON i.identity_id = h.home_id WHERE i.customer_id = 6;
UPDATE clientele_data.journeys SET journey = event(90) WHERE customer_id = 6;
SELECT count(*) FROM clientele_data.home_journeys h JOIN clientele_data.identities i ON i.identity_id = h.home_id WHERE i.customer_id = 6;
SELECT undo_merge(:merge_id);
SELECT * FROM now WHERE customer_id IN (6, 7) ORDER BY 1;
SELECT merge_customers(1, 3) AS merge_id \gset
INSERT INTO clientele_data.journeys VALUES (3, event(91));
SELECT undo_merge(:merge_id);
INSERT INTO clientele_data.journeys VALUES (3, event(91));
SELECT * FROM now WHERE customer_id IN (1, 3) ORDER BY 1;

-- Tags follow merges: those of rules by the changed journeys, and saved audiences by the numbers of today.
SELECT define_tag('busy', $$event_count(journey) >= 2$$);
SELECT save_audience('letter', '{1,4}');
SELECT tag, outcome, customers FROM refresh_tags();
SELECT audience_of('busy'), audience_of('letter'), audience_of('!busy');
SELECT merge_customers(3, 4) AS merge_id \gset
SELECT tag, outcome, customers, gained, lost FROM refresh_tags();
SELECT audience_of('busy'), audience_of('letter'), audience_of('!busy'), after_merges('{1,4}');
SELECT undo_merge(:merge_id);
SELECT tag, outcome, customers, gained, lost FROM refresh_tags();
SELECT audience_of('busy'), audience_of('letter'), audience_of('!busy');
SELECT save_audience('letter', '{1,4}');
SELECT audience_of('letter');

-- Rows that were written into the tables by hand are taken as they are.
WITH c AS (INSERT INTO clientele_data.customers DEFAULT VALUES RETURNING customer_id)
INSERT INTO clientele_data.identities (kind, value, customer_id) SELECT k, 'by hand', customer_id FROM c, unnest('{email,cookie}'::text[]) k;
SELECT resolve_identities('{customer,cookie}', '{by hand,by hand}', '{1}', '{2}');
SELECT customer_id, identifiers FROM now WHERE identifiers LIKE '%hand%';
TABLE consistent;

-- Arguments
SELECT resolve_identities('{email}', '{a,b}', '{}', '{}');
SELECT resolve_identities('{email}', '{a}', '{1}', '{2}');
SELECT resolve_identities('{email}', '{NULL}', '{}', '{}');
SELECT resolve_identities('{""}', '{a}', '{}', '{}');
SELECT resolve_identities(ARRAY['email'], ARRAY[repeat('x', 2001)], '{}', '{}');
SELECT resolve_identities('{}', '{}', '{}', '{}');
SELECT merge_home_journeys('{1,2}', ARRAY[event(1)]);
SELECT merge_home_journeys('{100000}', ARRAY[event(1)]);
SELECT merge_home_journeys('{}', '{}');
SELECT customer_now(1), customer_now(100000), customer_now(NULL);
SELECT partition_identities('{t}', '{1}', 1000, '{1,1}', '{1,1}', '{f,f}', '{0,0}', '{f,f}', '{}', '{}', '{}', '{}', '{}', '{}');
SELECT partition_identities('{t}', '{1}', 1000, '{1}', '{2}', '{f}', '{0}', '{f}', '{}', '{}', '{}', '{}', '{}', '{}');
SELECT partition_identities('{t}', '{1}', 1000, '{1}', '{1}', '{f}', '{0}', '{f}', '{1}', '{}', '{}', '{}', '{}', '{}');
SELECT partition_identities('{t}', '{1}', 1000, '{NULL}', '{1}', '{f}', '{0}', '{f}', '{}', '{}', '{}', '{}', '{}', '{}');
SELECT j - '{1@2026-01-01T00:00:00Z, 2@2026-01-01T00:00:00Z#5=3, 9@2026-01-02T00:00:00Z}' AS left_over, j - j AS nothing, j || event(9) - event(9) = j AS same
FROM (SELECT '{1@2026-01-01T00:00:00Z, 1@2026-01-01T00:00:00Z, 2@2026-01-01T00:00:00Z#5=2}'::journey AS j) j;

-- Rights: decisions are for roles that may change identities.
CREATE ROLE regress_identity;
GRANT USAGE ON SCHEMA clientele_data TO regress_identity;
GRANT SELECT ON ALL TABLES IN SCHEMA clientele_data TO regress_identity;
SET ROLE regress_identity;
SELECT count(*) > 0 AS readable FROM explain_identity(1);
SELECT resolve_identities('{email}', '{a@x.y}', '{}', '{}');
SELECT resolve_identities('{email}', '{new@x.y}', '{}', '{}');
SELECT merge_customers(1, 3);
SELECT ignore_identity('email', 'a@x.y');
RESET ROLE;
DROP OWNED BY regress_identity;
DROP ROLE regress_identity;
\c :tests
DROP DATABASE clientele_identity;
