"""Runs the cases of the catalogue and prints TAP. The form of the files: README.md.

Each run has a database of its own, made from a template. A case runs on stock PostgreSQL protected
by hand (the leak must be seen there, or the test could not fail), on pg_tenancy, and on pg_tenancy
with the case's fix.
"""
import base64
import os
import re
import subprocess
import sys
import threading

import case as catalogue
from pooler import Pooler

HERE = catalogue.HERE
BEGINS = 'the attack begins'
STATEMENT_SECONDS = 30


def quoted(value):
    """An argument of psql's \\set."""
    for plain, escaped in (('\\', '\\\\'), ("'", "''"), ('\n', '\\n')):
        value = value.replace(plain, escaped)
    return f"'{value}'"


def psql(database, role, text, *options, port=None):
    """What psql says, output and errors in the order they came."""
    environment = dict(os.environ, PGPORT=port) if port else os.environ
    done = subprocess.run(
        [os.environ['PSQL'], '-X', '-A', '-d', database, '-U', role, *options], input=text, text=True,
        errors='replace', env=environment, timeout=120, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return re.sub(r'^psql:[^ ]*: ', '', done.stdout, flags=re.M)


def administrate(database, text):
    """The superuser's rows; ends the run where something goes wrong."""
    said = psql(database, 'postgres', '\\set ON_ERROR_STOP on\n' + text, '-q', '-t')
    if re.search(r'^(ERROR|FATAL|could not|connection)', said, re.M):
        raise RuntimeError(said)
    return said


class Session:
    """Another session, held open while the attack runs."""

    def __init__(self, database, role, text):
        self.process = subprocess.Popen(
            [os.environ['PSQL'], '-X', '-A', '-d', database, '-U', role], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.process.stdin.write(text + '\n\\echo is there\n')
        self.process.stdin.flush()
        while line := self.process.stdout.readline():
            if line.strip() == 'is there':
                break
        self.drain = threading.Thread(target=self.process.stdout.read)
        self.drain.start()

    def close(self):
        self.process.stdin.close()
        self.process.wait(STATEMENT_SECONDS)
        self.drain.join()
        self.process.stdout.close()


class World:
    """Stock PostgreSQL, or pg_tenancy: a template database and how one enters there."""

    def __init__(self, name):
        self.name, self.template = name, 'stage_' + name
        self.runs = 0
        administrate('postgres', f'CREATE DATABASE {self.template};')
        administrate(self.template, f'\\set stock {name == "stock"}\n\\i {HERE}/stage.sql')
        self.variables = {}
        for key, tenant in (('a', 'A'), ('b', 'B'), ('percent', '%'), ('list', 'A,B'),
                            ('upper', 'ACME')):
            if name == 'stock':
                enter = f"BEGIN; SET app.tenant = '{tenant}';"
            else:
                token = administrate(self.template, 'SELECT tenancy.issue_token('
                                     f"'{tenant}', 'user', ttl => '2 h');").strip()
                enter = f"BEGIN; SELECT FROM tenancy.login('{token}') \\g /dev/null\n"
                self.variables['token_' + key] = token
            self.variables['enter_' + key] = enter
        if name == 'tenancy':
            self.variables['forged_b'] = forge(self.variables['token_a'])

    def script(self, text, guess=''):
        values = dict(self.variables, guess=guess)
        return '\n'.join([f'\\set {name} {quoted(value)}' for name, value in values.items()] + [text])


def forge(token):
    """Tenant A's token with B written into its claims, and the signature it had."""
    head, body, signature = token.split('.')
    text = base64.urlsafe_b64decode(body + '=' * (-len(body) % 4)).decode()
    changed = re.sub(r'("tenant_id"\s*:\s*)"A"', r'\1"B"', text)
    return '.'.join((head, base64.urlsafe_b64encode(changed.encode()).rstrip(b'=').decode(),
                     signature))


class Run:
    """One case in one world, with or without its fix."""

    def __init__(self, case, world, fixed=False):
        self.case, self.world, self.fixed = case, world, fixed
        self.findings = []

    def once(self, guess=''):
        """(what the attacker was told, what the verifier was)."""
        case, world = self.case, self.world
        world.runs += 1
        database = f'case_{world.name}_{case.number}_{world.runs}'
        administrate('postgres', f'CREATE DATABASE {database} TEMPLATE {world.template} '
                                 'STRATEGY file_copy;')
        try:
            setup = case.text('setup', world.name)
            if self.fixed:
                setup += '\n' + case.text('fix', world.name)
            if world.name == 'tenancy' and case.expected_findings():
                setup += '\n\\o\nRESET ROLE;\nSELECT code, object FROM tenancy.audit();'
            rows = administrate(database, world.script(f'\\o /dev/null\n{setup}', guess))
            self.findings = [tuple(row.split('|')) for row in rows.splitlines()]
            return self.attack(database, guess)
        finally:
            clean(database)

    def attack(self, database, guess):
        case, world = self.case, self.world
        body = world.script('\\set ON_ERROR_ROLLBACK on\n\\echo ' + BEGINS + '\n' +
                            case.text('attack', world.name), guess)
        if case.pool:
            kind = case.pool.split(' then ')[1 if self.fixed and ' then ' in case.pool else 0]
            with Pooler(kind, os.environ['POOLER_PORT']) as pooler:
                psql(database, 'app', world.script(case.text('victim', world.name)),
                     port=pooler.port)
                said = psql(database, case.role, body, port=pooler.port)
        else:
            other = case.text('other', world.name)
            session = Session(database, case.roles['other'], world.script(other)) if other else None
            said = psql(database, case.role, body)
            if session:
                session.close()
        verify = case.text('verify', world.name)
        verified = psql(database, 'postgres', world.script('\\set ON_ERROR_ROLLBACK on\n' + verify,
                                                           guess)) if verify else ''
        return said.partition(BEGINS + '\n')[2], verified

    def leak(self):
        """(what leaks or '', everything said)."""
        if guesses := self.case.oracle():
            answers = [re.sub(r'\b%s\b' % re.escape(guess), '<guess>', self.once(guess)[0])
                       for guess in guesses]
            said = '\n--\n'.join(answers)
            if answers[1] != answers[2]:
                return 'two misses differ', said
            return ('hit and miss differ' if answers[0] != answers[1] else ''), said
        where, pattern = re.fullmatch(r'(attack|verify) /(.*)/', self.case.leaks).groups()
        said, verified = self.once()
        if not said and not self.case.text('attack', self.world.name).startswith('--'):
            raise RuntimeError('the attack says nothing')
        found = re.search(pattern, said if where == 'attack' else verified, re.M)
        return (f'leaks {found.group(0)!r}' if found else ''), said + '\n-- verify\n' + verified


def clean(database):
    """What a run leaves in the cluster: slots, its database, roles named after cases."""
    administrate('postgres', f"""
        SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \\g /dev/null
        DROP DATABASE {database} WITH (FORCE);
        SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname ~ '^c[0-9]+_' \\gexec
        """)


class Report:
    """TAP lines."""

    def __init__(self):
        self.count = self.failed = 0

    def line(self, name, wrong, said=''):
        self.count += 1
        print(f'{"not ok" if wrong else "ok"} {self.count} - {name}', flush=True)
        if wrong:
            self.failed += 1
            for text in [wrong, *said.split('\n')[:40]]:
                print('#   ' + text[:300], flush=True)


def expected(run, reported):
    """What the case expects of the audit and the audit reported, or did not."""
    return [f'{code} {what}' for code, what in run.case.expected_findings()
            if reported == any(code == found and what in where for found, where in run.findings)]


def listed(run):
    return '\n'.join(f'{code} {what[:80]}' for code, what in run.findings)


def judge(case, stock, tenancy, report):
    name = 'catalogue: ' + case.name
    must_leak = 'control' not in case.answers
    leak, said = Run(case, stock).leak()
    report.line(f'{name}: by hand it {"leaks" if must_leak else "holds"}',
                'nothing leaks' if must_leak and not leak else leak if not must_leak else '', said)
    run = Run(case, tenancy)
    leak, said = run.leak()
    if 'documented' in case.answers:
        report.line(f'{name}: still leaks, as documented', '' if leak else 'nothing leaks', said)
    if 'closed' in case.answers or 'control' in case.answers:
        report.line(f'{name}: closed', leak, said)
    if case.says:
        report.line(f'{name}: says why', '' if re.search(case.says, said, re.M) else
                    f'nothing matches {case.says!r}', said)
    if 'flagged' in case.answers:
        lacking = expected(run, reported=False)
        report.line(f'{name}: the audit reports it', f'lacks {lacking}' if lacking else '',
                    listed(run))
    if case.text('fix', 'tenancy'):
        fixed = Run(case, tenancy, fixed=True)
        leak, said = fixed.leak()
        report.line(f'{name}: fixed, nothing leaks', leak, said)
        if 'flagged' in case.answers:
            left = expected(fixed, reported=True)
            report.line(f'{name}: fixed, the audit is silent', f'still {left}' if left else '',
                        listed(fixed))
    elif 'flagged' in case.answers:
        report.line(f'{name}: has a fix', 'the case has no section fix')


def documents(cases, report):
    """What the documents say about the cases."""
    top = os.path.join(HERE, '..', '..', '..', 'doc')
    with open(os.path.join(top, 'attacks.md'), encoding='utf-8') as file:
        report.line('catalogue: doc/attacks.md is what suite.sh --write-document prints',
                    '' if file.read() == catalogue.document(cases) else 'write it anew')
    leaking = [case.name for case in cases if 'documented' in case.answers]
    with open(os.path.join(top, 'threat-model.md'), encoding='utf-8') as file:
        text = file.read()
    report.line('catalogue: the threat model names what still leaks',
                ' '.join(name for name in leaking if f'`{name}`' not in text))
    report.line('catalogue: all known failures are here, at most 8 of them only documented',
                '' if sum(int(case.number) < 200 for case in cases) == 106 and len(leaking) <= 8
                else f'{len(cases)} cases, {len(leaking)} documented')


def main():
    chosen = sys.argv[1:]
    cases = [case for case in catalogue.all_cases()
             if not chosen or case.name in chosen or case.number in chosen]
    administrate('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE svc_owner;')
    stock, tenancy = World('stock'), World('tenancy')
    report = Report()
    for case in cases:
        try:
            judge(case, stock, tenancy, report)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            report.line(f'catalogue: {case.name}', 'cannot run', str(error))
    if not chosen:
        documents(cases, report)
    sys.exit(1 if report.failed else 0)


main()
