# SPDX-License-Identifier: PostgreSQL
# Jobs that fail in every way that there is. Each run says why, and the other jobs run on time.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Jobs;

my $node = jobs_server('main', "clientele.max_workers = 20\nmax_worker_processes = 40\ncheckpoint_timeout = 1h\nmax_connections = 60\n");
add_store($node, 'postgres');
misbehaving($node, 'postgres');
sub sql { return $node->safe_psql('postgres', @_) }
sub last_of { return last_run($node, 'postgres', @_) }

$node->safe_psql('postgres', <<'END');
SELECT count(clientele.add_job('tick', 'SELECT effect()', every => '1 second'));
CREATE ROLE gone LOGIN;
CREATE ROLE renamed LOGIN;
CREATE ROLE locked LOGIN;
CREATE ROLE poor LOGIN;
CREATE ROLE outside LOGIN;
GRANT CREATE ON SCHEMA public TO poor;
END
for my $role (qw(gone renamed locked poor outside))
{
  sql("CALL clientele.grant_jobs('$role')");
  sql("SET ROLE $role; SELECT count(clientele.add_job('of ' || current_user, 'SELECT 1', every => '1000 hours', starting => clock_timestamp() + interval '1 second'))");
}
# Everything has changed when the jobs fall due.
sql(<<'END');
DROP OWNED BY gone;
DROP ROLE gone;
ALTER ROLE renamed RENAME TO another;
ALTER ROLE locked NOLOGIN;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO poor, another, locked;
CREATE FUNCTION vanishing() RETURNS integer LANGUAGE sql RETURN 1;
CREATE TABLE secret AS SELECT 1 AS x;
GRANT SELECT ON secret TO poor;
END
my $never = "max_retries => 0, retry_delay => '1 second'";
sql(
  "BEGIN;\n" . add_once('missing', 'SELECT vanishing()', "retry_delay => '1 second'")
  . add_once('syntax', q(DO $$BEGIN EXECUTE 'SELEC 1'; END$$), "retry_delay => '1 second'")
  . add_once('divided', 'SELECT 1 / (x - 1) FROM secret', $never)
  . add_once('assert', q(DO $$BEGIN RAISE EXCEPTION 'that is wrong' USING ERRCODE = 'P7777', DETAIL = 'Some detail.', HINT = 'Some hint.'; END$$), $never)
  . add_once('for ever', 'SELECT pg_sleep(1000)', "$never, max_run_time => '2 seconds'")
  . add_once('for ever, too', 'DO $$BEGIN LOOP END LOOP; END$$', "$never, max_run_time => '2 seconds'")
  . add_once('swallows', q(DO $$BEGIN LOOP BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END$$),
    "$never, max_run_time => '1 second'")
  . add_once('shortened', 'SELECT pg_sleep(1000)', $never)
  . add_once('deaf', 'SELECT ignore_cancel(7)', "$never, max_run_time => '1 second'")
  . add_once('cancelled', 'SELECT pg_sleep(1000)', "retry_delay => '1 second'")
  . add_once('terminated 终止', 'SELECT pg_sleep(1000)', $never)
  . add_once('ends itself', 'SELECT pg_terminate_backend(pg_backend_pid())', $never)
  . 'DROP FUNCTION vanishing(); COMMIT;');
sql("BEGIN; SET ROLE poor;\n" . add_once('revoked', 'SELECT * FROM secret', "retry_delay => '1 second'")
  . add_once('pretends', 'SET SESSION AUTHORIZATION postgres', $never)
  . 'RESET ROLE; REVOKE SELECT ON secret FROM poor; COMMIT;');

# How a session of a job looks.
wait_for($node, 'postgres', <<'END', 'a worker shows whose job it is at');
SELECT count(*) = 1 FROM pg_stat_activity
WHERE backend_type = 'clientele worker' AND application_name = 'clientele job: cancelled' AND query = 'SELECT pg_sleep(1000)'
  AND usename = current_user AND datname = 'postgres' AND state = 'active'
END
is(sql(q(SELECT string_agg(DISTINCT backend_type, ', ' ORDER BY backend_type) FROM pg_stat_activity WHERE backend_type LIKE 'clientele%')),
  'clientele launcher, clientele scheduler, clientele worker', 'the processes have names of their own');
sql(q(SELECT clientele.alter_job('shortened', max_run_time => '1 second')));
sql(q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'clientele job: cancelled'));
sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clientele job: terminated 终止'));

all_ended($node, 'postgres', 'of gone', 'of renamed', 'of locked', 'of outside', 'of poor', qw(missing syntax divided assert revoked), 'for ever',
  'for ever, too', 'cancelled', 'terminated 终止', 'ends itself', 'pretends');
