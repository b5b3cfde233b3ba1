# SPDX-License-Identifier: PostgreSQL
# Claimers are killed with SIGKILL, backends and clients, and the server is stopped at once. In the end every message has been posted,
# twice only where a claimer was ended between the post and the report, and none went to a customer of a control group.
# CLIENTELE_CRASHES says how often; it is 5 without, 100 with CLIENTELE_LONG.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use POSIX ();
use Time::HiRes qw(usleep);

my $crashes = $ENV{CLIENTELE_CRASHES} || ($ENV{CLIENTELE_LONG} ? 100 : 5);
my $seed = $ENV{CLIENTELE_SEED} || 1 + int(rand(1_000_000));
srand($seed);
note "seed $seed (CLIENTELE_SEED repeats it), $crashes crashes";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nclient_min_messages = error\nmax_connections = 60\n");
$node->start;
$node->safe_psql('postgres', <<'END');
CREATE EXTENSION clientele;
CALL clientele.create_store();
INSERT INTO clientele_data.customers (customer_id) SELECT n FROM generate_series(1, 200) n;
SELECT clientele.event_type('', 'purchase');
SELECT count(clientele.set_consent(n, 'marketing', true)) FROM generate_series(1, 200) n;
SELECT clientele.define_action('act', 'email', '{"to": "{customer_id}"}', cool_down => '0');
SELECT count(*) FROM generate_series(1, 8) n, clientele.start_campaign('campaign ' || n, NULL, 'act', 0.3, 'purchase');
SELECT count(clientele.send_message('email', '{}', max_attempts => 1000)) FROM generate_series(1, 500) n;
UPDATE clientele_data.outbox SET max_attempts = 1000;
END

# Claimers that go on when the server is gone, until the file is there. What they post is a line of a file, as a receiver would have it.
my $directory = PostgreSQL::Test::Utils::tempdir;
my $stop = "$directory/stop";
my $connect = $node->connstr('postgres');
my @children;
for my $number (1 .. 20)
{
  my $pid = fork;
  die 'no fork' unless defined $pid;
  if (!$pid)
  {
    open STDERR, '>', '/dev/null';
    srand($seed + $number);
    open my $posted, '>>', "$directory/posted.$number" or POSIX::_exit(1);
    $posted->autoflush(1);
    while (!-e $stop)
    {
      my $rows = `psql -XAtq -d '$connect' -c "SELECT message_id, attempt FROM clientele.claim_messages('email', 6, '700 ms')" 2>/dev/null`;
      my @rows = split /\n/, $rows // '';
      usleep(20_000) unless @rows;
      my $reports = '';
      for (@rows)
      {
        my ($message, $attempt) = /^(\d+)\|(\d+)$/ or next;
        print $posted "$message $attempt\n";
        $reports .= "SELECT clientele.report_message($message, 'sent', NULL, $attempt);\n";
      }
      next unless $reports;
      open my $psql, '|-', "exec psql -XAtq -o /dev/null -d '$connect' 2>/dev/null" or next;
      local $SIG{PIPE} = 'IGNORE';
      print $psql $reports;
      close $psql;
    }
    POSIX::_exit(0);
  }
  push @children, $pid;
}

END
{
  my $status = $?;
  open my $file, '>', $stop if $stop;
  kill 'KILL', @children;
  $? = $status;
}

# The answer, also while the server starts again.
sub answer
{
  my ($query) = @_;
  for (1 .. 600)
  {
    my ($status, $out) = $node->psql('postgres', $query, on_error_die => 0);
    return $out if $status == 0;
    usleep(100_000);
  }
  return 'no answer';
}

my ($killed, $stopped) = (0, 0);
for (1 .. $crashes)
{
  usleep(150_000 + int(rand(400_000)));
  if (rand() < 0.4)
  {
    $node->stop('immediate');
    $node->start and $stopped++;
  }
  else
  {
    # A backend that is killed takes all the others along.
    my $pid = answer("SELECT pid FROM pg_stat_activity WHERE query LIKE '%claim_messages%' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
    kill 'KILL', $pid if $pid =~ /^\d+$/;
    # And one of the clients, between its post and its report or anywhere else.
    my @clients = split ' ', `pgrep -P $children[ int(rand(@children)) ] psql` // '';
    kill 'KILL', @clients;
    $killed++;
    answer('SELECT 1');
  }
}
is($killed + $stopped, $crashes, "$killed claimers were killed, and the server was stopped $stopped times");
my $waits = "SELECT count(*) FROM clientele_data.outbox WHERE status IN ('queued', 'claimed')";
for (1 .. 600) { last if answer($waits) eq '0'; usleep(100_000) }
is(answer($waits), '0', 'nothing waits in the end');
open my $end, '>', $stop;
close $end;
waitpid $_, 0 for @children;
@children = ();

my %posted;
for my $number (1 .. 20)
{
  open my $file, '<', "$directory/posted.$number" or next;
  while (<$file>) { my ($message, $attempt) = split; push @{ $posted{$message} }, $attempt }
  close $file;
}
my %status = map { split /\|/ } split /\n/, answer('SELECT message_id, status FROM clientele_data.outbox');
my @lost = grep { $status{$_} ne 'sent' || !$posted{$_} } keys %status;
is("@lost", '', 'each of ' . keys(%status) . ' messages was posted and is sent');
my @strangers = grep { !$status{$_} } keys %posted;
is("@strangers", '', 'nothing else was posted');
# Two posts of one message are two attempts: the first one was never reported, and its lease ran out.
my @doubled = grep { my %of = map { $_ => 1 } @{ $posted{$_} }; keys %of != @{ $posted{$_} } } keys %posted;
is("@doubled", '', 'no attempt was posted twice');
is(answer('SELECT count(*) FROM clientele_data.outbox o JOIN clientele_data.campaign_members m USING (campaign_id, customer_id) WHERE NOT m.treated'),
  '0', 'no customer of a control group is in the outbox');
is(answer('SELECT count(*) FROM clientele_data.campaign_members m WHERE m.treated AND NOT EXISTS (
             SELECT FROM clientele_data.outbox o WHERE (o.campaign_id, o.customer_id, o.status) = (m.campaign_id, m.customer_id, \'sent\'))'),
  '0', 'each treated customer got the message');
$node->stop;
done_testing();
