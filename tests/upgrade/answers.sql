-- SPDX-License-Identifier: PostgreSQL
-- What a store answers, to the last row. :old says whether the SQL is that of version 0.1.0, where some columns have other names.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = public, clientele;
SET ROLE upgrade_owner;

-- jobs_home says where the database is, and is new.
SELECT 'settings', s.* FROM clientele_data.settings s WHERE s.name <> 'jobs_home' ORDER BY name;
SELECT 'customers', c.customer_id, c.created_at FROM clientele_data.customers c ORDER BY 2;
SELECT 'identities', i.kind, i.value, i.customer_id FROM clientele_data.identities i ORDER BY kind, value;
SELECT 'event types', t.* FROM clientele_data.event_types t ORDER BY 2;
SELECT 'items', i.* FROM clientele_data.items i ORDER BY 2;
SELECT 'journeys', j.* FROM clientele_data.journeys j ORDER BY 2;
SELECT 'stored', customer_id, md5(body::bytea), tail FROM clientele_data.stored_journeys ORDER BY 2;
SELECT 'changes', c.* FROM clientele_data.journey_changes c ORDER BY 2, 3;
SELECT 'change sets', c.* FROM clientele_data.journey_change_sets c ORDER BY 2;
SELECT 'runs', r.run_id, r.source, r.columns, r.batch, r.started_at, r.finished_at, r.rows_read, r.rows_packed, r.rows_rejected, r.customers, r.first_event_at, r.last_event_at, r.time_zone,
       coalesce(to_jsonb(r) ->> 'times_read_as', to_jsonb(r) ->> 'times')
FROM clientele_data.load_runs r ORDER BY 2;
SELECT 'summary', run, s.outcome, s.rows FROM generate_series(1, 2) run, clientele.load_summary(run) s ORDER BY run, outcome;
SELECT 'rejects', r.reject_id, r.run_id, r.reason, r.content FROM clientele_data.rejects r ORDER BY 2;
SELECT 'model names', n.* FROM clientele_data.model_names n ORDER BY 2;
SELECT 'models', m.* FROM clientele_data.models m ORDER BY 2, 3;
SELECT 'segments', s.* FROM clientele_data.rfm_segments s ORDER BY 2, 3, 4, 5;
SELECT 'tiers', t.* FROM clientele_data.rfm_tiers t ORDER BY 2, 3;
\if :old
CREATE TEMP VIEW tags_then AS
  SELECT name, family, kind, rule, replace(holds, 'yes', 'flag') AS holds, per_customer, timed, customers, keeps, uses, time_zone, description, defined_at, defined_by
  FROM clientele_data.tags;
CREATE TEMP VIEW status_then AS
  SELECT tag, refresh_id, complete_at, regexp_replace(rule, '^([a-z]+) yes', '\1 flag'), replace(holds, 'yes', 'flag') AS holds, customers, error, failed_at
  FROM clientele_data.tag_status;
\else
CREATE TEMP VIEW tags_then AS SELECT * FROM clientele_data.tags;
CREATE TEMP VIEW status_then AS SELECT * FROM clientele_data.tag_status;
\endif
SELECT 'tags', t.* FROM tags_then t ORDER BY 2;
SELECT 'status', s.* FROM status_then s ORDER BY 2;
DROP VIEW tags_then, status_then;
SELECT 'refreshes', r.* FROM clientele_data.tag_refreshes r ORDER BY 2;
SELECT 'audiences', a.* FROM clientele_data.tag_audiences a ORDER BY 2, 3;
SELECT 'numbers', n.* FROM clientele_data.tag_numbers n ORDER BY 2;
SELECT 'tag changes', c.* FROM clientele_data.tag_changes c ORDER BY 2, 3, 4;

SELECT 'tags of', customer_id, clientele.tags_of(customer_id) FROM clientele_data.customers ORDER BY 2;
SELECT 'history', customer_id, h.* FROM clientele_data.customers, clientele.tag_history(customer_id) h ORDER BY 2, 3, 4, 5;
SELECT 'audience', q, clientele.audience_of(q::tag_query) FROM unnest('{behaviour.buyer,!behaviour.old,value.spent>=40,value.*,preference.channel=web,campaign | value.good}'::text[]) q;
SELECT 'overlap', o.* FROM clientele.tag_overlap() o ORDER BY 2, 3;
SELECT 'portrait', p.* FROM clientele.audience_portrait(clientele.audience_of('behaviour.buyer')) p ORDER BY 2, 3;
SELECT 'prediction', clientele.churn_prob(2, 30, 40, 'churn'), clientele.churn_prob(2, 30, 40, 'churn@2'), clientele.expected_spend(3, 40, 'spend');
SELECT 'segment', rfm_segment(ROW(5, 5, 5, 5)::rfm), rfm_strategy('at risk');
SELECT 'path', customer_id, journey_path(journey, path_def(session_gap => '30 days')) FROM clientele_data.journeys ORDER BY 2;
SELECT 'own view', g.customer_id, g.tag, g.value, replace(g.holds, 'yes', 'flag') FROM public.good_customers g ORDER BY 2, 3;

-- As the role that the owner has given the rights of BI tools.
SET ROLE upgrade_bi;
SET clientele.trusted_owners = upgrade_owner;
SELECT 'events', e.* FROM clientele_bi.events e ORDER BY customer_id, at, event, channel;
SELECT 'sessions', s.* FROM clientele_bi.sessions s ORDER BY customer_id, session;
SELECT 'days', day, channel, event, events, customers FROM clientele_bi.daily_activity ORDER BY day, channel, event;
SELECT 'quality', q.* FROM clientele_bi.load_quality q ORDER BY run_id;
-- A sum keeps no zeros at the end any more.
SELECT 'rfm', customer_id, last_purchase_at, frequency, trim_scale(monetary), r, f, m, segment, tier FROM clientele_bi.rfm ORDER BY customer_id;
SELECT 'bi models', m.* FROM clientele_bi.models m ORDER BY name, version;
SELECT 'bi tags', t.* FROM clientele_bi.customer_tags t ORDER BY customer_id, tag, value;
SELECT 'coverage', c.tag, c.family, c.kind, replace(c.holds, 'yes', 'flag'), c.description, c.customers, c.share, c.all_customers, c.refreshed_at,
       c.complete_at, c.error, c.failed_at
FROM clientele_bi.tag_coverage c ORDER BY tag;
SELECT 'families', f.* FROM clientele_bi.tag_family_coverage f ORDER BY family;
SELECT 'values', v.* FROM clientele_bi.tag_values v ORDER BY tag, value;
SELECT 'tag history', h.* FROM clientele_bi.tag_history h ORDER BY refresh_id, tag, value;
SELECT 'funnel', f.* FROM clientele_bi.funnel(clientele.funnel_def('{view_item,cart,purchase}', within => '90 days')) f;
SELECT 'links', l.* FROM clientele_bi.path_links(clientele.path_def(session_gap => '30 days')) l ORDER BY step, source, target;
SELECT 'size', clientele.audience_size('behaviour.recent & preference.channel');
SELECT 'type', clientele.event_type('web', '搜索'), clientele.item('货1');
