# Nothing that an unprivileged role can read shows a token.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;

for my $scope ('transaction', 'session') {
  $t->admin->query("ALTER ROLE app SET tenancy.scope = '$scope'");
  my $token = $t->token(tenant => 'acme', user => 'alice');
  my ($header, $payload, $signature) = split /\./, $token;
  my $s = $t->connect(options => "-c tenancy.token=$token");
  my $watcher = $t->connect;    # the same role sees the activity of its other sessions
  my $pid = $s->pid;
  my $shows = sub { index(join("\n", map { defined $_ ? $_ : '' } @_), $signature) >= 0 };
  my $hidden = sub {
    my ($what, $session, @step) = @_;
    my $result = $session->ask(@step);
    my @texts = map { @$_ } @{$result->{rows}};
    push @texts, values %{$_} for grep { $_ } $result->{error}, @{$result->{notices}};
    ok(@texts && !$shows->(@texts), "$scope: not in $what");
  };

  $s->query('BEGIN');
  $s->ask('SELECT tenancy.login($1)', $token);
  is($s->value('SHOW tenancy.token'), 'acme/alice', "$scope: shown as tenant/user");
  ok($shows->("x $signature"), "$scope: the probe finds a token where there is one");
  $hidden->('SHOW', $s, 'SHOW tenancy.token');
  $hidden->('SHOW ALL', $s, 'SHOW ALL');
  $hidden->('current_setting', $s, q{SELECT current_setting('tenancy.token')});
  $hidden->('pg_settings', $s, 'SELECT s::text FROM pg_settings s');
  is($s->value(q{SELECT count(*) FROM pg_settings WHERE name = 'tenancy.token'}), 0,
      "$scope: not listed");
  $hidden->('EXPLAIN', $s, 'EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM notes');
  $hidden->('whoami', $s, 'SELECT w::text FROM tenancy.whoami() w');
  $hidden->('claims', $s, 'SELECT tenancy.claims()::text');
  $hidden->('pg_stat_activity of a bind parameter', $watcher,
      "SELECT a::text FROM pg_stat_activity a WHERE pid = $pid");
  $hidden->('pg_prepared_statements', $s, q{SELECT 'x' || p::text FROM pg_prepared_statements p
      UNION ALL SELECT 'x'});
  $s->query('COMMIT');

  # A literal is in the text of the statement, but not in the activity view.
  for my $enter ("SET tenancy.token = '$token'", "SELECT set_config('tenancy.token', '$token', false)",
      "SELECT 1; SET tenancy.token = '$token'; SELECT 2", "SELECT tenancy.login('$token')",
      "DO \$\$ BEGIN PERFORM tenancy.login('$token'); END \$\$",
      "SET tenancy.token = 'Bearer $token'") {
    is($s->refusal($enter), '', "$scope: enters by a literal");
    $hidden->('pg_stat_activity of ' . substr($enter, 0, 25), $watcher,
        "SELECT a::text FROM pg_stat_activity a WHERE pid = $pid");
  }
  like($watcher->value("SELECT query FROM pg_stat_activity WHERE pid = $pid"),
      qr/^SET tenancy.token = 'Bearer \*\*\*'$/, "$scope: only the token is blanked");

  # Refusals name the check, not the token.
  my $forged = "$header.$payload." . ('A' x length $signature);
  my $wrong = $t->token(tenant => 'acme', user => 'alice', secret => 'x' x 64);
  for my $bad ($wrong, "$token;user=bob", "$token;tenant=globex", "${token}x", "$token;agent=a b") {
    my $fragment = (split /\./, $bad)[2];
    $fragment =~ s/;.*//;
    my $error = $s->ask('SELECT tenancy.login($1)', $bad)->{error};
    ok($error && index(join('|', values %$error), $fragment) < 0
        && index(join('|', values %$error), $payload) < 0, "$scope: a refusal shows no token");
    $error = $s->query("SET tenancy.token = '$bad'")->{error};
    ok($error && index(join('|', values %$error), $fragment) < 0, "$scope: nor does SET");
    $hidden->('pg_stat_activity of a refused one', $watcher,
        "SELECT a::text FROM pg_stat_activity a WHERE pid = $pid");
  }
}

my $s = $t->connect;
$s->query('SET statement_timeout = 5000');
refused($s, 'TN002', 'a token like the blanks is refused', q{SET tenancy.token = '*'});
refused($s, 'TN002', 'what is shown is no credential',
    q{SELECT set_config('tenancy.token', 'acme/alice', true)});
refused($s, 'TN002', 'nor is the claims text',
    q{SELECT tenancy.login('{"tenant_id":"acme","sub":"alice"}')});
done_testing();
