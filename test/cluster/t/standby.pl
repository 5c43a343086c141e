# Trust on a physical standby: tokens enter and are issued with the key there is, changes on the
# primary arrive, and nothing that needs writing is attempted.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_tenancy'");
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION pg_tenancy');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# What a query on the standby answers, or the error it ends with.
sub on_standby {
  my ($sql, %options) = @_;
  my ($status, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$sql", %options);
  return $status == 0 && $err eq '' ? $out : $err;
}
sub arrive { $primary->wait_for_catchup($standby); }

like(on_standby(q{SELECT tenancy.issue_token('acme')}), qr/25006/,
    'the signing key cannot be made on a standby');
my $token = $primary->safe_psql('postgres', q{SELECT tenancy.issue_token('acme', 'alice')});
arrive();
my $enter = qq{SELECT tenancy.verify_jwt('$token') ->> 'sub'};
is(on_standby($enter), 'alice', 'a token of the primary enters on the standby');
is(on_standby(q{SELECT tenancy.verify_jwt(tenancy.issue_token('acme', 'bob')) ->> 'sub'}), 'bob',
    'the present key signs on the standby');
like(on_standby(q{SELECT tenancy.rotate_signing_key()}), qr/25006/,
    'the signing key cannot be replaced on a standby');
like(on_standby(q{SELECT tenancy.add_issuer('https://a', '{db}')}), qr/25006/,
    'no issuer can be added on a standby');

# One session that stays: what arrives by replication reaches it as well.
my $session = $standby->background_psql('postgres', on_error_stop => 0);
is($session->query($enter), 'alice', 'a session on the standby has seen the token');
$primary->safe_psql('postgres', q{INSERT INTO tenancy.tenants VALUES ('acme', 'suspended')});
arrive();
$session->query($enter);
like($session->{stderr}, qr/suspended/, 'suspending the tenant reaches it');
$session->quit;
$primary->safe_psql('postgres', 'DELETE FROM tenancy.tenants');
arrive();
is(on_standby($enter), 'alice', 'without the suspension the token enters');
# Jobs that only read run there too.
$primary->safe_psql('postgres', q{INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
    CREATE ROLE jobs LOGIN; INSERT INTO tenancy.operators (role, reason) VALUES ('jobs', 'jobs')});
arrive();
like(on_standby(q{CALL tenancy.for_each_tenant('DO $$BEGIN
      RAISE WARNING ''turn of %'', tenancy.current_tenant_id(); END$$', on_error => 'continue')}, extra_params => ['-U', 'jobs']),
    qr/turn of acme.*turn of globex/s, 'a job for each tenant runs on the standby');
like(on_standby(q{CALL tenancy.for_each_tenant('CREATE TABLE made (id int)')}, extra_params => ['-U', 'jobs']), qr/25006/,
    'one that writes does not');

# What a caller may do is decided there too, from tables that arrived.
my $may = "BEGIN; SELECT tenancy.login('$token') \\g /dev/null\nSELECT tenancy.can('docs:read'); COMMIT";
is(on_standby($may), 'f', 'nothing is granted on the standby');
$primary->safe_psql('postgres', q{INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme') ON CONFLICT DO NOTHING;
    INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'alice', 'docs:read')});
arrive();
is(on_standby($may), 't', 'until the grant arrives');
$session = $standby->background_psql('postgres', on_error_stop => 0);
$session->query("BEGIN; SELECT tenancy.login('$token')");
is($session->query(q{SELECT tenancy.can('docs:read')}), 't', 'a session on the standby may');
$primary->safe_psql('postgres', 'TRUNCATE tenancy.user_permissions');
arrive();
is($session->query(q{SELECT tenancy.can('docs:read')}), 'f', 'and no longer, in the same transaction');
$session->quit;

$primary->safe_psql('postgres', 'DELETE FROM tenancy.signing_keys');
arrive();
like(on_standby($enter), qr/TN002/, 'a deleted key is gone on the standby');

$standby->stop('fast');
$primary->stop('fast');
done_testing();
