"""Fuzzes with queries and prints TAP. Started by suite.sh, with a server's address in PGHOST and PGPORT.

    run.py DIRECTORY SERVER_LOG SEED SECONDS

Everything random comes from SEED. What was found, and the statements before it, is left in DIRECTORY.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import serverlog
import watch

HERE = os.path.dirname(os.path.abspath(__file__))
OUT, LOG, SEED, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SMITH_DATABASE = 'smith'
SMITHS = {'sqlsmith on all relations': [], 'sqlsmith on the application': ['--exclude-catalog']}
# How many transactions of sqlsmith, of one statement each, must succeed in a second, at least; how
# many transactions a player plays.
SMITH_RATE = 2
TRANSACTIONS = 7 * SECONDS + 40

failed = count = 0


def report(name, wrong):
    """One test; `wrong` lists what is wrong."""
    global failed, count
    count += 1
    failed += bool(wrong)
    print(f'{"not ok" if wrong else "ok"} {count} - {name}')
    for line in wrong[:20]:
        print(f'#   {str(line)[:600]}')
    sys.stdout.flush()


def psql(database, script, role='postgres', host=None, port=None, **variables):
    options = [part for name, value in variables.items() for part in ('-v', f'{name}={value}')]
    where = ['-h', host, '-p', str(port)] if host else []
    done = subprocess.run([os.environ['PSQL'], '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database,
                           '-U', role, *where, *options], input=script, text=True, errors='replace',
                          capture_output=True, check=False)
    if done.returncode:
        sys.exit(f'psql {database}: {done.stderr}')
    return done.stdout.strip()


def read(name):
    with open(f'{HERE}/{name}', encoding='utf-8') as file:
        return file.read()


# ---- people, databases, tokens -------------------------------------------------------------------
rng = random.Random(SEED)
PEOPLE = {name: watch.person(rng) for name in ('alice', 'bob', 'globex', 'initech')}
PEOPLE['bob']['tenant'] = PEOPLE['alice']['tenant']  # a colleague of alice's
# Alone: a database where this person is the only one.
OTHER = {'alice': 'globex', 'globex': 'alice'}  # who plays, and whose tokens they forge
DATABASES = {SMITH_DATABASE: list(PEOPLE), 'shared': list(PEOPLE), 'pooled': list(PEOPLE), 'alone_alice': ['alice'], 'alone_globex': ['globex'],
             'hole': list(PEOPLE)}


def token(database, name, ttl='1 day'):
    """A token that ends after ttl, which may have been in the past."""
    return psql(database, """CREATE FUNCTION pg_temp.sign(jsonb) RETURNS text LANGUAGE c AS '$libdir/pg_tenancy', 'tenancy_sign_claims';
        SELECT pg_temp.sign(jsonb_build_object('iss', tenancy.own_issuer(), 'aud', tenancy.own_issuer(),
        'tenant_id', :'tenant', 'sub', :'person', 'iat', extract(epoch FROM now() + :'ttl' - interval '1 day')::bigint,
        'exp', extract(epoch FROM now() + :'ttl')::bigint))""", tenant=PEOPLE[name]['tenant'], person=PEOPLE[name]['user'], ttl=ttl)


def forge(own, other):
    """Tokens of another tenant that no key has signed; as many as generate.FORGED."""
    head, body, sign = other.split('.')
    middle = len(sign) // 2
    flipped = sign[:middle] + ('A' if sign[middle] != 'A' else 'B') + sign[middle + 1:]
    return [f'{head}.{body}.{own.split(".")[2]}', f'{head}.{body}.{flipped}', f'{head}.{body}.', f'{head}.{body}',
            f'eyJhbGciOiJub25lIn0.{body}.', f'{own};tenant={PEOPLE["initech"]["tenant"]}']


def make_databases():
    psql('postgres', 'CREATE ROLE app_owner; CREATE ROLE app LOGIN; CREATE ROLE smith LOGIN; CREATE DATABASE stage;')
    psql('stage', read('schema.sql'))
    for database, names in DATABASES.items():
        psql('postgres', f'CREATE DATABASE {database} TEMPLATE stage')
        for name in names:
            psql(database, read('rows.sql'), token=token(database, name),
                 whole_tenant='false' if name == 'bob' else 'true', **PEOPLE[name])
    psql('hole', 'ALTER TABLE shop.docs DISABLE ROW LEVEL SECURITY')


# ---- the proxy -----------------------------------------------------------------------------------
def listener(name, database, who, named=()):
    """`named` are the people whose tenant and user the statements themselves name."""
    return name, {'tokens': {person: token(database, person) for person in who}, 'named': named,
                  'findings': f'{OUT}/findings-{name.replace(" ", "-")}'}


class Proxy:
    def __init__(self, listeners):
        with open(f'{OUT}/proxy.json', 'w', encoding='utf-8') as file:
            json.dump({'port': int(os.environ['PGPORT']), 'people': PEOPLE, 'listeners': dict(listeners)}, file)
        self.process = subprocess.Popen([sys.executable, '-B', f'{HERE}/proxy.py', f'{OUT}/proxy.json', f'{OUT}/seen.json'],
                                        stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        with open(f'{OUT}/seen.json', encoding='utf-8') as file:
            return json.load(file)


# ---- checks --------------------------------------------------------------------------------------
def check_watcher():
    """What a superuser reads through the proxy is full of canaries, in every form they are stored in."""
    proxy = Proxy([listener('control', SMITH_DATABASE, [])])
    for statement in ('TABLE shop.docs', 'TABLE shop.notes', "SET bytea_output = 'escape'; TABLE graph.checkpoint_blobs",
                      'COPY shop.docs TO STDOUT (FORMAT binary)', 'TABLE graph.store',
                      "SELECT reverse(secret), encode(secret::bytea, 'hex'), encode(secret::bytea, 'base64'), "
                      "encode('x' || secret::bytea, 'base64'), encode('xx' || secret::bytea, 'base64'), "
                      "encode(body, 'base64'), encode('x' || body, 'base64'), encode('xx' || body, 'base64') FROM shop.docs"):
        psql(SMITH_DATABASE, statement, host='127.0.0.1', port=proxy.ports['control'])
    seen = proxy.end()['control']
    for who in ('globex', 'initech'):
        missing = [f'{who}: {form}' for form in watch.forms(PEOPLE[who]) if f'{who}: {form}' not in seen['leaked']]
        report(f'control: the proxy finds every form of the canaries of {who} in what a superuser reads', missing)


def digest(database, who):
    """What one person's rows are, as the superuser sees them; of a table isolated by tenant, the tenant's."""
    tables = psql(database, """SELECT c.oid::regclass, count(a.attname) FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'
        WHERE c.relrowsecurity AND c.relnamespace IN ('shop'::regnamespace, 'graph'::regnamespace) AND c.relkind IN ('r', 'p')
        GROUP BY 1 ORDER BY 1""").split('\n')
    sql = ''
    for table, by_user in (line.split('|') for line in tables):
        user = "AND user_id::text = :'person'" if by_user == '1' else ''
        if by_user == '1' or who != 'bob':  # whatever bob's tenant has is alice's work
            sql += (f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t "
                    f"WHERE tenant_id::text = :'tenant' {user};\n")
    return psql(database, sql, tenant=PEOPLE[who]['tenant'], person=PEOPLE[who]['user']).split('\n')


def strangers(database):
    """Rows that belong to nobody we know."""
    known = ', '.join(f"('{values['tenant']}', '{values['user']}')" for values in PEOPLE.values())
    return [line for line in psql(database, f"""
        SELECT * FROM (SELECT tenant_id, user_id, 'notes' FROM shop.notes UNION SELECT tenant_id, user_id, 'store' FROM graph.store) t
          WHERE (tenant_id::text, user_id::text) NOT IN ({known});
        SELECT tenant_id, 'docs' FROM shop.docs WHERE tenant_id::text NOT IN (SELECT x FROM (VALUES {known}) v (x, y));
        """).split('\n') if line]


def words(database, who, other):
    """What statements mean by `@name@`."""
    own = token(database, who)
    forged = forge(own, token(database, other))
    return {'own': own, 'expired': token(database, who, '-1 hour'), 'text': PEOPLE[who]['text'],
            'other tenant': PEOPLE['initech']['tenant'], 'other user': PEOPLE['initech']['user'],
            **{f'forged{number}': text for number, text in enumerate(forged)}}


def play(port, database, *who, transactions=TRANSACTIONS):
    """Starts a player; returns the process and the file it writes."""
    path = f'{OUT}/{database}-{"-".join(who)}'
    with open(f'{path}.json', 'w', encoding='utf-8') as file:
        json.dump({'port': port, 'role': 'app', 'database': database, 'seed': SEED,
                   'server_version': int(psql(database, 'SHOW server_version_num')), 'transactions': transactions,
                   'people': {person: words(database, person, OTHER[person]) for person in who}}, file)
    return subprocess.Popen([sys.executable, '-B', f'{HERE}/play.py', f'{path}.json', path]), path


def lines(path, who):
    """One person's statements and what they brought."""
    with open(path, encoding='utf-8') as file:
        return [line for line in map(json.loads, file) if line[0] == who]


