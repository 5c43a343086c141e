"""Runs the attacks of test/attack/*.sql and prints one TAP line for each attack and each control.

The form of the files is described in README.md. A connection of its own, as role `app`, runs each
block; the superuser compares the victims' rows before and after.
"""
import os
import re
import subprocess
import sys

import tokens

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1]
PSQL = [os.environ['PSQL'], '-X', '-q', '-A', '-t', '-d', 'attack']
# What no attacker may ever read: values that only other tenants and users have.
CANARY = re.compile(r'CANARY\w*')
BEGINS = 'the block begins'
DIRECTIVE = re.compile(r'^-- (refuse|attack|control|as|role|wrap|expect|oracle|reads): ?(.*)$')


def quoted(value):
    return "'" + value.replace('\\', '\\\\').replace("'", "''") + "'"


def psql(role, text, *options):
    """Standard output and errors of one session, in the order they came."""
    done = subprocess.run(PSQL + ['-U', role, *options], input=text, text=True, errors='replace',
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return re.sub(r'^psql:[^ ]*: ', '', done.stdout, flags=re.M)


class Block:
    """One attack or one control."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.who, self.role, self.wrap, self.expect = None, 'app', 'transaction', []
        self.oracle, self.reads, self.sql = '', '', []

    def script(self, guess):
        """The block in one transaction that goes on after errors; entered first where it says so."""
        body = [f'\\set guess {quoted(guess)}', '\\set VERBOSITY verbose',
                '\\set ON_ERROR_ROLLBACK on', *self.sql]
        if self.wrap == 'none':  # the block says itself who it is and where transactions begin
            return '\n'.join([f'\\echo {BEGINS}'] + body)
        enter = [f"SELECT tenancy.login(:'{self.who}') \\g /dev/null"] if self.who else []
        return '\n'.join(['BEGIN;', *enter, f'\\echo {BEGINS}', *body, 'COMMIT;'])

    def run(self, variables, guess=''):
        """What the block says. Nothing it says counts where it could not even begin."""
        output = psql(self.role, variables + '\n' + self.script(guess))
        before, _, said = output.partition(BEGINS + '\n')
        return f'ERROR:  could not begin: {before}' if before else said


def credential(name, sqlstate, good, what):
    """A token that does not enter, and beside it the good one of its kind, which does."""
    attack, control = Block('attack', what), Block('control', f'{what}: a good token')
    attack.sql = [f"SELECT (tenancy.login(:'{name}')).tenant_id;"]
    attack.expect = [f'error {sqlstate}', 'lacks acme|globex|initech|partner']
    control.sql = [f"SELECT (tenancy.login(:'{good}')).tenant_id;"]
    tenant = next(name for name in ('acme', 'partner', 'globex') if name in good.split('_'))
    control.expect = [f'rows {tenant}']
    return [attack, control]


def parse(path):
    """Returns the set-up's SQL and the blocks of one file."""
    setup, blocks, block = [], [], None
    for line in open(path, encoding='utf-8'):
        line = line.rstrip('\n')
        match = DIRECTIVE.match(line)
        if not match:
            (block.sql if block else setup).append(line)
            continue
        key, value = match.groups()
        if key == 'refuse':
            blocks += credential(*re.split(r' *\| *', value))
        elif key in ('attack', 'control'):
            block = Block(key, value)
            blocks.append(block)
        elif key == 'as':
            block.who = value
        elif key == 'expect':
            block.expect.append(value)
        else:
            setattr(block, key, value)
    for first, second in zip(blocks, blocks[1:] + [None]):
        if first.kind == 'attack' and (second is None or second.kind != 'control'):
            sys.exit(f'{path}: the attack "{first.name}" has no control beside it')
        if not first.expect and not first.oracle:
            sys.exit(f'{path}: "{first.name}" expects nothing')
    return '\n'.join(setup), blocks


def complaints(expectation, output):
    """What is wrong with the output; nothing if it is as expected."""
    kind, _, value = expectation.partition(' ')
    errors = re.findall(r'^(?:ERROR|FATAL):  (\w{5}):', output, flags=re.M)
    rows = [line for line in output.split('\n') if line and not re.match(
        r'(ERROR|FATAL|WARNING|NOTICE|DETAIL|HINT|CONTEXT|LOCATION|LINE \d+|SCHEMA NAME|TABLE NAME|'
        r'COLUMN NAME|CONSTRAINT NAME|DATATYPE NAME|QUERY|STATEMENT):|\s*\^', line)]
    if kind == 'error':  # each of these, in this order, and no other
        wanted = value.split()
        return '' if errors == wanted else f'errors {errors} instead of {wanted}'
    if kind == 'empty':
        return '' if not rows and not errors else f'rows {rows[:3]}, errors {errors}'
    if kind == 'rows':
        return '' if '|'.join(rows) == value else f'rows {"|".join(rows)!r} instead of {value!r}'
    if kind == 'matches':
        return '' if re.search(value, output, re.M) else f'nothing matches {value!r}'
    if kind == 'lacks':
        return '' if not re.search(value, output, re.M) else f'something matches {value!r}'
    sys.exit(f'unknown expectation: {expectation}')


def digest():
    """What the victims' rows are now, as the superuser sees them."""
    return psql('postgres', 'SELECT attack_digest();')


def judge(block, variables):
    """Runs one block; returns (complaints, output)."""
    if block.oracle:  # hit, miss, miss: they must answer the same but for the guess
        answers = []
        for guess in block.oracle.split(','):
            output = block.run(variables, guess)
            answers.append(re.sub(r'\b%s\b' % re.escape(guess), '<guess>', output))
        same = answers[0] == answers[1] == answers[2]
        differ = block.kind == 'control'
        output = '\n--\n'.join(answers)
        wrong = [] if same != differ else ['hit and miss ' + ('agree' if same else 'differ')]
    else:
        output = block.run(variables)
        wrong = []
    if not any(item.startswith('error') for item in block.expect) and not block.oracle:
        unexpected = re.findall(r'^(?:ERROR|FATAL):  .*', output, flags=re.M)
        tolerated = any(item.startswith(('lacks', 'matches')) for item in block.expect)
        wrong += [] if tolerated else unexpected
    wrong += re.findall(r'^ERROR:  could not begin.*', output, flags=re.M)
    wrong += [text for text in (complaints(item, output) for item in block.expect) if text]
    if block.kind == 'attack':
        shown = set(CANARY.findall(output)) - set(block.reads.split())
        if shown:
            wrong.append(f'the attacker reads {sorted(shown)}')
    return wrong, output


def main():
    made, sets, fresh = tokens.make(OUT)
    variables = '\n'.join(f'\\set {name} {quoted(value)}' for name, value in
                          {**made, **sets}.items())
    chosen = sys.argv[2:]
    count = failed = 0
    before = None
    done = psql('postgres', variables + f'\n\\set ON_ERROR_STOP on\n\\i {HERE}/setup.sql')
    if 'ERROR' in done:
        sys.exit(done)
    for name in sorted(os.listdir(HERE)):
        if not re.match(r'\d\d_.*\.sql$', name) or (chosen and name[:-4] not in chosen):
            continue
        setup, blocks = parse(f'{HERE}/{name}')
        if setup.strip():
            done = psql('postgres', variables + '\n\\set ON_ERROR_STOP on\n' + setup)
            if 'ERROR' in done:
                sys.exit(f'{name}: {done}')
        for block in blocks:
            if before is None:
                before = digest()
            late = f'\n\\set fresh {quoted(fresh())}' if block.who == 'fresh' else ''
            wrong, output = judge(block, variables + late)
            if block.kind == 'control':  # it may be the victims' own
                before = None
            elif digest() != before:
                wrong.append("the victims' rows have changed")
                before = None
            count += 1
            label = f'{name[:-4]}: {block.kind}: {block.name}'
            print(f'{"not ok" if wrong else "ok"} {count} - {label}', flush=True)
            if wrong:
                failed += 1
                for line in wrong + output.split('\n')[:40]:
                    print('#   ' + line[:300])
    sys.exit(1 if failed else 0)


main()
