# The library is loaded late: what was set before is nobody, or verified at once.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new(preload => '');
my $count = $Tenancy::COUNT;
my $acme = $t->token(tenant => 'acme', user => 'alice');

for my $scope ('transaction', 'session') {
  my $in_session = $scope eq 'session';
  $t->admin->query("ALTER ROLE app SET tenancy.scope = '$scope'");
  $t->admin->query('ALTER ROLE app RESET session_preload_libraries');

  # Without preload the setting is a placeholder until the first of our functions runs.
  my $s = $t->connect;
  $s->ask(q{SELECT set_config('tenancy.token', $1, false)}, $acme);
  my $result = $s->query($count);
  if ($in_session) {
    is($result->{error} ? $result->{error}{M} : $result->{rows}[0][0], 3, "$scope: adopted");
    is($s->value('SHOW tenancy.token'), 'acme/alice', "$scope: and no longer shown");
  } else {
    is($result->{error}{C}, 'TN001', "$scope: what was set before is nobody");
    like(join('|', map { $_->{M} } @{$result->{notices}}), qr/before pg_tenancy was loaded/,
        "$scope: with a WARNING");
    is($s->value('SHOW tenancy.token'), '', "$scope: and no longer shown");
    $s->query('BEGIN');
    is($s->refusal('SELECT tenancy.login($1)', $acme), '', "$scope: entering works");
    answers($s, 3, "$scope: and shows the rows", $count);
  }

  # What no leader may adopt: a forged form for workers, a bad token.
  for my $forged ('~As0:4:test,4:acme,', 'nonsense', "$acme;user=bob") {
    $s = $t->connect;
    $s->ask(q{SELECT set_config('tenancy.token', $1, false)}, $forged);
    refused($s, 'TN001', "$scope: a forged value is not adopted", $count);
    refused($s, 'TN001', "$scope: nor later", $count);
  }

  for my $preload ('', 'session_preload_libraries') {
    $t->admin->query("ALTER ROLE app SET session_preload_libraries = 'pg_tenancy'") if $preload;
    my $name = $preload || 'no preload';
    $s = $t->connect(options => "-c tenancy.token=$acme");
    if ($in_session) {
      answers($s, 3, "$scope, $name: connection options enter", $count);
    } else {
      refused($s, 'TN001', "$scope, $name: connection options are inert", $count);
    }
    $s = $t->connect(options => '-c tenancy.token=nonsense');
    refused($s, 'TN001', "$scope, $name: a bad one is nobody", $count);
  }

  # Stored while the library was not there, because then PostgreSQL can not ask it.
  $t->admin->query('ALTER ROLE app RESET session_preload_libraries');
  my $superuser = $t->superuser;    # a new session: it has not loaded the library
  is($superuser->refusal("ALTER ROLE app SET tenancy.token = '$acme'"), '',
      "$scope: without the library a token can be stored");
  $s = $t->connect;
  refused($s, 'TN001', "$scope: but is refused when it is read", $count);
  $superuser->query('ALTER ROLE app RESET tenancy.token');
}
# What status() says of it.
my $how = q{SELECT value FROM tenancy.status() WHERE item = 'preloaded'};
is($t->superuser->value($how), 'no', 'status() says that it is not preloaded');
$t->admin->query(q{ALTER ROLE CURRENT_USER SET session_preload_libraries = 'pg_tenancy'});
is($t->superuser->value($how), 'session', 'and where sessions preload it');
done_testing();
