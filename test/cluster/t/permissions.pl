# What a caller may do reaches running sessions: at their next statement when a table changes, by
# the clock when a permission ends, in parallel workers, and for each of a pool's callers.
use strict;
use warnings;
use Tenancy;
use Test::More;
use Time::HiRes qw(sleep time);

my $t = Tenancy->new(conf => <<'CONF');
parallel_leader_participation = off
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 2
CONF
my $admin = $t->admin;
$admin->query(<<'SQL');
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
INSERT INTO tenancy.roles (role) VALUES ('reader');
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('reader', 'docs:read');
CREATE TABLE closed AS SELECT 1 AS id;
ALTER TABLE closed ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON closed USING (tenancy.can('docs:read'));
CREATE TABLE required AS SELECT 1 AS id;
ALTER TABLE required ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON required USING (tenancy.require('docs:read'));
GRANT SELECT ON closed, required TO app;
CREATE ROLE other;
CREATE FUNCTION may_as_definer() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$SELECT tenancy.can('docs:read')$$;
ALTER FUNCTION may_as_definer() OWNER TO other;
CREATE PROCEDURE note(may boolean) LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'may %', may; END$$;
ALTER TABLE notes SET (parallel_workers = 2);
SQL
my $can = q{SELECT tenancy.can('docs:read')};
my $alice = $t->token(tenant => 'acme', user => 'alice');
my $give = q{INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'alice', '{reader}')
  ON CONFLICT (tenant_id, user_id) DO UPDATE SET roles = EXCLUDED.roles};

