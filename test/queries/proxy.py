"""Stands between clients and server, enters for the client and watches what the server sends.

    proxy.py CONFIG REPORT

CONFIG (JSON) names the server's port, the canaries of all people, and the listeners; each has the
tokens of the people who come through it, the people who are `named` by statements (who they are is
no canary), and a file for what was found. The proxy prints the ports it listens on as JSON, and writes REPORT when it is told
to end (SIGTERM).

It enters when the client's own BEGIN has opened a transaction: it keeps back the server's
ReadyForQuery, runs `SELECT FROM tenancy.login($1)` with the token as a bind parameter, swallows the
answer and lets ReadyForQuery go. Where several people come through one listener, as through a
pooler, `BEGIN /* name */` says whose transaction it is. So the server is tested as applications use it, in the default
scope: everything inside the transaction runs as the token's tenant, and everything outside as
nobody, which must show no canary either. Clients wait for the end of each statement they send.
"""
import asyncio
import collections
import json
import re
import signal
import struct
import sys

import watch
import wire

ENTER = wire.parse('SELECT FROM tenancy.login($1)')
CONTROL = re.compile(r'\s*(begin|start|commit|end|rollback|abort|set|reset|savepoint|release)\b', re.I)
BEGIN = re.compile(r'\s*(?:begin|start\s+transaction)\b(?:.*/\* (\w+) \*/)?', re.I)
KEPT = 200  # statements before a finding


class Listener:
    """One identity's entrance: counts what goes through (statements are those inside transactions),
    keeps what was found."""

    def __init__(self, name, config, people):
        self.name, self.tokens, self.file = name, config['tokens'], config['findings']
        self.patterns = {f'{who}: {form}': pattern for who, values in people.items()
                         for form, pattern in watch.forms(values, who in config['named']).items()}
        # What a person may see, by name; nobody may see nothing.
        self.own = {who: set(watch.forms(people[who]).values()) for who in self.tokens} | {None: set()}
        self.leaked, self.shown, self.errors, self.refused = (collections.Counter() for _ in range(4))
        self.statements = self.succeeded = self.outside = self.entered = self.clean = self.connections = self.bytes = 0
        self.recent = collections.deque(maxlen=KEPT)

    def found(self, names, data):
        with open(self.file, 'a', encoding='utf-8') as file:
            file.write(f'-- {", ".join(names)}\n-- in {data!r}\n-- the statements before, the last one last:\n')
            file.writelines(statement + ';\n' for statement in self.recent)

    def report(self):
        return {'leaked': dict(self.leaked), 'own': dict(self.shown), 'looked_for': len(self.patterns),
                'errors': dict(self.errors),
                'statements': self.statements, 'outside': self.outside, 'succeeded': self.succeeded, 'entered': self.entered, 'clean': self.clean,
                'refused': dict(self.refused), 'connections': self.connections, 'bytes': self.bytes,
                'last': list(self.recent)[-3:]}


class Session:
    """One client's connection."""

    def __init__(self, listener, client, server):
        self.listener, self.client, self.server = listener, client, server
        self.begins = self.current = None  # who is to enter, who is inside
        self.control = self.entering = False
        self.failed, self.ready, self.status, self.clean = False, b'', b'I', False
        self.watcher = watch.Watcher(listener.patterns)

    def asked(self, kind, body):
        """The client sends this."""
        if kind not in (b'Q', b'E'):
            return
        if kind == b'Q':
            statement = body[5:-1].decode(errors='replace')
            self.control, begins = bool(CONTROL.match(statement)), BEGIN.match(statement)
            self.begins = (begins[1] or next(iter(self.listener.tokens), None)) if begins else None
            self.listener.recent.append(statement)
        else:
            self.control, self.begins = False, None
        self.failed = False
        if not self.control and self.status == b'I':
            self.listener.outside += 1
            self.control = True
        self.listener.statements += not self.control

    def answered(self, kind, body):
        """What the client gets of this message of the server."""
        listener = self.listener
        if kind == b'E':
            self.failed, self.clean = True, False
            state = wire.fields(body)['C']
            (listener.refused if self.entering else listener.errors)[state] += 1
        if kind != b'Z':
            return b'' if self.entering else body
        self.status = body[5:6]
        if self.status == b'I':
            listener.clean += self.clean
            self.current = None
        self.clean = self.clean and self.status == b'T'
        if self.entering:
            listener.entered += not self.failed
            self.clean = not self.failed
            self.entering, answer = False, self.ready
            return answer[:5] + self.status
        listener.succeeded += not self.control and not self.failed
        if self.begins and self.status == b'T':
            self.current, self.begins, self.entering, self.ready = self.begins, None, True, body
            self.server.write(ENTER + wire.run([listener.tokens[self.current]]))
            return b''
        return body

    async def upstream(self, reader):
        frames = wire.Frames()
        while data := await reader.read(65536):
            for kind, body in frames.feed(data):
                self.asked(kind, body)
            self.server.write(data)
            await self.server.drain()

    async def downstream(self, reader):
        frames, listener = wire.Frames(), self.listener
        while data := await reader.read(65536):
            listener.bytes += len(data)
            if names := self.watcher.see(data):
                own = [name for name in names if listener.patterns[name] in listener.own[self.current]]
                listener.shown.update(own)
                if leaked := sorted(set(names) - set(own)):
                    listener.leaked.update(leaked)
                    listener.found(leaked, data)
            self.client.write(b''.join(self.answered(kind, body) for kind, body in frames.feed(data)))
            await self.client.drain()


async def start(reader, writer):
    """The client's startup message; TLS and GSS are refused, cancel requests not passed on."""
    while True:
        length = struct.unpack('>i', await reader.readexactly(4))[0]
        body = await reader.readexactly(length - 4)
        code = struct.unpack_from('>i', body)[0]
        if code in (80877103, 80877104):
            writer.write(b'N')
            continue
        return None if code == 80877102 else struct.pack('>i', length) + body


async def serve(listener, port, reader, writer):
    server = None
    try:
        opening = await start(reader, writer)
        if opening is None:
            return
        server_reader, server = await asyncio.open_connection('127.0.0.1', port)
        listener.connections += 1
        session = Session(listener, writer, server)
        server.write(opening)
        tasks = [asyncio.create_task(session.upstream(reader)),
                 asyncio.create_task(session.downstream(server_reader))]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0] in pending:  # the server went first: the client has everything it sent
            tasks[0].cancel()
        else:
            server.write_eof()
        await asyncio.gather(*tasks, return_exceptions=True)
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass  # one of the ends is gone, or the proxy ends
    finally:
        for end in (writer, server):
            if end:
                end.close()


async def main(config_path, report_path):
    with open(config_path, encoding='utf-8') as file:
        config = json.load(file)
    listeners, ports, servers = [], {}, []
    for name, settings in config['listeners'].items():
        listener = Listener(name, settings, config['people'])
        listeners.append(listener)
        server = await asyncio.start_server(
            lambda r, w, listener=listener: serve(listener, config['port'], r, w), '127.0.0.1', 0)
        ports[name] = server.sockets[0].getsockname()[1]
        servers.append(server)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print(json.dumps(ports), flush=True)
    await ended.wait()
    with open(report_path, 'w', encoding='utf-8') as file:
        json.dump({listener.name: listener.report() for listener in listeners}, file, indent=1)


asyncio.run(main(*sys.argv[1:]))
