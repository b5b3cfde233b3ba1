# SPDX-License-Identifier: PostgreSQL
# Logical replication as docs/dba.md has it: a store is copied and followed, and tables with values of
# every packed type are changed without a key.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->append_conf('postgresql.conf', "autovacuum = off\ntimezone = 'UTC'");
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', "autovacuum = off\ntimezone = 'UTC'\nwal_retrieve_retry_interval = 100ms");
$subscriber->start;

$_->safe_psql('postgres', 'CREATE EXTENSION clientele; CALL clientele.create_store();') for $publisher, $subscriber;

# What happened before there is a subscription.
$publisher->safe_psql('postgres', <<'END');
CREATE TABLE happened AS
  SELECT 'c' || i % 50 AS customer, timestamptz '2026-01-01 00:00Z' + i * interval '7 minutes' AS at,
         CASE i % 3 WHEN 0 THEN 'view_item' WHEN 1 THEN '搜索' ELSE 'purchase' END AS event
  FROM generate_series(1, 3000) i;
CALL clientele.load_events('happened');
SELECT clientele.define_tag('buyer', $$SELECT customer_id FROM clientele_data.journeys WHERE clientele.event_count(journey, 'purchase') > 19$$);
SELECT clientele.refresh_tags();
END

# A table of each packed type, found in the catalogue, with two values of it twice; no key.
my $types = <<'END';
SET search_path = public, clientele;
SET clientele.unknown_event = ignore;
CREATE AGGREGATE path_state(journey, path_def) (SFUNC = path_links_accum, STYPE = path_summary);
CREATE AGGREGATE rfm_state(interval, float8, float8, rfm_cuts_def) (SFUNC = rfm_cuts_accum, STYPE = rfm_values);
CREATE AGGREGATE churn_state(jsonb, boolean, churn_def) (SFUNC = churn_fit_accum, STYPE = churn_rows);
CREATE AGGREGATE spend_state(float8, float8) (SFUNC = spend_accum, STYPE = spend_values);
CREATE AGGREGATE contract_state(int, boolean) (SFUNC = contract_accum, STYPE = contract_values);
CREATE AGGREGATE btyd_state(float8, float8, float8, text) (SFUNC = btyd_accum, STYPE = btyd_histories);
CREATE TABLE sample (name text, a text, b text);
INSERT INTO sample VALUES
  ('journey', '{}', '{2@2026-01-01T00:00:00Z#5=1.5}'), ('funnel_def', '{a,b}', '{"steps": ["购", "b"], "within": "1 day"}'),
  ('path_def', '{}', '{"end_at": "购"}'), ('purchase_def', '{"until": "2026-03-31", "time_zone": "UTC"}', '{"until": "2026-04-30", "time_zone": "UTC"}'),
  ('churn_features_def', '{"time_zone": "UTC"}', '{"time_zone": "Asia/Shanghai"}'), ('churn_def', '{}', '{"names": ["月"]}'),
  ('rfm_cuts_def', '{}', '{"method": "kmeans"}'), ('rfm_cuts', '{"frequency_cuts": [1, 5]}', '{"frequency_cuts": [1, 6]}'),
  ('churn_model', '{"intercept": 1.5, "features": []}', '{"intercept": -1.5, "features": [{"name": "月", "coefficient": -0.5}]}'),
  ('spend_model', '{"model": "Gamma-Gamma", "parameters": {"p": 6, "q": 3.74, "v": 15.44}}', '{"model": "Gamma-Gamma", "parameters": {"p": 7, "q": 3.74, "v": 15.44}}'),
  ('contract_model', '{"model": "sBG", "parameters": {"alpha": 0.6, "beta": 3.8}}', '{"model": "sBG", "parameters": {"alpha": 0.7, "beta": 3.8}}'),
  ('btyd_model', '{"model": "BG/NBD", "parameters": {"r": 0.2, "alpha": 4.4, "a": 0.8, "b": 2.4}}', '{"model": "BG/NBD", "parameters": {"r": 0.3, "alpha": 4.4, "a": 0.8, "b": 2.4}}'),
  ('tag_query', 'a & b', '城市=上海'), ('audience', '{1-70000}', '{}'), ('tag_scores', '{5:10.5}', '{}');