def differences(together, alone):
    """Statements that one person saw end otherwise because other tenants were there."""
    if len(together) != len(alone):
        yield f'{len(together)} statements together, {len(alone)} alone'
    for number, (one, other) in enumerate(zip(together, alone)):
        if one != other:
            yield f'statement {number}: {one[2]}\n#     together {one[4:]}\n#     alone    {other[4:]}'


def tally(counts):
    return ', '.join(f'{state} {number}' for state, number in sorted(counts.items(), key=lambda item: -item[1])) or 'none'


def comment(name, seen):
    classes = collections.Counter()
    for state, number in seen['errors'].items():
        classes[state[:2]] += number
    print(f'# {name}: {seen["statements"]} statements, {seen["succeeded"]} succeeded; {seen["entered"]} transactions entered, '
          f'{seen["clean"]} of them without an error; '
          f'{seen["outside"]} statements outside; {seen["bytes"]} bytes watched for {seen["looked_for"]} canaries, '
          f'{sum(seen["leaked"].values())} of others seen\n'
          f'#   errors by class: {tally(classes)}')


def check_seen(name, seen, least):
    comment(name, seen)
    report(f'{name}: no canary of another person', [f'{who} (the statements are in {OUT})' for who in seen['leaked']])
    report(f'{name}: own canaries were seen', [] if seen['own'] else [seen])
    report(f'{name}: transactions succeeded', [] if seen['clean'] >= least else [f'fewer than {least}', seen])
    report(f'{name}: every transaction was entered', [seen['refused']] if seen['refused'] else [])


