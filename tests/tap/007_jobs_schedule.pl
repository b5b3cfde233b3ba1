# SPDX-License-Identifier: PostgreSQL
# What starts when: retries, jobs after others, times missed, limits on what runs at once, settings that change, notifications.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

# Launcher, scheduler, the server's own launcher of logical replication, and five more.
my $node = jobs_server('main', "clientele.max_workers = 20\nmax_worker_processes = 8\ncheckpoint_timeout = 1h\n");
add_store($node, 'postgres');
sub sql { return $node->safe_psql('postgres', @_) }
sub until_true { return wait_for($node, 'postgres', @_) }
sub last_of { return last_run($node, 'postgres', @_) }

sub set
{
  my ($name, $value) = @_;
  sql("ALTER SYSTEM SET $name = $value");
  $node->reload;
  return;
}

my $listener = $node->background_psql('postgres', on_error_stop => 0);
$listener->query_safe('LISTEN failures');

# Retries. The wait before the first is one second, before the others two.
sql(add_once('retried', 'SELECT 1 / 0', "max_retries => 3, retry_delay => '1 second', retry_cap => '2 seconds', notify => 'failures'")
  . add_once('not retried', 'SELECT no_such_function()', "retry_delay => '1 second'")
  . 'CREATE SEQUENCE tries;'
  . add_once('recovers', q(DO $$BEGIN IF nextval('tries') < 2 THEN RAISE EXCEPTION 'not yet'; END IF; END$$), "retry_delay => '1 second'"));

# Jobs after others: a and b never fall due by themselves.
my $far = "every => '1000 hours', starting => now() + interval '900 hours'";
sql(<<"END");
SELECT count(clientele.add_job(name, 'SELECT effect()', $far)) FROM unnest('{a,b}'::text[]) name;
SELECT count(clientele.add_job('c', 'SELECT effect()', after => '{a,b}'));
SELECT count(clientele.add_job('d', 'SELECT effect()', after => '{c}'));
SELECT count(clientele.add_job('fails', 'SELECT 1 / 0', $far));
SELECT count(clientele.add_job('e', 'SELECT effect()', after => '{fails}'));
END
sql(q(CALL clientele.run_job('a')));
my (undef, undef, $error) = $node->psql('postgres', q(CALL clientele.run_job('fails')));
like($error, qr/division by zero/, 'run_job() shows the error of the command');
is(sql(q(SELECT string_agg(name || ' ' || kind || ' ' || state, ', ' ORDER BY name) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)
  WHERE name IN ('a', 'b', 'c', 'd', 'e', 'fails'))), 'a manual succeeded, fails manual failed', 'runs in the foreground are recorded');
sql(q(CALL clientele.run_job('b')));
until_true(q(SELECT count(*) = 1 FROM effects WHERE job = 'd'), 'one after another');
is(sql(<<'END'), 't', 'due when the last of those before it ended');
SELECT c.due_at = b.ended_at FROM clientele_data.job_runs c, clientele_data.job_runs b
WHERE c.job_id = (SELECT job_id FROM clientele_data.jobs WHERE name = 'c') AND b.job_id = (SELECT job_id FROM clientele_data.jobs WHERE name = 'b')
END
sql(q(CALL clientele.run_job('a'); CALL clientele.run_job('a')));

# Runs of a job do not overlap.
sql(add_once('slow', 'SELECT pg_sleep(3)'));
until_true(q(SELECT count(*) = 1 FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'slow' AND state = 'running'), 'it runs');
(undef, undef, $error) = $node->psql('postgres', q(\set VERBOSITY verbose
CALL clientele.run_job('slow')));
like($error, qr/55006/, 'a job that runs is not run beside that');

