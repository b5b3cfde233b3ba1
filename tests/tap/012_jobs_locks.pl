# SPDX-License-Identifier: PostgreSQL
# Locks on the tables of jobs, and errors of their triggers: what the command of a run has done is recorded and not done again, and the
# other jobs run on time.
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

# The job of each second goes on: five runs in the next ten seconds.
sub ticks
{
  my $what = shift;
  my $now = time;
  return until_true("SELECT count(*) >= 5 FROM effects WHERE job = 'tick' AND at > to_timestamp($now)", $what, 10);
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

# Runs that are to be withdrawn, and are locked.
sql(q(SELECT clientele.add_job('paused ' || n, 'SELECT 1', every => '1 hour') FROM generate_series(1, 4) n));
sql(q(SELECT clientele.pause_job('paused ' || n) FROM generate_series(1, 4) n));
sql(q(SELECT clientele.add_job('tick', 'SELECT effect()', every => '1 second')));
ticks('a job runs each second');
# No scheduler reads them before they are locked.
$locker = open_transaction(q(INSERT INTO clientele_data.job_runs (job_id, kind, state) SELECT job_id, 'manual', 'waiting' FROM clientele_data.jobs WHERE paused),
  'COMMIT; BEGIN', q(SELECT count(*) FROM (SELECT 1 FROM clientele_data.job_runs WHERE state = 'waiting' FOR UPDATE) r));
sql('SELECT clientele.wake_scheduler()');
usleep(1_000_000);
ticks('locked runs of jobs that are paused do not hold up others');
close_transaction($locker);
until_true("SELECT count(*) = 0 FROM $runs WHERE state = 'waiting' AND name LIKE 'paused %'", 'they are withdrawn later');

# Runs whose row another transaction makes an active one.
sql('SELECT ' . join(', ', map { "clientele.drop_job('$_')" } 'tick', map { "paused $_" } 1 .. 4));
sql(q(SELECT clientele.add_job('blocked ' || n, 'SELECT effect()', every => '1 second') FROM generate_series(1, 4) n));
sql(q(SELECT clientele.add_job('tick', 'SELECT effect()', every => '1 second')));
until_true("SELECT count(DISTINCT name) = 4 FROM $runs WHERE state = 'succeeded' AND name LIKE 'blocked %'", 'four other jobs run');
$locker = open_transaction(q(UPDATE clientele_data.job_runs SET state = 'waiting', ended_at = NULL WHERE run_id IN (SELECT min(run_id)
  FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name LIKE 'blocked %' GROUP BY job_id)));
usleep(8_000_000);
ticks('nor do jobs whose runs cannot be queued');
close_transaction($locker);
my $now = time;
until_true("SELECT count(DISTINCT job) = 4 FROM effects WHERE job LIKE 'blocked %' AND at > to_timestamp($now)", 'these run later', 20);
sql('SELECT ' . join(', ', map { "clientele.drop_job('blocked $_')" } 1 .. 4));

# Errors that say something else for each job.
sql(q(CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'job % is refused', NEW.job_id; END $$));
sql(q(SELECT format('CREATE TRIGGER refuse BEFORE INSERT ON clientele_data.job_runs FOR EACH ROW WHEN (NEW.job_id <> %s) EXECUTE FUNCTION refuse()',
  job_id) FROM clientele_data.jobs WHERE name = 'tick' \gexec));
my $logged = -s $node->logfile;
sql(q(SELECT clientele.add_job('refused ' || n, 'SELECT 1', every => '1 second') FROM generate_series(1, 100) n));
usleep(3_000_000);
ticks('nor do errors');
like(sql('SELECT clientele.scheduler_state()'), qr/^failed: job \d+ is refused$/, 'scheduler_state() says them');
my $lines = () = slurp_file($node->logfile, $logged) =~ /tries again after an error/g;
is($lines, 1, 'the log says one of them');
sql('DROP TRIGGER refuse ON clientele_data.job_runs');
until_true("SELECT count(DISTINCT name) = 100 FROM $runs WHERE name LIKE 'refused %'", 'they run when there is no error any more', 30);
until_true(q(SELECT clientele.scheduler_state() = 'running'), 'and all is well');
sql(q(DELETE FROM clientele_data.jobs WHERE name LIKE 'refused %'));

# Limits of runs whose job has gone, and of a database that has no schedule any more.
sql(add_once($_, 'CALL work(1000)', "max_run_time => '6 seconds', $never")) for 'dropped', 'unlisted';
until_true(q(SELECT count(*) = 2 FROM effects WHERE job IN ('dropped', 'unlisted')), 'two runs are in progress');
my $dropped = sql(q(SELECT pid FROM effects WHERE job = 'dropped'));
sql(q(DELETE FROM clientele_data.jobs WHERE name = 'dropped'));
sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'clientele scheduler'));
ticks('another scheduler takes over');
until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $dropped", 'it ends a run whose job has gone', 15);
all_ended($node, 'postgres', 'unlisted');
like(last_run($node, 'postgres', 'unlisted'), qr/^timed_out/, 'and the other one');

sql(add_once('unlisted too', 'CALL work(1000)', "max_run_time => '4 seconds', $never"));
until_true(q(SELECT count(*) = 1 FROM effects WHERE job = 'unlisted too'), 'a run is in progress');
$node->append_conf('postgresql.conf', "clientele.databases = ''\n");
$node->reload;
usleep(2_000_000);
$now = time;
until_true('SELECT ' . schedulers('postgres') . ' = 0', 'the scheduler leaves a database that is not listed', 15);
like(last_run($node, 'postgres', 'unlisted too'), qr/^timed_out/, 'when the run in progress has reached its limit');
is(sql("SELECT count(*) FROM effects WHERE job = 'tick' AND at > to_timestamp($now)"), 0, 'and starts nothing until then');

$node->stop;
done_testing();
