# Tokens are UTF-8 whatever the database is: what SQL is given of them is in the database's
# encoding, or refused where that has no such character.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;
my $plain = $t->token(tenant => 'acme', user => 'alice', claims => {name => "\x{e9}\x{e8}"});
my $emoji = $t->token(tenant => 'acme', user => 'alice', claims => {name => "\x{1f600}"});
my $role = $t->token(tenant => 'acme', user => 'alice', roles => ["\x{e9}"]);
my $odd = $t->token(tenant => 'acme', user => 'alice', roles => ["\x{e9}", "\x{1f600}"]);
my $jwks = $t->admin->value('SELECT jwks FROM tenancy.issuers');

my %ways = (
  'claims' => q{SELECT length(tenancy.claims() ->> 'name') FROM tenancy.login($1)},
  'verify_jwt' => q{SELECT length(tenancy.verify_jwt($1) ->> 'name')},
  'verify_jwt with keys' => qq{SELECT length(tenancy.verify_jwt(\$1, '$jwks') ->> 'name')},
  'decode_jwt' => q{SELECT length(claims ->> 'name') FROM tenancy.decode_jwt($1)},
);

for my $encoding ('LATIN1', 'EUC_JP', 'UTF8') {
  my $database = lc "in_$encoding";
  $t->admin->query("CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding'
    LC_COLLATE 'C' LC_CTYPE 'C'");
  my $admin = $t->superuser(dbname => $database);
  $admin->query('CREATE EXTENSION pg_tenancy');
  $admin->query("SELECT tenancy.add_issuer('$Tenancy::ISSUER', ARRAY['$Tenancy::AUDIENCE'],
    jwks => '$jwks', roles_claim => 'roles')");
  # A role of the token is the role of that name, in the database's own encoding.
  my $name = $encoding eq 'EUC_JP' ? q{convert_from('\x8fabb1', 'EUC_JP')} : 'chr(233)';
  $admin->query("INSERT INTO tenancy.roles (role) VALUES ($name)");
  $admin->query("INSERT INTO tenancy.role_permissions (role, permission) VALUES ($name, 'a:*')");
  $admin->query("INSERT INTO tenancy.role_permissions (role, permission, effect) VALUES ($name, 'a:b', 'deny')");
  my $s = $t->connect(dbname => $database);
  $s->query('BEGIN');
  $s->ask('SELECT tenancy.login($1)', $role);
  answers($s, 't', "$encoding: a role with such a name grants", q{SELECT tenancy.can('a:a')});
  answers($s, 'f', "$encoding: and denies", q{SELECT tenancy.can('a:b')});
  $s->query('ROLLBACK; BEGIN');
  if ($encoding eq 'UTF8') {
    $s->ask('SELECT tenancy.login($1)', $odd);
    answers($s, 't', "$encoding: beside any other", q{SELECT tenancy.can('a:a')});
  } else {
    refused($s, '22P05', "$encoding: a role that it cannot name is refused", 'SELECT tenancy.login($1)', $odd);
  }
  $s->query('ROLLBACK');
  for my $way (sort keys %ways) {
    $s->query('BEGIN');
    $s->ask('SELECT tenancy.login($1)', $plain);
    answers($s, 2, "$encoding: two characters in $way", $ways{$way}, $plain);
    $s->query('ROLLBACK');
    $s->query('BEGIN');
    $s->ask('SELECT tenancy.login($1)', $emoji);
    if ($encoding eq 'UTF8') {
      answers($s, 1, "$encoding: every character in $way", $ways{$way}, $emoji);
    } else {
      refused($s, '22P05', "$encoding: none that it lacks in $way", $ways{$way}, $emoji);
    }
    $s->query('ROLLBACK');
    answers($s, 1, "$encoding: the session lives", 'SELECT 1');
  }
}

done_testing;
