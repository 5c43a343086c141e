# A client that speaks PostgreSQL's protocol (version 3) itself, so that tests decide what goes
# into one message: bind parameters, pipelines, portals that stop half way, several statements in
# one query.
#
#   my $s = Wire->new(host => $dir, port => 5432, user => 'app', dbname => 'postgres',
#                     options => '-c tenancy.scope=session');       # dies with the server's message
#   $s->query('SELECT 1; SELECT 2')       one simple query message
#   $s->ask('SELECT $1', $value)          Parse, Bind, Execute, Sync with text parameters
#   $s->pipeline(['SELECT 1'], [...])     several of them up to one Sync; a list of results
#
# A result has rows (array of arrays), error (undef or its fields: C = SQLSTATE, M = message,
# D = detail, H = hint, W = context) and notices (array of such fields).
package Wire;

use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;

sub new {
  my ($class, %at) = @_;
  my $socket = $at{host} =~ m{^/}
    ? IO::Socket::UNIX->new(Peer => "$at{host}/.s.PGSQL.$at{port}")
    : IO::Socket::INET->new(PeerHost => $at{host}, PeerPort => $at{port});
  die "cannot connect to $at{host} port $at{port}: $!" unless $socket;
  my $self = bless {socket => $socket, buffer => '', parameters => {}, statements => 0}, $class;
  my %startup = (user => $at{user}, database => $at{dbname});
  $startup{options} = $at{options} if defined $at{options};
  my $body = pack('N', 196608) . join('', map { "$_\0$startup{$_}\0" } sort keys %startup) . "\0";
  $self->_write(pack('N', 4 + length $body) . $body);
  my $result = $self->_result;
  die "$result->{error}{C} $result->{error}{M}\n" if $result->{error};
  $self->{notices} = $result->{notices};
  return $self;
}

sub query {
  my ($self, $sql) = @_;
  $self->_send('Q', "$sql\0");
  return $self->_result;
}

sub ask {
  my ($self, $sql, @values) = @_;
  return ($self->pipeline([$sql, @values]))[0];
}

# Each step is [SQL, values...]. After an error the server skips what follows up to the Sync.
sub pipeline {
  my ($self, @steps) = @_;
  $self->_step('', '', 0, @$_) for @steps;
  $self->_send('S', '');
  return $self->_results(scalar @steps);
}

# A statement that stays prepared under a protocol-level name, as drivers keep them.
sub prepare {
  my ($self, $name, $sql) = @_;
  $self->_send('P', "$name\0$sql\0" . pack('n', 0));
  $self->_send('S', '');
  return $self->_result;
}

sub execute {
  my ($self, $name, @values) = @_;
  $self->_bind_execute($name, '', 0, @values);
  $self->_send('S', '');
  return ($self->_results(1))[0];
}

# Runs a statement in a named portal and stops after $rows; fetch() goes on.
sub open_portal {
  my ($self, $portal, $rows, $sql, @values) = @_;
  $self->_step('', $portal, $rows, $sql, @values);
  $self->_send('S', '');
  return ($self->_results(1))[0];
}

sub fetch {
  my ($self, $portal, $rows) = @_;
  $self->_send('E', "$portal\0" . pack('N', $rows));
  $self->_send('S', '');
  return ($self->_results(1))[0];
}

# The first column of the first row; dies on an error.
sub value {
  my ($self, @step) = @_;
  my $result = @step > 1 ? $self->ask(@step) : $self->query($step[0]);
  die "$result->{error}{C} $result->{error}{M}\n" if $result->{error};
  return @{$result->{rows}} ? $result->{rows}[0][0] : undef;
}

# The SQLSTATE of the refusal; '' where there was none.
sub refusal {
  my ($self, @step) = @_;
  my $result = @step > 1 ? $self->ask(@step) : $self->query($step[0]);
  return $result->{error} ? $result->{error}{C} : '';
}

sub pid { $_[0]->value('SELECT pg_backend_pid()') }

sub close {
  my ($self) = @_;
  return unless $self->{socket};
  eval { $self->_send('X', '') };
  close delete $self->{socket};
}

sub DESTROY { $_[0]->close }

sub _step {
  my ($self, $statement, $portal, $rows, $sql, @values) = @_;
  $self->_send('P', "$statement\0$sql\0" . pack('n', 0));
  $self->_bind_execute($statement, $portal, $rows, @values);
}

sub _bind_execute {
  my ($self, $statement, $portal, $rows, @values) = @_;
  my $bound = join '', map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xffffffff) } @values;
  $self->_send('B', "$portal\0$statement\0" . pack('nn', 0, scalar @values) . $bound . pack('n', 0));
  $self->_send('E', "$portal\0" . pack('N', $rows));
}

sub _send {
  my ($self, $type, $body) = @_;
  $self->_write($type . pack('N', 4 + length $body) . $body);
}

sub _write {
  my ($self, $bytes) = @_;
  local $SIG{PIPE} = 'IGNORE';
  my $socket = $self->{socket};
  while (length $bytes) {
    my $written = syswrite $socket, $bytes;
    die "connection lost: $!\n" unless $written;
    substr $bytes, 0, $written, '';
  }
}

sub _message {
  my ($self) = @_;
  my $need = 5;
  while (length $self->{buffer} < $need) {
    my $read = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
    return unless $read;
    $need = 1 + unpack 'N', substr $self->{buffer}, 1, 4 if length $self->{buffer} >= 5;
  }
  $need = 1 + unpack 'N', substr $self->{buffer}, 1, 4;
  while (length $self->{buffer} < $need) {
    my $read = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
    return unless $read;
  }
  my $message = substr $self->{buffer}, 0, $need, '';
  return (substr($message, 0, 1), substr $message, 5);
}

sub _result { ($_[0]->_results(1, 1))[0] }

# Reads up to ReadyForQuery. $merged: one result for everything, as a simple query gives.
sub _results {
  my ($self, $count, $merged) = @_;
  my @results = map { {rows => [], error => undef, notices => []} } 1 .. $count;
  my $at = 0;
  while (1) {
    my ($type, $body) = $self->_message;
    my $result = $results[$at < $count ? $at : $count - 1];
    if (!defined $type) {
      $result->{error} ||= {C => '08006', M => 'connection lost'};
      last;
    }
    if ($type eq 'D') {
      push @{$result->{rows}}, _row($body);
    } elsif ($type eq 'E') {
      $result->{error} ||= _fields($body);
    } elsif ($type eq 'N') {
      push @{$result->{notices}}, _fields($body);
    } elsif ($type eq 'S') {
      my ($name, $value) = split /\0/, $body;
      $self->{parameters}{$name} = $value;
    } elsif ($type eq 'C' || $type eq 's' || $type eq 'I') {
      $result->{stopped} = $type eq 's';
      $at++ unless $merged;
    } elsif ($type eq 'Z') {
      $self->{status} = $body;    # I idle, T in a transaction, E in a failed one
      last;
    }
  }
  # What came after an error did not run.
  $_->{skipped} = 1 for @results[$at + 1 .. $#results];
  return @results;
}

sub _row {
  my ($body) = @_;
  my ($columns, $at, @row) = (unpack('n', $body), 2);
  for (1 .. $columns) {
    my $length = unpack 'N', substr $body, $at, 4;
    $at += 4;
    if ($length == 0xffffffff) { push @row, undef; next }
    push @row, substr $body, $at, $length;
    $at += $length;
  }
  return \@row;
}

sub _fields {
  my ($body) = @_;
  return {map { length $_ ? (substr($_, 0, 1) => substr $_, 1) : () } split /\0/, $body};
}

1;
