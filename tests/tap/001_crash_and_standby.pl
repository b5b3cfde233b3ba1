# SPDX-License-Identifier: PostgreSQL
# What is packed survives a crash of the server, and a standby answers the same questions.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', 'autovacuum = off');
$primary->start;

$primary->safe_psql('postgres', <<'END');
CREATE EXTENSION clientele;
CALL clientele.create_store();
CREATE TABLE happened AS
  SELECT 'c' || i % 50 AS customer, timestamptz '2026-01-01 00:00Z' + i * interval '7 minutes' AS at,
         CASE i % 3 WHEN 0 THEN 'view_item' WHEN 1 THEN 'search' ELSE 'purchase' END AS event
  FROM generate_series(1, 3000) i;
CALL clientele.load_events('happened');
END

my $question = <<'END';
SELECT count(*), sum(clientele.event_count(journey)), sum(clientele.event_count(journey, 'purchase')),
       md5(string_agg(journey::text, ',' ORDER BY customer_id)),
       (SELECT string_agg(customers::text, ' ' ORDER BY step)
        FROM clientele.funnel_steps((SELECT clientele.funnel(journey, '{view_item,search,purchase}', '7 days')
                                     FROM clientele_data.journeys)))
FROM clientele_data.journeys
END
my $before = $primary->safe_psql('postgres', $question);
like($before, qr/^50\|3000\|1000\|/, 'all events are packed');

my $dictionary = $primary->safe_psql('postgres', 'SELECT * FROM clientele_data.event_types ORDER BY 1');

# A transaction is open when the server dies; it never happened.
my $open = $primary->background_psql('postgres', on_error_stop => 0);
$open->query_safe('BEGIN');
$open->query_safe(q(SELECT clientele.event_type('web', 'never')));
$open->query_safe(q(UPDATE clientele_data.journeys SET journey = '{}'));
$primary->stop('immediate');
eval { $open->quit };
$primary->start;

is($primary->safe_psql('postgres', $question), $before, 'journeys survive a crash');
is($primary->safe_psql('postgres', 'SELECT * FROM clientele_data.event_types ORDER BY 1'),
  $dictionary, 'the dictionary survives a crash, without what was not committed');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', $question), $before, 'a standby gives the same answers');

$primary->safe_psql('postgres',
  q(CREATE TABLE later AS SELECT 'c1' AS customer, timestamptz '2026-06-01Z' AS at, 'refund' AS event;
    CALL clientele.load_events('later')));
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres',
    q(SELECT sum(clientele.event_count(journey, 'refund')) FROM clientele_data.journeys)),
  '1', 'a standby knows event types that came later');

my (undef, undef, $stderr) =
  $standby->psql('postgres', q(SELECT clientele.event_type('web', 'new on the standby')));
like($stderr, qr/read-only|recovery/, 'nothing can be added to the dictionary of a standby');

$standby->stop;
$primary->stop;
done_testing();