# A job that is altered goes by its new schedule at once; one that is paused not at all.
sql(qq(SELECT count(clientele.add_job('altered', 'SELECT effect()', $far))));
sql(q(SELECT clientele.alter_job('altered', every => '1 second', starting => now())));
until_true(q(SELECT count(*) > 1 FROM effects WHERE job = 'altered'), 'an altered job goes by its new schedule');
sql(q(SELECT clientele.pause_job('altered')));
until_true(q(SELECT count(*) = 0 FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'altered' AND state IN ('waiting', 'running')),
  'what was at work ends');
my $paused = sql(q(SELECT count(*) FROM effects WHERE job = 'altered'));

all_ended($node, 'postgres', 'retried', 'not retried', 'recovers', 'slow');
until_true(q(SELECT count(*) = 4 FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'retried' AND state = 'failed'),
  'three retries');
is(sql(q(SELECT string_agg(kind || ' ' || attempt || ' ' || sqlstate, ', ' ORDER BY run_id) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)
  WHERE name = 'retried')), 'schedule 1 22012, retry 2 22012, retry 3 22012, retry 4 22012', 'the attempts are counted');
my $waits = sql(<<'END');
SELECT string_agg((extract(epoch FROM started_at - before) BETWEEN least(2, 2 ^ (attempt - 2)) * 0.9 AND least(2, 2 ^ (attempt - 2)) * 1.1 + 2)::text, ' ')
FROM (SELECT attempt, started_at, lag(ended_at) OVER (ORDER BY run_id) AS before FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)
      WHERE name = 'retried') r WHERE attempt > 1
END
is($waits, 'true true true', 'the waits double, up to the cap') || diag(sql('SELECT * FROM clientele_data.job_runs WHERE attempt > 1'));
until_true(q(SELECT count(*) = 2 FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'recovers' AND state IN ('failed', 'succeeded')),
  'a retry that succeeds is the last');
like(last_of('recovers'), qr/^succeeded\|\|2\|/, 'it has succeeded');
is(sql(q(SELECT count(*) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'not retried')), 1,
  'an error that a retry cannot cure has no retry');
is(sql(q(SELECT count(*) FROM effects WHERE job IN ('c', 'd', 'e'))), 2, 'without all of those before it a job does not run again, nor after a failure');
is(sql(q(SELECT count(*) FROM effects WHERE job = 'altered')), $paused, 'a paused job does not run');
my $heard = $listener->query('SELECT 1');
my @heard = $heard =~ /Asynchronous notification "failures" with payload "([^\n]*)" received/g;
ok(@heard >= 1, 'a session that listens is notified of the failure') || diag($heard);
like($heard[0] // '', qr/retried/, 'with the name of the job');
$listener->quit;

# The settings are reloaded: without databases nothing runs.
set('clientele.databases', "'other'");
until_true('SELECT ' . schedulers('postgres') . ' = 0', 'the scheduler leaves a database that is not listed any more');
like(sql('SELECT clientele.scheduler_state()'), qr/clientele\.databases/, 'and it is said why nothing runs');
# As if the server had been down for some days. All times are half an hour away.
sql(<<'END');
SELECT count(clientele.add_job('catch up', 'SELECT effect()', every => '1 hour', starting => now() - interval '10 days 30 minutes'));
SELECT count(clientele.add_job('leave out', 'SELECT effect()', every => '1 hour', starting => now() - interval '10 days 30 minutes', missed => 'skip'));
SELECT count(clientele.add_job('cron', 'SELECT effect()', schedule => extract(minute FROM now()) || ' * * * *', time_zone => 'Asia/Kolkata',
  starting => now() - interval '10 days'));
SELECT count(clientele.add_job('paused', 'SELECT effect()', every => '1 hour', starting => now() - interval '10 days 30 minutes'));
SELECT clientele.pause_job('paused');
UPDATE clientele_data.jobs SET since = now() - interval '3 days' WHERE name IN ('catch up', 'leave out', 'cron', 'paused');
END
set('clientele.databases', "'postgres'");
until_true('SELECT ' . schedulers('postgres') . ' = 1', 'it comes back');
all_ended($node, 'postgres', 'catch up', 'leave out', 'cron');
is(sql(<<'END'), 'catch up|schedule|succeeded|72|t, cron|schedule|succeeded|72|t, leave out|schedule|skipped|72|t', 'times missed: once, or skipped');
SELECT string_agg(concat_ws('|', name, r.kind, r.state, r.missed, r.due_at BETWEEN now() - interval '61 minutes' AND now()), ', ' ORDER BY name)
FROM clientele_data.job_runs r JOIN clientele_data.jobs USING (job_id) WHERE name IN ('catch up', 'leave out', 'cron', 'paused')
END
sql(q(SELECT clientele.resume_job('paused')));

# More is due than may run at once. Runs wait, and it is said what for.
set('clientele.max_workers', 1);
sql(join '', map { add_once("one $_", 'SELECT pg_sleep(1000)', 'max_retries => 0') } 1 .. 3);
until_true(q(SELECT count(*) FILTER (WHERE state = 'running') = 1 AND count(*) FILTER (WHERE state = 'waiting') = 2
  FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name LIKE 'one%'), 'one runs, the others wait');
until_true(q(SELECT clientele.scheduler_waits_for() = 'clientele.max_workers'), 'for clientele.max_workers');
my $status = sql(q(SELECT j::text FROM clientele_bi.job_status j WHERE j::text LIKE '%clientele.max_workers%'));
is(scalar(() = $status =~ /"one \d"/g), 2, 'job_status says it of both') || diag($status, sql('SELECT * FROM clientele_bi.job_status'));
sql(q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'clientele worker'));
until_true(q(SELECT count(*) FILTER (WHERE state = 'running') = 1 AND count(*) FILTER (WHERE state = 'cancelled') = 1
  FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name LIKE 'one%'), 'when one has ended the next begins');
