# Callers who share one server connection through a real pgbouncer, in its two modes and in both
# scopes: nothing of one caller is there for the next, and who leaves traces is found out.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;

my $t = Tenancy->new(guard => 'off');    # which would not let anybody leave things behind
my $count = $Tenancy::COUNT;
my $token = tokens($t);
my @lasting = (q{SELECT set_config('tenancy.token', $1, false)}, $token->{acme});

# What a stranger may learn on a connection: nothing.
my $stranger = sub {
  my ($pooler, $pid, $name) = @_;
  my $s = $pooler->connect;
  is($s->pid, $pid, "$name: the same server connection") if $pid;
  refused($s, 'TN001', "$name: no rows", $count);
  refused($s, 'TN001', "$name: no claims", 'SELECT tenancy.claims()');
  is($s->value(q{SELECT coalesce(tenancy.whoami()::text, 'nobody')
      || current_setting('tenancy.token')}), 'nobody', "$name: nobody");
  return $s;
};

both($t, sub {
  my ($scope) = @_;
  for my $mode ('transaction', 'session') {
    my $pooler = $t->pooler($mode);    # its defaults: DISCARD ALL between clients in session mode
    my $name = "$scope scope, $mode mode";
    my $first = $pooler->connect;
    my $pid = $first->pid;

    # In transaction mode two clients take turns; in session mode one comes after the other.
    my ($acme, $globex) = ($first, $mode eq 'transaction' ? $pooler->connect : $first);
    for my $round (1 .. 10) {
      for my $who ([$acme, 'acme', 3], [$globex, 'globex', 5]) {
        my ($s, $tenant, $rows) = @$who;
        $s->query('BEGIN');
        $s->ask('SELECT tenancy.login($1)', $token->{$tenant});
        answers($s, "$tenant$rows", "$name, round $round: $tenant",
            'SELECT min(tenant_id::text) || count(*) FROM notes');
        $s->query($round % 2 ? 'COMMIT' : 'ROLLBACK');
      }
    }
    is(join(' ', map { $_->{error} ? $_->{error}{C} : $_->{rows}[0][0] }
        $globex->pipeline(['SELECT tenant_id FROM tenancy.login($1)', $token->{globex}], [$count])),
        'globex 5', "$name: a pipeline");
    is($acme->refusal("BEGIN; SELECT tenancy.login('$token->{acme}'); SELECT 1/0"), '22012',
        "$name: a failed transaction");
    $acme->query('ROLLBACK');
    answers($acme, 5, "$name: one query",
        "SELECT tenancy.login('$token->{globex}'); SELECT count(*) FROM notes");
    $_->close for $acme, $globex;
    my $s = $stranger->($pooler, $pid, "$name: after them");

    # A caller that goes away inside a transaction takes the server connection with it.
    $s->query('BEGIN');
    is($s->refusal('SELECT tenancy.login($1)', $token->{acme}), '', "$name: inside");
    $s->close;
    $s = $stranger->($pooler, undef, "$name: after one that broke off");
    isnt($s->pid, $pid, "$name: on another server connection");
    $pid = $s->pid;

    # A plain SET. Under session scope behind a transaction pooler it is everybody's, which is why
    # session scope is for connections that callers do not share.
    is($s->refusal(@lasting), '', "$name: a lasting one");
    if ($mode eq 'session') {
      $s->close;
      $s = $stranger->($pooler, $pid, "$name: after a lasting one");
    } elsif ($scope eq 'transaction') {
      $s = $stranger->($pooler, $pid, "$name: after a lasting one");
    } else {
      $s = $pooler->connect;
      answers($s, 3, "$name: shared, as documented", $count);
    }
    $s->close;
    $pooler->stop;

    # Without DISCARD ALL session mode hands over whatever there is.
    next unless $mode eq 'session';
    $pooler = $t->pooler($mode, server_reset_query => '');
    $s = $pooler->connect;
    $pid = $s->pid;
    is($s->refusal(@lasting), '', "$name, no reset: a lasting one");
    $s->close;
    if ($scope eq 'transaction') {
      $stranger->($pooler, $pid, "$name, no reset")->close;
    } else {
      answers($pooler->connect, 3, "$name, no reset: shared, as documented", $count);
    }
    $pooler->stop;
  }
});

