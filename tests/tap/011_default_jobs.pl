# SPDX-License-Identifier: PostgreSQL
# A store of an ordinary role keeps itself up to date by the default jobs: rows that arrive become events, and tags follow. Another role's
# source and rule get no rights of that role. A task of a worker is shown while it is at work.
use strict;
use warnings;
use Jobs;
use Test::More;

my $node = jobs_server('defaults', "clientele.max_workers = 4\n");
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION clientele;
CREATE ROLE keeper LOGIN;
CREATE ROLE author LOGIN;
GRANT CREATE ON DATABASE postgres TO keeper, author;
SET ROLE keeper;
CALL clientele.create_store('UTC');
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer text, at timestamptz DEFAULT now());
SELECT count(*) FROM clientele.add_source('orders', 'shop.orders', '{"customer": "customer"}', 'at', '''order''', event_id => 'id');
SELECT count(*) FROM (SELECT clientele.define_tag('regular', 'event_count(journey) > 2')) t;
GRANT USAGE ON SCHEMA clientele_data TO author;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clientele_data TO author;
RESET ROLE;
SET ROLE author;
SET clientele.trusted_owners = 'keeper';
CREATE SCHEMA author;
GRANT USAGE ON SCHEMA author TO PUBLIC;
CREATE TABLE author.rows (id bigint PRIMARY KEY, at timestamptz DEFAULT now());
INSERT INTO author.rows VALUES (1);
CREATE FUNCTION author.me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text';
SELECT count(*) FROM clientele.add_source('spy', 'author.rows', '{"customer": "author.me()"}', 'at', '''seen''', event_id => 'id');
SELECT count(*) FROM (SELECT clientele.define_tag('spied', 'SELECT customer_id FROM clientele_data.customers WHERE author.me() <> ''''')) t;
SQL

my @installed = split /\n/, $node->safe_psql('postgres', 'SELECT name, outcome FROM clientele.install_default_jobs() ORDER BY name');
is(join(' ', @installed), join(' ', map { "$_|added" } qw(ingest measure_and_check prune_history refit_models refresh_effects refresh_feedback
  refresh_points refresh_questions refresh_tags refresh_warnings run_actions)), 'the default jobs are added');
is($node->safe_psql('postgres', 'SELECT DISTINCT owner FROM clientele_data.jobs'), 'keeper', 'they belong to the owner of the store');
is($node->safe_psql('postgres', "SELECT count(*) FROM clientele.install_default_jobs() WHERE outcome = 'kept'"), scalar @installed, 'a second call keeps them');
$node->safe_psql('postgres', <<'SQL');
SET ROLE keeper;
SELECT clientele.alter_job(j.name, every => '2 seconds', jitter => '0') FROM clientele_data.jobs j;
SELECT clientele.alter_job('ingest', every => '1 second'), clientele.alter_job('refresh_tags', every => '1 second', jitter => '0');
SQL

for my $round (1 .. 3)
{
  $node->safe_psql('postgres', "INSERT INTO shop.orders (id, customer) SELECT 10 * $round + i, 'c' || i FROM generate_series(1, 5) i");
  wait_for($node, 'postgres', "SELECT count(*) = 5 * $round FROM clientele_bi.events WHERE event = 'order'", "round $round: the rows are events");
}
wait_for($node, 'postgres', "SELECT customers = 5 FROM clientele_data.tag_status WHERE tag = 'regular'", 'the tag has followed the rows');
wait_for($node, 'postgres', "SELECT error LIKE 'you do not trust the author%' FROM clientele_data.tag_status WHERE tag = 'spied'",
  'the rule of another role is not evaluated');
wait_for($node, 'postgres',
  "SELECT count(DISTINCT job_id) = ${\ scalar @installed} FROM clientele_data.job_runs WHERE state = 'succeeded'", 'each of the jobs has succeeded');
is($node->safe_psql('postgres', "SELECT count(*) FROM clientele_data.job_runs WHERE state NOT IN ('succeeded', 'running', 'waiting')"), 0,
  'no run has failed');
is($node->safe_psql('postgres', "SELECT count(*) FROM clientele_data.identities WHERE value IN ('keeper', 'author', current_user)"), 0,
  'the source of another role is not read with the rights of the owner');

# It is read as that role once the owner may act as it.
$node->safe_psql('postgres', 'GRANT author TO keeper');
wait_for($node, 'postgres', "SELECT count(*) = 1 FROM clientele_data.identities WHERE value = 'author'",
  'once the owner may act as the other role, its source is read, as that role');

# A worker's task is shown while it is at work, also after a commit.
$node->safe_psql('postgres', <<'SQL');
SET ROLE keeper;
CREATE PROCEDURE shop.slow() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM clientele.begin_progress('slow', 3);
  FOR i IN 1 .. 3 LOOP
    PERFORM clientele.report_progress('step', i, 3);
    COMMIT;
    PERFORM pg_sleep(0.7);
  END LOOP;
  PERFORM clientele.end_progress();
END $$;
SELECT clientele.add_job('slow', 'CALL shop.slow()', every => '1000 hours', starting => clock_timestamp());
SQL
wait_for($node, 'postgres', "SELECT EXISTS (SELECT FROM clientele.progress p JOIN pg_stat_activity a USING (pid)
  WHERE p.task = 'slow' AND p.done = 2 AND p.role = 'keeper' AND a.backend_type = 'clientele worker')", 'a task of a worker is shown');
wait_for($node, 'postgres', "SELECT NOT EXISTS (SELECT FROM clientele.progress WHERE task = 'slow')", 'and is gone when it has ended');
$node->stop;
done_testing();
