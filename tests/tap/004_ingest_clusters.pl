# SPDX-License-Identifier: PostgreSQL
# Sources go on exactly where their store goes: a restored dump in a younger or an older cluster, pg_upgrade, a promoted standby, a point in
# time, after 2^32 transactions. And tables that logical replication fills are sources like others.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @sources = qw(key mark cursor);
my $rows = 0;

# Numbers that go on over all servers, so that a row is the same wherever it is.
sub insert
{
  my ($node, $n) = @_;
  my ($first, $last) = ($rows + 1, $rows + $n);
  $rows = $last;
  $node->safe_psql('postgres', join "\n", map {
    "INSERT INTO by_$_ (id, customer) SELECT g, 'c' || g % 7 FROM generate_series($first, $last) g;" } @sources);
  return;
}

sub ingest { my $node = shift; $node->safe_psql('postgres', "CALL clientele.ingest('$_')") for @sources; return }

# Each row that is there was read once, and nothing else.
sub exact
{
  my ($node, $what) = @_;
  ingest($node) for 1 .. 2;
  for my $source (@sources)
  {
    is($node->safe_psql('postgres', <<"END"), '|0|0|t', "$what: $source");
WITH read AS (SELECT item::bigint AS id, count(*) AS n FROM clientele_bi.events WHERE channel = '$source' GROUP BY 1)
SELECT string_agg(s.id::text, ' ' ORDER BY s.id) FILTER (WHERE r.id IS NULL), count(*) FILTER (WHERE s.id IS NULL),
       count(*) FILTER (WHERE r.n > 1), count(*) > 0
FROM read r FULL JOIN by_$source s USING (id)
END
  }
  return;
}

my $settings = "client_min_messages = error\nmax_prepared_transactions = 10\n";
sub server
{
  my ($name, @options) = @_;
  my $node = PostgreSQL::Test::Cluster->new($name);
  $node->init(@options);
  $node->append_conf('postgresql.conf', $settings);
  # A cluster is known by the second in which it was made.
  sleep 2;
  return $node;
}

my $eldest = server('eldest');
my $primary = server('primary', allows_streaming => 'logical', has_archiving => 1);
my $younger = server('younger');
$_->start for $eldest, $primary, $younger;
# Its transactions have lower numbers than those of the next ones.
$eldest->safe_psql('postgres', 'SELECT 1');

sub tables
{
  my $node = shift;
  $node->safe_psql('postgres', join "\n", map {
    "CREATE TABLE by_$_ (id bigint PRIMARY KEY, customer text, at timestamptz DEFAULT clock_timestamp());" } @sources);
  return;
}

