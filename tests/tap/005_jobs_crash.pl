# SPDX-License-Identifier: PostgreSQL
# Workers, schedulers, the launcher and the server are killed at any moment. Afterwards no run is running for ever, each that was cut off is
# recorded as crashed, the schedule goes on, and nothing was run twice.
# CLIENTELE_CRASHES says how often; it is 6 without, 100 with CLIENTELE_LONG.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

my $crashes = $ENV{CLIENTELE_CRASHES} || ($ENV{CLIENTELE_LONG} ? 100 : 6);
my $seed = $ENV{CLIENTELE_SEED} || 1 + int(rand(1_000_000));
srand($seed);
note "seed $seed (CLIENTELE_SEED repeats it), $crashes crashes";

my $node = jobs_server('main', "clientele.max_workers = 8\ncheckpoint_timeout = 1h\n");
my %jobs = (postgres => [qw(quick brief long behind)], second => [qw(elsewhere)]);
add_store($node, $_) for sort keys %jobs;
$node->safe_psql('postgres', <<'END');
SELECT count(clientele.add_job('quick', 'SELECT effect()', every => '1 second'));
SELECT count(clientele.add_job('brief', 'CALL work(0.3)', every => '1 second', missed => 'skip', retry_delay => '100 milliseconds'));
SELECT count(clientele.add_job('long', 'CALL work(2.5)', every => '2 seconds', retry_delay => '1 second', max_retries => 2));
SELECT count(clientele.add_job('behind', 'CALL work(0.1)', after => '{quick,brief}', retry_delay => '500 milliseconds'));
END
$node->safe_psql('second', q(SELECT count(clientele.add_job('elsewhere', 'CALL work(0.2)', every => '1 second'))));

# The run that a process was at, if it was at one.
sub run_of
{
  my $pid = shift;
  return $node->safe_psql('postgres', "SELECT run_id FROM clientele_data.job_runs WHERE state = 'running' AND pid = $pid");
}

sub gone
{
  my @pids = @_;
  for (1 .. 600)
  {
    return 1 if !grep { kill 0, $_ } @pids;
    usleep(10_000);
  }
  return 0;
}

# Kills one process, from which the server recovers by itself. Returns the run that it was at.
sub kill_one
{
  my $type = shift;
  my $pid = '';
  for (1 .. 100)
  {
    $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'clientele $type' ORDER BY random() LIMIT 1");
    last if $pid;
    usleep(20_000);
  }
  return if !$pid;
  # So that what it is at stays the same while it is looked up.
  return if !kill 'STOP', $pid;
  my $run = $type eq 'worker' ? run_of($pid) : '';
  kill 'KILL', $pid;
  gone($pid);
  return $run;
}

# The server goes down with all of its processes, which are stopped first so that none can do anything at the sight of it.
sub kill_all
{
  my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  kill 'STOP', $postmaster;
  my @all = split ' ', `ps -o pid= --ppid $postmaster`;
  kill 'KILL', @all, $postmaster;
  gone($postmaster, @all);
  start_again();
  return '';
}

# The server alone goes down: its processes must notice.
sub kill_postmaster
{
  my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  my @all = split ' ', `ps -o pid= --ppid $postmaster`;
  kill 'KILL', $postmaster;
  gone($postmaster, @all) or BAIL_OUT('processes go on without their server');
  start_again();
  return '';
}

sub start_again
{
  $node->{_pid} = undef;
  unlink $node->data_dir . '/postmaster.pid';
  return $node->start;
}

my %ways = (
  worker => sub { kill_one('worker') },
  scheduler => sub { kill_one('scheduler') },
  launcher => sub { kill_one('launcher') },
  'server and all' => \&kill_all,
  'server alone' => \&kill_postmaster,
  immediate => sub { $node->stop('immediate'); $node->start; '' },
);

sub list { return join ', ', map { "'$_'" } @_ }

