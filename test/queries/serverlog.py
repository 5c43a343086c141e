"""What a server's log tells after fuzzing. The log has log_error_verbosity = verbose and %e in its prefix."""
import re

DIED = re.compile(r'terminated by signal|PANIC: ')
INTERNAL = re.compile(r'ERROR:  XX\d{3}: (.*)')
LOCATION = re.compile(r'LOCATION:  (\w+), ([\w.]+):\d+')
OURS = re.compile(r'\.[ch]pp$')


class Log:
    """died: lines about processes that died. ours, others: internal errors, raised by this extension
    or by PostgreSQL itself, each as `message (function, file)`."""

    def __init__(self, path):
        self.died, self.ours, self.others = [], [], []
        message = None
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                if DIED.search(line):
                    self.died.append(line.rstrip())
                if found := INTERNAL.search(line):
                    message = found[1]
                elif message and (found := LOCATION.search(line)):
                    ours = OURS.search(found[2]) or 'tenancy' in message
                    (self.ours if ours else self.others).append(f'{message} ({found[1]}, {found[2]})')
                    message = None
