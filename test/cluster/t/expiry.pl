# Expiry and revocation reach sessions that are already inside, at their next statement.
use strict;
use warnings;
use Tenancy;
use Test::More;
use Time::HiRes qw(sleep time);

my $t = Tenancy->new;
my $count = $Tenancy::COUNT;
my $admin = $t->admin;
my $loop = sub {
  my ($do) = @_;
  return "DO \$\$ DECLARE n int; BEGIN FOR i IN 1 .. 60 LOOP $do PERFORM pg_sleep(0.1); END LOOP; END \$\$";
};
my $break = "SELECT tenancy.alter_issuer('$Tenancy::ISSUER', '{\"audience\": [\"other\"]}')";
my $mend = "SELECT tenancy.alter_issuer('$Tenancy::ISSUER', '{\"audience\": [\"$Tenancy::AUDIENCE\"]}')";

$admin->query(q{CREATE TABLE parts (tenant_id text) PARTITION BY LIST (tenant_id);
    CREATE TABLE parts_acme PARTITION OF parts FOR VALUES IN ('acme');
    CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
    INSERT INTO parts VALUES ('acme'), ('globex'); GRANT SELECT ON parts TO app});

for my $scope ('transaction', 'session') {
  $admin->query("ALTER ROLE app SET tenancy.scope = '$scope'");
  my $enter = sub {
    my ($ttl) = @_;
    my $s = $t->connect;
    $s->query('BEGIN');
    $s->prepare('p', $count);
    is($s->refusal('SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => 'alice',
        ttl => $ttl)), '', "$scope: inside for $ttl s");
    return $s;
  };

  refused($t->connect, 'TN004', "$scope: an expired token does not enter",
      'SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => 'alice', ttl => -1));

  my @expiring = map { $enter->(2) } 1 .. 6;
  my $entered = time;
  answers($_, 3, "$scope: before expiry", $count) for @expiring;
  my ($plain, $prepared, $do, $cursor, $for, $view) = @expiring;
  $cursor->query('DECLARE c CURSOR FOR SELECT id FROM notes ORDER BY id');
  answers($cursor, 1, "$scope: a cursor before expiry", 'FETCH 1 FROM c');
  is($prepared->execute('p')->{rows}[0][0], 3, "$scope: prepared before expiry");
  refused($do, 'TN004', "$scope: expires inside a DO loop",
      $loop->('SELECT count(*) INTO n FROM notes;'));
  ok(time - $entered < 5, "$scope: at once");
  sleep 0.1 while time < $entered + 2.2;
  refused($plain, 'TN004', "$scope: the next statement", $count);
  is($prepared->execute('p')->{error}{C}, 'TN004', "$scope: a prepared statement");
  refused($cursor, 'TN004', "$scope: an open cursor", 'FETCH 1 FROM c');
  is($view->value('SHOW tenancy.token'), '', "$scope: shown as nobody");
  is($view->value('SELECT tenancy.whoami() IS NULL'), 't', "$scope: whoami() is NULL");
  refused($for, 'TN004', "$scope: current_tenant_id()", 'SELECT tenancy.current_tenant_id()');
  $for->query('ROLLBACK; BEGIN');
  is($for->refusal('SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => 'alice')), '',
      "$scope: a fresh token enters again");
  answers($for, 3, "$scope: and sees", $count);

  # Revocation: the issuer's audience changes while sessions are inside.
  my @revoked = map { $enter->(600) } 1 .. 4;
  ($plain, $prepared, $cursor, $do) = @revoked;
  answers($_, 3, "$scope: before revocation", $count) for @revoked;
  $cursor->query('DECLARE c CURSOR FOR SELECT id FROM notes ORDER BY id');
  answers($cursor, 1, "$scope: a cursor before revocation", 'FETCH 1 FROM c');
  $plain->query('SAVEPOINT a');
  $admin->value($break);
  refused($plain, 'TN002', "$scope: the next statement after revocation", $count);
  is($prepared->execute('p')->{error}{C}, 'TN002', "$scope: a prepared statement after revocation");
  refused($cursor, 'TN002', "$scope: an open cursor after revocation", 'FETCH 1 FROM c');
  $admin->value($mend);
  $plain->query('ROLLBACK TO a');
  answers($plain, 3, "$scope: what is valid again is let in again", $count);

  my $done = time + 1;
  $do->_send('Q', $loop->('SELECT count(*) INTO n FROM notes;') . "\0");
  sleep 0.1 while time < $done;
  $admin->value($break);
  is($do->_result->{error}{C}, 'TN002', "$scope: revoked inside a DO loop");
  $admin->value($mend);

  $admin->query("ALTER ROLE app SET tenancy.on_missing_identity = 'empty'");
  my $s = $enter->(600);
  answers($s, 3, "$scope: empty mode, inside", $count);
  $admin->value($break);
  answers($s, 0, "$scope: empty mode, revoked: nothing", $count);
  answers($s, 0, "$scope: empty mode, revoked: also where partitions are pruned at the start",
      'SELECT count(*) FROM parts WHERE tenant_id = tenancy.current_tenant_text()');
  $admin->value($mend);
  $admin->query('ALTER ROLE app RESET tenancy.on_missing_identity');
}
done_testing();