INSERT INTO sample SELECT 'match_def', min(d), max(d) FROM generate_series(1, 2) n, CAST(match_def('{a:exact,b:exact,c:exact}', '{x}', seed => n) AS text) d;
INSERT INTO sample SELECT 'match_model', min(m), max(m) FROM generate_series(1, 2) n,
  format('{"lambda": 0.%s, "columns": [%s], "block": ["x"]}', n,
         (SELECT string_agg(format('{"column": "%s", "kind": "exact", "m": [0.9, 0.1], "u": [0.2, 0.8]}', c), ', ') FROM generate_series(1, 3) c)) m;
INSERT INTO sample SELECT kind, min(value), max(value) FROM generate_series(1, 2) x, LATERAL (
    SELECT classification(n / 5.0, n > x)::text AS c, holdout_quality(x, n)::text AS h, rfm_state(n * interval '1 h', n, x, '{}')::text AS r,
           churn_state(jsonb_build_object('月', n, 'b', x), n > 1, '{}')::text AS w, spend_state(n, x)::text AS s, contract_state(x, n > 1)::text AS t,
           btyd_state(n, n, 5 + x, 'BG/NBD')::text AS b, funnel(j, ARRAY['#' || x], NULL)::text AS f, path_state(j, CASE x WHEN 1 THEN '{}' ELSE '{"collapse": true}' END)::text AS p
    FROM generate_series(1, 3) n, (VALUES (journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}')) v (j)) a,
  LATERAL (VALUES ('classification_summary', c), ('holdout_summary', h), ('rfm_values', r), ('churn_rows', w), ('spend_values', s), ('contract_values', t),
                  ('btyd_histories', b), ('funnel_summary', f), ('path_summary', p)) v (kind, value) GROUP BY kind;
INSERT INTO sample VALUES
  ('retention_def', '{}', '{"start_at": "购"}'), ('activity_def', '{}', '{"selector": "购"}'), ('counts_def', '{}', '{"selector": "购"}'), ('lifecycle_def', '{a=*}', '{识别期=*}'),
  ('interval_def', '{"from_event": "a", "to_event": "b"}', '{"from_event": "a", "to_event": "购"}'), ('pattern', 'a ... b', '(?<购>a)+'),
  ('attribution_def', '购', '{"conversion": "a", "models": ["shapley"]}');
CREATE AGGREGATE path_count_state(journey, path_def) (SFUNC = path_counts_accum, STYPE = path_count_summary);
INSERT INTO sample SELECT kind, min(value), max(value) FROM generate_series(1, 2) x, LATERAL (
    SELECT retention_table(j, retention_def('#' || x, until => '2026-02-01', time_zone => 'UTC'))::text AS r,
           activity(j, activity_def('#' || x, until => '2026-02-01', time_zone => 'UTC'))::text AS a,
           event_counts(j, counts_def('#' || x, by => '{event_type}', time_zone => 'UTC'))::text AS e,
           event_intervals(j, interval_def('#1', '#' || x, until => '2026-02-01'))::text AS i,
           lifecycle(j, lifecycle_def(ARRAY['识别期=#' || x], until => '2026-02-01', time_zone => 'UTC'))::text AS l,
           attribution(ARRAY['广告' || n], (n + x)::bigint, 2.5, 1::bigint, attribution_def('buy', models => '{last}'))::text AS t,
           pattern_matches(j, ('(?<购>#' || x || ')')::pattern)::text AS p, dwell(j, path_def(collapse => x = 1))::text AS d,
           path_count_state(j, path_def(collapse => x = 1))::text AS c, bottlenecks('组' || (x + n)::text, f)::text AS b,
           funnel_correlation(j, funnel_def(ARRAY['#1', '#' || x]), 1, 2)::text AS o
    FROM (VALUES (1, journey '{1@2026-01-01T00:00:00Z,2@2026-01-01T01:00:00Z}')) v (n, j),
         (SELECT funnel(u.j, '{#1,#2}'::text[], NULL::interval) FROM (VALUES (journey '{1@2026-01-01T00:00:00Z}')) u (j)) w (f)) s,
  LATERAL (VALUES ('retention_summary', r), ('activity_summary', a), ('counts_summary', e), ('interval_summary', i), ('lifecycle_summary', l), ('attribution_summary', t),
                  ('pattern_summary', p), ('dwell_summary', d), ('path_count_summary', c), ('bottleneck_summary', b),
                  ('correlation_summary', o)) k (kind, value) GROUP BY kind;
CREATE AGGREGATE uplift_state(jsonb, boolean, boolean, uplift_def) (SFUNC = uplift_fit_accum, STYPE = uplift_rows);
CREATE AGGREGATE text_state(text, text, text_def) (SFUNC = text_fit_accum, STYPE = text_rows);
INSERT INTO sample VALUES
  ('uplift_def', '{}', '{"names": ["月"]}'), ('anomaly_def', '{"season": "7 days"}', '{"time_zone": "Asia/Shanghai"}'), ('text_def', '{}', '{"max_n": 4}'),
  ('feedback_lexicon', '{"words": [{"class": "(negator)", "word": "not"}]}', '{"words": [{"class": "价格", "word": "贵*", "polarity": -1}]}'),
  ('points_def', '{"purchases": "购"}', '{"rate": "0.1", "tiers": [{"tier": "普通", "points": 0}, {"tier": "b", "points": 5, "multiplier": "1.25"}]}');
INSERT INTO sample SELECT 'text_model', min(m), max(m) FROM generate_series(1, 2) n, format('{"definition": {"buckets": 16}, "labels": [{"label": "a",
  "intercept": %s, "weights": [1, -1]}, {"label": "月", "weights": [-1, 1]}], "kept": [1, 5], "idf": [1, 1.5]}', n) m;
