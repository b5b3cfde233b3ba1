# SPDX-License-Identifier: PostgreSQL
# What the tests of jobs share: a server with the library preloaded, stores, jobs that fall due once, and ways to wait for them.
package Jobs;
use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);

our @EXPORT = qw(jobs_server add_store misbehaving add_once wait_for last_run all_ended schedulers $patience);

# Seconds until a test gives up. What is waited for takes one or two on a machine that is not busy.
our $patience = $ENV{PG_TEST_TIMEOUT_DEFAULT} || 60;

sub jobs_server
{
  my ($name, $settings, @options) = @_;
  my $node = PostgreSQL::Test::Cluster->new($name);
  $node->init(@options);
  $node->append_conf('postgresql.conf', <<"END");
shared_preload_libraries = 'clientele'
restart_after_crash = on
max_connections = 40
shared_buffers = 16MB
max_worker_processes = 24
client_min_messages = error
log_statement = none
timezone = 'UTC'
$settings
END
  $node->start;
  return $node;
}

# A database with a store, and functions with which a job's command says what it did.
sub add_store
{
  my ($node, $database) = @_;
  $node->safe_psql('postgres', "CREATE DATABASE $database") if $database ne 'postgres';
  $node->safe_psql($database, <<'SQL');
CREATE EXTENSION clientele;
CALL clientele.create_store('UTC');
CREATE TABLE effects (job text, due timestamptz, attempt integer, run bigint, pid integer, what text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION effect(what text DEFAULT 'done') RETURNS bigint LANGUAGE sql BEGIN ATOMIC
  INSERT INTO public.effects (job, due, attempt, run, pid, what)
  SELECT j.name, r.due_at, r.attempt, r.run_id, r.pid, what
  FROM clientele_data.job_runs r JOIN clientele_data.jobs j USING (job_id) WHERE r.state = 'running' AND r.pid = pg_backend_pid()
  RETURNING run;
END;
CREATE PROCEDURE work(seconds double precision) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.effect('begun');
  COMMIT;
  PERFORM pg_sleep(seconds);
  PERFORM public.effect('done');
END
$$;
SQL
  return;
}

# The functions of misbehaving.c in this database.
my $module;
sub misbehaving
{
  my ($node, $database) = @_;
  if (!$module)
  {
    $module = PostgreSQL::Test::Utils::tempdir . '/misbehaving';
    my ($headers) = split /\n/, `pg_config --includedir-server`;
    PostgreSQL::Test::Utils::system_or_bail($ENV{CC} || 'gcc', '-shared', '-fPIC', '-O1', "-I$headers", '-o', "$module.so",
      "$ENV{CLIENTELE_TAP}/misbehaving.c");
  }
  $node->safe_psql($database, <<"END");
CREATE FUNCTION die_of(integer) RETURNS void STRICT LANGUAGE c AS '$module';
CREATE FUNCTION ignore_cancel(double precision) RETURNS void STRICT LANGUAGE c AS '$module';
CREATE FUNCTION exit_with(integer) RETURNS void STRICT LANGUAGE c AS '$module';
CREATE FUNCTION take_shared(text, integer) RETURNS void STRICT LANGUAGE c AS '$module';
END
  return;
}

# SQL that adds a job which falls due once, at once.
sub add_once
{
  my ($name, $command, $more) = @_;
  return "SELECT count(clientele.add_job('$name', \$job\$$command\$job\$, every => '1000 hours', starting => clock_timestamp()"
    . ($more ? ", $more" : '') . "));\n";
}

# wait_for($node, $database, $query, $what): until the query says t, also while the server comes up. One test.
sub wait_for
{
  my ($node, $database, $query, $what, $seconds) = @_;
  my $end = time + ($seconds || $patience);
  my ($status, $said, $error) = (1, '', '');
  while (1)
  {
    ($status, $said, $error) = $node->psql($database, $query);
    last if !$status && $said eq 't' || time > $end;
    usleep(100_000);
  }
  return ok(!$status && $said eq 't', $what) || diag("it said: $said $error\n", state_of($node, $database));
}

# What there is to see when something did not happen.
sub state_of
{
  my ($node, $database) = @_;
  my (undef, $said) = $node->psql($database, <<'END');
SELECT clientele.scheduler_state();
SELECT name, r.* FROM clientele_data.job_runs r JOIN clientele_data.jobs USING (job_id) ORDER BY run_id DESC LIMIT 25;
SELECT backend_type, datname, pid, application_name, state, wait_event, left(query, 60) FROM pg_stat_activity WHERE backend_type LIKE 'clientele%';
END
  return $said // '';
}

# last_run($node, $database, $name): state|sqlstate|attempt|message of its newest run
sub last_run
{
  my ($node, $database, $name) = @_;
  return $node->safe_psql($database, <<"END");
SELECT r.state, r.sqlstate, r.attempt, r.message FROM clientele_data.job_runs r JOIN clientele_data.jobs USING (job_id)
WHERE name = '$name' ORDER BY run_id DESC LIMIT 1
END
}

# Each of these jobs has a run, and none waits or runs.
sub all_ended
{
  my ($node, $database, @names) = @_;
  my $names = join ', ', map { "'$_'" } @names;
  return wait_for($node, $database, <<"END", 'they have all ended: ' . join(' ', @names));
SELECT count(DISTINCT name) FILTER (WHERE run_id IS NOT NULL) = ${\ scalar @names} AND count(*) FILTER (WHERE state IN ('waiting', 'running')) = 0
FROM clientele_data.jobs LEFT JOIN clientele_data.job_runs USING (job_id) WHERE name IN ($names)
END
}

# How many schedulers the database has, as SQL.
sub schedulers
{
  my ($database) = @_;
  return "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'clientele scheduler' AND datname = '$database')";
}

1;
