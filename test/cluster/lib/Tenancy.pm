# What the cluster tests share: a server with an issuer and a protected table, tokens, sessions, a
# connection pooler.
#
#   my $t = Tenancy->new(conf => "tenancy.scope = session");
#       starts a server; makes the extension, the role `app` and the table `notes` (tenant_id,
#       user_id, id, body) with 3 rows of acme (alice 2, bob 1) and 5 of globex (carol)
#   Tenancy->new(guard => 'off')
#       for the role `app`: what else keeps callers apart has to hold by itself
#   $t->token(tenant => 'acme', user => 'alice', ttl => 60, ...)    a signed token (HS256)
#   $t->connect(user => 'app', options => ...)                      a Wire; app unless said otherwise
#   $t->superuser, $t->admin                                        a superuser's Wire, new or kept
#   $t->pooler('transaction')                                       starts pgbouncer; a Pooler with
#                                                                   connect() and stop
#   refused($session, 'TN001', 'name', 'SELECT ...', @values)       a refusal by SQLSTATE
#   answers($session, 3, 'name', 'SELECT ...', @values)             its positive control
package Tenancy;

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use Exporter 'import';
use File::Basename qw(dirname);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Wire;

our @EXPORT = qw(refused answers);

our $ISSUER = 'https://issuer.test';
our $AUDIENCE = 'pg_tenancy tests';
our $SECRET = 'a secret of the tests, long enough for every hash: 0123456789abcdefghijklmnop';
our $COUNT = 'SELECT count(*) FROM notes';

my $servers = 0;

sub new {
  my ($class, %how) = @_;
  my $node = PostgreSQL::Test::Cluster->new('tenancy' . ++$servers);
  $node->init;
  my $preload = exists $how{preload} ? $how{preload} : "shared_preload_libraries = 'pg_tenancy'";
  $node->append_conf('postgresql.conf', <<"CONF");
fsync = off
autovacuum = off
max_parallel_workers = 4
max_prepared_transactions = 10
$preload
CONF
  $node->append_conf('postgresql.conf', $how{conf}) if $how{conf};
  $node->start;
  my $self = bless {node => $node}, $class;
  $self->_fill;
  $self->admin->query("ALTER ROLE app SET tenancy.guard = '$how{guard}'") if $how{guard};
  return $self;
}

sub node { $_[0]{node} }

sub _fill {
  my ($self) = @_;
  my $jwks = encode_json({keys => [{kty => 'oct', kid => 'test', alg => 'HS256',
      k => encode_base64url($SECRET)}]});
  $self->{node}->safe_psql('postgres', <<"SQL");
CREATE EXTENSION pg_tenancy;
SELECT tenancy.add_issuer('$ISSUER', ARRAY['$AUDIENCE'], jwks => '$jwks', roles_claim => 'roles',
                          agent_claim => 'azp', leeway => '0');
CREATE ROLE app LOGIN;
SET tenancy.auto_protect = off; -- by tenant, although it has users
CREATE TABLE notes (
  tenant_id tenancy.tenant_id NOT NULL DEFAULT tenancy.current_tenant_id(),
  user_id tenancy.user_id, id int, body text, PRIMARY KEY (tenant_id, id));
INSERT INTO notes SELECT 'acme', CASE WHEN n < 3 THEN 'alice' ELSE 'bob' END, n, 'acme ' || n
  FROM generate_series(1, 3) n;
INSERT INTO notes SELECT 'globex', 'carol', n, 'globex ' || n FROM generate_series(1, 5) n;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_floor ON notes AS RESTRICTIVE
  USING (tenant_id = tenancy.current_tenant_id())
  WITH CHECK (tenant_id = tenancy.current_tenant_id());
CREATE POLICY tenancy_access ON notes USING (tenant_id = tenancy.current_tenant_id());
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO app;
GRANT CREATE ON SCHEMA public TO app;
ANALYZE notes;
SQL
}

