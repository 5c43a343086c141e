# Scripts of one session as tables: a step and what is expected of it, line by line.
#
#   play($t, $scope, 'savepoints',
#       'SAVEPOINT a'   => undef,                         # works, whatever it answers
#       'login acme'    => undef,
#       'SELECT ...'    => 3,                             # the last row's first column
#       'login globex'  => {transaction => 'TN011', session => undef},
#       'SELECT ...'    => ['TN001', qr/has ended/]);     # SQLSTATE, and its DETAIL
#
# Steps: SQL, as one simple query message, in which %acme% stands for a token of acme; or
#   login WHO    tenancy.login() until the transaction ends, with a bind parameter
#   enter WHO    the same for the session (local => false)
# WHO is acme, acme again (a fresher token), bob (another user of acme), globex, forged, or expired.
# Each step is one test. play() returns the session, which may be given instead of $t to go on.
package Matrix;

use strict;
use warnings;
use Exporter 'import';
use Test::More;
use Time::HiRes qw(sleep);
use Wire;

our @EXPORT = qw(tokens play both in_loops ended);

my %token;

# Makes the tokens that scripts name.
sub tokens {
  my ($t) = @_;
  my @alice = (tenant => 'acme', user => 'alice');
  %token = (
    acme => $t->token(@alice),
    'acme again' => $t->token(@alice, ttl => 1200),
    bob => $t->token(tenant => 'acme', user => 'bob'),
    globex => $t->token(tenant => 'globex', user => 'carol'),
    forged => $t->token(@alice, secret => 'x' x 64),
    expired => $t->token(@alice, ttl => -1),
  );
  return \%token;
}

# Runs scripts once per scope, which the role `app` gets.
sub both {
  my ($t, $scripts) = @_;
  for my $scope ('transaction', 'session') {
    $t->admin->value("ALTER ROLE app SET tenancy.scope = '$scope'");
    $scripts->($scope);
  }
}

# Waits until each of the sessions, whose pid they hold, was seen in a loop with pg_sleep().
sub in_loops {
  my ($admin, @sessions) = @_;
  my %waiting = map { $_->{pid} => 1 } @sessions;
  for (1 .. 600) {
    my $pids = join ',', keys %waiting or return;
    my $seen = $admin->query("SELECT pid FROM pg_stat_activity WHERE pid IN ($pids)
        AND wait_event = 'PgSleep'");
    delete $waiting{$_->[0]} for @{$seen->{rows}};
    sleep 0.05;
  }
  die 'the loops do not run';
}

# Two tests: the result is this SQLSTATE, and its DETAIL matches.
sub ended {
  my ($result, $expected, $name) = @_;
  my ($code, $detail) = @$expected;
  is($result->{error} && $result->{error}{C}, $code, $name);
  like($result->{error} && $result->{error}{D}, $detail, "$name: DETAIL");
}

sub play {
  my ($at, $scope, $name, @steps) = @_;
  my $session = ref $at eq 'Wire' ? $at : $at->connect;
  my $number = 0;
  while (my ($step, $expected) = splice @steps, 0, 2) {
    $expected = $expected->{$scope} if ref $expected eq 'HASH';
    my $label = sprintf '%s: %s, %d: %s', $scope, $name, ++$number, substr $step, 0, 50;
    $label =~ s/\s+/ /g;
    _check(_run($session, $step), $expected, $label);
  }
  return $session;
}

sub _run {
  my ($session, $step) = @_;
  if (my ($how, $who) = $step =~ /^(login|enter) (.*)/) {
    my $local = $how eq 'login' ? 'true' : 'false';
    return $session->ask("SELECT tenancy.login(\$1, local => $local)", $token{$who} // die $who);
  }
  $step =~ s/%([a-z ]+)%/$token{$1} \/\/ die $1/ge;
  return $session->query($step);
}

sub _check {
  my ($result, $expected, $label) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 2;
  my $error = $result->{error};
  my $found = $error ? $error->{C} : @{$result->{rows}} ? $result->{rows}[-1][0] : undef;
  my ($value, $detail) = ref $expected ? @$expected : $expected;
  my $passed = defined $value ? is($found, $value, $label) : ok(!$error, $label);
  diag("$error->{C} $error->{M}") if $error && !$passed;
  like($error && $error->{D}, $detail, "$label: DETAIL") if $detail;
}

1;
