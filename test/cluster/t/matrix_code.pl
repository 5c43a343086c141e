# Identities and code that runs in the server (procedures, functions, plans), and statements that
# travel together (pipelines, several in one query), in both scopes.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;

my $t = Tenancy->new(guard => 'off');    # which would refuse PREPARE
my $count = $Tenancy::COUNT;
my $nobody = ['TN001', qr/was set, or it has ended/];
my $earlier = ['TN001', qr/set in an earlier transaction/];
my $token = tokens($t);

$t->admin->value($_) for <<'SQL' =~ /(.+?;;)/gs;
CREATE ROLE helper;;
GRANT CREATE ON SCHEMA public TO helper;;
GRANT SELECT ON notes TO helper;;
CREATE FUNCTION seen() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT count(*) FROM notes);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;;
CREATE PROCEDURE travel(first text, second text, stays boolean, INOUT path text) LANGUAGE plpgsql AS
$$ BEGIN
  path := seen();
  PERFORM tenancy.login(first, local => NOT stays);
  path := path || ' ' || seen();
  COMMIT;
  path := path || ' ' || seen();
  PERFORM tenancy.login(second);
  path := path || ' ' || seen();
  ROLLBACK;
  path := path || ' ' || seen();
END $$;;
CREATE PROCEDURE walk(token text, INOUT path text) LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
  path := '';
  PERFORM tenancy.login(token);
  FOR n IN SELECT id FROM notes ORDER BY id LOOP
    path := path || n || ':' || seen() || ' ';
    COMMIT;
  END LOOP;
END $$;;
CREATE FUNCTION pinned() RETURNS bigint LANGUAGE sql SET search_path = pg_catalog, pg_temp
  AS 'SELECT count(*) FROM public.notes';;
CREATE FUNCTION absent() RETURNS text LANGUAGE plpgsql SET tenancy.token = ''
  AS 'BEGIN RETURN public.seen(); END';;
CREATE FUNCTION count_cached() RETURNS bigint LANGUAGE plpgsql AS
  'BEGIN RETURN (SELECT count(*) FROM notes WHERE id > 0); END';;
CREATE FUNCTION as_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM public.notes';;
ALTER FUNCTION as_definer() OWNER TO helper;;
CREATE FUNCTION enter_for_me(token text) RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT tenancy.login(token)';;
ALTER FUNCTION enter_for_me(text) OWNER TO helper;;
SQL

