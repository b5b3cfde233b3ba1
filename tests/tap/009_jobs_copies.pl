# SPDX-License-Identifier: PostgreSQL
# On a standby no job runs, and after its promotion all of them do. A restored dump has the jobs, and runs none until resume_jobs().
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

my $primary = jobs_server('primary', "checkpoint_timeout = 1h\nhot_standby_feedback = off\n", allows_streaming => 1);
add_store($primary, 'postgres');
$primary->safe_psql('postgres', <<'END');
ALTER TABLE effects ADD server text DEFAULT current_setting('cluster_name');
ALTER SYSTEM SET cluster_name = 'primary';
SELECT count(clientele.add_job('tick', 'SELECT effect()', every => '1 second'));
SELECT count(clientele.add_job('long', 'SELECT pg_sleep(1000)', every => '1 second', max_retries => 0));
SELECT count(clientele.add_job('nightly', 'SELECT 1', schedule => '30 3 * * mon-fri', time_zone => 'Asia/Shanghai', jitter => '5 minutes'));
SELECT count(clientele.add_job('then', 'SELECT effect()', after => '{nightly}'));
SELECT clientele.pause_job('then');
END
$primary->restart;
wait_for($primary, 'postgres', q(SELECT count(*) > 0 FROM effects WHERE server = 'primary'), 'the jobs run');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
unlink $standby->data_dir . '/postgresql.auto.conf';
$standby->append_conf('postgresql.conf', "cluster_name = 'standby'\n");
$standby->enable_streaming($primary);
$standby->start;
$primary->wait_for_catchup($standby);
usleep(1_200_000);
is($standby->safe_psql('postgres', q(SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'clientele%')), 0,
  'a standby has no processes for jobs');
like($standby->safe_psql('postgres', 'SELECT clientele.scheduler_state()'), qr/standby/, 'and says why');
like($standby->safe_psql('postgres', q(SELECT string_agg(j::text, ' ') FROM clientele_bi.job_status j)), qr/tick/, 'job_status can be read');
my (undef, undef, $error) = $standby->psql('postgres', q(CALL clientele.run_job('tick')));
like($error, qr/read-only|recovery/, 'run_job() is refused');

# The dump is of a database at work.
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump.sql';
command_ok([ 'pg_dump', '-d', $primary->connstr('postgres'), '-f', $dump ], 'a dump of a database at work');

$primary->wait_for_catchup($standby);
$primary->stop('immediate');
my $promoted = time;
$standby->promote;
wait_for($standby, 'postgres', q(SELECT count(*) > 0 FROM effects WHERE server = 'standby'), 'after promotion the jobs run by themselves');
is($standby->safe_psql('postgres', "SELECT count(*) FROM effects WHERE server = 'standby' AND at < to_timestamp($promoted)"), 0, 'and none ran before');
is($standby->safe_psql('postgres', q(SELECT count(*) FROM (SELECT FROM effects GROUP BY job, due, attempt HAVING count(*) > 1) x)), 0, 'none is run twice');
wait_for($standby, 'postgres', q(SELECT string_agg(state, ' ' ORDER BY run_id) LIKE 'crashed %running'
  FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'long'), 'the run that the primary was at has crashed');
is($standby->safe_psql('postgres', q(SELECT count(*) FROM clientele_data.job_runs WHERE state = 'running' AND NOT clientele.process_lives(pid, process_start))), 0,
  'nothing runs for ever');

# Copies, in another cluster and beside the original.
my $definitions = 'SELECT name, command, schedule, every, time_zone, starting, jitter, missed, max_run_time, max_retries, retry_delay, retry_cap, paused,
  owner, (SELECT string_agg(a.name, $$,$$) FROM clientele_data.jobs a WHERE a.job_id = ANY (j.after_ids)) FROM clientele_data.jobs j ORDER BY name';
my $there = $standby->safe_psql('postgres', $definitions);
my $far = jobs_server('far', '');
for my $copy ([ $far, 'in another cluster' ], [ $standby, 'in the same cluster' ])
{
  my ($node, $where) = @$copy;
  $node->safe_psql('postgres', 'CREATE DATABASE copy');
  command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('copy'), '-f', $dump ], "restored $where");
  is($node->safe_psql('copy', $definitions), $there, "$where: the jobs are there");
  my $kept = $node->safe_psql('copy', 'SELECT count(*) FROM clientele_data.job_runs');
  like($kept, qr/^[1-9]/, "$where: with their runs");
  wait_for($node, 'copy', q(SELECT clientele.scheduler_state() LIKE 'copy%resume_jobs()%'), "$where: it is known to be a copy");
  like($node->safe_psql('copy', q(SELECT string_agg(j::text, ' ') FROM clientele_bi.job_status j)), qr/resume_jobs/, "$where: job_status says so");
  usleep(1_200_000);
  is($node->safe_psql('copy', 'SELECT count(*) FROM clientele_data.job_runs'), $kept, "$where: nothing runs");
  my $now = time;
  $node->safe_psql('copy', 'SELECT clientele.resume_jobs()');
  wait_for($node, 'copy', "SELECT count(*) > 0 FROM effects WHERE at > to_timestamp($now)", "$where: until resume_jobs()");
  is($node->safe_psql('copy', "SELECT count(*) FROM clientele_data.job_runs WHERE queued_at > to_timestamp($now) AND (missed > 0 OR due_at < to_timestamp($now))"),
    0, "$where: what fell due in the mean time is not caught up");
  is($node->safe_psql('copy', q(SELECT paused FROM clientele_data.jobs WHERE name = 'then')), 't', "$where: what was paused stays so");
}
my $now = time;
wait_for($standby, 'postgres', "SELECT count(*) > 0 FROM effects WHERE at > to_timestamp($now)", 'the original goes on');

$_->stop for $standby, $far;
done_testing();