# Every job with a schedule of its own runs again. The long one has begun, the others have succeeded; those behind others follow.
sub goes_on
{
  my ($since, $what) = @_;
  for my $database (sort keys %jobs)
  {
    wait_for($node, $database, <<"END", "$what: the schedule of $database goes on");
SELECT count(DISTINCT name) FILTER (WHERE state = 'succeeded' OR name = 'long') = ${\ scalar @{$jobs{$database}}}
FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE kind IN ('schedule', 'retry') AND started_at > to_timestamp($since)
END
    # What ended with the server has no process any more, and says so.
    wait_for($node, $database, <<"END", "$what: nothing runs for ever in $database");
SELECT count(*) = 0 FROM clientele_data.job_runs
WHERE state = 'running' AND (started_at < to_timestamp($since) OR NOT clientele.process_lives(pid, process_start))
END
  }
  return;
}

goes_on(0, 'at first');
my (@order, %cut);
for my $round (1 .. $crashes)
{
  # Each way once in six rounds.
  @order = sort { $a->[1] <=> $b->[1] } map { [ $_, rand ] } sort keys %ways if !@order;
  my $way = shift(@order)->[0];
  usleep(50_000 + int(rand(1_200_000)));
  my $run = $ways{$way}->() // '';
  my $since = time;
  $cut{$run} = 1 if $run ne '';
  goes_on($since, "round $round, $way");
  last if !Test::More->builder->is_passing;
}

# The last runs end.
for my $database (sort keys %jobs)
{
  $node->safe_psql($database, 'SELECT clientele.pause_jobs()');
  wait_for($node, $database, q(SELECT count(*) = 0 FROM clientele_data.job_runs WHERE state IN ('waiting', 'running')), "$database: all have ended");

  is($node->safe_psql($database, <<'END'), '', "$database: no run is done twice");
SELECT job, due, attempt, count(*) FROM effects GROUP BY 1, 2, 3, what HAVING count(*) > 1 ORDER BY 1, 2
END
  is($node->safe_psql($database, <<'END'), '', "$database: runs at which work was done are recorded, and as what they were");
SELECT e.*, r.state
FROM (SELECT run, job, bool_or(what = 'done') AS done FROM effects GROUP BY 1, 2) e LEFT JOIN clientele_data.job_runs r ON r.run_id = e.run
WHERE CASE WHEN e.done THEN r.state IN ('succeeded', 'crashed') ELSE r.state = 'crashed' END IS NOT TRUE
END
  is($node->safe_psql($database, <<'END'), '', "$database: what succeeded was done");
SELECT r.* FROM clientele_data.job_runs r WHERE r.state = 'succeeded' AND NOT EXISTS (SELECT FROM effects e WHERE e.run = r.run_id AND e.what = 'done')
END
  is($node->safe_psql($database, <<'END'), '', "$database: every run ended as it can end here");
SELECT r.* FROM clientele_data.job_runs r
WHERE r.state NOT IN ('succeeded', 'crashed', 'skipped') AND NOT (r.state = 'failed' AND r.message LIKE '%did not start%')
   OR r.ended_at IS NULL OR r.started_at > r.ended_at OR r.queued_at > r.started_at
   OR r.state = 'crashed' AND (r.message IS NULL OR r.pid IS NULL)
END
  is($node->safe_psql($database, <<'END'), '', "$database: runs of one job never overlap");
SELECT a.run_id, b.run_id FROM clientele_data.job_runs a JOIN clientele_data.job_runs b USING (job_id)
WHERE a.run_id < b.run_id AND b.started_at < a.ended_at AND a.state <> 'crashed' AND a.started_at IS NOT NULL
END
  # A run due at one time that has attempts 1 and 2 stands once for it.
  is($node->safe_psql($database, <<'END'), '', "$database: no time of a schedule has two runs");
SELECT job_id, due_at, count(*) FROM clientele_data.job_runs WHERE kind = 'schedule' GROUP BY 1, 2 HAVING count(*) > 1
END
}
my $killed = join ', ', sort keys %cut;
note "killed in their work: $killed";
is($node->safe_psql('postgres', "SELECT count(*) FROM clientele_data.job_runs WHERE run_id IN ($killed) AND state <> 'crashed'"), 0,
  'runs whose process was killed have crashed') if $killed && keys %cut;
like($node->safe_psql('postgres', q(SELECT count(*) FROM clientele_data.job_runs WHERE state = 'crashed')), qr/^[1-9]/, 'some have crashed');

$node->stop;
done_testing();
