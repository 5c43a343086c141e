# Tokens are UTF-8 whatever the database is: what SQL is given of them is in the database's
# encoding, or refused where that has no such character.
use strict;
use warnings;
use Tenancy;
use Test::More;

my $t = Tenancy->new;
my $plain = $t->token(tenant => 'acme', user => 'alice', claims => {name => "\x{e9}\x{e8}"});
my $emoji = $t->token(tenant => 'acme', user => 'alice', claims => {name => "\x{1f600}"});
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
    jwks => '$jwks')");
  my $s = $t->connect(dbname => $database);
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
