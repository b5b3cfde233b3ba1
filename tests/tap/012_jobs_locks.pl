# SPDX-License-Identifier: PostgreSQL
# Locks on the tables of jobs: what the command of a run has done is recorded and not done again.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

my $node = jobs_server('main', "clientele.max_workers = 10\ncheckpoint_timeout = 1h\n");
add_store($node, 'postgres');
sub sql { return $node->safe_psql('postgres', @_) }
sub until_true { return wait_for($node, 'postgres', @_) }

my $never = "max_retries => 0";
my $runs = 'clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)';

# A transaction that stays open.
sub open_transaction
{
  my $session = $node->background_psql('postgres', on_error_stop => 1);
  $session->query_safe('BEGIN');
  $session->query_safe($_) for @_;
  return $session;
}

sub close_transaction
{
  my $session = shift;
  $session->query_safe('ROLLBACK');
  return $session->quit;
}

# A command has ended, but its end cannot be recorded: neither its maximum run time nor SIGTERM makes anything else of it.
my %worker;
for my $name ('late', 'terminated')
{
  sql(add_once($name, "INSERT INTO effects (job) SELECT '$name' FROM pg_sleep(3)", q(max_run_time => '4 seconds', retry_delay => '1 second')));
  until_true("SELECT count(*) = 1 FROM $runs WHERE name = '$name' AND state = 'running'", "$name: a run is in progress");
  $worker{$name} = sql("SELECT pid FROM $runs WHERE name = '$name'");
}
my $begun = time;
my $locker = open_transaction('LOCK clientele_data.job_runs');
until_true("SELECT count(*) = 2 FROM effects WHERE job IN ('late', 'terminated')", 'the commands have ended');
sql("SELECT pg_terminate_backend($worker{terminated})");
until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $worker{terminated}", 'the one that was terminated ends in time');
usleep(100_000) while time < $begun + 12;
is(sql("SELECT count(*) FROM pg_stat_activity WHERE pid = $worker{late}"), 1, 'the other one waits, whatever its maximum run time is');
close_transaction($locker);
all_ended($node, 'postgres', 'late', 'terminated');
usleep(2_000_000);
is(sql("SELECT state, rows, sqlstate, message, attempt FROM $runs WHERE name = '$_'"), 'succeeded|1|||1', "$_: has succeeded, once") for 'late', 'terminated';
is(sql("SELECT count(*) FROM effects WHERE job = '$_'"), 1, "$_: has been done once") for 'late', 'terminated';

$node->stop;
done_testing();