sub add
{
  my $node = shift;
  $node->safe_psql('postgres', <<'END');
CREATE EXTENSION clientele;
CALL clientele.create_store();
SELECT count(*) FROM clientele.add_source('key', 'by_key', '{"customer": "customer"}', 'at', '''e''', channel => '''key''', item => 'id::text');
SELECT count(*) FROM clientele.add_source('mark', 'by_mark', '{"customer": "customer"}', 'at', '''e''', channel => '''mark''', item => 'id::text',
  method => 'mark');
SELECT count(*) FROM clientele.add_source('cursor', 'by_cursor', '{"customer": "customer"}', 'at', '''e''', channel => '''cursor''', item => 'id::text',
  event_id => '''k'' || id', cursor => 'at', method => 'cursor', lateness => '1 day');
END
  return;
}

tables($primary);
insert($primary, 100);
add($primary);
insert($primary, 20);
exact($primary, 'the first server');

# 2^32 transactions later, and more.
$primary->stop;
command_ok([ 'pg_resetwal', '--epoch', 1, $primary->data_dir ], 'the numbers of transactions go on far above');
$primary->start;
like($primary->safe_psql('postgres', 'SELECT pg_current_xact_id()'), qr/^4\d{9}$/, 'they have more than 32 bits');
insert($primary, 20);
exact($primary, '2^32 transactions');
$primary->safe_psql('postgres', 'VACUUM FREEZE by_mark; VACUUM FULL by_key');
exact($primary, 'frozen');

# Rows that were not read, of transactions with gaps between them.
sub leave_unread
{
  my $node = shift;
  $node->safe_psql('postgres', join "\n", 'BEGIN;', (map { "INSERT INTO by_$_ (id, customer) VALUES (-1 - $rows, 'late');" } @sources),
    "PREPARE TRANSACTION 'late';");
  insert($node, 10);
  ingest($node);
  $node->safe_psql('postgres', "COMMIT PREPARED 'late'");
  insert($node, 10);
  $node->safe_psql('postgres', 'UPDATE clientele_data.source_progress SET swept_at = NULL');
  return;
}

leave_unread($primary);
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump.sql';
command_ok([ 'pg_dump', '-d', $primary->connstr('postgres'), '-f', $dump ], 'dumped');
for my $copy ([ $younger, 'restored into a younger cluster' ], [ $eldest, 'restored into an older cluster' ])
{
  my ($node, $what) = @$copy;
  command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $dump ], $what);
  insert($node, 10);
  exact($node, $what);
  insert($node, 10);
  exact($node, "$what, later");
}
# And on to a third cluster.
leave_unread($younger);
my $third = server('third');
$third->start;
command_ok([ 'bash', '-c', 'pg_dump -d "$0" | psql -Xq -v ON_ERROR_STOP=1 -d "$1"', $younger->connstr('postgres'), $third->connstr('postgres') ], 'restored again');
insert($third, 10);
exact($third, 'restored again');
is($third->safe_psql('postgres', "SELECT jsonb_array_length(seen) FROM clientele_data.source_progress WHERE seen <> '[]'"), 3, 'three clusters have been seen');
exact($primary, 'the original goes on');

# A point in time: what came later never happened.
$primary->backup('base');
leave_unread($primary);
$primary->safe_psql('postgres', "SELECT pg_create_restore_point('there')");
insert($primary, 30);
exact($primary, 'after the point');
$primary->safe_psql('postgres', 'SELECT pg_switch_wal()');
$primary->poll_query_until('postgres', 'SELECT pg_walfile_name(pg_current_wal_lsn()) > last_archived_wal OR last_archived_wal IS NOT NULL FROM pg_stat_archiver');
my $restored = PostgreSQL::Test::Cluster->new('restored');
$restored->init_from_backup($primary, 'base', has_restoring => 1);
$restored->append_conf('postgresql.conf', "recovery_target_name = 'there'\nrecovery_target_action = 'promote'\n");
$restored->start;
$restored->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
insert($restored, 10);
exact($restored, 'a point in time');
$restored->stop;

# A standby takes over while rows are unread and a transaction is open.
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
leave_unread($primary);
my $open = $primary->background_psql('postgres', on_error_stop => 0);
$open->query_safe('BEGIN');
$open->query_safe("INSERT INTO by_$_ (id, customer) VALUES (1000000, 'never')") for @sources;
$primary->safe_psql('postgres', join "\n", 'BEGIN;', (map { "INSERT INTO by_$_ (id, customer) VALUES (500000, 'prepared');" } @sources), "PREPARE TRANSACTION 'over';");
ingest($primary);
insert($primary, 10);
$primary->wait_for_catchup($standby);
my (undef, undef, $stderr) = $standby->psql('postgres', q(SELECT clientele.ingest_batch('mark')));
like($stderr, qr/read-only|recovery/, 'a standby ingests nothing');
$primary->stop('immediate');
eval { $open->quit };
$standby->promote;
insert($standby, 10);
ingest($standby);
$standby->safe_psql('postgres', "COMMIT PREPARED 'over'");
$standby->safe_psql('postgres', 'UPDATE clientele_data.source_progress SET swept_at = NULL');
exact($standby, 'a promoted standby');

# Logical replication into the tables of sources.
my $subscriber = server('subscriber');
$subscriber->start;
tables($subscriber);
add($subscriber);
my $publisher = server('publisher', allows_streaming => 'logical');
$publisher->start;
tables($publisher);
insert($publisher, 50);
$publisher->safe_psql('postgres', 'CREATE PUBLICATION all_of_them FOR TABLE by_key, by_mark, by_cursor');
$subscriber->safe_psql('postgres', 'CREATE SUBSCRIPTION s CONNECTION $c$' . $publisher->connstr('postgres') . '$c$ PUBLICATION all_of_them');
$subscriber->wait_for_subscription_sync($publisher, 's');
exact($subscriber, 'copied by logical replication');
insert($publisher, 50);
$publisher->wait_for_catchup('s');
exact($subscriber, 'followed by logical replication');
$publisher->safe_psql('postgres', "UPDATE by_mark SET customer = 'c1'; UPDATE by_key SET customer = 'c1'");
$publisher->wait_for_catchup('s');
exact($subscriber, 'updated by logical replication');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION s');

# pg_upgrade to this version, and to those that CLIENTELE_UPGRADE_TO names: the bin directories of servers that have the extension.
SKIP:
{
  my ($own) = grep { -x "$_/pg_upgrade" } split /:/, $ENV{PATH};
  skip 'pg_upgrade is not there', 1 unless $own;
  leave_unread($third);
  $third->stop;
  for my $bin ($own, split /:/, $ENV{CLIENTELE_UPGRADE_TO} // '')
  {
    my $version = `$bin/postgres --version` =~ s/\s+$//r;
    my $kept = $rows;
    # From 18 on a cluster has checksums unless an option says otherwise, and the old one has none.
    my @options = $version =~ /\) (\d+)/ && $1 >= 18 ? ('--no-data-checksums') : ();
    my $new = PostgreSQL::Test::Utils::tempdir;
    command_ok([ "$bin/initdb", '-D', "$new/data", '-U', (getpwuid($<))[0], '-A', 'trust', '--no-sync', @options ], "$version: initdb");
    append_to_file("$new/data/postgresql.conf", $settings . "unix_socket_directories = '$new'\nlisten_addresses = ''\nport = 65499\n");
    my $here = PostgreSQL::Test::Utils::tempdir;
    ok(!system("cd $here && $bin/pg_upgrade -b $own -B $bin -d " . $third->data_dir . " -D $new/data -s $here -p 65497 -P 65498 >$here/log 2>&1"),
      "$version: pg_upgrade") or diag slurp_file("$here/log");
    ok(!system("$bin/pg_ctl -D $new/data -l $new/log -w start >/dev/null"), "$version starts");
    my $upgraded = bless { port => 65499, host => $new, %$third{grep { !/^_?(port|host)$/ } keys %$third}, _port => 65499, _host => $new }, ref $third;
    insert($upgraded, 10);
    exact($upgraded, "$version: after pg_upgrade");
    system("$bin/pg_ctl -D $new/data -m fast -w stop >/dev/null");
    $rows = $kept;
  }
}

$_->stop for $eldest, $younger, $standby, $subscriber, $publisher;
done_testing();