set('clientele.max_workers', 20);
until_true(q(SELECT count(*) = 2 FROM pg_stat_activity WHERE backend_type = 'clientele worker'), 'with more workers both run');
is(sql('SELECT clientele.scheduler_waits_for()'), '', 'and nothing waits');
is(sql(q(SELECT max(attempt) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name LIKE 'one%')), 1, 'waiting costs no attempt');

# The same with the processes of the server: eight, of which three are taken.
sql(join '', map { add_once("many $_", 'SELECT pg_sleep(1000)', 'max_retries => 0') } 1 .. 6);
until_true(q(SELECT clientele.scheduler_waits_for() = 'max_worker_processes'), 'the server has no more processes: max_worker_processes');
like(sql(q(SELECT string_agg(j::text, ' ') FROM clientele_bi.job_status j)), qr/max_worker_processes/, 'job_status says so');
for (1 .. 2)
{
  sql(q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'clientele worker'));
  usleep(500_000);
}
until_true(<<'END', 'each of them gets its turn');
WITH again AS MATERIALIZED (SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'clientele worker'),
     cancelled AS MATERIALIZED (SELECT count(*) FROM again)
SELECT count(*) = 9 FROM cancelled, clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)
WHERE name ~ '^(one|many)' AND state = 'cancelled' AND attempt = 1
END
is(sql('SELECT clientele.scheduler_waits_for()'), '', 'nothing waits any more');
is(sql(q(SELECT count(*) FROM effects WHERE job = 'paused')), 0, 'what fell due while a job was paused is not caught up');

# A scheduler that looks and finds nothing to do leaves no trace. The first look may tidy up pages.
sql('ALTER SYSTEM SET autovacuum = off');
$node->reload;
sql('CHECKPOINT; SELECT clientele.wake_scheduler()');
usleep(500_000);
my $before = sql('SELECT pg_current_wal_insert_lsn()');
for (1 .. 5)
{
  sql('SELECT clientele.wake_scheduler()');
  usleep(100_000);
}
is(sql('SELECT pg_current_wal_insert_lsn()'), $before, 'a scheduler with nothing to do writes no WAL');

$node->stop;
done_testing();