INSERT INTO sample SELECT kind, min(value), max(value) FROM generate_series(1, 2) x, LATERAL (
    SELECT campaign_outcome(n % 2 = 0, n % 3 = 0, n * x, n)::text AS e, uplift_curve(n * x, n % 2 = 0, n % 3 = 0)::text AS q,
           uplift_fit(ARRAY[n % 5]::float8[], n % 2 = 0, n % 3 = 0, uplift_def(penalty => x))::text AS m,
           uplift_state(jsonb_build_object('月', n, 'b', x), n > 1, n > 2, '{}')::text AS r, survey(n, CASE x WHEN 1 THEN 'nps' ELSE 'ces' END)::text AS s,
           text_state('词' || n, '月' || n % 2, text_def(buckets => 16 + x))::text AS t
    FROM generate_series(1, 60) i, LATERAL (SELECT 1 + i % 7) y (n)) a,
  LATERAL (VALUES ('effect_summary', e), ('uplift_quality', q), ('uplift_model', m), ('uplift_rows', r), ('survey_summary', s), ('text_rows', t)) k (kind, value)
  GROUP BY kind;
CREATE VIEW packed AS SELECT t.oid::regtype AS type, t.typname AS name FROM pg_type t
  JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  WHERE t.typtype = 'b' AND t.typelem = 0 AND t.typnamespace = 'clientele'::regnamespace;
DO $$ DECLARE p record; BEGIN
  FOR p IN TABLE packed LOOP
    EXECUTE format('CREATE TABLE of_%1$s (n int, v %2$s, w text)', p.name, p.type);
    EXECUTE format('ALTER TABLE of_%s REPLICA IDENTITY FULL', p.name);
  END LOOP;
END $$;
END
my $rows = <<'END';
DO $$ DECLARE p record; BEGIN
  FOR p IN SELECT * FROM packed JOIN sample USING (name) LOOP
    EXECUTE format('INSERT INTO of_%1$s SELECT n, v::%2$s, ''old'' FROM generate_series(1, 3) n, unnest($1) v', p.name, p.type) USING ARRAY[p.a, p.b];
    EXECUTE format('INSERT INTO of_%1$s VALUES (4, NULL, ''old'')', p.name);
  END LOOP;
END $$;
END
my $changes = <<'END';
DO $$ DECLARE p record; BEGIN
  FOR p IN SELECT * FROM packed JOIN sample USING (name) LOOP
    EXECUTE format('UPDATE of_%1$s SET w = ''new'' WHERE n = 1', p.name);
    EXECUTE format('UPDATE of_%1$s SET v = (SELECT v FROM of_%1$s WHERE n = 1 LIMIT 1) WHERE n IN (2, 4)', p.name);
    EXECUTE format('DELETE FROM of_%1$s WHERE n = 3 AND v = $1::%2$s', p.name, p.type) USING p.b;
  END LOOP;
