# Random histories of a session against a model of what it must see: who enters, leaves, fails,
# rolls back to where, and who is then inside. The histories are the same in every run.
use strict;
use warnings;
use Matrix;
use Tenancy;
use Test::More;

my ($HISTORIES, $STEPS) = (60, 60);
my $t = Tenancy->new;
my $token = tokens($t);
my %rows = (acme => 3, bob => 3, globex => 5);
my %name = (acme => 'acme/alice', bob => 'acme/bob', globex => 'globex/carol');
$t->admin->value(q{CREATE FUNCTION seen() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    RETURN tenancy.current_tenant_text() || '/' || tenancy.current_user_text() || ' '
      || (SELECT count(*) FROM notes) || ' ' || current_setting('tenancy.token');
  EXCEPTION WHEN SQLSTATE 'TN001' THEN
    RETURN SQLSTATE || current_setting('tenancy.token') || coalesce(tenancy.whoami()::text, '');
  END $$});

# The model. An entry is [who, number of the transaction that set it]; `now` is what the setting
# holds, `lasting` what it will hold after COMMIT.
package Model;

sub new { bless {scope => $_[1], number => 0, now => undef, lasting => undef}, $_[0] }

# A statement outside BEGIN is a transaction of its own.
sub statement {
  my ($self) = @_;
  return if $self->{saved};
  $self->{number}++;
  $self->{first} = undef;
}

sub expected {
  my ($self) = @_;
  my $entry = $self->{now} or return 'TN001';
  return 'TN001' if $self->{scope} eq 'transaction' && $entry->[1] != $self->{number};
  return "$name{$entry->[0]} $rows{$entry->[0]} $name{$entry->[0]}";
}

# The SQLSTATE that entering must be refused with; '' when it works.
sub enter {
  my ($self, $who, $local) = @_;
  if ($self->{scope} eq 'transaction') {
    return 'TN011' if defined $self->{first} && $self->{first} ne $who;
    $self->{first} = $who;
  }
  $self->assign([$who, $self->{number}], $local);
  return '';
}

sub assign {
  my ($self, $entry, $local) = @_;
  return if $local && !$self->{saved};    # over with its statement
  $self->{now} = $entry;
  $self->{lasting} = $entry unless $local;
}

# saved: what to return to, the transaction's beginning first, then each savepoint.
sub save { my ($self) = @_; push @{$self->{saved}}, [@$self{qw(now lasting)}] }
sub back { my ($self, $to) = @_; @$self{qw(now lasting)} = @{$self->{saved}[$to]} }

sub end {
  my ($self, $commit) = @_;
  $commit ? $self->{now} = $self->{lasting} : $self->back(0);
  delete @$self{qw(saved aborted)};
}

package main;

# One step: the SQL, and the SQLSTATE it must end with ('' for none).
sub step {
  my ($model, $choice, $who) = @_;
  my $inside = $model->{saved} ? 1 : 0;
  my $savepoints = $inside ? $#{$model->{saved}} : 0;
  if ($choice eq 'savepoint' && $inside && !$model->{aborted}) {
    $model->save;
    return ['SAVEPOINT s' . ($savepoints + 1), ''];
  }
  if ($choice eq 'rollback to' && $savepoints) {
    $model->back(-1);
    delete $model->{aborted};
    return ["ROLLBACK TO s$savepoints", ''];
  }
  if ($choice eq 'release' && $savepoints && !$model->{aborted}) {
    pop @{$model->{saved}};
    return ["RELEASE s$savepoints", ''];
  }
  if ($choice =~ /^(commit|rollback)$/ && $inside) {
    $model->end($choice eq 'commit' && !$model->{aborted});
    return [uc $choice, ''];
  }
  return if $choice =~ /savepoint|release|rollback|commit/;
  if ($choice eq 'begin') {
    return if $inside;
    $model->statement;
    $model->save;
    return ['BEGIN', ''];
  }
  return if $choice eq 'DISCARD ALL' && $inside;
  $model->statement;
  my $sql = {login => "SELECT tenancy.login('$token->{$who}')",
    'SET LOCAL' => "SET LOCAL tenancy.token = '$token->{$who}'",
    enter => "SELECT tenancy.login('$token->{$who}', local => false)",
    SET => "SET tenancy.token = '$token->{$who}'", fail => 'SELECT 1/0',
    logout => 'SELECT tenancy.logout()'}->{$choice} || $choice;
  return [$sql, '25P02'] if $model->{aborted};
  my $refusal = $choice eq 'fail' ? '22012'
    : $choice =~ /^(login|SET LOCAL|enter|SET)$/ ? $model->enter($who, $choice =~ /login|LOCAL/)
    : '';
  $model->assign(undef, $choice =~ /^SET LOCAL/) if $choice =~ /logout|RESET|DISCARD|= ''/;
  $model->{aborted} = 1 if $refusal && $inside;
  return [$sql, $refusal];
}

my @choices = ('begin', 'begin', 'savepoint', 'savepoint', 'rollback to', 'release', 'commit',
  'rollback', 'login', 'login', 'SET LOCAL', 'enter', 'SET', 'logout', 'RESET tenancy.token',
  "SET LOCAL tenancy.token = ''", 'RESET ALL', 'DISCARD ALL', 'fail');

both($t, sub {
  my ($scope) = @_;
  my %met;
  for my $history (1 .. $HISTORIES) {
    my $random = 7919 * $history;
    my $pick = sub { # a generator of its own: Perl's may differ between builds
      $random = ($random * 1103515245 + 12345) % 2147483648;
      return $_[($random >> 8) % @_];
    };
    my ($s, $model) = ($t->connect, Model->new($scope));
    my (@said, $wrong);
    while (@said < $STEPS && !$wrong) {
      my $step = step($model, $pick->(@choices), $pick->('acme', 'acme', 'bob', 'globex')) or next;
      my ($sql, $refusal) = @$step;
      my $found = $s->refusal($sql);
      push @said, substr($sql, 0, 60) . " => $found";
      $wrong = "expected '$refusal'" if $found ne $refusal;
      next if $wrong || $model->{aborted};
      $model->statement;
      my ($expected, $seen) = ($model->expected, $s->value('SELECT seen()'));
      $said[-1] .= ", sees $seen";
      $met{$expected}++;
      $wrong = "expected to see '$expected'" if $seen ne $expected;
    }
    ok(!$wrong, "$scope: history $history") or diag(join "\n", @said, $wrong);
  }
  is(join(', ', sort keys %met), 'TN001, acme/alice 3 acme/alice, acme/bob 3 acme/bob, '
      . 'globex/carol 5 globex/carol', "$scope: the histories meet everything");
});
done_testing();
