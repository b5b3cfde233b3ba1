# SPDX-License-Identifier: PostgreSQL
# Schedulers come and go with their databases, and are in no statement's way. Without the library preloaded everything but the schedule
# works.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

my $node = jobs_server('main', "max_worker_processes = 16\nallow_in_place_tablespaces = on\ncheckpoint_timeout = 1h\n");
sub sql { return $node->safe_psql('postgres', @_) }
sub until_true { return wait_for($node, 'postgres', @_) }

sub add_tick
{
  my $database = shift;
  return $node->safe_psql($database, q(SELECT count(clientele.add_job('tick', 'SELECT effect()', every => '1 second'))));
}

# A new run has succeeded since now.
sub works
{
  my ($database, $what) = @_;
  my $now = time;
  return wait_for($node, $database, "SELECT count(*) > 0 FROM effects WHERE job = 'tick' AND due > to_timestamp($now)", $what);
}

# A statement that must succeed though there is a scheduler, and in less time than PostgreSQL waits for others to leave.
sub succeeds
{
  my ($statement, $what) = @_;
  my $begun = time;
  my ($status, undef, $error) = $node->psql('postgres', $statement);
  my $seconds = time - $begun;
  return ok(!$status && $seconds < 5, $what) || diag("$seconds s: $error");
}

until_true(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'clientele launcher'), 'there is a launcher');
sql('CREATE DATABASE shop');
is(sql('SELECT ' . schedulers('shop')), 0, 'a database without the extension has no scheduler');
$node->safe_psql('shop', 'CREATE EXTENSION clientele');
$node->safe_psql('shop', 'DROP EXTENSION clientele');
sql('DROP DATABASE shop');
add_store($node, 'shop');
until_true('SELECT ' . schedulers('shop') . ' = 0', 'nor has one without a job');
add_tick('shop');
works('shop', 'the first job brings the scheduler');
is(sql('SELECT ' . schedulers('shop')), 1, 'there is one');

$node->safe_psql('shop', 'ALTER EXTENSION clientele UPDATE');
works('shop', 'ALTER EXTENSION UPDATE changes nothing');

# DROP EXTENSION waits for runs in progress, and ends the scheduler.
$node->safe_psql('shop', add_once('slow', 'CALL work(2)'));
wait_for($node, 'shop', q(SELECT count(*) = 1 FROM effects WHERE job = 'slow'), 'a run is in progress');
$node->safe_psql('shop', 'DROP EXTENSION clientele CASCADE');
is($node->safe_psql('shop', q(SELECT string_agg(what, ' ' ORDER BY at) FROM effects WHERE job = 'slow')), 'begun done', 'DROP EXTENSION waits for runs');
is($node->safe_psql('shop', q(SELECT state FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'slow')), 'succeeded',
  'and lets them record their end');
until_true('SELECT ' . schedulers('shop') . ' = 0', 'and the scheduler leaves');
$node->safe_psql('shop', q(DROP TABLE effects CASCADE; DROP PROCEDURE work; DROP SCHEMA clientele_data, clientele_bi CASCADE));
sql('DROP DATABASE shop');

# Statements that need a database for themselves.
add_store($node, 'shop');
add_tick('shop');
works('shop', 'another shop');
sql("CREATE TABLESPACE place LOCATION ''");
succeeds('ALTER DATABASE shop RENAME TO store', 'RENAME');
works('store', 'the schedule goes on after RENAME');
succeeds('ALTER DATABASE store SET TABLESPACE place', 'SET TABLESPACE');
works('store', 'the schedule goes on after SET TABLESPACE');
succeeds('CREATE DATABASE twin TEMPLATE store', 'TEMPLATE');
works('store', 'the schedule goes on after TEMPLATE');
my $runs = $node->safe_psql('twin', 'SELECT count(*) FROM effects');
# The twin is a copy: nothing may run in it.
like($node->safe_psql('twin', 'SELECT clientele.scheduler_state()'), qr/resume_jobs|starting/, 'a copy waits for resume_jobs()');

