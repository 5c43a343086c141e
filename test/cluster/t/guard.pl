# State that one caller could leave on a shared server connection, through a real pgbouncer in
# transaction mode: refused, safe, or known and shown as it is (doc/threat-model.md).
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;
$t->admin->query($_) for 'CREATE SEQUENCE tickets', 'GRANT USAGE ON SEQUENCE tickets TO app',
  'CREATE ROLE other', 'GRANT SELECT ON notes TO other', 'GRANT other TO app', 'CREATE ROLE plain LOGIN';
my $count = $Tenancy::COUNT;
my $acme = $t->token(tenant => 'acme', user => 'alice');
my $globex = $t->token(tenant => 'globex', user => 'carol');

my $pooler = $t->pooler('transaction', server_reset_query => '');
my ($attacker, $victim) = ($pooler->connect, $pooler->connect);
my $pid = $attacker->pid;

sub enter {
  my ($session, $token) = @_;
  $session->query('BEGIN');
  return $session->ask('SELECT tenancy.login($1)', $token)->{error};
}

# What would be met by the next caller is refused to globex, who is inside, and to nobody.
for my $leftover (
  ['a temporary table', 'CREATE TEMP TABLE scratch AS SELECT * FROM notes'],
  ['a temporary view', 'CREATE TEMP VIEW notes AS SELECT 1 AS id'],
  ['a temporary function', q{CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'}],
  ['a held cursor', 'DECLARE c CURSOR WITH HOLD FOR SELECT * FROM notes'],
  ['a prepared statement', 'PREPARE _pg3_0 AS SELECT 1'],
  ['a prepared transaction', q{PREPARE TRANSACTION 'kept'}],
  ['a listener', 'LISTEN jobs'],
  ['a role', 'SET ROLE other']) {
  my ($what, $leave) = @$leftover;
  is(enter($attacker, $globex), undef, "$what: globex is inside");
  my $error = refused($attacker, 'TN010', "$what: refused", $leave);
  ok($error->{D} && $error->{H}, "$what: says why and what to do");
  $attacker->query('ROLLBACK');
  is($victim->pid, $pid, "$what: the same server connection");
  is(enter($victim, $acme), undef, "$what: the next caller enters");
  answers($victim, 3, "$what: and reads its own", $count);
  $victim->query('COMMIT');
}
refused($attacker, 'TN010', "nobody: $_", $_) for 'CREATE TEMP TABLE scratch (id int)',
  'PREPARE _pg3_0 AS SELECT 1', 'LISTEN jobs',
  'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT';
$attacker->query('ROLLBACK');

# A role that set_config left behind: the identity stays with the role that entered.
is(enter($attacker, $globex), undef, 'globex is inside');
$attacker->query(q{SELECT set_config('role', 'other', false)});
refused($attacker, 'TN010', 'the identity does not go along with set_config', $count);
$attacker->query('ROLLBACK');
is(enter($attacker, $globex), undef, 'globex is inside again');
$attacker->query(q{SELECT set_config('role', 'other', false)});
$attacker->query('COMMIT');
is(enter($victim, $acme)->{C}, 'TN010', 'the next caller is told of the role');
$victim->query('ROLLBACK');
$victim->query('RESET ROLE');
is(enter($victim, $acme), undef, 'and enters after the clean-up');
answers($victim, 3, 'and reads', $count);
$victim->query('COMMIT');

# What drivers and poolers do every day.
is(enter($victim, $acme), undef, 'prepared by the protocol: inside');
my $direct = $t->connect;
$direct->prepare('by_protocol', $count);
is(enter($direct, $acme), undef, 'a statement prepared by the protocol is no leftover');
answers($direct, 3, 'and entering works beside it', $count);
$direct->query('COMMIT');
$victim->query('COMMIT');
is($victim->query($_)->{error}, undef, "$_ is for everybody") for 'DISCARD ALL', 'DISCARD TEMP',
  'DEALLOCATE ALL', 'CLOSE ALL', 'UNLISTEN *', 'RESET ALL', 'RESET ROLE', 'NOTIFY jobs';

# A temporary table of the transaction is nobody's afterwards.
is(enter($attacker, $globex), undef, 'globex is inside');
answers($attacker, 5, 'it collects its rows in a table of the transaction',
    "CREATE TEMP TABLE scratch ON COMMIT DROP AS SELECT * FROM notes; SELECT count(*) FROM scratch");
$attacker->query('COMMIT');
refused($victim, '42P01', 'which the next caller does not find', 'SELECT * FROM scratch');
is(enter($victim, $acme), undef, 'and which is no leftover');
$victim->query('COMMIT');

# Prepared transactions hold nothing of an identity, left or not; without one they are not ours.
is(enter($attacker, $globex), undef, 'globex is inside');
$attacker->query('SELECT tenancy.logout()');
refused($attacker, 'TN010', 'who has left may not prepare either', q{PREPARE TRANSACTION 'kept'});
$attacker->query('ROLLBACK');
is($attacker->query($_)->{error}, undef, "nobody: $_") for 'BEGIN',
    q{PREPARE TRANSACTION 'empty'};
is($direct->query(q{ROLLBACK PREPARED 'empty'})->{error}, undef,
    'a transaction that nobody entered may be prepared');

# Known: what belongs to the connection or to the database, whatever the tenant.
is(enter($attacker, $globex), undef, 'globex is inside');
answers($attacker, 1, 'it takes a number', q{SELECT nextval('tickets')});
answers($attacker, '', 'and a lock', 'SELECT pg_advisory_lock(77)');
$attacker->query('COMMIT');
is(enter($victim, $acme), undef, 'acme is inside');
answers($victim, 1, 'known: lastval() is the previous caller\'s', 'SELECT lastval()');
answers($victim, 1, 'known: currval() too', q{SELECT currval('tickets')});
answers($victim, 't', 'known: an advisory lock of the session is the connection\'s',
    'SELECT pg_try_advisory_lock(77)');
$victim->query('COMMIT');
answers($t->connect, 'f', 'known: and stops others', 'SELECT pg_try_advisory_lock(77)');
answers($t->connect, 1, 'known: pg_locks shows it to everybody',
    q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77});
$victim->query('DISCARD ALL');
refused($victim, '55000', 'DISCARD ALL forgets the numbers', 'SELECT lastval()');
answers($t->connect, 't', 'and gives the locks back', 'SELECT pg_try_advisory_lock(77)');

# Known: a notification is for the whole database; the guard lets only other roles listen.
my $listener = $t->connect(user => 'plain');
is($listener->query('LISTEN jobs')->{error}, undef, 'a role without rights on the table listens');
is(enter($attacker, $globex), undef, 'globex is inside');
is($attacker->query(q{NOTIFY jobs, 'of globex'})->{error}, undef, 'and notifies');
$attacker->query('COMMIT');

$pooler->stop;
done_testing;
