# What is said of tenants and members reaches whoever is inside at their next statement: in loops,
# cursors and portals, behind pgbouncer and on a standby, in both scopes. It ends nobody else's
# session, and a change of roles ends none.
use strict;
use warnings;
use Matrix;
use PostgreSQL::Test::Cluster;
use Tenancy;
use Test::More;
use Wire;

my $t = Tenancy->new(conf => "wal_level = replica\nmax_wal_senders = 4\nhot_standby_feedback = on");
my $count = $Tenancy::COUNT;
my $issuer = $Tenancy::ISSUER;
my $admin = $t->admin;
$admin->query(q{INSERT INTO notes SELECT 'initech', 'dave', n, 'n' FROM generate_series(1, 500) n});
$admin->value(q{INSERT INTO tenancy.tenants (tenant_id) VALUES ('initech'), ('hooli')});
$admin->value(q{INSERT INTO tenancy.members (tenant_id, user_id) VALUES
    ('initech', 'dave'), ('hooli', 'dave'), ('initech', 'erin')});
my $membership = sub {
  $admin->value("SELECT tenancy.alter_issuer('$issuer', '{\"membership\": \"$_[0]\"}')");
};
$membership->('required');
my $primary = $t->node;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $suspended = ['TN005', qr/tenant is suspended/];
my $dave = q{WHERE (tenant_id, user_id) = ('initech', 'dave')};
my @ends = (
  ['its tenant is suspended', $suspended,
    q{UPDATE tenancy.tenants SET status = 'suspended' WHERE tenant_id = 'initech'},
    q{UPDATE tenancy.tenants SET status = 'active'}],
  ['its tenant is closed', $suspended,
    q{UPDATE tenancy.tenants SET status = 'closed' WHERE tenant_id = 'initech'},
    q{UPDATE tenancy.tenants SET status = 'active'}],
  ['its member is suspended', ['TN005', qr/user is suspended/],
    "UPDATE tenancy.members SET status = 'suspended' $dave",
    "UPDATE tenancy.members SET status = 'active' $dave"],
  ['its member is removed', ['TN002', qr/not a member/], "DELETE FROM tenancy.members $dave",
    q{INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('initech', 'dave')}],
  ['its member becomes another user', ['TN002', qr/not a member/],
    "UPDATE tenancy.members SET user_id = 'david' $dave",
    q{UPDATE tenancy.members SET user_id = 'dave' WHERE user_id = 'david'}],
  ['tokens of its tenant are revoked', ['TN005', qr/before the tenant's/],
    q{UPDATE tenancy.tenants SET tokens_valid_after = now() WHERE tenant_id = 'initech'},
    q{UPDATE tenancy.tenants SET tokens_valid_after = NULL}],
  ['its own tokens are revoked', ['TN005', qr/before the user's/],
    "UPDATE tenancy.members SET tokens_valid_after = now() $dave",
    "UPDATE tenancy.members SET tokens_valid_after = NULL $dave"],
);
# What must not end it.
my @ends_not = (
  ['its roles', "UPDATE tenancy.members SET roles = '{editor}' $dave"],
  ['its roles again', "UPDATE tenancy.members SET roles = '{}' $dave"],
  ['another member', q{UPDATE tenancy.members SET status = 'suspended' WHERE user_id = 'erin'}],
  ['the same user elsewhere',
    q{UPDATE tenancy.members SET status = 'suspended' WHERE tenant_id = 'hooli'}],
  ['another tenant', q{UPDATE tenancy.tenants SET status = 'suspended' WHERE tenant_id = 'hooli'}],
  ['a role', q{INSERT INTO tenancy.roles (role) VALUES ('editor')}],
  ['a role that goes', q{DELETE FROM tenancy.roles}],
);
my $undo = q{UPDATE tenancy.members SET status = 'active'; UPDATE tenancy.tenants SET status = 'active'};

my %loops = (
  'a DO loop' => q{DO $$ DECLARE n int; BEGIN FOR i IN 1 .. 500 LOOP
    SELECT count(*) INTO n FROM notes; PERFORM pg_sleep(0.05); END LOOP; END $$},
  'a loop that fetches from a cursor' => q{DO $$ DECLARE n int; c CURSOR FOR SELECT id FROM notes;
    BEGIN OPEN c; LOOP FETCH c INTO n; EXIT WHEN NOT FOUND;
    PERFORM pg_sleep(0.05); END LOOP; END $$},
);
# The token names no tenant: the membership picked it.
my $token = sub { $t->token(user => 'dave', claims => {iat => time - 5, tenant_id => undef}, @_) };
my $inside = sub {
  my ($s, $begin) = @_;
  $s->query($begin // 'BEGIN');
  is($s->refusal(q{SELECT tenancy.login($1, 'initech')}, $token->()), '', 'inside');
  return $s;
};

both($t, sub {
  my ($scope) = @_;
  $primary->wait_for_catchup($standby);
  my $pooler = $t->pooler('transaction');
  my $there = Wire->new(host => $standby->host, port => $standby->port, user => 'app',
      dbname => 'postgres');
  for my $end (@ends) {
    my ($what, $expected, $do, $back) = @$end;
    my %in;
    for my $loop (sort keys %loops) {
      my $s = $in{$loop} = $inside->($t->connect);
      $s->{pid} = $s->pid;
      $s->_send('Q', "$loops{$loop}\0");
    }
    my $idle = $inside->($t->connect);
    my $snapshot = $inside->($t->connect, 'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY');
    my $portal = $inside->($t->connect);
    my $pooled = $inside->($pooler->connect);
    $inside->($there);
    is(@{$portal->open_portal('o', 2, 'SELECT id FROM notes')->{rows}}, 2, "$scope: a portal before");
    answers($_, 500, "$scope: before $what", $count) for $idle, $snapshot, $pooled, $there;

    in_loops($admin, values %in);
    is($admin->refusal($do), '', "$scope: $what");
    ended($in{$_}->_result, $expected, "$scope: $what: $_") for sort keys %loops;
    ended($idle->query($count), $expected, "$scope: $what: in a transaction");
    ended($snapshot->query($count), $expected, "$scope: $what: an old snapshot");
    ended($portal->fetch('o', 2), $expected, "$scope: $what: a portal");
    ended($pooled->query($count), $expected, "$scope: $what: behind pgbouncer");
    $pooled->query('ROLLBACK');
    ended($t->connect->ask(q{SELECT tenancy.login($1, 'initech')}, $token->()), $expected,
        "$scope: $what: nor entering");
    $primary->wait_for_catchup($standby);
    ended($there->query($count), $expected, "$scope: $what: on the standby");
    $there->query('ROLLBACK');

    is($admin->refusal($back), '', "$scope: $what: taken back");
    $primary->wait_for_catchup($standby);
    answers($inside->($t->connect), 500, "$scope: $what: entering works again", $count);
  }

  # An issuer that requires membership from now on ends who is none.
  $membership->('claims');
  my %who = map {
    my $s = $t->connect;
    $s->query('BEGIN');
    $s->ask('SELECT tenancy.login($1)', $t->token(tenant => 'initech', user => $_));
    answers($s, 500, "$scope: $_ is inside by the token", $count);
    ($_ => $s)
  } qw(dave zoe);
  $membership->('required');
  ended($who{zoe}->query($count), ['TN002', qr/not a member/], "$scope: required: no member");
  answers($who{dave}, 500, "$scope: required: a member", $count);

  # And what ends nobody, on the same sessions throughout.
  my @sessions = ($inside->($t->connect), $inside->($pooler->connect), $inside->($there));
  for my $case (@ends_not) {
    my ($what, $do) = @$case;
    is($admin->refusal($do), '', "$scope: changed: $what");
    $primary->wait_for_catchup($standby);
    answers($_, 500, "$scope: goes on: $what", $count) for @sessions;
  }
  $admin->query($undo);
  $_->query('ROLLBACK') for @sessions;
  $pooler->stop;
});
$_->stop('fast') for $standby, $primary;
done_testing();