both($t, sub {
  my ($scope) = @_;
  my $in_session = $scope eq 'session';
  my $lasting = {transaction => $earlier, session => 3};

  play($t, $scope, 'a procedure that commits',
    q{CALL travel('%acme%', '%globex%', false, NULL)} => 'TN001 3 TN001 5 TN001',
    $count => $nobody,
    q{CALL travel('%acme%', '%globex%', true, NULL)} =>
      {transaction => 'TN001 3 TN001 5 TN001', session => 'TN001 3 3 5 3'},
    $count => $lasting,
    'RESET tenancy.token' => undef,
    q{DO $$ BEGIN PERFORM tenancy.login('%acme%'); COMMIT; PERFORM FROM notes; END $$} => $nobody,
    q{DO $$ BEGIN PERFORM tenancy.login('%acme%'); PERFORM FROM notes; COMMIT; END $$} => undef);
  # The rows of a loop were fetched by who began it; after the COMMIT nobody is inside.
  play($t, $scope, 'a loop that commits',
    q{CALL walk('%acme%', NULL)} => '1:3 2:TN001 3:TN001 ',
    $count => $nobody);

  play($t, $scope, 'function SET clauses',
    q{CREATE FUNCTION f() RETURNS int LANGUAGE sql SET tenancy.token = '%acme%' AS 'SELECT 1'} =>
      ['TN010', qr/every role can read/],
    'BEGIN' => undef,
    'login acme' => undef,
    'SELECT pinned()' => 3,
    'SELECT absent()' => 'TN009',
    $count => 3,
    'DO $$ BEGIN IF absent() <> \'TN001\' THEN RAISE division_by_zero; END IF; END $$' => undef,
    $count => 3,
    'SAVEPOINT a' => undef,
    q{CREATE FUNCTION f() RETURNS int LANGUAGE sql SET tenancy.token FROM CURRENT AS 'SELECT 1'} =>
      ['TN010', qr/every role can read/],
    'ROLLBACK TO a' => undef,
    q{CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'} => undef,
    q{ALTER FUNCTION f() SET tenancy.token = '%acme%'} => ['TN010', qr/every role can read/],
    'ROLLBACK' => undef);
  play($t, $scope, 'SECURITY DEFINER',
    'SELECT as_definer()' => $nobody,
    'BEGIN' => undef,
    q{SELECT enter_for_me('%acme%')} => undef,
    'SELECT as_definer()' => 3,
    $count => 3,
    'COMMIT' => undef,
    'SELECT as_definer()' => $nobody);

  play($t, $scope, 'PREPARE and EXECUTE',
    'SET plan_cache_mode = force_generic_plan; BEGIN' => undef,
    'login acme' => undef,
    'PREPARE q AS SELECT count(*) FROM notes WHERE id > $1' => undef,
    'EXECUTE q(0)' => 3,
    'EXECUTE q(0)' => 3,
    q{SELECT generic_plans > 0 FROM pg_prepared_statements WHERE name = 'q'} => 't',
    'COMMIT' => undef,
    'EXECUTE q(0)' => $nobody,
    'login globex' => ['TN010', qr/PREPARE/],
    'DEALLOCATE q' => undef,
    'login globex' => undef);

  # One generic plan, one function's plan, one driver's statement for caller after caller.
  my $s = $t->connect(options => '-c plan_cache_mode=force_generic_plan');
  $s->prepare('driver', 'SELECT min(tenant_id::text) || count(*) FROM notes WHERE id > $1');
  for my $round (1 .. 3) {
    for my $who (['acme', 3], ['globex', 5]) {
      my ($tenant, $rows) = @$who;
      $s->query('BEGIN');
      $s->ask('SELECT tenancy.login($1)', $token->{$tenant});
      is($s->execute('driver', 0)->{rows}[0][0], "$tenant$rows", "$scope: generic plan, $tenant");
      answers($s, $rows, "$scope: a function's plan, $tenant", 'SELECT count_cached()');
      $s->query('COMMIT');
      is($s->execute('driver', 0)->{error}{C}, 'TN001', "$scope: generic plan, nobody");
      refused($s, 'TN001', "$scope: a function's plan, nobody", 'SELECT count_cached()');
    }
  }

  # A pipeline is one transaction up to its Sync.
  my $login = sub { ['SELECT tenancy.login($1)', $token->{$_[0]}] };
  my $codes = sub {
    join ' ', map { $_->{error} ? $_->{error}{C} : $_->{skipped} ? 'skipped'
        : @{$_->{rows}} && $_->{rows}[0][0] =~ /^\d+$/ ? $_->{rows}[0][0] : '-' } @_;
  };
  $s = $t->connect;
  is($codes->($s->pipeline($login->('acme'), [$count], [$count])), '- 3 3', "$scope: pipeline");
  is($codes->($s->pipeline([$count])), 'TN001', "$scope: the next pipeline is another transaction");
  is($codes->($s->pipeline([$count], $login->('acme'), [$count])), 'TN001 skipped skipped',
      "$scope: a pipeline stops at a refusal");
  is($codes->($s->pipeline($login->('acme'), ['SELECT 1/0'], [$count])), '- 22012 skipped',
      "$scope: and at any error");
  is($codes->($s->pipeline([$count])), 'TN001', "$scope: after which nobody is inside");
  is($codes->($s->pipeline($login->('acme'), $login->('globex'), [$count])),
      $in_session ? '- - 5' : '- TN011 skipped', "$scope: two callers in one pipeline");
  is($codes->($s->pipeline(['BEGIN'], $login->('acme'), [$count], ['COMMIT'], [$count])),
      '- - 3 - TN001', "$scope: COMMIT in a pipeline");
  is($codes->($s->pipeline([q{SELECT set_config('tenancy.token', $1, false)}, $token->{acme}],
      [$count])), '- 3', "$scope: a lasting one in a pipeline");
  is($codes->($s->pipeline([$count])), $in_session ? '3' : 'TN001', "$scope: and in the next");

  play($t, $scope, 'several statements in one query',
    "SELECT tenancy.login('%acme%'); $count" => 3,
    $count => $nobody,
    "SET LOCAL tenancy.token = '%acme%'; $count" => 3,
    $count => $nobody,
    "SELECT tenancy.login('%acme%'); SELECT tenancy.login('%globex%'); $count" =>
      {transaction => 'TN011', session => 5},
    "SELECT tenancy.login('%acme%'); COMMIT; $count" => $nobody,
    "BEGIN; SELECT tenancy.login('%acme%'); COMMIT; BEGIN; SELECT tenancy.login('%globex%');
     $count; COMMIT" => undef,
    $count => $nobody,
    "SELECT tenancy.login('%acme%'); SELECT 1/0; $count" => '22012',
    $count => $nobody,
    "SET tenancy.token = '%acme%'; $count" => 3,
    $count => $lasting);
});
done_testing();
