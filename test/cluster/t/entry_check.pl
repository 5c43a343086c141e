# Nothing left in a session by one caller runs, or is read, under another: scripts of an attacker
# and a victim who share one server connection through a real pgbouncer, and the exact rules.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new(guard => 'off');    # which would not let anybody leave things behind
my $count = $Tenancy::COUNT;
my $acme = $t->token(tenant => 'acme', user => 'alice');
my $globex = $t->token(tenant => 'globex', user => 'carol');
my @enter = ('SELECT tenancy.login($1)', $acme);

# What an attacker leaves, and how it is cleaned up.
my @leftovers = (
  ['temporary view', 'CREATE TEMP VIEW notes AS SELECT 1', 'DROP VIEW pg_temp.notes'],
  ['temporary table', 'CREATE TEMP TABLE notes (id int)', 'DISCARD TEMP'],
  ['temporary type', q{CREATE DOMAIN pg_temp.note AS text}, 'DROP DOMAIN pg_temp.note'],
  ['temporary function', q{CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'},
    'DISCARD ALL'],
  ['prepared statement', 'PREPARE _pg3_0 AS SELECT 1', 'DEALLOCATE ALL'],
  ['held cursor', 'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT', 'CLOSE ALL'],
  ['search_path', 'SET search_path = evil, public', 'RESET search_path'],
  ['search_path by set_config', q{SELECT set_config('search_path', 'evil', false)},
    'RESET search_path'],
  ['search_path under a SET LOCAL', 'BEGIN; SET search_path = evil; SET LOCAL search_path = x; COMMIT',
    'RESET ALL'],
  ['row_security', 'SET row_security = off', 'RESET row_security'],
  ['role', 'SET ROLE other', 'SET ROLE NONE'],
);
$t->admin->query('CREATE ROLE other; GRANT other TO app; GRANT SELECT ON notes TO other');

# In each scope, through each kind of pool, left by nobody or by a caller.
for my $cell (map { my $scope = $_; map { [$scope, $_] } 'transaction', 'session' }
    'session', 'transaction') {
  my ($scope, $mode) = @$cell;
  $t->admin->query("ALTER ROLE app SET tenancy.scope = '$scope'");
  my $pooler = $t->pooler($mode, server_reset_query => '', server_reset_query_always => 0);
  for my $step (map { my $leftover = $_; map { [$leftover, $_] } 'nobody', 'globex' } @leftovers) {
    my ($what, $leave, $clean) = @{$step->[0]};
    my $who = $step->[1];
    my $name = "$scope scope, $mode pool, $what of $who";
    my $attacker = $pooler->connect;
    if ($who eq 'globex') {
      $attacker->query('BEGIN');
      is($attacker->refusal('SELECT tenancy.login($1)', $globex), '', "$name: the attacker enters");
    }
    is($attacker->refusal($leave), '', "$name: left behind");
    $attacker->query('COMMIT');
    my $pid = $attacker->pid;
    $attacker->close;

    my $victim = $pooler->connect;
    is($victim->pid, $pid, "$name: the victim gets the same connection");
    $victim->query('BEGIN');
    my $error = refused($victim, 'TN010', "$name: and does not enter", @enter);
    $victim->query('ROLLBACK');
    like($error->{H}, qr/DISCARD|RESET|CLOSE|DEALLOCATE/, "$name: the HINT names the clean-up");
    is($victim->refusal($clean), '', "$name: $clean");
    $victim->query('BEGIN');
    is($victim->refusal(@enter), '', "$name: after it the victim enters");
    answers($victim, 3, "$name: and sees its rows", 'SELECT count(*) FROM public.notes');
    $victim->query('ROLLBACK');
    $victim->close;
  }
  $pooler->stop;
}

# pgbouncer itself gives each client its own standard_conforming_strings.
my $s = $t->connect;
$s->query('SET standard_conforming_strings = off');
$s->query('BEGIN');
refused($s, 'TN010', 'standard_conforming_strings', @enter);
$s->query('ROLLBACK; RESET standard_conforming_strings');
$s->query('BEGIN');
is($s->refusal(@enter), '', 'and after RESET');
$s->query('ROLLBACK');

$s->query('BEGIN');
$s->query('SET LOCAL search_path = public; SET LOCAL ROLE other');
is($s->refusal(@enter), '', 'what only lasts until the end of the transaction is fine');
$s->query('COMMIT');

$s->prepare('driver', $count);
$s->query('BEGIN');
is($s->refusal(@enter), '', "a driver's prepared statements are fine");
is($s->execute('driver')->{rows}[0][0], 3, 'and run');
$s->query('COMMIT');

$s->query('BEGIN');
is($s->refusal(@enter), '', 'inside');
$s->query('CREATE TEMP TABLE own (a int)');
is($s->refusal('SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => 'alice', ttl => 900)),
    '', 'the same caller meets its own table with a fresher token');
$s->query('COMMIT');
$s->query('BEGIN');
refused($s, 'TN010', 'but not in the next transaction, which may be anybody', @enter);
$s->query('ROLLBACK');
$t->admin->query("ALTER ROLE app SET search_path = public, pg_catalog");
my $with_options = $t->connect(options => '-c row_security=on -c standard_conforming_strings=on');
$with_options->query('BEGIN');
is($with_options->refusal(@enter), '', 'settings of the role and of the connection are fine');
$with_options->query('ROLLBACK');

# Session scope: a caller keeps its session, another does not get it.
$t->admin->query("ALTER ROLE app SET tenancy.scope = 'session'");
$s = $t->connect;
is($s->refusal('SELECT tenancy.login($1, local => false)', $acme), '', 'session scope: inside');
$s->query('CREATE TEMP TABLE own (a int); PREPARE mine AS SELECT 1');
is($s->refusal('SELECT tenancy.login($1, local => false)',
    $t->token(tenant => 'acme', user => 'alice', ttl => 900)), '',
    'session scope: the same caller stays, with its table');
refused($s, 'TN010', 'session scope: another caller does not get the session',
    'SELECT tenancy.login($1, local => false)', $globex);
answers($s, 3, 'session scope: the first caller is still inside', $count);
$s->query('SELECT tenancy.logout()');
refused($s, 'TN010', 'session scope: who left does not return to what anybody may have made',
    'SELECT tenancy.login($1, local => false)', $acme);
$s->query('DISCARD ALL');
is($s->refusal('SELECT tenancy.login($1, local => false)', $globex), '',
    'session scope: after DISCARD ALL it is anybody\'s');

# Coming back without entering: after a transaction of another caller, by RESET, by ROLLBACK TO.
for my $how (['COMMIT', 'COMMIT'], ['ROLLBACK TO', 'ROLLBACK TO a; COMMIT']) {
  my ($name, $return) = @$how;
  $s = $t->connect;
  $s->ask('SELECT tenancy.login($1, local => false)', $acme);
  $s->query('BEGIN; SAVEPOINT a');
  is($s->refusal('SELECT tenancy.login($1)', $globex), '', "$name: another caller in between");
  $s->query('PREPARE _pg3_0 AS SELECT 1');
  answers($s, 5, "$name: sees its rows", $count);
  $s->query($return);
  refused($s, 'TN010', "$name: the first caller does not meet what the other left", $count);
  refused($s, 'TN010', "$name: not once", 'SELECT 1');
  $s->query('DEALLOCATE _pg3_0');
  answers($s, 3, "$name: after cleaning up it is inside again", $count);
  $s->query('CREATE TEMP TABLE own (a int)');
  answers($s, 3, "$name: and may make state of its own", $count);
  $s->query('BEGIN');
  is($s->refusal('SELECT tenancy.login($1)',
      $t->token(tenant => 'acme', user => 'alice', ttl => 900)), '', "$name: also while fresher");
  $s->query('COMMIT');
  answers($s, 3, "$name: and when that is over", $count);
}
$s = $t->connect(options => "-c tenancy.token=$acme");
answers($s, 3, 'connection options enter where the role has session scope', $count);
$s->ask('SELECT tenancy.login($1, local => false)', $globex);
$s->query('CREATE TEMP VIEW notes AS SELECT 1');
$s->query('RESET tenancy.token');
refused($s, 'TN010', 'RESET: the caller of the connection does not meet it either', $count);
$s->query('DISCARD ALL');
answers($s, 3, 'RESET: after DISCARD ALL it is inside', $count);

$t->admin->query("ALTER ROLE app SET tenancy.entry_check = off");
$s = $t->connect;
$s->query('CREATE TEMP TABLE own (a int)');
is($s->refusal('SELECT tenancy.login($1, local => false)', $acme), '', 'entry_check off: enters');
refused($s, '42501', 'which is not for the application to decide', 'SET tenancy.entry_check = on');
done_testing();
