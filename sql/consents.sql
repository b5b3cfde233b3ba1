-- SPDX-License-Identifier: PostgreSQL
-- What customers consent to: the latest note, defaults, merges, rights and counts.
\set tests :DBNAME
CREATE DATABASE clientele_consents ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\c clientele_consents
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
SELECT code FROM fails($$SELECT set_consent(1, 'marketing', true)$$);
SELECT code FROM fails($$SELECT consenting('marketing')$$);
CALL create_store();
SELECT consenting('marketing'), consenting('analytics');
SELECT * FROM clientele_bi.consents ORDER BY purpose;

CREATE TABLE ev (customer text, email text, at timestamptz, event text);
INSERT INTO ev SELECT 'c' || n, NULL, '2026-01-01', 'view' FROM generate_series(1, 6) n;
CALL load_events('ev');

-- Errors.
SELECT * FROM fails($$SELECT set_consent(1, 'marketin', true)$$);
SELECT * FROM fails($$SELECT set_consent(77, 'marketing', true)$$);
SELECT * FROM fails($$SELECT set_consent(1, 'marketing', NULL)$$);
SELECT * FROM fails($$SELECT set_consent(1, 'marketing', true, '-infinity')$$);
SELECT * FROM fails($$SELECT consents_to(1, 'x')$$);
SELECT * FROM fails($$SELECT consenting('')$$);
SELECT consents_to(77, 'marketing'), consents_to(NULL, 'marketing'), consents_to(1, NULL), consenting(NULL);

-- The latest note counts, whatever the order in which notes come; of the same time the one that came last.
SELECT set_consent(1, 'marketing', true, '2026-03-01', 'form'), set_consent(2, 'marketing', false, '2026-03-01'),
       set_consent(3, 'marketing', true, '2026-03-02'), set_consent(3, 'marketing', false, '2026-03-01'),
       set_consent(4, 'marketing', true, '2026-03-01'), set_consent(4, 'marketing', false, '2026-03-01'),
       set_consent(5, 'analytics', false, '2026-03-01');
SELECT n, consents_to(n, 'marketing') AS marketing, consents_to(n, 'analytics') AS analytics, consents_to(n, 'profiling') AS profiling
FROM generate_series(1, 6) n;
SELECT consenting('marketing'), consenting('analytics'), consenting('profiling');
SELECT bool_and(consents_to(n, p) = (consenting(p) @> n)) AS the_same
FROM generate_series(1, 6) n, unnest('{marketing,analytics,profiling}'::text[]) p;
SELECT purpose, by_default, granted, refused, unset, consenting, round(share::numeric, 3) AS share FROM clientele_bi.consents ORDER BY purpose;

-- A time in the future is the present: a withdrawal after it counts.
SELECT set_consent(6, 'marketing', true, 'infinity'), set_consent(6, 'analytics', true, now() + interval '10 years');
SELECT bool_and(at BETWEEN now() - interval '1 minute' AND clock_timestamp()) AS present FROM clientele_data.consents WHERE customer_id = 6;
SELECT consents_to(6, 'marketing') AS before, set_consent(6, 'marketing', false, clock_timestamp());
SELECT consents_to(6, 'marketing') AS after;

-- The defaults are the owner's, and purposes may be added.
INSERT INTO clientele_data.consent_defaults VALUES ('生日祝福', true);
SELECT consents_to(1, '生日祝福'), consenting('生日祝福');
UPDATE clientele_data.consent_defaults SET granted = true WHERE purpose = 'marketing';
SELECT consenting('marketing');
UPDATE clientele_data.consent_defaults SET granted = false WHERE purpose = 'marketing';

-- After a merge the latest note of either number counts.
SELECT merge_customers(1, 2) IS NOT NULL AS merged;
SELECT consents_to(1, 'marketing') AS one, consents_to(2, 'marketing') AS two, consenting('marketing');
SELECT set_consent(2, 'marketing', true, '2026-04-01');
SELECT consents_to(1, 'marketing') AS one, consents_to(2, 'marketing') AS two, consenting('marketing');
SELECT consenting, granted, refused, unset FROM clientele_bi.consents WHERE purpose = 'marketing';

-- Rights: a role that may read and add; BI roles see counts only.
CREATE ROLE consents_clerk; CREATE ROLE consents_reader;
CALL grant_bi('consents_reader');
GRANT USAGE ON SCHEMA clientele_data TO consents_clerk;
GRANT SELECT ON clientele_data.customers, clientele_data.consent_defaults TO consents_clerk;
SET ROLE consents_clerk;
SELECT code, message FROM fails($$SELECT set_consent(3, 'marketing', false)$$);
RESET ROLE;
GRANT SELECT, INSERT ON clientele_data.consents TO consents_clerk;
ALTER DATABASE clientele_consents SET clientele.trusted_owners = 'postgres';
SET ROLE consents_clerk;
SELECT code FROM fails($$SELECT set_consent(3, 'marketing', false)$$);
RESET ROLE;
SET ROLE consents_reader;
SELECT count(*) FROM clientele_bi.consents;
SELECT code FROM fails($$SELECT * FROM clientele_data.consents$$);
RESET ROLE;
DROP OWNED BY consents_clerk, consents_reader; DROP ROLE consents_clerk, consents_reader;

\c :tests
DROP DATABASE clientele_consents;
