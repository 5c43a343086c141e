# Revocation by another session, and expiry, arrive wherever a caller is inside already: in a DO
# loop, a loop over an open cursor, a prepared statement, a portal, an old snapshot; in both scopes.
use strict;
use warnings;
use JSON::PP;
use Matrix;
use MIME::Base64 qw(encode_base64url);
use Tenancy;
use Test::More;

my $t = Tenancy->new;
my $count = $Tenancy::COUNT;
my $admin = $t->admin;
$admin->query(q{INSERT INTO notes SELECT 'initech', 'dave', n, 'n' FROM generate_series(1, 500) n});

my $jwks = sub {
  encode_json({keys => [{kty => 'oct', kid => 'test', alg => 'HS256',
      k => encode_base64url($_[0])}]});
};
my ($issuer, $mine, $others) = ($Tenancy::ISSUER, $jwks->($Tenancy::SECRET), $jwks->('other' x 20));
my @revocations = (
  ['its key is replaced', ['TN002', qr/signature/], "SELECT tenancy.set_jwks('$issuer', '$others')",
    "SELECT tenancy.set_jwks('$issuer', '$mine')"],
  ['its issuer is dropped', ['TN002', qr/not configured/], "SELECT tenancy.drop_issuer('$issuer')",
    "SELECT tenancy.add_issuer('$issuer', ARRAY['$Tenancy::AUDIENCE'], jwks => '$mine',
                               leeway => '0')"],
  ['its tenant is suspended', ['TN005', qr/suspended/],
    q{INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('initech', 'suspended')},
    q{DELETE FROM tenancy.tenants}],
);

# Loops of 500 steps of 50 ms: far longer than it takes until a refusal arrives.
my %loops = (
  'a DO loop' => q{DO $$ DECLARE n int; BEGIN FOR i IN 1 .. 500 LOOP
    SELECT count(*) INTO n FROM notes; PERFORM pg_sleep(0.05); END LOOP; END $$},
  'a DO loop that asks who it is' => q{DO $$ BEGIN FOR i IN 1 .. 500 LOOP
    IF tenancy.current_tenant_id() <> 'initech' THEN RETURN; END IF;
    PERFORM pg_sleep(0.05); END LOOP; END $$},
  'a loop over a query' => q{DO $$ DECLARE n int; BEGIN FOR n IN SELECT id FROM notes LOOP
    PERFORM pg_sleep(0.05); END LOOP; END $$},
  'a loop that fetches from a cursor' => q{DO $$ DECLARE n int; c CURSOR FOR SELECT id FROM notes;
    BEGIN OPEN c; LOOP FETCH c INTO n; EXIT WHEN NOT FOUND;
    PERFORM pg_sleep(0.05); END LOOP; END $$},
  'a loop in a function' => 'SELECT slow()',
);
$admin->query(q{CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN
    FOR i IN 1 .. 500 LOOP SELECT count(*) INTO n FROM notes; PERFORM pg_sleep(0.05); END LOOP;
    RETURN n; END $$});

my $enter = sub {
  my ($scope, $begin, $ttl) = @_;
  my $s = $t->connect;
  my $token = $t->token(tenant => 'initech', user => 'dave', ttl => $ttl);
  $s->query($begin);
  my $refusal = $s->refusal('SELECT tenancy.login($1)', $token);
  is($refusal, '', "$scope: inside");
  return $s;
};

