"""The little of PostgreSQL's wire protocol (version 3) that proxy and players need."""
import socket
import struct


def message(kind, *parts):
    body = b''.join(parts)
    return kind + struct.pack('>i', len(body) + 4) + body


def text(value):
    return value.encode() + b'\0'


def query(sql):
    return message(b'Q', text(sql))


def parse(sql, name=''):
    return message(b'P', text(name), text(sql), struct.pack('>h', 0))


def run(values=(), name=''):
    """Bind, Execute and Sync; the values go as text."""
    bound = b''.join(struct.pack('>i', -1) if value is None else
                     struct.pack('>i', len(value.encode())) + value.encode() for value in values)
    return (message(b'B', b'\0', text(name), struct.pack('>hh', 0, len(values)), bound,
                    struct.pack('>h', 0)) + message(b'E', b'\0', struct.pack('>i', 0)) + message(b'S'))


def startup(**options):
    body = struct.pack('>i', 196608) + b''.join(
        text(key) + text(value) for key, value in options.items()) + b'\0'
    return struct.pack('>i', len(body) + 4) + body


class Frames:
    """Cuts a stream into messages (kind, the whole message)."""

    def __init__(self):
        self.rest = b''

    def feed(self, data):
        data, at, found = self.rest + data, 0, []
        while len(data) - at >= 5:
            end = at + 1 + int.from_bytes(data[at + 1:at + 5], 'big')
            if end > len(data):
                break
            found.append((data[at:at + 1], data[at:end]))
            at = end
        self.rest = data[at:]
        return found


def fields(error):
    """The fields of an ErrorResponse by their letters: C the SQLSTATE, M the message."""
    return {part[:1].decode(): part[1:].decode(errors='replace')
            for part in error[5:].split(b'\0') if part}


def columns(row):
    """The values of a DataRow, None for NULL."""
    count, at, values = int.from_bytes(row[5:7], 'big'), 7, []
    for _ in range(count):
        length = struct.unpack_from('>i', row, at)[0]
        at += 4
        values.append(None if length < 0 else row[at:at + length].decode(errors='replace'))
        at += max(length, 0)
    return tuple(values)


class Closed(Exception):
    """The server ended the connection."""


class Answer:
    """What one statement brought: its tags, rows and errors, each as SQLSTATE and message."""

    def __init__(self):
        self.tags, self.rows, self.errors, self.copied, self.status = [], [], [], b'', '?'


class Connection:
    """A client that sends one statement and waits for its end."""

    def __init__(self, port, role, database):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self.frames, self.queue = Frames(), []
        self.socket.sendall(startup(user=role, database=database, application_name='queries'))
        answer = self._answer(b'')
        if answer.errors:
            raise Closed(answer.errors[0])

    def _next(self):
        while not self.queue:
            data = self.socket.recv(65536)
            if not data:
                raise Closed('the server closed the connection')
            self.queue = self.frames.feed(data)
        return self.queue.pop(0)

    def _answer(self, copy_in):
        answer = Answer()
        while True:
            kind, body = self._next()
            if kind == b'Z':
                answer.status = body[5:6].decode()
                return answer
            if kind == b'D':
                answer.rows.append(columns(body))
            elif kind == b'C':
                answer.tags.append(body[5:-1].decode())
            elif kind == b'E':
                error = fields(body)
                answer.errors.append((error['C'], error['M']))
                if error['S'] == 'FATAL':
                    raise Closed(error['M'])
            elif kind == b'G':
                self.socket.sendall(message(b'd', copy_in) + message(b'c'))
            elif kind == b'd':
                answer.copied += body[5:]

    def simple(self, sql, copy_in=b''):
        self.socket.sendall(query(sql))
        return self._answer(copy_in)

    def prepare(self, name, sql):
        self.socket.sendall(parse(sql, name) + message(b'S'))
        return self._answer(b'')

    def execute(self, values, name):
        self.socket.sendall(run(values, name))
        return self._answer(b'')

    def close(self):
        try:
            self.socket.sendall(message(b'X'))
        except OSError:
            pass
        self.socket.close()
