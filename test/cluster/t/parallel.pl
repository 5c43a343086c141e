# Parallel workers: they see the leader's identity, and not one that is over.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new(guard => 'off', conf => <<'CONF');
parallel_leader_participation = off
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 2
CONF
$t->admin->query('ALTER TABLE notes SET (parallel_workers = 2)');
my $count = 'SELECT count(*), min(tenancy.claims()->>\'sub\') FROM notes';
my $acme = $t->token(tenant => 'acme', user => 'alice');
my $globex = $t->token(tenant => 'globex', user => 'carol');

for my $scope ('transaction', 'session') {
  for my $mode ('error', 'empty') {
    my $name = "$scope/$mode";
    $t->admin->query("ALTER ROLE app SET tenancy.scope = '$scope'");
    $t->admin->query("ALTER ROLE app SET tenancy.on_missing_identity = '$mode'");
    my $s = $t->connect;
    $s->query('BEGIN');
    $s->ask('SELECT tenancy.login($1)', $acme);
    like(join("\n", map { $_->[0] } @{$s->query("EXPLAIN (ANALYZE) $count")->{rows}}),
        qr/Workers Launched: [12]/, "$name: workers run");
    my $row = answers($s, 3, "$name: a fresh identity is seen", $count);
    is($row->{rows}[0][1], 'alice', "$name: claims() travels");
    $s->query('COMMIT');

    # Under transaction scope what a plain SET leaves is over, also in a worker.
    $s->ask(q{SELECT set_config('tenancy.token', $1, false)}, $globex);
    if ($scope eq 'session') {
      answers($s, 5, "$name: the session's identity is seen", $count);
    } elsif ($mode eq 'error') {
      refused($s, 'TN001', "$name: a stale identity is not seen", $count);
    } else {
      answers($s, 0, "$name: a stale identity is not seen", $count);
    }
    $s->query('SELECT tenancy.logout()');

    # Revoked while inside: the leader decides, the workers follow.
    $s->query('BEGIN');
    $s->ask('SELECT tenancy.login($1)', $acme);
    answers($s, 3, "$name: before the issuer is gone", $count);
    $t->admin->value("SELECT tenancy.alter_issuer('$Tenancy::ISSUER', '{\"audience\": [\"other\"]}')");
    if ($mode eq 'error') {
      refused($s, 'TN002', "$name: refused by the next statement", $count);
    } else {
      answers($s, 0, "$name: empty by the next statement", $count);
    }
    $s->query('ROLLBACK');
    $t->admin->ask("SELECT tenancy.alter_issuer('$Tenancy::ISSUER', \$1)",
        "{\"audience\": [\"$Tenancy::AUDIENCE\"]}");
  }
}
done_testing();
