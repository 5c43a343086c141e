# One statement, one tenant; answers that outlive a COMMIT; cursors whose caller changes.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;
my $acme = $t->token(tenant => 'acme', user => 'alice');
my $globex = $t->token(tenant => 'globex', user => 'carol');
my $count = $Tenancy::COUNT;
$t->admin->query(<<'SQL');
CREATE FUNCTION enter_and_count(token text) RETURNS bigint LANGUAGE plpgsql AS
  $$ BEGIN PERFORM tenancy.login(token); RETURN (SELECT count(*) FROM notes); END $$;
CREATE FUNCTION try_as(token text) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN PERFORM tenancy.login(token); RAISE 'no'; EXCEPTION WHEN raise_exception THEN END $$;
CREATE FUNCTION count_as_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM public.notes';
CREATE PROCEDURE keep(tenant tenancy.tenant_id, token text) LANGUAGE plpgsql AS $$
BEGIN
  COMMIT;
  PERFORM tenancy.login(token);
  PERFORM count(*) FROM notes, generate_series(1, 1000);
  CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT tenant;
  RAISE NOTICE 'kept % sees %', (SELECT k.tenant FROM kept k), (SELECT count(*) FROM notes);
END $$;
ALTER FUNCTION count_as_definer() OWNER TO app;
SQL

# A lateral that changes the caller after the first row: refused, or all rows of one tenant.
my $both = q{SELECT string_agg(DISTINCT n.tenant_id::text, ',') FROM generate_series(1, 3) g,
  LATERAL (SELECT set_config('tenancy.token', CASE WHEN g = 1 THEN $1 ELSE $2 END, true)
           OFFSET 0) s,
  LATERAL (SELECT tenant_id FROM notes WHERE g > 0 AND s IS NOT NULL OFFSET 0) n};
my $s = $t->connect(user => 'app');
$s->query('BEGIN');
$s->ask('SELECT tenancy.login($1)', $acme);
refused($s, 'TN011', 'transaction scope: a second caller in one statement', $both, $acme, $globex);
$s->query('ROLLBACK');
$s->query('BEGIN');
$s->ask('SELECT tenancy.login($1)', $acme);
answers($s, 'acme', 'the same caller in mid-statement is one tenant', $both, $acme, $acme);
$s->query('ROLLBACK');

$s->query('BEGIN');
refused($s, 'TN009', 'entering inside the statement that reads', 'SELECT enter_and_count($1)', $acme);
$s->query('ROLLBACK; BEGIN');
is($s->query("DO \$\$ BEGIN PERFORM tenancy.login('$acme');
    IF (SELECT count(*) FROM notes) <> 3 THEN RAISE 'no'; END IF; END \$\$")->{error}, undef,
    'a DO block enters and reads');
answers($s, 3, 'and the transaction goes on', $count);
$s->query('ROLLBACK; BEGIN');
$s->ask('SELECT tenancy.login($1)', $acme);
is($s->refusal('SELECT try_as($1), (SELECT count(*) FROM notes)', $acme), '',
    'an exception block that brings the caller back is no change');
answers($s, 3, 'SECURITY DEFINER keeps the caller', 'SELECT count_as_definer()');
$s->query('COMMIT');

$t->admin->query("ALTER ROLE app SET tenancy.scope = 'session'");
$s = $t->connect;
$s->query('BEGIN');
$s->ask('SELECT tenancy.login($1)', $acme);
refused($s, 'TN009', 'session scope: two callers in one statement', $both, $acme, $globex);
$s->query('ROLLBACK');
$s->ask('SELECT tenancy.login($1, local => false)', $acme);
# The argument of CALL is an answer from a transaction that is over by then.
my $call = $s->query("CALL keep(tenancy.current_tenant_id(), '$acme')");
is(join("\n", map { $_->{M} } @{$call->{notices}}) || $call->{error}{M}, 'kept acme sees 3',
    'an answer given to CALL outlives its COMMIT');

# A cursor of one caller does not go on under another, nor after leaving.
for my $change (['another caller', 'SELECT tenancy.login($1)', $globex],
    ['leaving', 'SELECT tenancy.logout()']) {
  my ($name, @change) = @$change;
  $s->ask('SELECT tenancy.login($1, local => false)', $acme);
  $s->query('BEGIN; DECLARE c CURSOR FOR SELECT tenant_id, id FROM notes ORDER BY id');
  answers($s, 'acme', "cursor before $name", 'FETCH 1 FROM c');
  is($s->refusal(@change), '', "$name while a cursor is open");
  refused($s, 'TN009', "cursor after $name", 'FETCH 1 FROM c');
  $s->query('ROLLBACK');
  $s->ask('SELECT tenancy.login($1, local => false)', $acme);
  $s->query('BEGIN');
  my $portal = $s->open_portal('p', 1, 'SELECT tenant_id, id FROM notes ORDER BY id');
  is($portal->{rows}[0][0], 'acme', "portal before $name");
  is(scalar @{$s->fetch('p', 1)->{rows}}, 1, 'a portal goes on under the same caller');
  $s->ask(@change);
  is($s->fetch('p', 1)->{error}{C}, 'TN009', "portal after $name");
  $s->query('ROLLBACK');
}

# Generic plans serve every caller.
$s->prepare('mine', 'SELECT min(tenant_id::text) || count(*) FROM notes WHERE id > $1');
for my $round (1 .. 8) {
  for my $who ([$acme, 'acme3'], [$globex, 'globex5']) {
    $s->ask('SELECT tenancy.login($1, local => false)', $who->[0]);
    my $row = $s->execute('mine', 0);
    is($row->{rows}[0][0], $who->[1], "prepared, round $round: $who->[1]");
  }
}
done_testing();