both($t, sub {
  my ($scope) = @_;
  for my $revocation (@revocations) {
    my ($what, $expected, $revoke, $undo) = @$revocation;
    my %in;
    for my $loop (sort keys %loops) {
      my $s = $in{$loop} = $enter->($scope, 'BEGIN');
      $s->{pid} = $s->pid;
      $s->_send('Q', "$loops{$loop}\0");
    }
    my $prepared = $enter->($scope, 'BEGIN');
    $prepared->query('SET LOCAL plan_cache_mode = force_generic_plan');
    $prepared->prepare('p', $count);
    is($prepared->execute('p')->{rows}[0][0], 500, "$scope: a prepared statement before");
    my $snapshot = $enter->($scope, 'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY');
    answers($snapshot, 500, "$scope: an old snapshot before", $count);
    my $portal = $enter->($scope, 'BEGIN');
    my $rows = $portal->open_portal('o', 2, 'SELECT id FROM notes')->{rows};
    is(@$rows, 2, "$scope: a portal before");
    my $savepoint = $enter->($scope, 'BEGIN');
    $savepoint->query('SAVEPOINT a');
    answers($savepoint, 500, "$scope: a savepoint before", $count);
    my $idle = $enter->($scope, 'BEGIN');

    in_loops($admin, values %in);
    $admin->value($revoke);
    ended($in{$_}->_result, $expected, "$scope: $what: $_") for sort keys %loops;
    ended($prepared->execute('p'), $expected, "$scope: $what: a prepared statement");
    ended($snapshot->query($count), $expected, "$scope: $what: an old snapshot");
    ended($portal->fetch('o', 2), $expected, "$scope: $what: a portal");
    is($idle->value('SELECT tenancy.whoami() IS NULL'), 't', "$scope: $what: whoami() is NULL");
    is($idle->value('SHOW tenancy.token'), '', "$scope: $what: shown as nobody");
    ended($savepoint->query($count), $expected, "$scope: $what: after a savepoint");
    $savepoint->query('ROLLBACK TO a');
    ended($savepoint->query($count), $expected, "$scope: $what: ROLLBACK TO does not help");
    ended($t->connect->ask('SELECT tenancy.login($1)',
        $t->token(tenant => 'initech', user => 'dave')), $expected, "$scope: $what: nor entering");

    $admin->value($undo);
    $savepoint->query('ROLLBACK TO a');
    answers($savepoint, 500, "$scope: $what: taken back", $count);
    answers($enter->($scope, 'BEGIN'), 500, "$scope: $what: entering works again", $count);
  }

  # One session for the whole connection, where there is such a thing.
  my $s = $t->connect;
  $s->ask('SELECT tenancy.login($1, local => false)',
      $t->token(tenant => 'initech', user => 'dave'));
  if ($scope eq 'session') {
    answers($s, 500, 'session: a lasting one before', $count);
    $admin->value($revocations[2][2]);
    ended($s->query($count), $revocations[2][1], 'session: a lasting one when suspended');
    $admin->value($revocations[2][3]);
    answers($s, 500, 'session: a lasting one when taken back', $count);
  }

  # Trust changed and the tables that say how can not be read: an error, and no rows meanwhile.
  $s = $enter->($scope, "BEGIN; SET LOCAL lock_timeout = '50ms'; SAVEPOINT a");
  answers($s, 500, "$scope: before the tables are locked", $count);
  $s->query('SAVEPOINT b');
  my $locker = $t->superuser;
  $locker->query('BEGIN; LOCK TABLE tenancy.issuers, tenancy.tenants');
  answers($s, 500, "$scope: a lock alone is not met, as nothing has to be read", $count);
  $admin->value('UPDATE tenancy.issuer_tenants SET tenant_id = tenant_id');
  for my $statement ($count, 'SELECT tenancy.current_tenant_id()', $count) {
    refused($s, '55P03', "$scope: must be read again, and is locked", $statement);
    $s->query('ROLLBACK TO b');
  }
  $locker->query('ROLLBACK');
  answers($s, 500, "$scope: and after the lock", $count);

  # Expiry: everything enters with tokens of 6 seconds, and the loops run when it comes.
  my $expired = ['TN004', qr/expired/];
  my %in;
  for my $loop (sort keys %loops) {
    my $session = $in{$loop} = $enter->($scope, 'BEGIN', 6);
    $session->{pid} = $session->pid;
    $session->_send('Q', "$loops{$loop}\0");
  }
  in_loops($admin, values %in);
  ended($in{$_}->_result, $expired, "$scope: expires inside $_") for sort keys %loops;
});
done_testing();