# Those that fail bring the scheduler back.
for my $statement ('ALTER DATABASE store RENAME TO postgres', 'ALTER DATABASE store SET TABLESPACE pg_global', 'CREATE DATABASE twin TEMPLATE store')
{
  my ($status) = $node->psql('postgres', $statement);
  ok($status, "$statement fails");
  works('store', 'and the schedule goes on');
}
my ($status) = $node->psql('postgres', 'BEGIN; ALTER DATABASE store RENAME TO elsewhere; ROLLBACK');
ok(!$status, 'RENAME is rolled back');
works('store', 'and the schedule goes on');
is($node->safe_psql('twin', 'SELECT count(*) FROM effects'), $runs, 'nothing has run in the copy');
like($node->safe_psql('twin', 'SELECT clientele.scheduler_state()'), qr/resume_jobs/, 'as it waits for resume_jobs()');
$node->safe_psql('twin', 'SELECT clientele.resume_jobs()');
works('twin', 'until it is called');

# Some that are dropped while runs are in progress: PostgreSQL refuses, as it does because of any session.
$node->safe_psql('twin', add_once('slow', 'CALL work(1000)'));
wait_for($node, 'twin', q(SELECT count(*) = 1 FROM effects WHERE job = 'slow'), 'a run is in progress');
(undef, undef, my $error) = $node->psql('postgres', 'DROP DATABASE twin');
like($error, qr/being accessed by other users/, 'DROP DATABASE is refused because of the run');
works('twin', 'and the schedule goes on');
succeeds('DROP DATABASE twin WITH (FORCE)', 'DROP DATABASE WITH (FORCE) ends it');

# A database whose jobs are locked up for a while, and processes that an administrator ends.
my $locker = $node->background_psql('store', on_error_stop => 0);
$locker->query_safe('BEGIN');
$locker->query_safe('LOCK clientele_data.jobs, clientele_data.job_runs');
usleep(1_200_000);
$locker->query_safe('COMMIT');
works('store', 'a lock on the tables holds the jobs up, and no longer than it lasts');
$locker->quit;
sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type IN ('clientele launcher', 'clientele scheduler')));
works('store', 'launcher and scheduler start again when they were terminated');

# Without the library preloaded.
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
is(sql(q(SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'clientele%')), 0, 'without preloading there are no processes');
$node->safe_psql('store', q(SELECT clientele.add_job('by hand', 'SELECT effect()', schedule => '* * * * *')));
$node->safe_psql('store', q(CALL clientele.run_job('by hand')));
is($node->safe_psql('store', q(SELECT count(*) FROM effects WHERE job = 'by hand')), 1, 'run_job() works');
is($node->safe_psql('store', q(SELECT state FROM clientele_data.job_runs ORDER BY run_id DESC LIMIT 1)), 'succeeded', 'and its run is recorded');
like($node->safe_psql('store', 'SELECT clientele.scheduler_state()'), qr/^not preloaded.*shared_preload_libraries/, 'how to set it is said');
like($node->safe_psql('store', q(SELECT string_agg(j::text, ' ') FROM clientele_bi.job_status j)), qr/preload/, 'by job_status, too');
(undef, undef, $error) = $node->psql('store', q(SET client_min_messages = notice; SELECT clientele.add_job('one more', 'SELECT 1', every => '1 day')));
like($error, qr/shared_preload_libraries/, 'and by add_job()');
is($node->safe_psql('store', q(SELECT count(*) FROM clientele.next_runs('0 4 * * *', 'Europe/Berlin', n => 3))), 3, 'next_runs() works');
$node->safe_psql('store', q(SELECT clientele.pause_job('tick'); SELECT clientele.resume_job('tick'); SELECT clientele.drop_job('by hand')));

# The launcher starts a few schedulers at a time.
for my $name (map { "store_$_" } 1 .. 4)
{
  sql("CREATE DATABASE $name TEMPLATE store");
  $node->safe_psql($name, 'SELECT clientele.resume_jobs()');
}
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'clientele'\n");
$node->restart;
wait_for($node, 'postgres', q(SELECT count(*) = 5 FROM pg_stat_activity WHERE backend_type = 'clientele scheduler'), 'all databases get their schedulers', 30);
works('store', 'with it the schedule goes on');
succeeds("DROP DATABASE $_", "DROP DATABASE $_") for 'store', map { "store_$_" } 1 .. 4;
until_true(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type LIKE 'clientele%'), 'only the launcher is left');
$node->stop;
done_testing();
