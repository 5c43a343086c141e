# The same session with the library loaded by the server, by the session, and by the first use: the
# identity, its workers, and what is left behind, in both scopes.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;

my $count = $Tenancy::COUNT;
my $nobody = ['TN001', qr/was set, or it has ended/];
my $parallel = '-c parallel_leader_participation=off -c parallel_setup_cost=0'
  . ' -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0';

for my $preload ("shared_preload_libraries = 'pg_tenancy'",
    "session_preload_libraries = 'pg_tenancy'", '') {
  my $t = Tenancy->new(preload => $preload, guard => 'off');    # for EXPLAIN and leftovers
  my $token = tokens($t);
  my ($how) = $preload =~ /(\w+)/ ? $1 : 'no preload';
  $t->admin->query('ALTER TABLE notes SET (parallel_workers = 2)');
  both($t, sub {
    my ($scope) = @_;
    my $lasting = {transaction => ['TN001', qr/earlier transaction/], session => 5};
    my $s = $t->connect(options => $parallel);
    play($s, $scope, "$how, a new session",
      $count => $nobody,
      'BEGIN' => undef,
      'login acme' => undef,
      $count => 3,
      q{SELECT min(tenancy.claims()->>'sub') FROM notes} => 'alice',
      'COMMIT' => undef,
      $count => $nobody,
      'enter globex' => undef,
      $count => $lasting,
      'DISCARD ALL' => undef,
      $count => $nobody);
    my $plan = $t->connect(options => $parallel);
    $plan->query('BEGIN');
    $plan->ask('SELECT tenancy.login($1)', $token->{acme});
    like(join("\n", map { $_->[0] } @{$plan->query("EXPLAIN (ANALYZE) $count")->{rows}}),
        qr/Workers Launched: [12]/, "$scope: $how, workers run");

    # Entering is the first use where nothing is preloaded: what was left before is found all the
    # same.
    for my $leftover ('PREPARE _pg3_0 AS SELECT 1', 'CREATE TEMP VIEW notes AS SELECT 1',
        'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT', 'SET search_path = evil') {
      play($t, $scope, "$how, left before",
        $leftover => undef,
        'login acme' => 'TN010',
        'DISCARD ALL' => undef,
        'login acme' => undef);
    }

    # The connection's own credential, in its options.
    $s = $t->connect(options => "$parallel -c tenancy.token=$token->{acme}");
    play($s, $scope, "$how, connection options",
      $count => {transaction => 'TN001', session => 3},
      'BEGIN' => undef,
      'login globex' => undef,
      $count => 5,
      'COMMIT' => undef,
      $count => {transaction => 'TN001', session => 3},
      'RESET ALL' => undef,
      $count => {transaction => 'TN001', session => 3},
      'SELECT tenancy.logout()' => undef,
      $count => 'TN001');
  });
  $t->node->stop('fast');
}
done_testing();
