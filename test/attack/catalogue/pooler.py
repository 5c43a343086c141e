"""A private pgbouncer with one server connection for each database and role."""
import os
import subprocess
import sys
import time

SETTINGS = {
    'transaction': ['pool_mode = transaction'],
    'transaction-reset': ['pool_mode = transaction', 'server_reset_query = DISCARD ALL',
                          'server_reset_query_always = 1'],
    'session': ['pool_mode = session', 'server_reset_query ='],
    'session-reset': ['pool_mode = session', 'server_reset_query = DISCARD ALL'],
}


class Pooler:
    """Runs for the length of a `with` block; `port` listens in PGHOST."""

    def __init__(self, kind, port):
        self.kind, self.port = kind, port
        self.directory = os.environ['SERVER_DIR']

    def __enter__(self):
        host, port = os.environ['PGHOST'], os.environ['PGPORT']
        base = f'{self.directory}/catalogue'
        with open(base + '.users', 'w', encoding='utf-8') as file:
            file.write('"app" ""\n')
        lines = ['[databases]', f'* = host={host} port={port}', '[pgbouncer]',
                 'listen_addr =', f'listen_port = {self.port}', f'unix_socket_dir = {host}',
                 'auth_type = trust', f'auth_file = {base}.users', 'default_pool_size = 1',
                 *SETTINGS[self.kind]]
        with open(base + '.ini', 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines) + '\n')
        user = os.environ['TEST_USER']
        become = ['runuser', '-u', user, '--'] if os.geteuid() == 0 else []
        # Stays in the foreground, so that we know its process.
        self.process = subprocess.Popen([*become, os.environ['PGBOUNCER'], '-q', base + '.ini'],
                                        stderr=subprocess.DEVNULL)
        socket = f'{host}/.s.PGSQL.{self.port}'
        for _ in range(100):
            if os.path.exists(socket):
                return self
            time.sleep(0.05)
        sys.exit('pgbouncer does not start')

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