def run_smith(ports):
    """One after the other, each for half of the time. sqlsmith ends when the time is over."""
    for name, options in SMITHS.items():
        subprocess.run(['timeout', '-k', '5', str(SECONDS / 2), 'sqlsmith', f'--seed={SEED}', *options, '--target='
                        f'host=127.0.0.1 port={ports[name]} user=smith dbname={SMITH_DATABASE} sslmode=disable'],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


# Who plays where: at the same time, in turns on one connection as behind a pooler, alone.
PLACES = {'shared': [['alice'], ['globex']], 'pooled': [['alice', 'globex']], 'alone': [['alice'], ['globex']]}


def main():
    make_databases()
    before = {who: digest('shared', who) for who in ('bob', 'initech')}
    check_watcher()
    listeners, played = {name: listener(name, SMITH_DATABASE, ['alice']) for name in SMITHS}, {}
    for place, groups in PLACES.items():
        for who in groups:
            database = f'alone_{who[0]}' if place == 'alone' else place
            listeners[place, *who] = listener(f'{place} {" ".join(who)}', database, who, ['initech'])
    listeners['hole'] = listener('hole', 'hole', ['alice'], ['initech'])
    proxy = Proxy(listeners.values())
    smith = threading.Thread(target=run_smith, args=[proxy.ports])
    smith.start()
    started = time.monotonic()
    for place, groups in PLACES.items():
        players = [play(proxy.ports[f'{place} {" ".join(who)}'], f'alone_{who[0]}' if place == 'alone' else place, *who)
                   for who in groups]
        for who, (process, path) in zip(groups, players):
            report(f'{place}: {" and ".join(who)} played to the end', [] if process.wait() == 0 else [process.returncode])
            played |= {(place, person): lines(path, person) for person in who}
    process, path = play(proxy.ports['hole'], 'hole', 'alice', transactions=30)
    report('hole: alice played to the end', [] if process.wait() == 0 else [process.returncode])
    print(f'# players took {time.monotonic() - started:.0f} s')
    smith.join()
    seen = proxy.end()

    for name in SMITHS:
        check_seen(name, seen[name], SMITH_RATE * SECONDS // 2)
    for place in ('shared', 'pooled'):
        for who in PLACES[place]:
            check_seen(f'{place} {" ".join(who)}', seen[f'{place} {" ".join(who)}'], TRANSACTIONS // 10)
        for who in OTHER:
            report(f'{place} {who}: every statement ended as if no other tenant were there',
                   list(differences(played[place, who], played['alone', who])))
            report(f'{place} {who}: the rows are what their own statements made',
                   [pair for pair in zip(digest(place, who), digest(f'alone_{who}', who)) if pair[0] != pair[1]])
        for who, rows in before.items():
            report(f'{place} {who}, who never came: the rows are unchanged',
                   [pair for pair in zip(rows, digest(place, who)) if pair[0] != pair[1]])
    hole = lines(path, 'alice')
    report('control: in a database with a hole, canaries are seen', [] if seen['hole']['leaked'] else [seen['hole']])
    report('control: in a database with a hole, statements end otherwise',
           [] if list(differences(hole, played['alone', 'alice'][:len(hole)])) else ['no difference'])
    report('no row belongs to a stranger', [line for database in DATABASES for line in strangers(database)])
    log = serverlog.Log(LOG)
    report('no process of the server died', log.died)
    report('no internal error of this extension', log.ours)
    for message, number in collections.Counter(log.others).most_common(10):
        print(f'# internal error of PostgreSQL, {number} times: {message}')
    print(f'1..{count}')
    sys.exit(1 if failed else 0)


main()
