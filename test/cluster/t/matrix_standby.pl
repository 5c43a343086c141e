# Entering on a hot standby: read-only, with tokens of the primary's issuers; what the primary
# revokes reaches sessions inside there once it is replayed. In both scopes, also in workers.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;
use Wire;

my $t = Tenancy->new(guard => 'off', conf => "wal_level = replica\nmax_wal_senders = 4\nhot_standby_feedback = on");
my $count = $Tenancy::COUNT;
my $token = tokens($t);
my $primary = $t->node;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
my $connect = sub {
  Wire->new(host => $standby->host, port => $standby->port, user => 'app',
      dbname => 'postgres', @_);
};
my $replayed = sub { $primary->wait_for_catchup($standby) };
my $nobody = ['TN001', qr/was set, or it has ended/];

both($t, sub {
  my ($scope) = @_;
  $replayed->();
  for my $level ('READ COMMITTED', 'REPEATABLE READ') {    # no SERIALIZABLE on a standby
    play($connect->(), $scope, "standby, $level",
      $count => $nobody,
      "BEGIN ISOLATION LEVEL $level" => undef,
      'login acme' => undef,
      $count => 3,
      'INSERT INTO notes (id) VALUES (9)' => '25006',
      'ROLLBACK' => undef,
      $count => $nobody,
      'login forged' => ['TN002', qr/signature/],
      'login expired' => 'TN004',
      'enter globex' => undef,
      $count => {transaction => ['TN001', qr/earlier transaction/], session => 5},
      'DISCARD ALL' => undef,
      $count => $nobody);
  }
  my $s = $connect->(options => "-c tenancy.token=$token->{acme}");
  $scope eq 'session' ? answers($s, 3, 'session: connection options enter on a standby', $count)
    : refused($s, 'TN001', 'transaction: connection options are inert on a standby', $count);

  my $workers = $connect->(options => '-c force_parallel_mode=on'
      . ' -c parallel_leader_participation=off -c parallel_setup_cost=0 -c parallel_tuple_cost=0');
  my $inside = $connect->();
  $_->query('BEGIN') for $workers, $inside;
  for ($workers, $inside) {
    is($_->refusal('SELECT tenancy.login($1)', $token->{acme}), '', "$scope: inside there");
    answers($_, 3, "$scope: before", $count);
  }
  like(join("\n", map { $_->[0] } @{$workers->query("EXPLAIN (ANALYZE) $count")->{rows}}),
      qr/Workers Launched: 1/, "$scope: workers run on the standby");
  $t->admin->value(q{INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'suspended')});
  $replayed->();
  refused($inside, 'TN005', "$scope: suspended, inside on the standby", $count);
  refused($workers, 'TN005', "$scope: suspended, with workers on the standby", $count);
  refused($connect->(), 'TN005', "$scope: suspended, entering on the standby",
      'SELECT tenancy.login($1)', $token->{acme});
  answers($connect->(), 'globex', "$scope: others enter", 'SELECT tenant_id FROM tenancy.login($1)',
      $token->{globex});
  $t->admin->value('DELETE FROM tenancy.tenants');
  $replayed->();
  $inside->query('ROLLBACK; BEGIN');
  is($inside->refusal('SELECT tenancy.login($1)', $token->{acme}), '', "$scope: taken back");
  answers($inside, 3, "$scope: and inside again", $count);
});

# A session that was inside on the standby goes on as itself when that is promoted.
my $s = $connect->();
$s->query('BEGIN');
is($s->refusal('SELECT tenancy.login($1)', $token->{acme}), '', 'inside before promotion');
answers($s, 3, 'and sees its rows', $count);
$standby->promote;
answers($s, 3, 'inside after promotion', $count);
$s->query('COMMIT');
$s->query('BEGIN');
is($s->refusal('SELECT tenancy.login($1)', $token->{globex}), '', 'another caller after promotion');
answers($s, 'globex', 'writes its own rows',
    'INSERT INTO notes (id) VALUES (9) RETURNING tenant_id');
$s->query('ROLLBACK');
$_->stop('fast') for $standby, $primary;
done_testing();
