"""One case of the catalogue: what its file says, and the document made of all of them."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = re.compile(r'^-- (title|class|severity|kind|leaks|answer|says|role|pool): (.*)$')
SECTION = re.compile(r'^--@ (setup|fix|other|victim|attack|verify)(?: (stock|tenancy))?'
                     r'(?: as (\w+))?$')


class Case:
    """The header lines are attributes; the sections are found with text()."""

    def __init__(self, path):
        self.name = os.path.basename(path)[:-len('.sql')]
        self.number, self.path = self.name.split('_')[0], path
        self.role, self.pool, self.says, self.sections, self.roles = 'app', '', '', {}, {}
        section = None
        with open(path, encoding='utf-8') as file:
            for line in file.read().split('\n'):
                header, begin = HEADER.match(line), SECTION.match(line)
                if begin:
                    name, world, role = begin.groups()
                    section = self.sections.setdefault((name, world), [])
                    self.roles[name] = role or 'app'
                elif section is not None:
                    section.append(line)
                elif header:
                    setattr(self, *header.groups())
                elif line:
                    raise ValueError(f'{path}: neither header nor section: {line}')
        answer, _, self.because = self.answer.partition(': ')
        self.answers = answer.split(' + ')  # closed, flagged, documented, control
        if set(self.answers) - {'closed', 'flagged', 'documented', 'control'}:
            raise ValueError(f'{path}: unknown answer {answer}')

    def text(self, section, world):
        """The lines of a section: this world's own ones, else those for both; '' if there is none."""
        lines = self.sections.get((section, world), self.sections.get((section, None), []))
        return '\n'.join(lines).strip()

    def expected_findings(self):
        """[(code, object)] that the audit must report; an object is what `object` must contain."""
        if 'flagged' not in self.answers:
            return []
        return re.findall(r'`(\w+) ([^`]+)`', self.because)

    def oracle(self):
        """The value that B has and two that nobody has; empty where no oracle is the leak."""
        guesses = re.match(r'differ (.*)', self.leaks)
        return guesses.group(1).split(',') if guesses else []


def all_cases():
    return [Case(f'{HERE}/{name}') for name in sorted(os.listdir(HERE))
            if re.match(r'\d{3}_\w+\.sql$', name)]


def document(cases):
    """doc/attacks.md."""
    count = {kind: sum(kind in case.answers for case in cases)
             for kind in ('closed', 'flagged', 'documented', 'control')}
    both = sum(len(case.answers) > 1 for case in cases)
    lines = [
        '# Known attacks, and what answers each', '',
        'Ways in which row security written by hand fails, or shows more than it should. Each is a file in',
        '`test/attack/catalogue/` that runs twice or three times in `make check`: against a table protected by hand,',
        'where it must leak (else the test could not fail); against pg_tenancy; and with the fix that the audit names.', '',
        '* **closed**: the same steps reach nothing; what stops them is named.',
        '* **flagged**: the hole is a choice of whoever sets up the database; `tenancy.audit()` reports it with the',
        '  code and the object named, and is silent about them once it is fixed.',
        '* **documented**: it still leaks; [threat-model.md](threat-model.md) says why and what to do.',
        '* **control**: PostgreSQL itself holds; the case makes sure that it goes on holding.', '',
        'This file is made by `test/attack/catalogue/suite.sh --write-document`.', '',
        f'{len(cases)} cases: {count["closed"]} closed ({both} of them flagged as well), '
        f'{count["flagged"] - both} flagged, {count["documented"]} documented, {count["control"]} controls.', '',
        '| case | class | severity | kind | attack | answer |', '|---|---|---|---|---|---|']
    for case in cases:
        cells = [case.name, getattr(case, 'class'), case.severity, case.kind, case.title,
                 f'**{" and ".join(case.answers)}**: {case.because}']
        lines.append('| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |')
    return '\n'.join(lines) + '\n'
