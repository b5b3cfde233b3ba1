-- SPDX-License-Identifier: PostgreSQL
\echo Use "CREATE EXTENSION clientele" to load this file. \quit

-- Made here, and so owned by the extension: DROP EXTENSION leaves no empty schema behind.
CREATE SCHEMA clientele;
COMMENT ON SCHEMA clientele IS 'Functions and types of the clientele extension: customer behaviour as packed journeys.';
GRANT USAGE ON SCHEMA clientele TO PUBLIC;
SET LOCAL search_path = clientele, pg_catalog, pg_temp;

