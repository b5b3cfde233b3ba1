-- SPDX-License-Identifier: PostgreSQL
-- The jobs of a managed system, at short intervals for show.
SELECT name, command, times FROM clientele.install_default_jobs();
\set ECHO none
SELECT clientele.alter_job('ingest', every => '1 second'),
       clientele.alter_job('refresh_tags', every => '3 seconds', jitter => '0'),
       clientele.alter_job('prune_history', every => '2 seconds', jitter => '0') \gset
\echo 'For show, ingest runs every second now, prune_history every 2 and refresh_tags every 3 seconds.'