sub inside {
  my ($begin) = @_;
  my $s = $t->connect;
  $s->query($begin // 'BEGIN');
  is($s->refusal('SELECT tenancy.login($1)', $alice), '', 'alice is inside');
  return $s;
}

# A role that is taken away, in every way, from sessions in the middle of their transactions.
my %take = (
  'DELETE of the member' => q{DELETE FROM tenancy.members},
  'UPDATE of the member' => q{UPDATE tenancy.members SET roles = '{}'},
  'TRUNCATE of the members' => q{TRUNCATE tenancy.members},
  'in a replica' => q{BEGIN; SET LOCAL session_replication_role = replica;
    DELETE FROM tenancy.members; COMMIT},
  'a denial' => q{INSERT INTO tenancy.user_permissions VALUES ('acme', 'alice', 'docs:*', 'deny')},
  'a denial of the role' => q{INSERT INTO tenancy.role_permissions (role, permission, effect)
    VALUES ('reader', 'docs:read', 'deny')},
  'the role\'s permission' => q{DELETE FROM tenancy.role_permissions},
  'a tier' => q{INSERT INTO tenancy.tiers (tier) VALUES ('free')},
  'the tenant\'s tier' => q{INSERT INTO tenancy.tiers (tier, is_default) VALUES ('free', false), ('all', true);
    INSERT INTO tenancy.tier_permissions VALUES ('all', '*');
    UPDATE tenancy.tenants SET tier = 'free'},
);
for my $way (sort keys %take) {
  $admin->query($give);
  my ($plain, $snapshot, $readonly) = map { inside($_) } 'BEGIN',
    'BEGIN ISOLATION LEVEL REPEATABLE READ', 'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY';
  for my $s ($plain, $snapshot, $readonly) {
    $s->prepare('p', $can);
    is($s->execute('p')->{rows}[0][0], 't', "$way: before");
  }
  $plain->query('DECLARE c CURSOR FOR SELECT tenancy.can(\'docs:read\') FROM generate_series(1, 9)');
  answers($plain, 't', "$way: a cursor before", 'FETCH 1 FROM c');
  is($admin->refusal($take{$way}), '', "$way: taken");
  answers($plain, 'f', "$way: an open cursor", 'FETCH 1 FROM c');
  answers($plain, 'f', "$way: the next statement", $can);
  is($plain->execute('p')->{rows}[0][0], 'f', "$way: a prepared statement");
  answers($snapshot, 'f', "$way: in repeatable read", $can);
  answers($readonly, 'f', "$way: in a read-only transaction", $can);
  answers($plain, 'acme', "$way: the session itself stays inside", 'SELECT tenancy.current_tenant_id()');
  answers($plain, 0, "$way: a policy that asks", 'SELECT count(*) FROM closed');
  refused($plain, 'TN008', "$way: a policy that requires", 'SELECT count(*) FROM required');
  $admin->query(q{TRUNCATE tenancy.members, tenancy.user_permissions, tenancy.role_permissions;
    UPDATE tenancy.tenants SET tier = NULL; DELETE FROM tenancy.tiers;
    INSERT INTO tenancy.role_permissions (role, permission) VALUES ('reader', 'docs:read')});
}

# Not before it is committed, and not what is rolled back.
$admin->query($give);
my $s = inside();
$admin->query('BEGIN; DELETE FROM tenancy.members');
answers($s, 't', 'what another has not committed does not count', $can);
answers($admin, 'f', 'control: it counts in its own transaction',
    q{SELECT tenancy.can_as('acme', 'alice', 'docs:read')});
$admin->query('ROLLBACK');
answers($admin, 't', 'rolled back it is as before',
    q{SELECT tenancy.can_as('acme', 'alice', 'docs:read')});
answers($s, 't', 'also elsewhere', $can);

# Where a function may stand.
answers($s, 't', 'a function with the rights of its owner asks for the caller', 'SELECT may_as_definer()');
answers($s, 1, 'a policy that asks', 'SELECT count(*) FROM closed');
answers($s, 1, 'a policy that requires', 'SELECT count(*) FROM required');
$s->query("SET LOCAL plan_cache_mode = force_generic_plan");
$s->prepare('generic', 'SELECT tenancy.can($1::text::tenancy.permission)');
is($s->execute('generic', $_->[0])->{rows}[0][0], $_->[1], "a generic plan: $_->[0]")
  for ['docs:read', 't'], ['docs:write', 'f'], ['docs:read', 't'];
like($s->query(q{CALL note(tenancy.can('docs:read'))})->{notices}[0]{M} // '', qr/may t/,
    'an argument of CALL');
my $plan = join "\n", map { $_->[0] } @{$s->query("EXPLAIN $can FROM closed, generate_series(1, 9)
  WHERE tenancy.can('docs:read')")->{rows}};
like($plan, qr/One-Time Filter: tenancy.can/, 'a condition is asked once for a statement');

# Inside one statement that runs on, at the statements inside of it.
my $later = fork // die;
if (!$later) {
  sleep 1;
  $t->superuser->query('DELETE FROM tenancy.members');
  require POSIX;
  POSIX::_exit(0);
}
my $from = time;
is($s->query(q{DO $$ BEGIN
    FOR i IN 1 .. 300 LOOP
      IF NOT tenancy.can('docs:read') THEN RETURN; END IF;
      PERFORM pg_sleep(0.05);
    END LOOP;
    RAISE 'still allowed';
  END $$})->{error}, undef, 'a DO loop sees that the role was taken away');
ok(time - $from > 0.5, 'and not before');
waitpid $later, 0;
$s->query('ROLLBACK');

# By the clock, inside one transaction.
$admin->query(q{INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect, expires_at)
  VALUES ('acme', 'alice', 'brief', 'allow', now() + interval '3 s'),
         ('acme', 'alice', 'long', 'allow', NULL),
         ('acme', 'alice', 'long', 'deny', now() + interval '3 s')});
$s = inside();
answers($s, 't', 'a permission for a time', q{SELECT tenancy.can('brief')});
answers($s, 'f', 'a denial for a time', q{SELECT tenancy.can('long')});
is($s->query(q{DO $$ BEGIN
    FOR i IN 1 .. 200 LOOP
      IF tenancy.can('long') AND NOT tenancy.can('brief') THEN RETURN; END IF;
      PERFORM pg_sleep(0.05);
    END LOOP;
    RAISE 'nothing ended';
  END $$})->{error}, undef, 'both end inside one transaction');
answers($s, 'f', 'the permission is over', q{SELECT tenancy.can('brief')});
answers($s, 't', 'and so is the denial', q{SELECT tenancy.can('long')});
$s->query('ROLLBACK');

# Parallel workers decide as their leader does, also from what it has not committed.
my $each = q{SELECT count(*) FROM notes
  WHERE tenancy.can((CASE WHEN id > 0 THEN 'docs:read' ELSE 'no' END)::text::tenancy.permission)};
my $root = $t->superuser;
$root->query('BEGIN');
$root->query($give);
$root->ask('SELECT tenancy.login($1)', $alice);
like(join("\n", map { $_->[0] } @{$root->query("EXPLAIN (ANALYZE) $each")->{rows}}),
    qr/Workers Launched: [12]/, 'workers run');
answers($root, 8, 'workers see what the leader has not committed', $each);
$root->query('ROLLBACK; BEGIN');
$root->ask('SELECT tenancy.login($1)', $alice);
answers($root, 0, 'and that it was rolled back', $each);
$root->query('ROLLBACK; BEGIN');
refused($root, 'TN001', 'workers without an identity', $each);
$root->query('ROLLBACK');

# A pool's many callers: more than a backend keeps in mind.
$admin->query(q{INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission)
  SELECT 'acme', 'u' || n, ('own:' || n)::tenancy.permission FROM generate_series(1, 200) n});
my $pool = $t->connect;
my $wrong = 0;
for my $round (1, 2) {
  for my $n (1 .. 200) {
    $pool->query('BEGIN');
    $pool->ask('SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => "u$n"));
    my $next = $n % 200 + 1;
    $wrong++ if $pool->value("SELECT tenancy.can('own:$n') AND NOT tenancy.can('own:$next')") ne 't';
    $pool->query('COMMIT');
  }
}
is($wrong, 0, 'each of 200 callers of one backend has their own permissions');
$pool->query('BEGIN');
$pool->ask('SELECT tenancy.login($1)', $t->token(tenant => 'acme', user => 'u1'));
answers($pool, 1, 'more questions than a backend remembers answers to', q{SELECT count(*)
  FROM generate_series(1, 1000) n WHERE tenancy.can(('own:' || n)::tenancy.permission)});
$pool->query('ROLLBACK');
$pool->query('BEGIN');
$pool->ask('SELECT tenancy.login($1)', $t->token(tenant => 'globex', user => 'u1'));
answers($pool, 'f', 'a user of that name in another tenant has nothing', q{SELECT tenancy.can('own:1')});
$pool->query('ROLLBACK');

# The rules of the session: a refused identity, another caller in mid-statement.
$s = inside();
$admin->query(q{GRANT EXECUTE ON FUNCTION tenancy.can_as TO app});
$admin->query(q{UPDATE tenancy.tenants SET status = 'suspended'});
for my $ask ($can, q{SELECT tenancy.require('docs:read')}, q{SELECT tenancy.can_all('{}')},
             q{SELECT tenancy.explain_permission('docs:read')}, 'SELECT tenancy.allowed_tools()',
             q{SELECT tenancy.can_as('acme', 'alice', 'docs:read')}) {
  $s->query('SAVEPOINT s');
  refused($s, 'TN005', "of a suspended tenant: $ask", $ask);
  $s->query('ROLLBACK TO s');
}
$admin->query(q{UPDATE tenancy.tenants SET status = 'active'});
answers($s, 'f', 'control: it answers again', q{SELECT tenancy.can('docs:write')});
$s->query('ROLLBACK');
$admin->query(q{ALTER ROLE app SET tenancy.scope = 'session'});
$s = $t->connect;
$s->query('BEGIN');
$s->ask('SELECT tenancy.login($1)', $alice);
my $switch = q{SELECT tenancy.can('docs:read') FROM generate_series(1, 2) g,
  LATERAL (SELECT set_config('tenancy.token', $1, true) WHERE g = 2 OFFSET 0) s};
refused($s, 'TN009', 'another caller in mid-statement', $switch, $t->token(tenant => 'globex', user => 'carol'));
$s->query('ROLLBACK; BEGIN');
$s->ask('SELECT tenancy.login($1)', $alice);
answers($s, 'f', 'control: the same caller', $switch, $alice);
done_testing();
