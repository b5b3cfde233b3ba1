# SPDX-License-Identifier: PostgreSQL
# What clientele.progress shows lives in shared memory: it is there with and without shared_preload_libraries, and goes with a
# process that is killed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Jobs;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nlog_min_messages = fatal\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION clientele');
my $shown = 'SELECT pid FROM clientele.progress';

# A session that does a task for a minute; returns its psql.
sub begin_task
{
  my ($task) = @_;
  open my $psql, '|-', 'psql', '-Xq', '-o', '/dev/null', '-d', $node->connstr('postgres') or die "psql: $!";
  print $psql "BEGIN; SELECT clientele.begin_progress('$task', 3), clientele.report_progress('first', 1, 3); SELECT pg_sleep(60);\n";
  $psql->flush;
  return $psql;
}

# The answer, also while the server starts again.
sub answer
{
  my ($query) = @_;
  for (1 .. 300)
  {
    my ($status, $out) = $node->psql('postgres', $query, on_error_die => 0);
    return $out if $status == 0;
    usleep(100_000);
  }
  return 'no answer';
}

sub pid_shown
{
  for (1 .. 300)
  {
    my $pid = answer($shown);
    return $pid if $pid =~ /^\d+$/;
    usleep(50_000);
  }
  return 0;
}

for my $preloaded (0, 1)
{
  my $how = $preloaded ? 'preloaded' : 'not preloaded';
  if ($preloaded)
  {
    $node->append_conf('postgresql.conf', "shared_preload_libraries = 'clientele'\nclientele.databases = ''\n");
    $node->restart;
    is(answer("SELECT count(*) FROM pg_shmem_allocations WHERE name = 'clientele progress 1'"), 1, "$how: made when the server starts");
  }
  is(answer('SELECT count(*) FROM clientele.progress'), 0, "$how: nothing is shown");
  my $psql = begin_task('doomed');
  my $pid = pid_shown();
  ok($pid, "$how: the task is shown");
  is(answer("SELECT task || ', ' || phase || ', ' || done || ' of ' || total FROM clientele.progress"), 'doomed, first, 1 of 3', "$how: what it does");
  is(answer("SELECT allocated_size < 16384 FROM pg_shmem_allocations WHERE name = 'clientele progress 1'"), 't', "$how: it is small");
  my $start = answer('SELECT pg_postmaster_start_time()');
  kill 'KILL', $pid;
  {
    local $SIG{PIPE} = 'IGNORE';
    close $psql;
  }
  is(answer('SELECT count(*) FROM clientele.progress'), 0, "$how: nothing is left of a process that was killed");
  is(answer('SELECT pg_postmaster_start_time()'), $start, "$how: the server has begun again without a restart");
  $psql = begin_task('next');
  $pid = pid_shown();
  ok($pid, "$how: another task is shown");
  answer("SELECT pg_terminate_backend($pid, 5000)");
  close $psql;
  is(answer('SELECT count(*) FROM clientele.progress'), 0, "$how: nothing is left of a session that was ended");
}

# Without room, tasks do their work unseen: the piece has been made with another size, as by another version of the library; then
# PostgreSQL's reserve is used up.
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
misbehaving($node, 'postgres');
for my $how ("SELECT take_shared('clientele progress 1', 64)", "SELECT take_shared('all ' || n, 4096) FROM generate_series(1, 100000) n")
{
  $node->restart;
  $node->psql("postgres", $how);
  my $report = "SELECT clientele.report_progress('first', 1, 3) IS NOT NULL, (SELECT count(*) FROM clientele.progress)";
  is($node->safe_psql('postgres', "BEGIN; SELECT clientele.begin_progress('unseen') IS NOT NULL; $report; $report; COMMIT"), "t\nt|0\nt|0",
    "no room: $how");
  # A lock that was kept would stop the next session, and one that held interrupts up would let this one run on.
  is($node->safe_psql('postgres', $report), 't|0', 'another session goes on');
  my (undef, undef, $why) = $node->psql('postgres', "SELECT count(*) FROM clientele.progress; SET statement_timeout = 100; SELECT pg_sleep(20)");
  like($why, qr/canceling statement/, 'and can be cancelled');
}
$node->stop;
done_testing();
