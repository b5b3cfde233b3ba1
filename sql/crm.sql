-- SPDX-License-Identifier: PostgreSQL
-- Messages as objects of CRM systems, and what comes back as a source.
\set tests :DBNAME
CREATE DATABASE clientele_crm ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_crm
\set VERBOSITY default
\set SHOW_CONTEXT never
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET client_min_messages = warning;
CREATE EXTENSION clientele;
SET search_path = public, clientele;
CREATE FUNCTION fails(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'it does not fail';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;
SELECT code FROM fails($$SELECT crm_payload('zoho', 'leads', 1)$$);
SELECT code FROM fails($$SELECT receive_crm('zoho', 'leads', '{}')$$);
CALL create_store('Asia/Shanghai');
SELECT system, object, direction, count(*) AS fields FROM clientele_data.crm_mappings GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT count(*) AS unmapped FROM clientele_data.crm_objects o WHERE NOT EXISTS (
  SELECT FROM clientele_data.crm_mappings m WHERE (m.system, m.object, m.direction) = (o.system, o.object, o.direction));

CREATE TABLE people (id integer PRIMARY KEY, customer text, email text, phone text, name text, city text, at timestamptz, event text);
INSERT INTO people VALUES (1, 'c1', 'li@example.com', '+8613800138000', '李雷 "L"', '上海', '2026-01-01', 'signup'),
                          (2, 'c2', NULL, NULL, NULL, NULL, '2026-01-02', 'signup');
SELECT count(*) > 0 AS added FROM add_source('people', 'people', '{"customer": "customer", "email": "email"}', 'at', 'event',
                                             attributes => '{"name": "name", "city": "city", "phone": "phone"}');
CALL ingest();
SELECT send_message('crm', '{"text": "Please call: \"$object\" {x}", "nested": {"a": [1, null]}}', customer_id, '2026-03-01 20:00+00', 'key ' || value)
FROM clientele_data.identities WHERE kind = 'customer' ORDER BY value;
SELECT jsonb_pretty(crm_payload('zoho', 'leads', 1));
SELECT jsonb_pretty(crm_payload('zoho', 'leads', 2));
SELECT crm_payload('zoho', 'contacts', 1), crm_payload('zoho', 'tasks', 1);
SELECT crm_payload('fxiaoke', 'leads', 1), crm_payload('fxiaoke', 'contacts', 2);
SELECT crm_payload('webhook', 'tasks', 1) - 'customer_id';
SELECT * FROM fails($$SELECT crm_payload('sap', 'leads', 1)$$);
SELECT * FROM fails($$SELECT crm_payload('zoho', 'leads', 77)$$);

-- Mappings are rows.
INSERT INTO clientele_data.crm_objects VALUES ('own', '客户', 'out', 'http://127.0.0.1/', '{"a": {"b": ["$object", "$objects"]}}', '{}');
INSERT INTO clientele_data.crm_mappings VALUES ('own', '客户', 'out', 'nested', '{payload:nested.a}'), ('own', '客户', 'out', 'none', '{payload:nested.b,attribute:x,identity:x}'),
  ('own', '客户', 'out', 'city', '{attribute:city,text:不详}'), ('own', '客户', 'out', 'due', '{message:due}');
SELECT crm_payload('own', '客户', 1), crm_payload('own', '客户', 2);
SELECT code FROM fails($$INSERT INTO clientele_data.crm_mappings VALUES ('own', '客户', 'in', 'x', '{x}')$$);
SELECT code FROM fails($$INSERT INTO clientele_data.crm_mappings VALUES ('own', '客户', 'out', 'x', '{}')$$);
INSERT INTO clientele_data.crm_mappings VALUES ('own', '客户', 'out', 'tag', '{tag:nothing}');
SELECT * FROM fails($$SELECT crm_payload('own', '客户', 1)$$);

-- What comes back.
SELECT * FROM fails($$SELECT receive_crm('sap', 'leads', '{}')$$);
SELECT * FROM fails($$SELECT receive_crm('zoho', 'leads', NULL)$$);
SELECT * FROM fails($$SELECT receive_crm('zoho', 'leads', '{"id": 1}')$$);
SELECT * FROM fails($$SELECT receive_crm('zoho', 'leads', '{"data": [1]}')$$);
SELECT receive_crm('zoho', 'leads', '{"data": []}') AS none;
SELECT receive_crm('zoho', 'leads', '{"data": [
  {"id": "4150868000000624046", "Email": "LI@example.com", "Lead_Status": "Contacted", "Owner": {"name": "Han Meimei", "id": "7"},
   "Description": "wants a discount", "Modified_Time": "2026-03-02T10:00:00+08:00"},
  {"id": "4150868000000624047", "Email": null, "Phone": "+8613800138000", "Lead_Status": "", "Owner": {"id": "8"}, "Modified_Time": "soon"}]}') AS two;
SELECT receive_crm('zoho', 'leads', '{"data": [{"id": "4150868000000624046", "Email": "LI@example.com", "Lead_Status": "Contacted",
  "Owner": {"name": "Han Meimei", "id": "7"}, "Description": "wants a discount", "Modified_Time": "2026-03-02T10:00:00+08:00"}]}') AS again;
SELECT receive_crm('fxiaoke', 'leads', '{"data": {"_id": "5ea6", "owner": ["FSUID_1"], "biz_status": "un_processed", "mobile": "+8613800138000",
  "last_modified_time": 1610699820445}}') AS one;
SELECT receive_crm('webhook', 'tasks', '{"key": "key c2", "status": "done", "at": "2026-03-03 08:00+00"}') AS one;
SELECT system, object, external_id, message_id, customer, email, phone, status, owner, notes, CASE WHEN at < now() - interval '1 hour' THEN at END AS at
FROM clientele_data.crm_records ORDER BY system, external_id;
-- The table is a source.
SELECT outcome, rows FROM add_source('crm', 'clientele_data.crm_records', '{"customer": "customer", "email": "email", "crm": "system || '' '' || external_id"}',
  'at', '''crm_'' || coalesce(status, ''changed'')', channel => '''crm''', event_id => 'record_id', attributes => '{"crm_owner": "owner"}');
CALL ingest();
SELECT i.value AS customer, e.event, e.at < now() - interval '1 hour' AS dated FROM clientele_bi.events e JOIN clientele_data.identities i USING (customer_id)
WHERE e.channel = 'crm' AND i.kind = 'customer' ORDER BY 1, 2;

\c :tests
DROP DATABASE clientele_crm;