END $$;
END
$publisher->safe_psql('postgres', $types . $rows);
$subscriber->safe_psql('postgres', $types);
my $count = $publisher->safe_psql('postgres', 'SELECT count(*) FROM packed');
cmp_ok($count, '>', 20, 'there are packed types');
is($publisher->safe_psql('postgres', 'SELECT count(*) FROM packed WHERE name::text NOT IN (SELECT name FROM sample)'), '0', 'values of each of them');

# As the document says.
my %documented;
{
  my $document = slurp_file($ENV{CLIENTELE_DBA} // die 'CLIENTELE_DBA is where docs/dba.md is');
  $documented{$1} = $2 while $document =~ /```sql\n-- (on the [\w ]+): [^\n]*\n(.*?)```/gs;
}
is(join(', ', sort keys %documented), 'on the new publisher, on the publisher, on the subscriber', 'what the document says');
$publisher->safe_psql('postgres', $documented{'on the publisher'});
my $subscribe = $documented{'on the subscriber'};
my $connection = $publisher->connstr . ' dbname=postgres';
$subscribe =~ s/CONNECTION '[^']*'/CONNECTION '$connection'/ or die 'no connection in the document';
$subscriber->safe_psql('postgres', $subscribe);

my $tables = $publisher->safe_psql('postgres', q(SELECT string_agg('of_' || name, ', ') FROM packed));
$publisher->safe_psql('postgres', "CREATE PUBLICATION values FOR TABLE $tables");
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION values CONNECTION '$connection' PUBLICATION values WITH (binary = true)");
$subscriber->wait_for_subscription_sync($publisher, $_) for 'store', 'values';

sub contents {
  my ($node) = @_;
  my $queries = $node->safe_psql('postgres',
    q(SELECT string_agg(format('SELECT %L AS name, string_agg(t::text, '' '' ORDER BY n, v, w) AS rows FROM of_%1$s t', name), ' UNION ALL ' ORDER BY name) FROM packed));
  return $node->safe_psql('postgres', "SET search_path = public, clientele; $queries ORDER BY 1");
}

my $question = <<'END';
SELECT count(*), sum(clientele.event_count(journey)), sum(clientele.event_count(journey, 'purchase')), md5(string_agg(journey::text, ',' ORDER BY customer_id)),
       (SELECT string_agg(name || customers, ' ' ORDER BY step)
        FROM clientele.funnel_steps((SELECT clientele.funnel(journey, '{view_item,搜索,purchase}', '7 days') FROM clientele_data.journeys))),
       clientele.audience_size('buyer'), (SELECT count(*) FROM clientele_bi.rfm WHERE segment IS NOT NULL), (SELECT string_agg(tag || customers, ' ') FROM clientele_bi.tag_coverage)
FROM clientele_data.journeys
END
sub same {
  my ($what) = @_;
  $publisher->wait_for_catchup($_) for 'store', 'values';
  my $expected = $publisher->safe_psql('postgres', $question);
  is($subscriber->safe_psql('postgres', $question), $expected, "$what: the same answers");
  is(contents($subscriber), contents($publisher), "$what: the same values of all types");
  return $expected;
}
like(same('the copy'), qr/^50\|3000\|1000\|/, 'the copy has everything');

$publisher->safe_psql('postgres', "SET search_path = public, clientele; $changes");
$publisher->safe_psql('postgres', <<'END');
CREATE TABLE later AS SELECT 'c' || i AS customer, timestamptz '2026-06-01Z' AS at, 'refund' AS event FROM generate_series(1, 99) i;
CALL clientele.load_events('later');
DELETE FROM clientele_data.journeys WHERE customer_id = 7;
SELECT clientele.refresh_tags();
END
like(same('changes'), qr/^99\|/, 'the follower has what came later');
unlike(slurp_file($subscriber->logfile), qr/ERROR/, 'nothing stopped a subscription');

# It becomes a store of its own: new numbers must not meet those that came from the publisher.
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION store; DROP SUBSCRIPTION values;');
$subscriber->safe_psql('postgres', $documented{'on the new publisher'});
$subscriber->safe_psql('postgres', <<'END');
CREATE TABLE own AS SELECT 'new' || i AS customer, timestamptz '2026-07-01Z' AS at, 'refund' AS event FROM generate_series(1, 3) i;
CALL clientele.load_events('own');
SELECT clientele.refresh_tags();
END
like($subscriber->safe_psql('postgres', $question), qr/^102\|/, 'it takes events of its own');

$subscriber->stop;
$publisher->stop;
done_testing();
