# The ways of entering, row by row, in both scopes.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;
my $count = $Tenancy::COUNT;

for my $scope ('transaction', 'session') {
  $t->admin->query("ALTER SYSTEM SET tenancy.scope = '$scope'");
  $t->admin->query('SELECT pg_reload_conf()');
  my $in_session = $scope eq 'session';
  my $acme = $t->token(tenant => 'acme', user => 'alice');
  my $fresher = $t->token(tenant => 'acme', user => 'alice', ttl => 1200);
  my $globex = $t->token(tenant => 'globex', user => 'carol');
  my $s = $t->connect;
  until ($s->value('SHOW tenancy.scope') eq $scope) { select undef, undef, undef, 0.05 }

  refused($s, 'TN001', "$scope: nobody sees nothing", $count);
  for my $way ([login => 'SELECT tenancy.login($1)', $acme],
      [set_config => q{SELECT set_config('tenancy.token', $1, true)}, $acme],
      ['SET LOCAL' => "SET LOCAL tenancy.token = '$acme'"]) {
    my ($name, @enter) = @$way;
    $s->query('BEGIN');
    ok(!$s->refusal(@enter), "$scope: $name enters");
    answers($s, 3, "$scope: $name shows the tenant's rows", $count);
    $s->query('COMMIT');
    refused($s, 'TN001', "$scope: $name ends with its transaction", $count);
  }
  for my $way ([SET => "SET tenancy.token = '$acme'"],
      [set_config => q{SELECT set_config('tenancy.token', $1, false)}, $acme],
      [login => 'SELECT tenancy.login($1, local => false)', $acme]) {
    my ($name, @enter) = @$way;
    ok(!$s->refusal(@enter), "$scope: $name for the session is taken");
    if ($in_session) {
      answers($s, 3, "$scope: $name for the session lasts", $count);
    } else {
      my $error = refused($s, 'TN001', "$scope: $name for the session is inert", $count);
      like($error->{D}, qr/earlier transaction/, "$scope: the DETAIL says why");
      like($error->{H}, qr/login.*scope = session/s, "$scope: the HINT names both ways out");
    }
    $s->query('SELECT tenancy.logout()');
    refused($s, 'TN001', "$scope: logout leaves", $count);
  }

  $s->query('BEGIN');
  $s->ask('SELECT tenancy.login($1)', $acme);
  answers($s, 3, "$scope: the first identity of a transaction", $count);
  ok(!$s->refusal('SELECT tenancy.login($1)', $fresher), "$scope: a fresher token is fine");
  $s->query('SAVEPOINT a');
  if ($in_session) {
    ok(!$s->refusal('SELECT tenancy.login($1)', $globex), "$scope: another caller may enter");
    answers($s, 5, "$scope: and sees its own rows", $count);
    $s->query('ROLLBACK TO a');
    answers($s, 3, "$scope: ROLLBACK TO brings the first one back", $count);
  } else {
    refused($s, 'TN011', "$scope: another caller may not", 'SELECT tenancy.login($1)', $globex);
    $s->query('ROLLBACK TO a');
    answers($s, 3, "$scope: the first one stays", $count);
  }
  $s->query('ROLLBACK');

  # The first identity came and went in a savepoint: the transaction remembers it all the same.
  $s->query('BEGIN');
  $s->query('SAVEPOINT a');
  $s->ask('SELECT tenancy.login($1)', $acme);
  $s->query('ROLLBACK TO a');
  refused($s, 'TN001', "$scope: rolled back to before entering", $count);
  $s->query('ROLLBACK TO a');
  is($s->refusal('SELECT tenancy.login($1)', $globex), $in_session ? '' : 'TN011',
      "$scope: ROLLBACK TO does not make room for a second identity");
  $s->query('ROLLBACK');

  my $options = "-c tenancy.token=$acme";
  my $c = $t->connect(options => $options);
  if ($in_session) {
    answers($c, 3, "$scope: connection options enter", $count);
    $c->ask(q{SELECT set_config('tenancy.token', $1, false)}, $globex);
    answers($c, 5, "$scope: another caller enters after it", $count);
    $c->query('RESET tenancy.token');
    answers($c, 3, "$scope: RESET returns to the connection options", $count);
    $c->query('SELECT tenancy.logout()');
    refused($c, 'TN001', "$scope: logout leaves", $count);
    $c->query('DISCARD ALL');
    answers($c, 3, "$scope: DISCARD ALL returns to the connection options", $count);
  } else {
    refused($c, 'TN001', "$scope: connection options are inert", $count);
    $c->query('DISCARD ALL');
    refused($c, 'TN001', "$scope: also after DISCARD ALL", $count);
  }
  ok(!eval { $t->connect(options => '-c tenancy.token=nonsense') },
      "$scope: a bad token in the connection options does not connect");
  like($@, qr/^TN002/, "$scope: and says so");
}

my $token = $t->token(tenant => 'acme', user => 'alice');
my $s = $t->connect;
for my $who ($s, $t->admin) {
  my $name = $who == $s ? 'app' : 'superuser';
  refused($who, 'TN010', "$name: not for a role", "ALTER ROLE app SET tenancy.token = '$token'");
  refused($who, 'TN010', "$name: not for a function",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET tenancy.token = '$token' AS 'SELECT 1'");
}
refused($t->admin, 'TN010', 'not for a database',
    "ALTER DATABASE postgres SET tenancy.token = '$token'");
refused($t->admin, '55P02', 'not for the configuration file',
    "ALTER SYSTEM SET tenancy.token = '$token'");
refused($s, 'TN002', 'the form for workers is no credential',
    q{SET tenancy.token = '~As0:4:test,4:acme,-,-,0:,0:,-,0:,-,1:0,1:0,1:0,2:{},'});
is($s->value('SHOW tenancy.token'), '', 'nobody is shown as nobody');
done_testing();
