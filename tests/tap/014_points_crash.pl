# SPDX-License-Identifier: PostgreSQL
# Points are earned, spent, granted and refreshed, and customers merged, while the server is killed again and again. After each crash the
# ledger and the balances agree, and in the end the ledger is what its events give, every call that succeeded once.
# CLIENTELE_CRASHES says how often; it is 4 without, 100 with CLIENTELE_LONG.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $crashes = $ENV{CLIENTELE_CRASHES} || ($ENV{CLIENTELE_LONG} ? 100 : 4);
my $seed = $ENV{CLIENTELE_SEED} || 1 + int(rand(1_000_000));
srand($seed);
note "seed $seed (CLIENTELE_SEED repeats it), $crashes crashes";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = off\nclient_min_messages = error\n");
$node->start;
$node->safe_psql('postgres', <<'END');
CREATE EXTENSION clientele;
CALL clientele.create_store();
CREATE TABLE happened (customer text, at timestamptz, event text, amount numeric, item text);
INSERT INTO happened SELECT 'c' || n % 20, clock_timestamp() - random() * interval '60 days', 'purchase', 100, 'i' || n % 7 FROM generate_series(1, 400) n;
CALL clientele.load_events('happened', amount => 'amount', item => 'item');
SELECT clientele.event_type('', 'refund');
SELECT clientele.define_points(clientele.points_def(returns => 'refund', validity => '40 days', tiers => '{a,b}', tier_points => '{0,500}', multipliers => '{1,1.5}'));
-- The answers that callers got.
CREATE TABLE answers (key text, spent boolean);
END

my $stop = PostgreSQL::Test::Utils::tempdir . '/stop';
my $connect = $node->connstr('postgres');
my @children;

sub child
{
  my ($number, $work) = @_;
  my $pid = fork;
  die 'no fork' unless defined $pid;
  if (!$pid)
  {
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    srand($seed + $number);
    my $round = 0;
    while (!-e $stop)
    {
      my $script = $work->(++$round);
      open my $psql, '|-', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $connect or next;
      local $SIG{PIPE} = 'IGNORE';
      print $psql $script;
      close $psql or usleep(50_000);
    }
    POSIX::_exit(0);
  }
  push @children, $pid;
  return;
}

for my $spender (1 .. 3)
{
  child($spender, sub {
    my $round = shift;
    my $script = '';
    for (1 .. 10)
    {
      # The call is over before the answer is noted: some answers are lost, and the key is used again for the same call.
      my $number = int(rand(400));
      my ($key, $customer, $points) = ("$spender $number", 1 + $number % 20, 1 + $number % 90);
      $script .= rand() < 0.2 ? "SELECT clientele.grant_points($customer, $points, 'gift', 'gift $spender $round $_');\n"
        : "SELECT clientele.spend_points($customer, $points, '$key') AS spent \\gset\nINSERT INTO answers VALUES ('$key', :'spent');\n";
    }
    return $script;
  });
}
child(10, sub { "SELECT * FROM clientele.refresh_points(adjust => true);\nSELECT * FROM clientele.refresh_points(clock_timestamp() + interval '1 second');\n" });
child(11, sub {
  return "TRUNCATE happened; INSERT INTO happened SELECT 'c' || floor(random() * 20), clock_timestamp() - random() * interval '20 days',
    CASE WHEN random() < 0.3 THEN 'refund' ELSE 'purchase' END, 40, 'i' || floor(random() * 7) FROM generate_series(1, 20);
CALL clientele.load_events('happened', amount => 'amount', item => 'item');\nSELECT pg_sleep(0.05);\n";
});
child(12, sub {
  my ($one, $other) = (1 + int(rand(20)), 1 + int(rand(20)));
  return "SELECT clientele.merge_customers($one, $other); SELECT pg_sleep(0.2);
SELECT clientele.undo_merge(m.merge_id) FROM clientele_data.merges m WHERE NOT m.split AND m.undone_at IS NULL ORDER BY random() LIMIT 1;\n";
});

# SIGKILL for the postmaster and all of its children.
sub crash
{
  my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  # Stopped first, so that none is forked that is not in the list.
  kill 'STOP', $postmaster;
  my @all = split ' ', `ps -o pid= --ppid $postmaster`;
  kill 'KILL', @all;
  kill 'KILL', $postmaster;
  for (1 .. 200)
  {
    last if !grep { kill 0, $_ } $postmaster, @all;
    usleep(10_000);
  }
  $node->{_pid} = undef;
  unlink $node->data_dir . '/postmaster.pid';
  return;
}

END
{
  my $status = $?;
  open my $file, '>', $stop if $stop;
  kill 'KILL', @children;
  $? = $status;
}

my $agreement = <<'END';
SELECT (SELECT count(*) FROM clientele_data.point_accounts a
        CROSS JOIN LATERAL (SELECT coalesce(sum(e.points), 0) AS points, count(*) AS entries
                            FROM clientele_data.point_entries e WHERE e.account_id = a.account_id) e
        WHERE a.points <> e.points OR a.entries <> e.entries),
       (SELECT count(*) FROM clientele_data.point_accounts r
        WHERE NOT r.closed AND r.usable + r.pending <> (SELECT sum(a.points) FROM clientele_data.point_accounts a WHERE a.root_id = r.account_id)),
       (SELECT count(*) FROM clientele_data.point_accounts a WHERE least(a.usable, a.pending, a.owed) < 0)
END

my $agreed = 0;
for (1 .. $crashes)
{
  usleep(300_000 + int(rand(900_000)));
  crash();
  $node->start;
  $agreed++ if $node->safe_psql('postgres', $agreement) eq '0|0|0';
}
is($agreed, $crashes, "the ledger and the balances agree after each of $crashes crashes");
usleep(500_000);
open my $end, '>', $stop;
close $end;
waitpid $_, 0 for @children;
@children = ();

is($node->safe_psql('postgres', $agreement), '0|0|0', 'they agree in the end');
# All ledgers are computed again from their events.
is($node->safe_psql('postgres', 'SELECT p.entries FROM clientele.post_points(ARRAY(SELECT a.account_id FROM clientele_data.point_accounts a WHERE NOT a.closed), \'-infinity\') p'),
  '0', 'the same events give the same entries');
is($node->safe_psql('postgres', <<'END'), '0', 'the answers that callers got are in the ledger');
SELECT count(*) FROM answers t
WHERE t.spent IS DISTINCT FROM EXISTS (SELECT FROM clientele_data.point_events v JOIN clientele_data.point_entries e USING (event_id) WHERE v.key = t.key)
END
is($node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT t.key FROM answers t GROUP BY t.key HAVING count(DISTINCT t.spent) > 1) x'), '0',
  'the same key always had the same answer');
is($node->safe_psql('postgres', <<'END'), '0', 'no spend was taken in part');
SELECT count(*) FROM clientele_data.point_events v WHERE v.kind = 'spend'
  AND -(SELECT sum(e.points) FROM clientele_data.point_entries e WHERE e.event_id = v.event_id) <> v.points
END
like($node->safe_psql('postgres', 'SELECT count(*) FROM answers'), qr/^[1-9]/, 'there were spends');
$node->stop;
done_testing();
