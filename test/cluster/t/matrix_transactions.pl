# Identities under everything that begins, ends, nests or fails in a transaction, in both scopes.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;

my $t = Tenancy->new(guard => 'off');    # which would refuse PREPARE TRANSACTION
my $count = $Tenancy::COUNT;
my $nobody = ['TN001', qr/was set, or it has ended/];
my $earlier = ['TN001', qr/set in an earlier transaction/];
tokens($t);

both($t, sub {
  my ($scope) = @_;
  # What was set for the session, seen in the next transaction.
  my $lasting = {transaction => $earlier, session => 3};

  for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') {
    for my $access ('READ WRITE', 'READ ONLY', 'READ ONLY, DEFERRABLE') {
      my $writes = $access eq 'READ WRITE' ? undef : '25006';
      play($t, $scope, "$level $access",
        "BEGIN ISOLATION LEVEL $level, $access" => undef,
        $count => $nobody,
        'ROLLBACK' => undef,
        "BEGIN ISOLATION LEVEL $level, $access" => undef,
        'login acme' => undef,
        $count => 3,
        'login acme again' => undef,
        $count => 3,
        q{INSERT INTO notes (id, body) VALUES (9, 'own')} => $writes,
        'ROLLBACK' => undef,
        $count => $nobody);
    }
  }
  # Entering by the setting takes no snapshot: the level may still be chosen.
  play($t, $scope, 'no snapshot',
    'BEGIN' => undef,
    q{SET LOCAL tenancy.token = '%acme%'} => undef,
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE' => undef,
    $count => 3,
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ' => '25001',
    'ROLLBACK' => undef);

  play($t, $scope, 'savepoints',
    'BEGIN; SAVEPOINT a' => undef,
    'login acme' => undef,
    'RELEASE a' => undef,
    $count => 3,
    'SAVEPOINT b' => undef,
    'SELECT tenancy.logout()' => undef,
    $count => $nobody,
    'ROLLBACK TO b' => undef,
    $count => 3,
    'login forged' => ['TN002', qr/signature/],
    $count => '25P02',
    'ROLLBACK TO b' => undef,
    $count => 3,
    'login expired' => 'TN004',
    'ROLLBACK TO b' => undef,
    'login bob' => {transaction => 'TN011', session => undef},
    'ROLLBACK TO b' => undef,
    'SELECT tenancy.current_user_text()' => 'alice',
    'COMMIT' => undef,
    $count => $nobody);
  play($t, $scope, 'savepoint around a lasting one',
    'BEGIN; SAVEPOINT a' => undef,
    'enter acme' => undef,
    $count => 3,
    'ROLLBACK TO a' => undef,
    $count => $nobody,
    'COMMIT' => undef,
    $count => $nobody);

  play($t, $scope, 'exception blocks',
    'BEGIN' => undef,
    q{DO $$ BEGIN PERFORM tenancy.login('%acme%'); RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN NULL; END $$} => undef,
    $count => $nobody,
    'ROLLBACK; BEGIN' => undef,
    q{DO $$ BEGIN PERFORM tenancy.login('%acme%');
        BEGIN PERFORM tenancy.login('%forged%'); EXCEPTION WHEN SQLSTATE 'TN002' THEN NULL; END;
        BEGIN PERFORM tenancy.logout(); RAISE division_by_zero;
          EXCEPTION WHEN division_by_zero THEN NULL; END; END $$} => undef,
    $count => 3,
    'ROLLBACK' => undef);

  play($t, $scope, 'aborted transactions',
    'BEGIN' => undef,
    'login acme' => undef,
    'SELECT 1/0' => '22012',
    $count => '25P02',
    'login acme' => '25P02',
    'SHOW tenancy.token' => '25P02',
    'COMMIT' => undef,
    $count => $nobody,
    'enter acme' => undef,
    'BEGIN' => undef,
    'SELECT 1/0' => '22012',
    'ROLLBACK' => undef,
    $count => $lasting,
    'RESET tenancy.token' => undef,
    'BEGIN' => undef,
    'enter acme' => undef,
    'SELECT 1/0' => '22012',
    'ROLLBACK' => undef,
    $count => $nobody);
  play($t, $scope, 'AND CHAIN',
    'BEGIN ISOLATION LEVEL REPEATABLE READ' => undef,
    'login acme' => undef,
    'COMMIT AND CHAIN' => undef,
    $count => $nobody,
    'ROLLBACK AND CHAIN' => undef,
    'login globex' => undef,
    $count => 5,
    'ROLLBACK AND CHAIN' => undef,
    $count => $nobody,
    'ROLLBACK' => undef);
  play($t, $scope, 'PREPARE TRANSACTION',
    'BEGIN' => undef,
    'login acme' => undef,
    q{INSERT INTO notes (id, body) VALUES (9, 'prepared')} => undef,
    q{PREPARE TRANSACTION 'first'} => undef,
    $count => $nobody,
    q{COMMIT PREPARED 'first'} => undef,
    $count => $nobody,
    'BEGIN' => undef,
    'login acme' => undef,
    'DELETE FROM notes WHERE id = 9 RETURNING tenant_id' => 'acme',
    'COMMIT' => undef);

  for my $leave ('RESET tenancy.token', 'RESET ALL', 'SET tenancy.token TO DEFAULT',
      q{SET tenancy.token = ''}, 'SELECT tenancy.logout()') {
    play($t, $scope, $leave,
      'BEGIN' => undef,
      'login acme' => undef,
      'DISCARD PLANS' => undef,
      $count => 3,
      'SAVEPOINT a' => undef,
      $leave => undef,
      $count => $nobody,
      'ROLLBACK TO a' => undef,
      $leave => undef,
      'login globex' => {transaction => ['TN011', qr/one caller/], session => undef},
      'ROLLBACK TO a' => undef,
      $leave => undef,
      'COMMIT' => undef,
      $count => $nobody,
      'enter acme' => undef,
      $count => $lasting,
      $leave => undef,
      $count => $nobody);
  }
  play($t, $scope, 'DISCARD ALL',
    'enter acme' => undef,
    'CREATE TEMP TABLE left_behind (a int); PREPARE left_behind AS SELECT 1' => undef,
    $count => $lasting,
    'DISCARD ALL' => undef,
    $count => $nobody,
    'login globex' => undef,
    'SELECT tenancy.whoami() IS NULL' => 't');
  play($t, $scope, 'a caller for one transaction within a lasting one',
    'enter acme' => undef,
    'BEGIN' => undef,
    'login globex' => undef,
    $count => 5,
    'COMMIT' => undef,
    $count => $lasting,
    'SELECT tenancy.logout()' => undef,
    $count => $nobody);
});
done_testing();