# ttl in seconds from now; extra claims as claims => {...}.
sub token {
  my ($self, %who) = @_;
  my %claims = (iss => $ISSUER, aud => $AUDIENCE, tenant_id => $who{tenant},
      iat => time, exp => time + ($who{ttl} // 600), %{$who{claims} || {}});
  $claims{sub} = $who{user} if defined $who{user};
  $claims{azp} = $who{agent} if defined $who{agent};
  $claims{roles} = $who{roles} if defined $who{roles};
  my $signed = join '.', map { encode_base64url(JSON::PP->new->canonical->utf8->encode($_)) }
    {alg => 'HS256', kid => 'test', typ => 'JWT'}, \%claims;
  return "$signed." . encode_base64url(hmac_sha256($signed, $who{secret} // $SECRET));
}

sub connect {
  my ($self, %how) = @_;
  return Wire->new(host => $self->{node}->host, port => $self->{node}->port, user => 'app',
      dbname => 'postgres', %how);
}

sub superuser {
  my ($self, %how) = @_;
  return $self->connect(user => scalar getpwuid($<), %how);
}

sub admin { $_[0]{admin} ||= $_[0]->superuser }

sub pooler {
  my ($self, $mode, %settings) = @_;
  return Tenancy::Pooler->new($self, $mode, %settings);
}

sub refused {
  my ($session, $sqlstate, $name, @step) = @_;
  my $result = @step > 1 ? $session->ask(@step) : $session->query($step[0]);
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  is($result->{error} ? $result->{error}{C} : 'no error', $sqlstate, $name)
    or diag($result->{error} ? $result->{error}{M} : explain $result->{rows});
  return $result->{error};
}

sub answers {
  my ($session, $expected, $name, @step) = @_;
  my $result = @step > 1 ? $session->ask(@step) : $session->query($step[0]);
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $found = $result->{error} ? "$result->{error}{C} $result->{error}{M}"
    : @{$result->{rows}} ? $result->{rows}[-1][0] : undef;
  is($found, $expected, $name);
  return $result;
}

# A pgbouncer of one server connection, so that its clients share it.
package Tenancy::Pooler;

use strict;
use warnings;
use IPC::Run;
use Time::HiRes qw(sleep);

sub new {
  my ($class, $tenancy, $mode, %settings) = @_;
  my $node = $tenancy->node;
  my $port = PostgreSQL::Test::Cluster::get_free_port();
  my $dir = PostgreSQL::Test::Utils::tempdir_short();
  my %all = (listen_addr => '127.0.0.1', listen_port => $port, unix_socket_dir => '',
      auth_type => 'any', pool_mode => $mode, default_pool_size => 1, max_client_conn => 50,
      logfile => "$dir/log", pidfile => "$dir/pid", ignore_startup_parameters => 'options',
      %settings);
  my $user = 'app';
  open my $ini, '>', "$dir/ini" or die "$dir/ini: $!";
  print $ini "[databases]\npostgres = host=", $node->host, " port=", $node->port,
    " dbname=postgres user=$user\n[pgbouncer]\n", map { "$_ = $all{$_}\n" } sort keys %all;
  close $ini;
  my ($program) = grep { -x $_ } '/usr/sbin/pgbouncer', map { "$_/pgbouncer" } split /:/, $ENV{PATH};
  die "pgbouncer is not installed" unless $program;
  my $run = IPC::Run::start([$program, "$dir/ini"], '<', \undef, '>', "$dir/out", '2>', "$dir/err");
  my $self = bless {run => $run, port => $port, dir => $dir}, $class;
  for (1 .. 100) {
    return $self if eval { $self->connect };
    sleep 0.1;
  }
  die "pgbouncer does not answer; see $dir";
}

sub connect {
  my ($self, %how) = @_;
  return Wire->new(host => '127.0.0.1', port => $self->{port}, user => 'app',
      dbname => 'postgres', %how);
}

sub stop {
  my ($self) = @_;
  my $run = delete $self->{run} or return;
  $run->signal('TERM');
  $run->finish;
}

sub DESTROY { local $?; $_[0]->stop }

1;