like(last_of('of gone'), qr/^failed\|\w*\|1\|.*role.*gone.*/, 'a role that is gone');
like(last_of('of renamed'), qr/^failed\|\w*\|1\|.*role.*/, 'a role that has another name');
like(last_of('of locked'), qr/^failed\|28\w{3}\|1\|.*(log in|login).*/, 'a role that may not log in');
like(last_of('of outside'), qr/^failed\|(28|42)\w{3}\|1\|.*(connect|CONNECT).*/, 'a role that may not connect');
is(last_of('of poor'), 'succeeded||1|', 'another role is not touched by that');
like(last_of('missing'), qr/^failed\|42883\|1\|function vanishing\(\) does not exist$/, 'a function that is gone');
like(last_of('syntax'), qr/^failed\|42601\|1\|syntax error at or near "SELEC"$/, 'a syntax error at run time');
like(last_of('divided'), qr/^failed\|22012\|1\|division by zero$/, 'an error');
like(last_of('revoked'), qr/^failed\|42501\|1\|permission denied for table secret$/, 'a right that was revoked');
like(last_of('pretends'), qr/^failed\|42501\|1\|/, 'a job does not become another role');
like(sql(q(SELECT context FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'assert' AND sqlstate = 'P7777')),
  qr/Some detail\.[^|]*Some hint\./s, 'detail and hint are kept');
for my $name ('for ever', 'for ever, too')
{
  like(last_of($name), qr/^timed_out\|57014\|1\|/, "$name: timed out");
  is(sql("SELECT ended_at - started_at BETWEEN '2 seconds' AND '3 seconds' FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id)
    WHERE name = '$name'"), 't', "$name: ended within a second of its limit")
    || diag(sql("SELECT r.* FROM clientele_data.job_runs r JOIN clientele_data.jobs USING (job_id) WHERE name = '$name'"));
}
like(last_of('cancelled'), qr/^cancelled\|57014\|1\|/, 'one that an administrator cancelled is not tried again');
like(last_of('terminated 终止'), qr/^(failed|crashed)\|57P01\|1\|/, 'one whose session was terminated');
like(last_of('ends itself'), qr/^(failed|crashed)\|57P01\|1\|/, 'one that terminates its own session');

all_ended($node, 'postgres', 'swallows', 'deaf', 'shortened');
like(last_of('shortened'), qr/^timed_out\|57014\|1\|/, 'one whose limit was lowered while it ran');
is(sql(q(SELECT ended_at - started_at < '15 seconds' FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'shortened')),
  't', 'is ended soon');
like(last_of('swallows'), qr/^timed_out\|\w*\|1\|/, 'one that catches the cancel is terminated');
is(sql(q(SELECT ended_at - started_at < '15 seconds' FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'swallows')),
  't', 'some seconds later');
like(last_of('deaf'), qr/^timed_out\|\w*\|1\|/, 'one in a loop of C that hears nothing has timed out when it ends');
is(sql(q(SELECT ended_at - started_at > '6 seconds' FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'deaf')),
  't', 'and is not killed');

# On time beside all that. A second late would be a fault; the machine may be busy with other things.
is(sql(<<'END'), 't', 'another job ran all the while');
SELECT count(*) FILTER (WHERE state = 'succeeded') >= 3 AND max(started_at - due_at) < '5 seconds'
FROM clientele_data.job_runs r JOIN clientele_data.jobs USING (job_id),
     (SELECT started_at AS s, ended_at AS e FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = 'deaf') d
WHERE name = 'tick' AND started_at BETWEEN d.s AND d.e
END
is(sql(q(SELECT count(*) FROM clientele_data.job_runs WHERE state = 'crashed' AND sqlstate IS DISTINCT FROM '57P01')), 0, 'nothing has crashed so far');

# Memory. Processes that the server starts from now on may have 700 MB.
SKIP:
{
  my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  skip 'prlimit is not there', 2 if system("prlimit --pid $postmaster --as=700000000:unlimited 2>/dev/null");
  sql(add_once('hungry', q(SELECT cardinality(array_agg(repeat('x', 1000000) || g)) FROM generate_series(1, 800) g), $never));
  all_ended($node, 'postgres', 'hungry');
  like(last_of('hungry'), qr/^failed\|53200\|1\|out of memory$/, 'one that eats memory');
  my $now = time;
  wait_for($node, 'postgres', "SELECT count(*) > 0 FROM effects WHERE job = 'tick' AND at > to_timestamp($now)", 'the other job still runs');
  system("prlimit --pid $postmaster --as=unlimited:unlimited");
}

# Crashes. The whole server starts again after them, as PostgreSQL does, and goes on with the schedule.
for my $way ([ 'segfault', 'SELECT die_of(11)', 2 ], [ 'exit', 'SELECT exit_with(3)', 1 ])
{
  my ($name, $command, $attempts) = @$way;
  sql(add_once($name, $command, 'max_retries => ' . ($attempts - 1) . ", retry_delay => '1 second'"));
  wait_for($node, 'postgres', <<"END", "$name: there are $attempts attempts");
SELECT count(*) = $attempts FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = '$name' AND state = 'crashed'
END
  wait_for($node, 'postgres', <<"END", "$name: the other job goes on");
SELECT count(*) > 0 FROM effects WHERE job = 'tick'
  AND at > (SELECT max(ended_at) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name = '$name')
END
  like(last_of($name), qr/^crashed\|\w*\|$attempts\|./, "$name: the runs have crashed");
}
is(sql(q(SELECT count(*) FROM clientele_data.job_runs JOIN clientele_data.jobs USING (job_id) WHERE name IN ('segfault', 'exit'))), 3,
  'and there are no further attempts');

$node->stop;
done_testing();