# Traces that are left while the attacker's own token enters inside the very statement: planning
# evaluates the function, the entry check runs, and the cursor is made after it.
$t->admin->query(q{CREATE FUNCTION enters(token text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM set_config('tenancy.token', token, true); RETURN true; END $$});
both($t, sub {
  my ($scope) = @_;
  play($t, $scope, 'a held cursor whose planning enters',
    'BEGIN' => undef,
    q{DECLARE c CURSOR WITH HOLD FOR SELECT 'of the attacker' WHERE enters('%globex%')} => undef,
    'COMMIT' => undef,
    'login acme' => ['TN010', qr/cursors/],
    'CLOSE ALL' => undef,
    'login acme' => undef);
  play($t, $scope, 'a statement prepared after entering',
    'BEGIN' => undef,
    'login globex' => undef,
    q{PREPARE _pg3_0 AS SELECT 'of the attacker'} => undef,
    'login globex' => undef,
    'COMMIT' => undef,
    'login acme' => ['TN010', qr/PREPARE/],
    'DEALLOCATE ALL' => undef,
    'login acme' => undef);
  # A DO block and a function make them as well.
  play($t, $scope, 'in a DO block',
    q{DO $$ BEGIN EXECUTE 'PREPARE _pg3_0 AS SELECT 1'; END $$} => undef,
    'login acme' => ['TN010', qr/PREPARE/],
    'DEALLOCATE _pg3_0' => undef,
    q{DO $$ BEGIN CREATE TEMP VIEW notes AS SELECT 1; END $$} => undef,
    'login acme' => ['TN010', qr/temporary/],
    'DISCARD TEMP' => undef,
    q{DO $$ BEGIN PERFORM set_config('search_path', 'evil', false); END $$} => undef,
    'login acme' => ['TN010', qr/search_path/],
    'RESET search_path' => undef,
    q{UPDATE pg_settings SET setting = 'off' WHERE name = 'row_security'} => undef,
    'login acme' => ['TN010', qr/row_security/],
    'RESET row_security' => undef,
    'login acme' => undef);
});

# Session scope: a caller who comes back after another's transaction meets nothing of it, neither
# by going on nor by entering again, and leaves and cleans up as it likes.
$t->admin->query("ALTER ROLE app SET tenancy.scope = 'session'");
my @leaves = ('enter acme' => undef, 'BEGIN' => undef, 'login globex' => undef);
my $met = ['TN010', qr/temporary/];
play($t, 'session', 'back after another caller',
  @leaves,
  q{CREATE TEMP TABLE notes AS SELECT 'of the attacker' AS body} => undef,
  'COMMIT' => undef,
  'SELECT * FROM notes' => $met,
  'COPY notes FROM STDIN' => $met,
  'SELECT tenancy.whoami()' => $met,
  q{SET tenancy.token = '%acme%'} => $met,
  q{SET LOCAL tenancy.token = '%acme again%'} => $met,
  'login acme' => $met,
  'RESET tenancy.token' => undef,
  'SELECT tenancy.whoami() IS NULL' => 't',
  'enter acme' => $met,
  'DISCARD TEMP' => undef,
  'enter acme' => undef,
  $count => 3,
  'BEGIN' => undef,
  'login globex' => undef,
  'CREATE TEMP VIEW notes AS SELECT 1' => undef,
  'COMMIT' => undef,
  $count => $met,
  'DROP VIEW pg_temp.notes' => undef,
  $count => 3);
play($t, 'session', 'what a caller makes itself when it is back',
  @leaves,
  'COMMIT' => undef,
  'BEGIN' => undef,
  'CREATE TEMP TABLE own (a int)' => undef,
  $count => 3,
  'COMMIT' => undef,
  'PREPARE own AS SELECT 1' => undef,
  'SET search_path = public' => undef,
  q{SET tenancy.token = '%acme again%'} => undef,
  'SELECT count(*) FROM own' => 0,
  'login globex' => $met,
  $count => 3);
done_testing();
